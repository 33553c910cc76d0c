"""Reads the white cells of Raabin-WBC's fields whose names stand in a table of ours.

The data set at hand (TXL-PBC) has boxes for these fields, but no types. The names in
`raabin_names.csv` were given by eye by developers, not by haematologists: good enough to teach a
network what a third laboratory's cells look like, not to measure it with.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from export_tools.data.records import FEW_RED_CELLS, Record
from export_tools.data.tables import box_of, read_rows

BY_EYE = "raabin"
"""The source's name."""

NAMES = Path(__file__).with_name("raabin_names.csv")
"""Columns: file name, number of the box among the rows of its file in boxes.csv (from 0), class."""


def read_raabin(folder: Path, names: Path = NAMES) -> list[Record]:
    """One record a named white cell, its box the data set's, its group the field.

    Names of missing boxes are skipped. Raises SourceError `source_damaged`.
    """
    by_file: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(folder / "boxes.csv"):
        if row["source"] == BY_EYE:
            by_file.setdefault(row["file"], []).append(row)
    short = {name.rpartition("/")[2]: name for name in by_file}
    records = []
    for named in read_rows(names):
        name = short.get(named["file"])
        number = int(named["box"])
        if name is None or number >= len(by_file[name]):
            continue
        boxes = [box_of(row) for row in by_file[name] if row["class"] == "RBC"]
        sizes = [max(box.w, box.h) for box in boxes if box is not None]
        records.append(
            Record(
                file=folder.parent / name,
                box=box_of(by_file[name][number]),
                class_id=named["class"],
                source=BY_EYE,
                group=f"{BY_EYE}:{name}",
                original=named["file"],
                red_cell=median(sizes) if len(sizes) >= FEW_RED_CELLS else None,
            )
        )
    return records

"""Reads the white cells of Raabin-WBC's fields whose names stand in a table of ours.

The data set at hand (TXL-PBC) has boxes for these fields, but no types. The names in
`raabin_names.csv` were given by eye by developers, not by haematologists. For 143 fields the published class
is known (`published_names.csv` beside the boxes): it agrees with all 133 of them that were named by eye, and
names the white cell of the others where there is one alone.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from export_tools.data.labels import class_id
from export_tools.data.records import FEW_RED_CELLS, Record
from export_tools.data.tables import box_of, read_rows

BY_EYE = "raabin"
"""The source's name."""

NAMES = Path(__file__).with_name("raabin_names.csv")
"""Columns: file name, number of the box among the rows of its file in boxes.csv (from 0), class."""


def read_raabin(folder: Path, names: Path = NAMES) -> list[Record]:
    """One record a named white cell, its box the data set's, its group the field.

    Names of missing boxes are skipped. A published name stands over one given by eye.
    Raises SourceError `source_damaged`.
    """
    by_file: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(folder / "boxes.csv"):
        if row["source"] == BY_EYE:
            by_file.setdefault(row["file"], []).append(row)
    short = {name.rpartition("/")[2]: name for name in by_file}
    given = {(named["file"], int(named["box"])): named["class"] for named in read_rows(names)}
    for file, published in _published(folder).items():
        boxes_of_file = by_file.get(short.get(file, ""), [])
        white = [number for number, row in enumerate(boxes_of_file) if row["class"] == "WBC"]
        if len(white) == 1:
            given[file, white[0]] = published
    records = []
    for (file, number), class_name in sorted(given.items()):
        name = short.get(file)
        if name is None or number >= len(by_file[name]):
            continue
        boxes = [box_of(row) for row in by_file[name] if row["class"] == "RBC"]
        sizes = [max(box.w, box.h) for box in boxes if box is not None]
        records.append(
            Record(
                file=folder.parent / name,
                box=box_of(by_file[name][number]),
                class_id=class_name,
                source=BY_EYE,
                group=f"{BY_EYE}:{name}",
                original=file,
                red_cell=median(sizes) if len(sizes) >= FEW_RED_CELLS else None,
            )
        )
    return records


def _published(folder: Path) -> dict[str, str]:
    """File name to published class; empty where the table does not lie beside the boxes."""
    table = folder / "published_names.csv"
    if not table.is_file():
        return {}
    return {row["file"]: class_id(row["class"]) for row in read_rows(table)}

"""Reads boxes drawn in fields as records of three classes: red cell, white cell, platelet.

Sources: `bccd`, and `txl`, whose fields are Raabin-WBC's and pictures of `pbc`. Group keys are those of
the readers in `sources`, so that a field read for its boxes and a cell read for its name stay together.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from statistics import median

from export_tools.data.labels import class_id
from export_tools.data.records import FEW_RED_CELLS, PARTS, Record
from export_tools.data.sources import bccd_groups
from export_tools.data.tables import SourceError, box_of, read_rows


def read_boxes(folder: Path) -> list[Record]:
    """One record a box that was drawn by hand; its picture is the field, its group the field's.

    `red_cell` is the median size of the field's own red cells where enough are boxed, else None.
    Boxes of pictures that are not there are left out. BCCD boxes only some of the red cells of some
    fields: what stands in no box is not known to be background.

    Raises SourceError `source_not_found`, `source_unknown`, `source_damaged`.
    """
    table = folder / "boxes.csv"
    if not folder.is_dir():
        raise SourceError("source_not_found", f"There is no folder {folder}.", "Check the path.")
    if not table.is_file():
        raise SourceError("source_unknown", f"{folder} holds no boxes.csv.", "Expected are bccd or txl.")
    rows = read_rows(table)
    if {"source", "split"} <= set(rows[0]):
        return _records([(row, *_txl_place(folder, row)) for row in rows])
    joined, tested = bccd_groups(read_rows(folder / "labels.csv"))
    places = []
    for row in rows:
        key = joined.get(row["file"], row["file"])
        part = "test" if key in tested else "train"
        places.append((row, folder / "images" / row["file"], "bccd", f"bccd:{key}", part))
    return _records(places)


def _txl_place(folder: Path, row: dict[str, str]) -> tuple[Path, str, str, str]:
    """(file, source, group, part) of a row of txl, whose paths start at the folder above."""
    source, name = row["source"], row["file"]
    return (
        folder.parent / name,
        source,
        f"{source}:{name.removeprefix(f'{source}/')}",
        PARTS.get(row["split"].lower(), ""),
    )


def _records(places: list[tuple[dict[str, str], Path, str, str, str]]) -> list[Record]:
    diameters: dict[Path, list[int]] = defaultdict(list)
    boxes = [box_of(row) for row, *_ in places]
    for (row, file, *_), box in zip(places, boxes, strict=True):
        if box is not None and class_id(row["class"]) == "red_cell":
            diameters[file].append(max(box.w, box.h))
    there = {file: file.is_file() for _, file, *_ in places}
    return [
        Record(
            file=file,
            box=box,
            class_id=class_id(row["class"]),
            source=source,
            group=group,
            original=group.partition(":")[2] if source == "pbc" else file.name,
            part=part,
            red_cell=median(diameters[file]) if len(diameters[file]) >= FEW_RED_CELLS else None,
        )
        for (row, file, source, group, part), box in zip(places, boxes, strict=True)
        if box is not None and there[file]
    ]

"""Reads every known data set into one table: file, box, class, source, group, part.

`group` joins what must stay together when data are split: pictures of one original, of one
cell, of one field. Splits are by group only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from export_tools.data.labels import class_id
from export_tools.data.laboratories import MARROW_CLASSES, read_chula, read_krd, read_marrow
from export_tools.data.raabin import read_raabin
from export_tools.data.records import FEW_RED_CELLS, PARTS, Record
from export_tools.data.reviewed import read_history
from export_tools.data.tables import SourceError, box_of, read_rows
from export_tools.data.unions import joined_keys
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box
from hematodesk.domain.image_formats import image_suffixes

# Medians of the boxes drawn by hand: cells and red cells of PBC (TXL-PBC's boxes), red cells of BCCD.
_PBC_CELL = 140
_PBC_RED_CELL = 81.0
_BCCD_RED_CELL = 109.0


def read_source(folder: Path) -> list[Record]:
    """Read a folder (or a history file) with the reader that fits its content.

    Raises SourceError `source_not_found` or `source_unknown` with what was looked for.
    """
    if (folder / "history.sqlite3").is_file() or (folder.is_file() and folder.suffix == ".sqlite3"):
        return read_history(folder)
    if not folder.is_dir():
        raise SourceError("source_not_found", f"There is no folder {folder}.", "Check the path.")
    labels = folder / "labels.csv"
    if labels.is_file():
        columns = set(read_rows(labels)[0])
        if {"file", "class", "subtype"} <= columns:
            return read_pbc(folder)
        if {"original", "label", "cell_group"} <= columns:
            return read_bccd(folder)
        if {"file", "seed", "white_cells"} <= columns:
            return read_phantoms(folder)
        if {"file", "class", "xmin", "parts"} <= columns:
            return read_krd(folder)
    boxes = folder / "boxes.csv"
    if boxes.is_file():
        columns = set(read_rows(boxes)[0])
        if {"source", "split"} <= columns:
            return read_raabin(folder)
        if {"class", "slide", "published_part"} <= columns:
            return read_chula(folder)
    if (folder / "myeloblast").is_dir() and any(
        (folder / name).is_dir() for name in MARROW_CLASSES if name != "myeloblast"
    ):
        return read_marrow(folder)
    records = read_parts(folder) or read_classes(folder)
    if not records:
        raise SourceError(
            "source_unknown",
            f"{folder} holds no labels.csv known here and no folders of images named after classes.",
            "Expected is CLASS/*.jpg, TRAIN/CLASS/*.jpeg with TEST/CLASS, or one of the published sets.",
        )
    return records


def read_pbc(folder: Path) -> list[Record]:
    """Acevedo et al. 2020: one centred cell a picture. Each picture is its own group.

    All pictures are 360 x 363 from one instrument (CellaVision DM96), so that one scale holds for all.
    """
    left, top = (360 - _PBC_CELL) // 2, (363 - _PBC_CELL) // 2
    return [
        Record(
            file=folder / row["file"],
            box=Box(left, top, _PBC_CELL, _PBC_CELL),
            class_id=class_id(row["class"]),
            source="pbc",
            group=f"pbc:{row['file']}",
            original=row["file"],
            red_cell=_PBC_RED_CELL,
            subtype=row["subtype"],
        )
        for row in read_rows(folder / "labels.csv")
    ]


def read_bccd(folder: Path) -> list[Record]:
    """The original fields behind BCCD and the published four-class set, where one white cell is named.

    Fields with several labels or several white-cell boxes are left out: it is unknown which label belongs
    to which box. Groups join fields that share a cell or a field; a group with a picture of the published
    TEST folder is `test` as a whole, so that a cell photographed twice cannot be on both sides.
    """
    boxes: dict[str, list[Box]] = {}
    red_cells: dict[str, list[int]] = {}
    for row in read_rows(folder / "boxes.csv"):
        box = box_of(row)
        if box is None:
            continue
        if row["class"] == "WBC":
            boxes.setdefault(row["file"], []).append(box)
        elif row["class"] == "RBC":
            red_cells.setdefault(row["file"], []).append(max(box.w, box.h))
    rows = read_rows(folder / "labels.csv")
    joined, tested = bccd_groups(rows)
    records = []
    for row in rows:
        names = [name.strip() for name in row["label"].split(",") if name.strip()]
        found = boxes.get(row["original"], [])
        if len(names) != 1 or len(found) > 1:
            continue
        key = joined[row["original"]]
        records.append(
            Record(
                file=folder / "images" / row["original"],
                box=found[0] if found else None,
                class_id=class_id(names[0]),
                source="bccd",
                group=f"bccd:{key}",
                original=row["original"],
                part="test" if key in tested else "train",
                red_cell=median(red_cells[row["original"]])
                if len(red_cells.get(row["original"], [])) >= FEW_RED_CELLS
                else _BCCD_RED_CELL,
            )
        )
    return records


def bccd_groups(rows: Sequence[dict[str, str]]) -> tuple[dict[str, str], set[str]]:
    """(original to the key of its group, keys of the groups with a picture of the published TEST folder)."""
    joined = joined_keys(
        [(row["original"], f"c{row['cell_group']}", f"f{row['field_group']}") for row in rows]
    )
    return joined, {joined[row["original"]] for row in rows if row["kaggle_split"] == "TEST"}


def read_phantoms(folder: Path) -> list[Record]:
    """Fields drawn by `export_tools phantom`: one record a white cell, grouped by field.

    The locator measures the red cells, as in a photograph.
    """
    return [
        Record(folder / row["file"], box, row["class"], "phantom", f"phantom:{row['file']}", row["file"])
        for row, box in ((row, box_of(row)) for row in read_rows(folder / "boxes.csv"))
        if row["class"] in WBC4 and box is not None
    ]


def read_classes(folder: Path) -> list[Record]:
    """A folder of classes: CLASS/*.jpg. The published set's copies are grouped by their original."""
    return _class_folders(folder, folder.name, "", _originals(folder))


def read_parts(folder: Path) -> list[Record]:
    """Folders of parts with folders of classes: TRAIN/CLASS and TEST/CLASS, or Train, Valid, Test."""
    originals = _originals(folder)
    records = []
    for inner in sorted(folder.iterdir()):
        part = PARTS.get(inner.name.lower())
        if inner.is_dir() and part is not None:
            records += _class_folders(inner, folder.name, part, originals)
    return records


def only_classes(records: Iterable[Record], classes: Sequence[str]) -> list[Record]:
    """The records of these classes."""
    wanted = set(classes)
    return [record for record in records if record.class_id in wanted]


def _class_folders(folder: Path, source: str, part: str, originals: dict[str, str]) -> list[Record]:
    suffixes = image_suffixes()
    records = []
    for inner in sorted(folder.iterdir()):
        if not inner.is_dir() or inner.name.startswith("."):
            continue
        for file in sorted(inner.iterdir()):
            if file.suffix.lower() not in suffixes:
                continue
            inside = f"{folder.name}/{inner.name}/{file.name}"
            original = originals.get(inside) or originals.get(f"{inner.name}/{file.name}") or inside
            records.append(
                Record(file, None, class_id(inner.name), source, f"{source}:{original}", original, part)
            )
    return records


def _originals(folder: Path) -> dict[str, str]:
    """PART/CLASS/FILE to the original's name, from originals.csv in the folder or above it."""
    for place in (folder, folder.parent):
        table = place / "originals.csv"
        if table.is_file():
            known = {row["file"]: row["original"] for row in read_rows(table)}
            # The sample of the TRAIN folder holds files of TRAIN.
            sampled = {
                f"TRAIN_sample/{name.removeprefix('TRAIN/')}": original
                for name, original in known.items()
                if name.startswith("TRAIN/")
            }
            return known | sampled
    return {}

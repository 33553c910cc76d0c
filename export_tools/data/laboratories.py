"""Reads the cells of further laboratories: Erbil (KRD-WBC), Bangkok (Chula), Seoul (bone marrow).

Names go to the classes that a package may have: promyelocytes, myelocytes and metamyelocytes are immature
granulocytes, bands and segmented ones neutrophils. What the data set called a cell stays as its `subtype`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from export_tools.data.labels import class_id
from export_tools.data.records import Record
from export_tools.data.tables import box_of, read_rows
from hematodesk.domain.image_formats import image_suffixes

MARROW_CLASSES = {
    "myeloblast": "blast",
    "promyelocyte": "immature_granulocyte",
    "myelocyte": "immature_granulocyte",
    "metamyelocyte": "immature_granulocyte",
    "neutrophil_band": "neutrophil",
    "neutrophil_seg": "neutrophil",
    "erythroblast_pro": "erythroblast",
    "erythroblast_baso": "erythroblast",
    "erythroblast_poly": "erythroblast",
    "erythroblast_ortho": "erythroblast",
}
"""Folder name to class, of Choi et al. 2017."""


def read_krd(folder: Path) -> list[Record]:
    """KRD-WBC: parts of fields of 400 x 400, one named white cell each, boxed by the published mask."""
    return [
        Record(
            file=folder / "images" / row["file"],
            box=box_of(row),
            class_id=class_id(row["class"]),
            source="krd",
            group=f"krd:{row['file']}",
            original=row["file"],
        )
        for row in read_rows(folder / "labels.csv")
    ]


def read_chula(folder: Path) -> list[Record]:
    """Chula's fields: boxed and named white cells. Grouped by slide.

    Class and slide go together (all basophils lie on six slides), so that a part of the set by itself says
    little of another slide; it serves as one laboratory among several.
    """
    return [
        Record(
            file=folder / "images" / row["file"],
            box=box_of(row),
            class_id=class_id(row["class"]),
            source="chula",
            group=f"chula:{row['slide']}",
            original=row["file"],
        )
        for row in read_rows(folder / "boxes.csv")
    ]


def read_marrow(folder: Path) -> list[Record]:
    """Choi et al. 2017: single cells of bone marrow, a picture each, in folders of their names.

    The pictures are cut around the cell and show few red cells: their scale is the cell's. A half of them,
    told by a digest of their names, is the part `test`: nothing may be trained on these or chosen by them.
    """
    suffixes = image_suffixes()
    return [
        Record(
            file=file,
            box=None,
            class_id=name,
            source="marrow",
            group=f"marrow:{subtype}/{file.name}",
            original=f"{subtype}/{file.name}",
            part="test" if _kept_for_testing(f"{subtype}/{file.name}") else "train",
            subtype=subtype,
        )
        for subtype, name in MARROW_CLASSES.items()
        for file in sorted((folder / subtype).iterdir() if (folder / subtype).is_dir() else ())
        if file.suffix.lower() in suffixes
    ]


def _kept_for_testing(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0

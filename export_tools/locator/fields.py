"""Boxes of the published fields, which the locator's network learns from and is measured on.

Sources (see the data page beside the project): `bccd` and `txl`, the latter with a part from
Raabin-WBC and a part whose pictures are those of `pbc`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

KINDS = ("WBC", "RBC", "Platelets")

WRONG = frozenset(
    {
        "BloodImage_00113",
        "BloodImage_00133",
        "BloodImage_00134",
        "BloodImage_00135",
        "BloodImage_00178",
        "BloodImage_00228",
        "BloodImage_00290",
        "BloodImage_00327",
        "EO_24074",
        "BNE_39767",
        "BA_21413",
        "0c17c658-7cc6-52ba-98ef-f240d42b6c11",
        "19539d0f-2ebc-545a-9471-21fc68b8e6d0",
        "2a77e71f-edc5-5d42-9b16-39adbd8ef0ce",
        "2bd943ad-5094-5962-9932-d39d5952db03",
        "3abfbc94-8066-509c-a9d0-d9f5b4de716d",
        "501ef848-89f1-5c3a-9737-c77489b73fb8",
        "53de3b82-e87b-5c1e-94bd-19b39de999bc",
        "56e02fda-cdab-537d-b7b8-2f99b2842aba",
        "70142f83-ceac-5019-a57c-dd1b5573ac92",
        "9c463012-b6ab-5088-a21c-2cbdc2e45e09",
        "a08819de-ed86-5f71-9274-e8b675b026de",
        "af5d0c0c-8484-5135-bdf2-3732adf858b7",
    }
)
"""Training fields with wrong boxes: an obvious white cell without a box, or a red cell or a
platelet boxed as white. Excluded from training; measured on like all others."""

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Field:
    """One labelled picture.

    Attributes:
        path: the file.
        source: bccd, raabin or pbc.
        split: train, val or test.
        boxes: float32 (N, 4), left, top, right, bottom in pixels.
        kinds: (N,), index into KINDS.
    """

    path: Path
    source: str
    split: str
    boxes: Boxes
    kinds: npt.NDArray[np.int64]

    def of(self, kind: str) -> Boxes:
        """The boxes of one kind, (M, 4)."""
        boxes: Boxes = self.boxes[self.kinds == KINDS.index(kind)]
        return boxes


def read_fields(data: Path) -> list[Field]:
    """Every labelled field whose file is there.

    BCCD: fields that share a group with one of the published TEST folder's originals are `test`,
    so that a model measured on that folder uses a locator that was not trained on it; of the other groups
    every sixth is `val`. The others keep their published split.
    """
    rows: dict[tuple[str, str], list[tuple[int, tuple[float, ...]]]] = {}
    splits: dict[tuple[str, str], str] = {}
    bccd_split = _bccd_splits(data / "bccd" / "labels.csv")
    with (data / "bccd" / "boxes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = ("bccd", f"bccd/images/{row['file']}")
            rows.setdefault(key, []).append(_box(row))
            splits[key] = bccd_split.get(row["file"], "train")
    with (data / "txl" / "boxes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["source"], row["file"])
            rows.setdefault(key, []).append(_box(row))
            splits[key] = row["split"]
    fields = []
    for key, boxes in rows.items():
        path = data / key[1]
        if path.is_file():
            kinds = np.array([kind for kind, _ in boxes], dtype=np.int64)
            corners = np.array([corner for _, corner in boxes], dtype=np.float32)
            fields.append(Field(path, key[0], splits[key], corners, kinds))
    return fields


def _bccd_splits(path: Path) -> dict[str, str]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    held = {row["field_group"] for row in rows if row["kaggle_split"] == "TEST"}
    splits = {}
    for row in rows:
        if row["field_group"] in held:
            splits[row["original"]] = "test"
        else:
            splits[row["original"]] = "val" if int(row["field_group"]) % 6 == 0 else "train"
    return splits


def _box(row: dict[str, str]) -> tuple[int, tuple[float, ...]]:
    corners = tuple(float(row[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
    return KINDS.index(row["class"]), corners

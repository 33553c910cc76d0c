"""Class names from the command line or a text file, and the ids made of them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.errors import ModelError
from hematodesk.inference.manifest import ModelClass

_LEADING_INDEX = re.compile(r"^\s*\d+\s*[:.)\-]?\s+")
# The folder names of the known data sets that are no id of ours once they are in lower case.
_ALIASES = {"ig": "immature_granulocyte", "rbc": "red_cell", "wbc": "white_cell", "platelets": "platelet"}


def class_id(name: str) -> str:
    """A class id: lower case ASCII letters, digits and underscores, starting with a letter.

    Plural folder names of known classes ("Eosinophils") and the known data sets' short names
    become our ids. Raises ModelError `labels_invalid` when nothing is left of the name.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    made = _ALIASES.get(made, made)
    if made.endswith("s") and made[:-1] in CELL_CLASSES:
        made = made[:-1]
    if made and made[0].isdigit():
        made = f"class_{made}"
    if not made:
        raise ModelError("labels_invalid", f"No class id can be made of the label {name!r}.", "Rename it.")
    return made


def read_labels(given: str) -> tuple[ModelClass, ...]:
    """Classes from names separated by commas, or from a text file with one name a line.

    A leading index ("0 Eosinophil", as Teachable Machine writes) is taken off.
    Raises ModelError `labels_invalid` for fewer than two names or doubled ids.
    """
    path = Path(given)
    names = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else given.split(",")
    cleaned = [_LEADING_INDEX.sub("", name).strip() for name in names]
    cleaned = [name for name in cleaned if name]
    classes = tuple(ModelClass(class_id(name), _display(name)) for name in cleaned)
    if len(classes) < 2:
        raise ModelError(
            "labels_invalid",
            f"At least two class names are needed, not {len(classes)}.",
            "Give them separated by commas, or a text file with one a line.",
        )
    ids = [each.id for each in classes]
    doubled = sorted({each for each in ids if ids.count(each) > 1})
    if doubled:
        raise ModelError("labels_invalid", f"The class {doubled[0]} is named twice.", "Give each class once.")
    return classes


def _display(name: str) -> str:
    known = CELL_CLASSES.get(class_id(name))
    if known is not None:
        return known.name
    return name[:1].upper() + name[1:]

"""Class names from the command line or a text file, and the ids made of them."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.errors import ModelError
from hematodesk.inference.manifest import ModelClass

_LEADING_INDEX = re.compile(r"^\s*\d+\s*[:.)\-]?\s+")
# The folder names of the known data sets that are no id of ours once they are in lower case.
_ALIASES = {"ig": "immature_granulocyte", "rbc": "red_cell", "wbc": "white_cell", "platelets": "platelet"}


def class_id(name: str) -> str:
    """A class id: lower case ASCII letters, digits and underscores, starting with a letter.

    Plural folder names of known classes ("Eosinophils") and the known data sets' short names
    become our ids. Where letters other than Latin ones are lost, the name's checksum stands for them.
    Raises ModelError `labels_invalid` for a name without letters and digits.
    """
    taken_apart = unicodedata.normalize("NFKD", name)
    plain = taken_apart.encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if any(each.isalnum() and not each.isascii() for each in taken_apart):
        # Of the name, not of its place: two packages' classes must not become one in a history.
        return f"{made if made[:1].isalpha() else 'class'}_{zlib.crc32(name.encode()):08x}"
    made = _ALIASES.get(made, made)
    if made.endswith("s") and made[:-1] in CELL_CLASSES:
        made = made[:-1]
    if made and made[0].isdigit():
        made = f"class_{made}"
    if not made:
        raise ModelError("labels_invalid", f"No class id can be made of the label {name!r}.", "Rename it.")
    return made


def read_labels(given: str) -> tuple[ModelClass, ...]:
    """Classes from names separated by commas, or from a file.

    A text file has one name a line; a leading index ("0 Eosinophil", as Teachable Machine writes) is
    taken off. A JSON file holds a list, or names and their indexes either way round (Keras's
    `class_indices`), or such under the key `labels` (Teachable Machine's metadata.json).
    What is shown stays as given, where the id cannot hold all of it too.
    Raises ModelError `labels_invalid` for fewer than two names, doubled ids, or a file that cannot
    be read.
    """
    return classes_of(_names(given))


def classes_of(names: Sequence[str]) -> tuple[ModelClass, ...]:
    """Classes of names in the order of the outputs. Raises as `read_labels` does."""
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


def _names(given: str) -> list[str]:
    path = Path(given)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        # Too long for a file's name: it is a list.
        is_file = False
    if not is_file:
        if "," not in given and path.suffix.lower() in (".txt", ".json", ".csv"):
            raise ModelError("labels_invalid", f"There is no file of labels {path.name}.", "Check the path.")
        return given.split(",")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _from_json(json.loads(text)) if path.suffix.lower() == ".json" else text.splitlines()
    except (OSError, ValueError, TypeError) as fault:
        raise ModelError(
            "labels_invalid",
            f"The labels cannot be read from {path.name}: {fault}.",
            "Write one name a line, in UTF-8.",
        ) from fault


def _from_json(document: Any) -> list[str]:
    if isinstance(document, dict) and isinstance(document.get("labels"), (list, dict)):
        document = document["labels"]
    if isinstance(document, dict):
        turned = {
            int(key): value if isinstance(value, str) else value[-1]
            for key, value in document.items()
            if str(key).isdigit()
        } or {int(value): key for key, value in document.items()}
        if sorted(turned) != list(range(len(turned))):
            raise ValueError("its indexes do not run from 0 without gaps")
        document = [turned[index] for index in range(len(turned))]
    if not isinstance(document, list) or not all(isinstance(name, str) for name in document):
        raise ValueError("it holds no list of names")
    return list(document)


def _display(name: str) -> str:
    known = CELL_CLASSES.get(class_id(name))
    return known.name if known is not None else name

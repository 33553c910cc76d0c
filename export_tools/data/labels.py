"""Reads class names from the command line or a file, and derives their ids."""

from __future__ import annotations

import codecs
import csv
import json
import re
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import ModelClass
from hematodesk.inference.manifest_json import LONGEST_CLASS, MOST_CLASSES

_LEADING_INDEX = re.compile(r"^\s*\d+\s*[:.)\-]?\s+")
# Folder names of the known data sets whose lower-case form is not the class's id.
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

    A name that holds a comma stands in quotes. A text file has one name a line, or all in one line with
    commas; a leading index ("0 Eosinophil", as Teachable Machine writes) is taken off. A CSV table has
    one column, or index and name in two. A JSON file holds a list, or names and their indexes either way
    round (Keras's `class_indices`), or such under the key `labels` (Teachable Machine's metadata.json).
    The displayed name stays as given, even where the id cannot represent all of it.
    Raises ModelError `labels_invalid` for fewer than two names, doubled ids, too many or too long ones,
    or a file that cannot be read.
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
            "Give them separated by commas, or a text file with one a line. A network with one output that "
            "tells two classes apart needs both names.",
        )
    if len(classes) > MOST_CLASSES:
        raise ModelError(
            "labels_invalid", f"{len(classes)} classes are too many; a package has {MOST_CLASSES} at most."
        )
    for name, each in zip(cleaned, classes, strict=True):
        if max(len(each.id), len(each.display)) > LONGEST_CLASS:
            raise ModelError(
                "labels_invalid",
                f"The class name {name[:40]!r}… is too long; {LONGEST_CLASS} characters are the most.",
                "Shorten it.",
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
        # Too long for a file name: it is a list.
        is_file = False
    if not is_file:
        if "," not in given and path.suffix.lower() in (".txt", ".json", ".csv"):
            raise ModelError("labels_invalid", f"There is no file of labels {path.name}.", "Check the path.")
        return _from_list(given)
    try:
        text = _decoded(path.read_bytes())
        if path.suffix.lower() == ".json":
            return _from_json(json.loads(text))
        if path.suffix.lower() == ".csv":
            return _from_table(text)
        lines = [line for line in text.splitlines() if line.strip()]
        return _from_list(lines[0]) if len(lines) == 1 else lines
    except (OSError, ValueError, TypeError, csv.Error) as fault:
        raise ModelError(
            "labels_invalid",
            f"The labels cannot be read from {path.name}: {fault}.",
            "Write one name a line, in UTF-8.",
        ) from fault


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 by its first bytes, as Windows' editor and spreadsheets write it."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _from_list(given: str) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([given], skipinitialspace=True), [])]
    except csv.Error as fault:
        raise ModelError(
            "labels_invalid", f"The class names cannot be read: {fault}.", "Separate them by commas."
        ) from fault
    while names and not names[-1]:
        names.pop()
    if "" in names:
        # Skipping it would shift all later names by one output.
        raise ModelError(
            "labels_invalid", f"The class name {names.index('') + 1} is empty.", "Name every output once."
        )
    return names


def _from_table(text: str) -> list[str]:
    """Names from a table of one column, or of two of which one is the index; a heading is left out."""
    lines = text.splitlines()
    mark = ";" if lines and ";" in lines[0] and "," not in lines[0] else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark) if any(row)]
    if all(len(row) == 1 for row in rows):
        return [row[0] for row in rows]
    if any(len(row) != 2 for row in rows):
        raise ValueError("it is a table of more than two columns")
    for place in (0, 1):
        if len(rows) > 1 and all(row[place].isdigit() for row in rows[1:]):
            indexed = rows if rows[0][place].isdigit() else rows[1:]
            return _in_order({int(row[place]): row[1 - place] for row in indexed}, len(indexed))
    raise ValueError("neither of its two columns holds the indexes")


def _in_order(names: dict[int, str], count: int) -> list[str]:
    if sorted(names) != list(range(count)):
        raise ValueError("its indexes do not run from 0 without gaps")
    return [names[index] for index in range(count)]


def _from_json(document: Any) -> list[str]:
    if isinstance(document, dict) and isinstance(document.get("labels"), (list, dict)):
        document = document["labels"]
    if isinstance(document, dict):
        by_index = {
            int(key): value if isinstance(value, str) else value[-1]
            for key, value in document.items()
            if str(key).isdigit()
        }
        turned = by_index or {int(value): key for key, value in document.items()}
        # Names that share an index would be fewer than were given.
        document = _in_order(turned, len(by_index) or len(document))
    if not isinstance(document, list) or not all(isinstance(name, str) for name in document):
        raise ValueError("it holds no list of names")
    return list(document)


def _display(name: str) -> str:
    known = CELL_CLASSES.get(class_id(name))
    return known.name if known is not None else name

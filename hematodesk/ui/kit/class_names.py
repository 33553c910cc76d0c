"""The classes' names and short forms in the person's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale

from hematodesk.domain.classes import CELL_CLASSES, cell_class

if TYPE_CHECKING:
    from hematodesk.domain.manifest import ModelClass

_given: dict[str, str] = {}


def learn_names(classes: Iterable[ModelClass]) -> None:
    """Store the names that a package gives to its own classes, to show them unchanged."""
    _given.update({each.id: each.display for each in classes if each.id not in CELL_CLASSES})


def class_name(class_id: str) -> str:
    """The class's name in the person's language; classes of other people's packages as these name them.

    An id of a package that was not seen since the start is spelled out.
    """
    known = CELL_CLASSES.get(class_id)
    if known is None:
        return _given.get(class_id) or cell_class(class_id).name
    return QCoreApplication.translate("CellClass", known.name)


def class_count(class_id: str, count: int) -> str:
    """So many cells of the class: "1 Neutrophil", "5 Neutrophils"; "5 × Blast" of other packages' classes."""
    known = CELL_CLASSES.get(class_id)
    number = QLocale().toString(count)
    if known is None:
        return f"{number} × {class_name(class_id)}"
    if count == 1:
        return f"{number} {class_name(class_id)}"
    return f"{number} {QCoreApplication.translate('CellClassPlural', known.plural)}"


def class_names(class_ids: Iterable[str]) -> list[str]:
    """The names of several classes; see class_name."""
    return [class_name(class_id) for class_id in class_ids]


def short_class_name(class_id: str) -> str:
    """The laboratory's abbreviation of the class, for where the name does not fit."""
    known = CELL_CLASSES.get(class_id)
    if known is None:
        return class_name(class_id)[:3]
    return QCoreApplication.translate("CellClassShort", known.short)

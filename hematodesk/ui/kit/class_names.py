"""The classes' names and short forms in the person's language.

The English source texts are spelled out here so that the translation tools find them; a test
holds them equal to the names in domain.classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from hematodesk.domain.classes import cell_class
from hematodesk.ui.kit.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from hematodesk.inference.manifest import ModelClass

NAMES: dict[str, str] = {
    "eosinophil": QT_TRANSLATE_NOOP("CellClass", "Eosinophil"),
    "lymphocyte": QT_TRANSLATE_NOOP("CellClass", "Lymphocyte"),
    "monocyte": QT_TRANSLATE_NOOP("CellClass", "Monocyte"),
    "neutrophil": QT_TRANSLATE_NOOP("CellClass", "Neutrophil"),
    "basophil": QT_TRANSLATE_NOOP("CellClass", "Basophil"),
    "erythroblast": QT_TRANSLATE_NOOP("CellClass", "Erythroblast"),
    "immature_granulocyte": QT_TRANSLATE_NOOP("CellClass", "Immature granulocyte"),
    "platelet": QT_TRANSLATE_NOOP("CellClass", "Platelet"),
    "red_cell": QT_TRANSLATE_NOOP("CellClass", "Red cell"),
    "white_cell": QT_TRANSLATE_NOOP("CellClass", "White cell"),
}

SHORT_NAMES: dict[str, str] = {
    "eosinophil": QT_TRANSLATE_NOOP("CellClassShort", "Eos"),
    "lymphocyte": QT_TRANSLATE_NOOP("CellClassShort", "Lym"),
    "monocyte": QT_TRANSLATE_NOOP("CellClassShort", "Mon"),
    "neutrophil": QT_TRANSLATE_NOOP("CellClassShort", "Neu"),
    "basophil": QT_TRANSLATE_NOOP("CellClassShort", "Bas"),
    "erythroblast": QT_TRANSLATE_NOOP("CellClassShort", "Ery"),
    "immature_granulocyte": QT_TRANSLATE_NOOP("CellClassShort", "IG"),
    "platelet": QT_TRANSLATE_NOOP("CellClassShort", "Plt"),
    "red_cell": QT_TRANSLATE_NOOP("CellClassShort", "RBC"),
    "white_cell": QT_TRANSLATE_NOOP("CellClassShort", "WBC"),
}


_given: dict[str, str] = {}


def learn_names(classes: Iterable[ModelClass]) -> None:
    """Keep the names that a package gives to classes of its own, to show them as they were given."""
    _given.update({each.id: each.display for each in classes if each.id not in NAMES})


def class_name(class_id: str) -> str:
    """The class's name in the person's language; classes of other people's packages as these name them.

    An id of a package that was not seen since the start is spelled out.
    """
    source = NAMES.get(class_id)
    if source is None:
        return _given.get(class_id) or cell_class(class_id).name
    return QCoreApplication.translate("CellClass", source)


def short_class_name(class_id: str) -> str:
    """The laboratory's abbreviation of the class, for where the name does not fit."""
    source = SHORT_NAMES.get(class_id)
    if source is None:
        return class_name(class_id)[:3]
    return QCoreApplication.translate("CellClassShort", source)

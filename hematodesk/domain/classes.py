"""The cell classes: stable ids, names and colours.

Ids are lower case English nouns and part of the command line's contract. Colours are data that never
follow the theme and are never the only sign. The first seven are Okabe and Ito's colour-blind-safe set
(https://jfly.uni-koeln.de/color/); the others were searched for so that any two, known ones and those of
packages from elsewhere, differ by 10 (CIEDE2000) or more in full colour vision and without one of the
three kinds of cones, and show on light and on dark.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from hematodesk.domain.marking import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class CellClass:
    """One class.

    Attributes:
        id: its stable name.
        name: in English, the source text for translation.
        plural: the same of several cells.
        short: the laboratory's abbreviation, for where the name does not fit; translated too.
        colour: sRGB.
    """

    id: str
    name: str
    plural: str
    short: str
    colour: str


WBC4 = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")

CELL_CLASSES: dict[str, CellClass] = {
    known.id: known
    for known in (
        CellClass(
            "eosinophil",
            QT_TRANSLATE_NOOP("CellClass", "Eosinophil"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Eosinophils"),
            QT_TRANSLATE_NOOP("CellClassShort", "Eos"),
            "#D55E00",
        ),
        CellClass(
            "lymphocyte",
            QT_TRANSLATE_NOOP("CellClass", "Lymphocyte"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Lymphocytes"),
            QT_TRANSLATE_NOOP("CellClassShort", "Lym"),
            "#0072B2",
        ),
        CellClass(
            "monocyte",
            QT_TRANSLATE_NOOP("CellClass", "Monocyte"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Monocytes"),
            QT_TRANSLATE_NOOP("CellClassShort", "Mon"),
            "#009E73",
        ),
        CellClass(
            "neutrophil",
            QT_TRANSLATE_NOOP("CellClass", "Neutrophil"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Neutrophils"),
            QT_TRANSLATE_NOOP("CellClassShort", "Neu"),
            "#CC79A7",
        ),
        CellClass(
            "basophil",
            QT_TRANSLATE_NOOP("CellClass", "Basophil"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Basophils"),
            QT_TRANSLATE_NOOP("CellClassShort", "Bas"),
            "#56B4E9",
        ),
        CellClass(
            "erythroblast",
            QT_TRANSLATE_NOOP("CellClass", "Erythroblast"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Erythroblasts"),
            QT_TRANSLATE_NOOP("CellClassShort", "Ery"),
            "#E69F00",
        ),
        CellClass(
            "immature_granulocyte",
            QT_TRANSLATE_NOOP("CellClass", "Immature granulocyte"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Immature granulocytes"),
            QT_TRANSLATE_NOOP("CellClassShort", "IG"),
            "#F0E442",
        ),
        CellClass(
            "platelet",
            QT_TRANSLATE_NOOP("CellClass", "Platelet"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Platelets"),
            QT_TRANSLATE_NOOP("CellClassShort", "Plt"),
            "#CCCCCC",
        ),
        CellClass(
            "red_cell",
            QT_TRANSLATE_NOOP("CellClass", "Red cell"),
            QT_TRANSLATE_NOOP("CellClassPlural", "Red cells"),
            QT_TRANSLATE_NOOP("CellClassShort", "RBC"),
            "#A0522D",
        ),
        CellClass(
            "white_cell",
            QT_TRANSLATE_NOOP("CellClass", "White cell"),
            QT_TRANSLATE_NOOP("CellClassPlural", "White cells"),
            QT_TRANSLATE_NOOP("CellClassShort", "WBC"),
            "#8866FF",
        ),
    )
}

_OTHERS = ("#99EEBB", "#99BB99", "#996688", "#DDBB77", "#883377")
"""For classes of packages from elsewhere."""


def cell_class(class_id: str) -> CellClass:
    """The class with that id; a package from elsewhere may bring ids that are not ours.

    Such a class has one of the set's colours by the checksum of its id: the same in every window,
    history and report, and two classes of one package mostly differ. The name always stands beside.
    """
    known = CELL_CLASSES.get(class_id)
    if known is not None:
        return known
    colour = _OTHERS[zlib.crc32(class_id.encode()) % len(_OTHERS)]
    name = class_id.replace("_", " ").capitalize()
    return CellClass(class_id, name, name, name[:3], colour)

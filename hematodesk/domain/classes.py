"""The cell classes: stable ids, names and colours.

Ids are lower case English nouns and part of the command line's contract. Colours are Okabe
and Ito's colour-blind-safe set (https://jfly.uni-koeln.de/color/): data colours that never
follow the theme and are never the only sign.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellClass:
    """One class: its id, its English name (the source text for translation) and its sRGB colour."""

    id: str
    name: str
    colour: str


WBC4 = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")

CELL_CLASSES: dict[str, CellClass] = {
    known.id: known
    for known in (
        CellClass("eosinophil", "Eosinophil", "#D55E00"),
        CellClass("lymphocyte", "Lymphocyte", "#0072B2"),
        CellClass("monocyte", "Monocyte", "#009E73"),
        CellClass("neutrophil", "Neutrophil", "#CC79A7"),
        CellClass("basophil", "Basophil", "#56B4E9"),
        CellClass("erythroblast", "Erythroblast", "#E69F00"),
        CellClass("immature_granulocyte", "Immature granulocyte", "#F0E442"),
        CellClass("platelet", "Platelet", "#999999"),
        CellClass("red_cell", "Red cell", "#A0522D"),
        CellClass("white_cell", "White cell", "#6A5ACD"),
    )
}

_OTHERS = ("#44AA99", "#999933", "#CC6677", "#DDCC77", "#AA4499")
"""For classes of packages from elsewhere: of Paul Tol's colour-blind-safe "muted" set
(https://personal.sron.nl/~pault/), those that show on light and dark and are none of the above."""


def cell_class(class_id: str) -> CellClass:
    """The class with that id; a package from elsewhere may bring ids that are not ours.

    Such a class has one of the set's colours by the checksum of its id: the same in every window,
    history and report, and two classes of one package mostly differ. The name always stands beside.
    """
    known = CELL_CLASSES.get(class_id)
    if known is not None:
        return known
    colour = _OTHERS[zlib.crc32(class_id.encode()) % len(_OTHERS)]
    return CellClass(class_id, class_id.replace("_", " ").capitalize(), colour)

"""A small square of a class's colour, to stand beside its name."""

from __future__ import annotations

from PySide6.QtGui import QIcon, QPainter, QPixmap

from hematodesk.ui.kit.theme import class_colour

SWATCH = 12
"""Its edge, device independent pixels."""


def class_swatch(class_id: str) -> QIcon:
    """The square."""
    picture = QPixmap(SWATCH, SWATCH)
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), class_colour(class_id))
    painter.end()
    return QIcon(picture)

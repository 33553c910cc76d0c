"""How large a dialog opens."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from hematodesk.ui.kit.whole_texts import WholeTexts, room_of


def fit_to_screen(dialog: QDialog) -> None:
    """Make a dialog no larger than the screen leaves room for, as on a small one at twice the scale."""
    room = room_of(dialog)
    size, layout = dialog.size(), dialog.layout()
    if not dialog.testAttribute(Qt.WidgetAttribute.WA_Resized):
        # Qt by itself would take two thirds of the screen at most, and squeeze the rows.
        size = dialog.sizeHint()
        if layout is not None and layout.hasHeightForWidth():
            size.setHeight(max(size.height(), layout.totalHeightForWidth(size.width())))
    dialog.resize(size.boundedTo(room))
    WholeTexts(dialog)

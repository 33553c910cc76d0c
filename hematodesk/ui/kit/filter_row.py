"""Choices side by side, or one above the other where the column is too narrow for their texts."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QWidget

from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import GRID


class FilterRow(QWidget):
    """A row of choices; what is chosen is read in full, in the tooltip where even a line is too short."""

    def __init__(self, *boxes: QComboBox) -> None:
        super().__init__()
        self._boxes = boxes
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        for box in boxes:
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            box.currentTextChanged.connect(self._arrange)
            self._row.addWidget(box)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may want another order."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wanted = [_wanted(box) for box in self._boxes]
        narrow = sum(wanted) + GRID * (len(wanted) - 1) > self.width()
        self._row.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        for box, width in zip(self._boxes, wanted, strict=True):
            self._row.setStretchFactor(box, 0 if narrow else width)
            box.setToolTip(plain_tooltip(box.currentText()))
            # The list of a choice is as wide as its longest line, wherever the choice itself is narrow.
            list_ = box.view()
            list_.setMinimumWidth(min(GRID * 40, list_.sizeHintForColumn(0) + GRID * 3))
            list_.setTextElideMode(Qt.TextElideMode.ElideMiddle)


def _wanted(box: QComboBox) -> int:
    """The width at which the chosen line is read in full."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    text = QSize(box.fontMetrics().horizontalAdvance(box.currentText()) + 2, box.fontMetrics().height())
    size = box.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, text, box)
    return size.width()

"""The controls of "why" in the answer column: on or off, for which class, how strongly."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.parts import KeyButton
from hematodesk.ui.kit.plain_text import plain_label, plain_tooltip
from hematodesk.ui.kit.theme import GRID, set_role


class _Line(QLabel):
    """One line of text; if too long it ends in an ellipsis: half a number would be another number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "muted")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(QFontMetricsF(self.font()).height()) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class _ClassChoice(QComboBox):
    """A long name ends in an ellipsis while it is closed, and is whole in the list and the tooltip."""

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Cut the text to the room beside the arrow."""
        super().initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        words = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - GRID // 2
        )
        option.currentText = words

    def showPopup(self) -> None:
        """A list as wide as its longest name."""
        bar = self.view().verticalScrollBar().sizeHint().width()
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + bar)
        super().showPopup()


class WhyBox(QWidget):
    """Two lines of controls and a line of words; their places never change.

    Signals:
        class_chosen(str): the evidence for that class is wanted.
        opacity_changed(int): per cent.
    """

    class_chosen = Signal(str)
    opacity_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action: QAction | None = None
        self._told = ""
        self.button = KeyButton(self.tr("Show why"))
        self.button.setCheckable(True)
        self.classes = _ClassChoice()
        self.classes.setAccessibleName(self.tr("Evidence for"))
        self.classes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.classes.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.classes.activated.connect(self._class_activated)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(10, 100)
        self.opacity.setSingleStep(5)
        self.opacity.setPageStep(20)
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setAccessibleName(self.tr("Opacity"))
        self.opacity.setToolTip(self.tr("How strongly the colours cover the image"))
        self.opacity.valueChanged.connect(self._opacity_moved)
        title = plain_label("muted")
        title.setText(self.tr("Opacity"))
        self._percent = plain_label("muted")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        metrics = QFontMetricsF(self._percent.font())
        self._percent.setFixedWidth(round(metrics.horizontalAdvance(self._percents(100))) + 2)
        self._words = _Line()
        first = QHBoxLayout()
        first.setSpacing(GRID)
        first.addWidget(self.button)
        first.addWidget(self.classes, 1)
        second = QHBoxLayout()
        second.setSpacing(GRID)
        second.addWidget(title)
        second.addWidget(self.opacity, 1)
        second.addWidget(self._percent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self._words)
        self.show_classes((), "")
        self.tell("", "")

    def _percents(self, number: int) -> str:
        return self.tr("{number} %").format(number=number)

    def follow(self, action: QAction, key: str) -> None:
        """The button does what the action does, and shows its key and its state."""
        self._action = action
        self.button.set_key(key)
        self.button.clicked.connect(action.trigger)
        action.changed.connect(self._action_changed)
        action.toggled.connect(self._action_changed)
        self._action_changed()

    def set_opacity(self, percent: int) -> None:
        """Show an opacity without sending it."""
        blocker = QSignalBlocker(self.opacity)
        self.opacity.setValue(percent)
        blocker.unblock()
        self._percent.setText(self._percents(self.opacity.value()))

    def show_classes(self, class_ids: Sequence[str], chosen: str) -> None:
        """The classes to choose from and the one that is shown; none where nothing is shown."""
        present = [self.classes.itemData(index) for index in range(self.classes.count())]
        if present != list(class_ids):
            self.classes.clear()
            for class_id in class_ids:
                self.classes.addItem(class_name(class_id), class_id)
        self.classes.setCurrentIndex(self.classes.findData(chosen) if chosen else -1)
        what = self.tr("The class whose evidence is shown")
        self.classes.setToolTip(plain_tooltip(f"{what}: {class_name(chosen)}" if chosen else what))
        self.classes.setEnabled(bool(chosen))

    def tell(self, words: str, tip: str) -> None:
        """A line on what is shown, and the whole of it in the tooltip."""
        self._words.setText(words)
        self._words.setAccessibleDescription(tip)
        self._words.setToolTip(plain_tooltip(tip) if tip else "")

    def _action_changed(self) -> None:
        if self._action is None:
            return
        self.button.setEnabled(self._action.isEnabled())
        self.button.setChecked(self._action.isChecked())
        if self._action.toolTip() != self._told:
            self._told = self._action.toolTip()
            self.button.setToolTip(plain_tooltip(self._told))

    def _class_activated(self, index: int) -> None:
        self.class_chosen.emit(str(self.classes.itemData(index)))

    def _opacity_moved(self, percent: int) -> None:
        self._percent.setText(self._percents(percent))
        self.opacity_changed.emit(percent)

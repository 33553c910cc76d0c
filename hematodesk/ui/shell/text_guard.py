"""Keeps the window's plain keys (1, X, Enter, arrows) out of fields in which a person types."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_TYPED_INTO = (QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox)
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class TextGuard(QObject):
    """Watches only the field that has the focus, so that no other event costs anything."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(old, _TYPED_INTO):
            old.removeEventFilter(self)
        if isinstance(new, _TYPED_INTO):
            new.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.modifiers() & _COMMANDS or Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
            return False
        event.accept()
        return True

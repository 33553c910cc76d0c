"""Which keys are a text field's own, and which the window's, while a person types."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
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
_EDITING = (
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.SelectAll,
)


class TextGuard(QObject):
    """Plain keys (1, X, Enter, arrows) are the field's; a command with a letter (Ctrl+E) is the window's.

    Without it Qt asks the field first, and a field takes Ctrl+E on some systems as "to the end of the
    line". The keys of editing (undo, copy, paste …) stay the field's.

    Watches only the field that has the focus, so that no other event costs anything.
    """

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
            letter = Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z
            if not letter or any(map(event.matches, _EDITING)):
                return False
            # The field is not asked; a key that is no shortcut of the window's reaches it all the same.
            event.ignore()
            return True
        event.accept()
        return True

"""The note: a field that saves itself, and keeps what could not be saved."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from hematodesk.domain.limits import MAX_NOTE_CHARACTERS

_PAUSE_MS = 800


class NoteField(QPlainTextEdit):
    """A note that saves itself: when the typing pauses, when the focus leaves, when another is shown.

    A refused text stays with its key, and is sent again at the next of these moments.

    Signals:
        edited(object, str): the key given to `show_note`, and the text as it is now.
        left(): the person pressed Esc or Ctrl+Enter; the keyboard should go back to the image.
        kept(bool): whether what is shown was refused, and is kept by this field alone.
    """

    edited = Signal(object, str)
    left = Signal()
    kept = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key: object = None
        self._saved: str | None = ""
        self._refused: dict[object, str] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.flush)
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._changed)

    def show_note(self, key: object, text: str) -> None:
        """Show another note; an unsaved change of the present one is sent first.

        Showing the same key again keeps what the person is typing, or what was refused.
        """
        if key is not None and key == self._key and (self.hasFocus() or self._saved is None):
            return
        self.flush()
        refused = self._refused.get(key)
        self._key, self._saved = key, text if refused is None else None
        self._put(text if refused is None else refused)
        self.setEnabled(key is not None)
        self.kept.emit(refused is not None)
        if refused is not None:
            self._pause.start()

    def refuse(self, key: object, text: str) -> None:
        """What was sent with this key could not be saved: it is kept here, to be sent again."""
        self._refused[key] = text
        if key == self._key:
            self._saved = None
            if not self.hasFocus():
                self._put(text)
            self.kept.emit(True)

    def forget(self) -> None:
        """The keys are invalid from now on: drop refused texts."""
        self._refused.clear()

    def flush(self) -> None:
        """Send the text now if it changed, or was refused."""
        self._pause.stop()
        text = self.toPlainText()
        if self._key is not None and text != self._saved:
            self._saved = text
            if self._refused.pop(self._key, None) is not None:
                self.kept.emit(False)
            self.edited.emit(self._key, text)

    def send_all(self) -> None:
        """Send the text now as `flush` does, and everything that was refused before."""
        self.flush()
        waiting, self._refused = self._refused, {}
        for key, text in waiting.items():
            self.edited.emit(key, text)

    @property
    def refused(self) -> dict[object, str]:
        """What was refused and is kept by this field alone, by key."""
        return dict(self._refused)

    @property
    def unsaved(self) -> dict[object, str]:
        """What was refused, and what was written since it was last sent, by key."""
        text = self.toPlainText()
        written = {self._key: text} if self._key is not None and text != self._saved else {}
        return {**self._refused, **written}

    def _put(self, text: str) -> None:
        if self.toPlainText() != text:
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)

    def _changed(self) -> None:
        if len(self.toPlainText()) > MAX_NOTE_CHARACTERS:
            self.blockSignals(True)
            self.setPlainText(self.toPlainText()[:MAX_NOTE_CHARACTERS])
            self.moveCursor(QTextCursor.MoveOperation.End)
            self.blockSignals(False)
        self._pause.start()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Save on leaving."""
        super().focusOutEvent(event)
        self.flush()

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not the window's shortcuts while the note is written."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.key() == Qt.Key.Key_Escape or (
                plain and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
            ):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and Ctrl+Enter finish the note."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape or (enter and control):
            self.flush()
            self.left.emit()
            return
        super().keyPressEvent(event)

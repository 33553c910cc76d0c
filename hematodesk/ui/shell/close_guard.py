"""Keeps the window open once when it is closed with notes that could not be saved."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.review.review_controller import NoteKey
from hematodesk.ui.shell.features import Features
from hematodesk.ui.state.task_lanes import Lane
from hematodesk.ui.state.window_context import WindowContext

_CODE = "note_unsaved"


class CloseGuard(QObject):
    """Decides whether the window may close."""

    def __init__(self, context: WindowContext, features: Features) -> None:
        super().__init__(context.window)
        self._answer = features.review.answer
        self._reviews = features.review.reviews
        self._viewer = context.viewer
        self._lanes = context.lanes
        self._banners = context.banners
        self._window = context.window
        self._waiting = False
        self._told: dict[object, str] = {}
        self._reviews.image_changed.connect(self._forget_saved)

    def may_close(self) -> bool:
        """Whether the window may close now; else it does when the notes are saved, or says that they are not.

        What the person was told of and leaves behind all the same is tried once more in the background.
        """
        if self._waiting:
            return False
        unsaved = {**self._reviews.notes_under_way, **self._answer.unsaved_notes()}
        self._answer.send_notes()
        if not self._reviews.notes_under_way or unsaved == self._told:
            return True
        self._waiting = True
        self._banners.show_notice(Notice(_CODE, self.tr("The note is being saved…"), stays=True))
        self._lanes.when_through((Lane.STORAGE,), self._answered)
        return False

    def _answered(self) -> None:
        self._waiting = False
        refused = self._answer.refused_notes()
        if not refused:
            self._banners.put_away(_CODE)
            self._window.close()
            return
        self._told = refused
        key = next(iter(refused))
        self._banners.show_notice(
            Notice(
                _CODE,
                self.tr("A note could not be saved, so the window stays open."),
                self.tr("Close it again to leave without the note."),
                Level.WARNING,
                self.tr("Show the note"),
                lambda: self._show(key),
            )
        )

    def _show(self, key: object) -> None:
        if isinstance(key, NoteKey):
            self._viewer.open(key.image_id, key.cell_id)

    def _forget_saved(self) -> None:
        """Notes may have been saved after all."""
        if self._told and not self._waiting and not self._answer.unsaved_notes():
            self._told = {}
            self._banners.put_away(_CODE)

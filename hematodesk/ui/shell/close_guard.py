"""The window is about to close: a note that cannot be saved keeps it open, until it is closed once more."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from hematodesk.ui.kit.banners import Banners, Level, Notice
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.ui.review.review_controller import NoteKey, ReviewController
from hematodesk.ui.state.task_lanes import Lane, TaskLanes
from hematodesk.ui.state.viewer_state import Viewer

_CODE = "note_unsaved"


class CloseGuard(QObject):
    """Asked by the window before it closes."""

    def __init__(
        self,
        answer: AnswerPanel,
        reviews: ReviewController,
        viewer: Viewer,
        lanes: TaskLanes,
        banners: Banners,
        close: Callable[[], object],
        parent: QObject,
    ) -> None:
        """`close` is called when the window that had to wait may close after all."""
        super().__init__(parent)
        self._answer = answer
        self._reviews = reviews
        self._viewer = viewer
        self._lanes = lanes
        self._banners = banners
        self._close = close
        self._waiting = False
        self._told: dict[object, str] = {}
        reviews.image_changed.connect(self._forget_saved)

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
            self._close()
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

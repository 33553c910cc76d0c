"""One session: the history opens, a session begins with the first image, and all ends in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.cells import now_utc
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.analysis.analyser import load_image_libraries
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


_BEFORE_THE_END = (Lane.DECODING, Lane.BATCH, Lane.WATCH, Lane.INFERENCE, Lane.TRANSFER, Lane.MAINTENANCE)
"""What may still save something, or read the history."""


class SessionController(QObject):
    """Signals:
    opened(HistoryService): the history is open.
    refused(HematodeskError): it cannot be opened.
    absent(HematodeskError): there is none in this session; nothing will be saved.
    leaving: the history is closed for a moment; afterwards it may be another one.
    ending: the window closes; what still runs is to stop, and what is not saved yet to be saved.
    ended: all work is done and the history is closed.
    """

    opened = Signal(object)
    refused = Signal(object)
    absent = Signal(object)
    leaving = Signal()
    ending = Signal()
    ended = Signal()

    def __init__(
        self, services: Services, lanes: TaskLanes, access: HistoryAccess, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._access = access
        self._session: Session | None = None
        self._ending = False
        self.over = False

    @property
    def session_id(self) -> int | None:
        """This window's session, once an image is in it."""
        return self._session.id if self._session is not None else None

    def begin(self) -> None:
        """Open the history on the storage lane, and get ready to read images on the decoding lane."""
        if self._ending:
            # It was closed for a moment, and now it is closed for good.
            return
        self._lanes.run(Lane.DECODING, lambda _ticket: self._warm_up())
        self._lanes.run(
            Lane.STORAGE,
            lambda _ticket: self._services.open_history(),
            done=self._opened,
            failed=self.refused.emit,
        )

    def _warm_up(self) -> None:
        self._services.reader.warm()
        load_image_libraries()

    def leave(self) -> None:
        """Another history may come: what belongs to the one before is let go of."""
        self.leaving.emit()
        self._session = None

    def go_without(self, error: HematodeskError) -> None:
        """The history cannot be had: images are named, and nothing is saved."""
        self.absent.emit(error)

    def _opened(self, history: HistoryService) -> None:
        self._access.use(history)
        self.opened.emit(history)

    def session_of(self, image: HistoryImage) -> Session:
        """The session of an image that this window just saved, for the list."""
        if self._session is None or self._session.id != image.session_id:
            self._session = Session(image.session_id, self._services.operator, now_utc(), "", 0)
        return self._session

    def end(self) -> None:
        """Stop what runs, wait for it lane by lane, and close the history; `ended` follows."""
        if self._ending:
            return
        self._ending = True
        self.ending.emit()
        self._lanes.cancel_all(*_BEFORE_THE_END, Lane.CAMERA)
        self._lanes.when_through(_BEFORE_THE_END, self._close)

    def _close(self) -> None:
        def close(_ticket: Ticket) -> None:
            try:
                self._services.settings.save()
            finally:
                self._services.close()

        self._lanes.run(
            Lane.STORAGE,
            close,
            done=self._closed,
            failed=self._closed,
            cancelled=self._stop,
        )

    def _closed(self, _outcome: HematodeskError | None) -> None:
        self._stop()

    def _stop(self) -> None:
        self._lanes.stop()
        self.over = True
        self.ended.emit()

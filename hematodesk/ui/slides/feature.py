"""Whole slides in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.slide_view import SlideLook, look_at

if TYPE_CHECKING:
    from hematodesk.ui.slides.slide_dialog import SlideDialog


class SlidesFeature(QObject):
    """Signals:
    scan_requested(ScanPlan): these fields are to be named.
    image_requested(ScanPlan): its one field is to be opened as an image.
    stop_requested: the runs under way are to be stopped.
    """

    scan_requested = Signal(object)
    image_requested = Signal(object)
    stop_requested = Signal()

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        self._asked: Ticket | None = None
        self._dialog: SlideDialog | None = None
        self._progress: tuple[int, int] | None = None

    def open(self, path: Path, otherwise: Callable[[], None]) -> None:
        """Show a slide; `otherwise` is called for what is none, or cannot be opened as one.

        The last one that was asked for is shown.
        """
        services = self._context.services

        def done(look: SlideLook | None) -> None:
            if look is None:
                otherwise()
            elif self._asked is ticket:
                self._show(look)

        def failed(_error: HematodeskError) -> None:
            # Reading it as an image says why, where images say it.
            otherwise()

        ticket = self._context.lanes.run(
            Lane.SLIDE, lambda _ticket: look_at(services, path), done=done, failed=failed
        )
        self._asked = ticket

    def show_progress(self, progress: tuple[int, int] | None) -> None:
        """How far the runs have come: images done, and of how many."""
        self._progress = progress
        if self._dialog is not None:
            self._dialog.show_progress(progress)

    def _show(self, look: SlideLook) -> None:
        self._context.dialogs.show_one("slide", self._make, modal=False)
        if self._dialog is not None:
            self._dialog.show_slide(look)
            self._dialog.show_progress(self._progress)

    def _make(self) -> QDialog:
        from hematodesk.ui.slides.slide_dialog import SlideDialog

        context = self._context
        dialog = self._dialog = SlideDialog(context.services, context.lanes, context.window)
        dialog.scan_requested.connect(self.scan_requested)
        dialog.image_requested.connect(self.image_requested)
        dialog.stop_requested.connect(self.stop_requested)
        dialog.finished.connect(self._closed)
        return dialog

    def _closed(self) -> None:
        self._dialog = None

"""The history in the window: its column, going through it, and keeping it safe."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint, Signal

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.history.browse_controller import BrowseController
from hematodesk.ui.history.maintenance_controller import MaintenanceController
from hematodesk.ui.history.panel import HistoryPanel
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.history_service import HistoryService


class HistoryFeature(QObject):
    """Puts the history's column and its controllers together.

    Signals:
        needed: the column is asked for, and may be folded.
        delete_requested(list[int]): the person wants these images deleted.
    """

    needed = Signal()
    delete_requested = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        self.panel = HistoryPanel(context.access, context.window)
        self.panel.setMinimumWidth(176)
        # A file that is let go over a text field is to be opened, not written into it.
        self.panel.search.setAcceptDrops(False)
        self.browser = BrowseController(context, self.panel)
        self.maintenance = MaintenanceController(context)
        context.actions.bind(
            {
                "find": self.find_image,
                "previous_image": self.browser.previous_image,
                "next_image": self.browser.next_image,
                "next_open": self.browser.next_open,
                "delete_images": self.ask_delete,
                "restore": self.maintenance.ask_restore,
                "check_history": self.maintenance.check,
            }
        )
        self._connect()

    def _connect(self) -> None:
        context, panel, maintenance = self._context, self.panel, self.maintenance
        panel.menu_requested.connect(self._open_menu)
        context.model_state.changed.connect(lambda: panel.set_classes(context.model_state.class_ids))
        context.lanes.fault.connect(maintenance.tell)
        context.lanes.idle.connect(self.browser.read_ahead)
        context.session.opened.connect(self._history_opened)
        context.session.refused.connect(self._history_refused)
        context.session.absent.connect(self._no_history)
        context.session.ending.connect(maintenance.end)
        maintenance.swapping.connect(context.session.leave)
        maintenance.swapped.connect(context.session.begin)
        maintenance.beyond_repair.connect(context.session.go_without)

    def _history_opened(self, history: HistoryService) -> None:
        self.maintenance.begin(history)
        self.panel.model.reload()

    def _history_refused(self, error: HematodeskError) -> None:
        if error.code == "history_damaged":
            self.maintenance.repair()
        else:
            self._context.session.go_without(error)

    def _no_history(self, _error: HematodeskError) -> None:
        self.panel.say_nothing_is_kept()

    # What other features have done to it

    def show_saved(self, images: list[HistoryImage]) -> None:
        """These are in the history now: they come into the list."""
        session = self._context.session.session_of(images[0])
        self.panel.model.add_images(session, images)
        shown = self._context.viewer.image_id
        if shown in {image.id for image in images}:
            self.panel.mark(shown)

    def show_restored(self, image_ids: Sequence[int]) -> None:
        """These were deleted and are back."""
        self.panel.model.reload()
        self.browser.open(image_ids[0])

    def open(self, image_id: int) -> None:
        """Show an image, be it listed under the filter or not."""
        if self.panel.model.row_of(image_id) < 0:
            self.panel.clear_filter()
        self.browser.open(image_id)

    # What a person asks

    def find_image(self) -> None:
        """Go to the search field."""
        self.needed.emit()
        self.panel.search.setFocus()
        self.panel.search.selectAll()

    def ask_delete(self) -> None:
        """Ask for the chosen images to be deleted, else for the shown one."""
        chosen = self.panel.selected_ids()
        shown = self._context.viewer.image_id
        if not chosen and shown is not None:
            chosen = [shown]
        self.delete_requested.emit(chosen)

    def _open_menu(self, position: QPoint) -> None:
        wanted = ("export_selection", "export", "delete_images")
        self._context.actions.context_menu(wanted, self._context.window).popup(position)

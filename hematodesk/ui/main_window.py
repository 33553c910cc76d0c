"""The one window: puts columns and controllers together, and begins and ends a session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QPlainTextEdit, QSplitter

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.exports.export_controller import ExportController
from hematodesk.ui.history.browse_controller import BrowseController
from hematodesk.ui.history.maintenance_controller import MaintenanceController
from hematodesk.ui.history.panel import HistoryPanel
from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.kit.actions import Actions
from hematodesk.ui.kit.banners import Banners, Notice
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.main_window_actions import bind_actions, fill_menus, tell_keys
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.ui.review.explain_controller import ExplainController
from hematodesk.ui.review.review_controller import ReviewController
from hematodesk.ui.runs.resume_controller import ResumeController
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.runs.watch_controller import WatchController
from hematodesk.ui.shell.close_guard import CloseGuard
from hematodesk.ui.shell.dialogs import Dialogs
from hematodesk.ui.shell.notices import Notices
from hematodesk.ui.shell.open_controller import OpenController
from hematodesk.ui.shell.panes import go_to_next_pane
from hematodesk.ui.shell.presenter import Presenter
from hematodesk.ui.shell.run_controls import RunControls
from hematodesk.ui.shell.session_controller import SessionController
from hematodesk.ui.shell.shortcuts_overlay import ShortcutsOverlay
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.shell.text_guard import TextGuard
from hematodesk.ui.shell.window_state import WindowState
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.model_state import ModelState
from hematodesk.ui.state.task_lanes import TaskLanes
from hematodesk.ui.state.viewer_state import Viewer
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


class MainWindow(QMainWindow):
    """Show it, then call `start`: the history opens and the model loads behind it.

    Signals:
        closed: everything has ended after the person closed the window.
    """

    closed = Signal()

    def __init__(self, services: Services, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("hematodesk")
        self.setAcceptDrops(True)
        self._fit_screen()
        self.services = services
        self.lanes = TaskLanes(self)
        self.access = HistoryAccess(self.lanes)
        self._build_widgets()
        self._build_controllers(theme)
        bind_actions(self)
        self.menus = fill_menus(self)
        tell_keys(self)
        self._connect()
        self.window_state.restore()
        self.centre.focus_first()

    def _fit_screen(self) -> None:
        """A first size that fits the screen; the memory of the last one comes after."""
        room = self.screen().availableGeometry()
        self.resize(min(1440, room.width() * 9 // 10), min(900, room.height() * 9 // 10))

    # Building

    def _build_widgets(self) -> None:
        self.panel = HistoryPanel(self.access, self)
        self.centre = CentreColumn(self)
        self.answer = AnswerPanel(self)
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.columns.setHandleWidth(1)
        self.columns.setChildrenCollapsible(False)
        for column, stretch in ((self.panel, 0), (self.centre, 1), (self.answer, 0)):
            self.columns.addWidget(column)
            self.columns.setStretchFactor(self.columns.indexOf(column), stretch)
        self.panel.setMinimumWidth(176)
        self.centre.setMinimumWidth(200)
        self.answer.setMinimumWidth(256)
        self.setCentralWidget(self.columns)
        self.strip = StatusStrip(self)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addPermanentWidget(self.strip, 1)
        # A file that is let go over a text field is to be opened, not written into it.
        self.panel.search.setAcceptDrops(False)
        for field in self.answer.findChildren(QPlainTextEdit):
            field.viewport().setAcceptDrops(False)
        self.banners = Banners(self.centre)
        self.overlay = ShortcutsOverlay(self)
        self.actions_ = Actions(self, self.centre.view)

    def _build_controllers(self, theme: Theme) -> None:
        services, lanes, banners = self.services, self.lanes, self.banners
        self.viewer = Viewer(self.access, lanes, banners, services, self)
        self.model_state = ModelState(services.models, lanes, banners, self)
        self.runs = RunController(services, lanes, self.access, self.viewer, self.model_state, self)
        self.resume = ResumeController(services, lanes, self.access, self.model_state, self.runs, self)
        self.reviews = ReviewController(services, lanes, self.access, self.viewer, banners, self)
        self.browser = BrowseController(self.viewer, self.panel, banners, self)
        self.opener = OpenController(services, lanes, self.runs, banners, self)
        self.watcher = WatchController(services, self.runs, self)
        self.exports = ExportController(services, lanes, banners, self)
        self.dialogs = Dialogs(services, lanes, self.model_state, banners, theme, self)
        self.window_state = WindowState(
            self, self.columns, self.panel, self.answer, services.settings, self.actions_
        )
        self.run_controls = RunControls(
            self.runs,
            self.resume,
            self.watcher,
            self.browser,
            self.panel,
            self.strip,
            self.actions_,
            self.dialogs,
            self.window_state,
            self,
        )
        self.notices = Notices(
            self.runs,
            self.resume,
            self.model_state,
            self.viewer,
            self.panel,
            banners,
            lanes,
            self.dialogs.ask_import,
            self.run_controls.show_summary,
            self.run_controls.choose_run,
            self,
        )
        self.maintenance = MaintenanceController(
            services, lanes, self.access, banners, self.dialogs.show_one, self
        )
        self.session = SessionController(services, lanes, self.access, self)
        self.close_guard = CloseGuard(
            self.answer, self.reviews, self.viewer, lanes, banners, self.close, self
        )
        self.text_guard = TextGuard(self)
        self.presenter = Presenter(
            self.viewer,
            self.model_state,
            self.reviews,
            self.runs,
            self.centre,
            self.answer,
            self.strip,
            self.actions_,
            self,
        )
        self.explainer = ExplainController(
            self.viewer,
            self.model_state,
            lanes,
            services.settings,
            self.centre.view,
            self.answer.why,
            self.actions_["show_why"],
            self,
        )

    def _connect(self) -> None:
        zone, view, answer, strip = self.centre.zone, self.centre.view, self.answer, self.strip
        zone.open_files_requested.connect(self.opener.ask_files)
        zone.open_folder_requested.connect(self.opener.ask_folder)
        zone.open_samples_requested.connect(self.opener.open_samples)
        zone.recent_chosen.connect(lambda path: self.opener.open_names([path]))
        self.opener.recent_changed.connect(zone.set_recent)
        zone.set_recent(self.services.settings.items("recent"))
        view.cell_chosen.connect(self.viewer.choose)
        view.cell_drawn.connect(self.reviews.add_cell)
        view.cell_remove_requested.connect(self.reviews.remove_cell)
        view.add_mode_changed.connect(self.actions_["add_cell"].setChecked)
        answer.agree_requested.connect(self.reviews.agree)
        answer.class_chosen.connect(self.reviews.choose_class)
        answer.reject_requested.connect(self.reviews.reject)
        answer.clear_requested.connect(self.reviews.clear)
        answer.note_edited.connect(self.reviews.write_note)
        answer.note_left.connect(view.setFocus)
        self.reviews.note_refused.connect(answer.refuse_note)
        answer.set_operator(self.services.operator)
        strip.model_clicked.connect(self.dialogs.show_models)
        strip.provider_clicked.connect(self.dialogs.show_providers)
        self.panel.delete_requested.connect(self.delete_images)
        self.panel.menu_requested.connect(self._list_menu)
        self.runs.saved.connect(self._saved)
        self.reviews.image_changed.connect(self.browser.image_changed)
        self.reviews.images_deleted.connect(self._deleted)
        self.reviews.images_gone.connect(self.browser.deleted)
        self.reviews.images_restored.connect(self._restored)
        self.reviews.image_done.connect(self.browser.next_to_review)
        self.model_state.changed.connect(lambda: self.panel.set_classes(self.model_state.class_ids))
        self.dialogs.operator_changed.connect(self.reviews.set_operator)
        self.dialogs.operator_changed.connect(answer.set_operator)
        self.banners.code_asked.connect(self.dialogs.show_manual)
        self.exports.begun.connect(self.panel.show_anew)
        self.exports.imported.connect(self.panel.model.reload)
        self.lanes.fault.connect(self.maintenance.tell)
        self.lanes.idle.connect(self.browser.read_ahead)
        self.session.opened.connect(self._history_opened)
        self.session.refused.connect(self._history_refused)
        self.session.ended.connect(self._ended)
        self.maintenance.swapping.connect(self._leave_history)
        self.maintenance.swapped.connect(self.session.begin)
        self.maintenance.beyond_repair.connect(self._without_history)

    # A session

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Open the history, load the model, then open these images; returns at once."""
        if paths:
            self.opener.open_paths(paths)
        self.session.begin()
        self.model_state.load()
        self.notices.tell_settings(self.services.settings.notices)

    def open_file(self, path: Path) -> None:
        """Open one more image or folder, as the system asked."""
        self.opener.open_paths([path])

    def _history_opened(self, history: HistoryService) -> None:
        self.reviews.use(self.services.review_service(), read_only=history.read_only)
        self.answer.set_read_only(history.read_only)
        self.answer.forget_notes()
        self.strip.show_sign(
            self.tr("Read-only") if history.read_only else "",
            self.tr("The history may only be read: results and reviews are not saved."),
        )
        if history.read_only:
            self.notices.tell_read_only(history.path)
        self.maintenance.begin(history)
        self.panel.model.reload()
        self.opener.begin()
        if not history.read_only:
            self.resume.look_for_open()
            self.watcher.begin_anew()

    def _history_refused(self, error: HematodeskError) -> None:
        if error.code == "history_damaged":
            self.maintenance.repair()
        else:
            self._without_history(error)

    def _leave_history(self) -> None:
        """It is closed for a moment; afterwards it may be another one."""
        self.watcher.rest()
        self.runs.leave()
        self.run_controls.forget_summary()
        self.notices.forget_history()
        self.answer.flush_note()
        self.viewer.clear()
        self.session.forget_session()

    def _without_history(self, error: HematodeskError) -> None:
        self.strip.show_sign(self.tr("Not saved"), error_words(error.message))
        self.watcher.stop()
        self.answer.set_read_only(True)
        self.notices.tell_no_history(error)
        self.panel.say_nothing_is_kept()
        self.opener.begin()

    def changeEvent(self, event: QEvent) -> None:
        """Whoever comes back from another window sees what that one has done."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and not self.session.over:
            self.reviews.look_again()
            self.panel.model.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what runs, keep what is done, end the session; the window is gone at once."""
        if self.session.over:
            event.accept()
            return
        event.ignore()
        if not self.close_guard.may_close():
            return
        self.window_state.remember()
        self.watcher.stop()
        self.runs.end()
        self.hide()
        self.maintenance.end()
        self.session.end()

    def _ended(self) -> None:
        self.close()
        self.closed.emit()

    # What actions and signals ask

    def _saved(self, images: list[HistoryImage]) -> None:
        session = self.session.session_of(images[0])
        self.panel.model.set_current_session(session.id)
        self.panel.model.add_images(session, images)
        if self.viewer.image_id in {image.id for image in images}:
            self.panel.mark(self.viewer.image_id)

    def export(self, *, chosen_first: bool = False) -> None:
        """Open the export dialog for what is listed, or for the chosen images first."""
        self.answer.flush_note()
        session_id = self.viewer.session_id or self.session.session_id
        listed = self.panel.model.filter
        self.exports.ask(session_id, self.panel.selected_ids(), listed, chosen_first=chosen_first)

    def delete_images(self) -> None:
        """Delete the chosen images, else the shown one.

        The settings say whether it is asked before; for more than what is on show it always is, with the
        number.
        """
        shown = self.viewer.image_id
        chosen = self.panel.selected_ids() or ([shown] if shown is not None else [])
        if chosen and (chosen != [shown] or self.services.settings.flag("confirm_delete")):
            self.dialogs.ask_delete(len(chosen), lambda: self.reviews.delete_images(chosen))
        else:
            self.reviews.delete_images(chosen)

    def _deleted(self, image_ids: Sequence[int]) -> None:
        self.browser.deleted(image_ids)
        self.banners.show_notice(
            Notice(
                "deleted",
                self.tr("%n image(s) deleted.", "", len(image_ids)),
                action_text=self.tr("Undo"),
                action=self.reviews.undo,
            )
        )

    def _restored(self, image_ids: Sequence[int]) -> None:
        self.banners.put_away("deleted")
        self.panel.model.reload()
        self.browser.open(image_ids[0])

    def _list_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        for name in ("export_selection", "export", "delete_images"):
            menu.addAction(self.actions_[name])
        self.panel.open_menu(menu, position)

    def find_image(self) -> None:
        """Go to the search field."""
        self.window_state.show_history()
        self.panel.search.setFocus()
        self.panel.search.selectAll()

    def toggle_add(self) -> None:
        """Draw the boxes of missed cells, or no more."""
        self.centre.view.setFocus()
        self.centre.view.set_add_mode(self.actions_["add_cell"].isChecked())

    def show_shortcuts(self) -> None:
        """Every key, laid over the window."""
        self.overlay.show_sections(self.actions_.overlay_rows())

    def go_to_next_pane(self) -> None:
        """The keyboard goes to the next column."""
        go_to_next_pane(
            (self.panel, self.panel.list if self.panel.list.isVisible() else self.panel.search),
            (self.centre, self.centre.view if self.centre.view.isVisible() else self.centre.zone),
            (self.answer, self.answer),
            (self.strip, self.strip.model),
        )

    # Drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is None and self.opener.takes(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.centre.set_drag_over(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.centre.set_drag_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.centre.set_drag_over(False)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        # The files came from another window; the keyboard follows them here.
        self.activateWindow()
        self.opener.drop(event.mimeData())

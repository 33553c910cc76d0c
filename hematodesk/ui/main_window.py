"""The one window: puts columns and controllers together, and begins and ends a sitting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QPlainTextEdit, QSplitter

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.actions import CLASS_KEYS, Actions
from hematodesk.ui.analysing import Analysing
from hematodesk.ui.answer_panel import AnswerPanel
from hematodesk.ui.banners import Banners, Notice
from hematodesk.ui.browsing import Browsing
from hematodesk.ui.centre import Centre
from hematodesk.ui.dialogs import Dialogs
from hematodesk.ui.error_words import error_words
from hematodesk.ui.explaining import Explaining
from hematodesk.ui.exporting import Exporting
from hematodesk.ui.history_access import HistoryAccess
from hematodesk.ui.history_panel import HistoryPanel
from hematodesk.ui.lanes import Lanes
from hematodesk.ui.model_keeper import ModelKeeper
from hematodesk.ui.notices import Notices
from hematodesk.ui.opening import Opening
from hematodesk.ui.panes import go_to_next_pane
from hematodesk.ui.policy_words import forbid_actions
from hematodesk.ui.presenting import Presenting
from hematodesk.ui.reviewing import Reviewing
from hematodesk.ui.running import Running
from hematodesk.ui.shortcuts_overlay import ShortcutsOverlay
from hematodesk.ui.sitting import Sitting
from hematodesk.ui.status_strip import StatusStrip
from hematodesk.ui.text_guard import TextGuard
from hematodesk.ui.theme import Theme
from hematodesk.ui.upkeep import Upkeep
from hematodesk.ui.viewing import Viewer
from hematodesk.ui.watching import Watching
from hematodesk.ui.window_memory import WindowMemory
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.storage.history import History


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
        self.lanes = Lanes(self)
        self.access = HistoryAccess(self.lanes)
        self._build_widgets()
        self._build_controllers(theme)
        self._build_actions()
        self._connect()
        self.memory.restore()
        self.centre.focus_first()

    def _fit_screen(self) -> None:
        """A first size that fits the screen; the memory of the last one comes after."""
        room = self.screen().availableGeometry()
        self.resize(min(1440, room.width() * 9 // 10), min(900, room.height() * 9 // 10))

    # Building

    def _build_widgets(self) -> None:
        self.panel = HistoryPanel(self.access, self)
        self.centre = Centre(self)
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
        self.keeper = ModelKeeper(services.models, lanes, banners, self)
        self.running = Running(services, lanes, self.access, self.keeper, self)
        self.analysing = Analysing(services, lanes, self.access, self.viewer, self.keeper, self.running, self)
        self.reviewing = Reviewing(services, lanes, self.access, self.viewer, banners, self)
        self.browsing = Browsing(self.viewer, self.panel, banners, self)
        self.opening = Opening(services, lanes, self.analysing, banners, self)
        self.watching = Watching(services, lanes, self.running, self)
        self.exporting = Exporting(services, lanes, banners, self)
        self.dialogs = Dialogs(services, lanes, self.keeper, banners, theme, self)
        self.notices = Notices(
            self.analysing,
            self.running,
            self.keeper,
            self.viewer,
            self.panel,
            banners,
            lanes,
            self.dialogs.ask_import,
            self._show_run_summary,
            self,
        )
        self.upkeep = Upkeep(services, lanes, self.access, banners, self.dialogs.show_one, self)
        self.sitting = Sitting(services, lanes, self.access, self)
        self.memory = WindowMemory(
            self, self.columns, self.panel, self.answer, services.settings, self.actions_
        )
        self.guard = TextGuard(self)
        self.presenting = Presenting(
            self.viewer,
            self.keeper,
            self.reviewing,
            self.running,
            self.centre,
            self.answer,
            self.strip,
            self.actions_,
            self,
        )
        self.explaining = Explaining(
            self.viewer,
            self.keeper,
            lanes,
            services.settings,
            self.centre.view,
            self.answer.why,
            self.actions_["show_why"],
            self,
        )

    def _build_actions(self) -> None:
        view, actions = self.centre.view, self.actions_
        actions.bind(
            {
                "open_files": self.opening.ask_files,
                "open_folder": self.opening.ask_folder,
                "open_samples": self.opening.open_samples,
                "live": lambda: self.dialogs.show_live(self.opening.open_frame),
                "export": self._export,
                "export_selection": lambda: self._export(chosen_first=True),
                "import_history": self.exporting.ask_import,
                "watch_folder": self.watching.ask,
                "stop_watching": self.watching.stop,
                "pause": self._toggle_pause,
                "resume_run": lambda: self.running.resume_latest(self.notices.tell_nothing_to_resume),
                "run_summary": self._show_run_summary,
                "backup": self.exporting.ask_backup,
                "restore": self.upkeep.ask_restore,
                "check_history": self.upkeep.check,
                "quit": self.close,
                "undo": self.reviewing.undo,
                "redo": self.reviewing.redo,
                "paste": self.opening.paste,
                "delete_images": self._delete_images,
                "find": self._find,
                "settings": self.dialogs.show_settings,
                "previous_image": self.browsing.previous_image,
                "next_image": self.browsing.next_image,
                "zoom_in": view.zoom_in,
                "zoom_out": view.zoom_out,
                "zoom_fit": view.fit,
                "zoom_actual": view.zoom_actual,
                "fold_history": self.memory.fold_history,
                "fold_answer": self.memory.fold_answer,
                "full_screen": self.memory.toggle_full_screen,
                "next_pane": self._next_pane,
                "put_away": self.banners.put_all_away,
                "next_cell": lambda: view.focusNextPrevChild(True),
                "previous_cell": lambda: view.focusNextPrevChild(False),
                "next_open": self._next_open,
                "agree": self.reviewing.agree,
                "reject": self.reviewing.reject,
                "clear_review": self.reviewing.clear,
                "note": self.answer.focus_note,
                "add_cell": self._toggle_add,
                "remove_cell": self.reviewing.remove_cell,
                "models": self.dialogs.show_models,
                "import_model": self.dialogs.ask_import,
                "compare_models": lambda: self.dialogs.show_compare(self.viewer),
                "adapt": self.dialogs.show_adapt,
                "model_card": self.dialogs.show_card,
                "shortcuts": self._show_shortcuts,
                "about": self.dialogs.show_about,
                **{f"class_{key}": self._class_key(key) for key in range(1, CLASS_KEYS + 1)},
            }
        )
        forbid_actions(actions, self.services.policy)
        self.menus = actions.fill_menus(self.menuBar())
        recent = QMenu(self.tr("Open &recent"), self.menus["file"])
        self.menus["file"].insertMenu(actions["open_samples"], recent)
        self.menus["file"].aboutToShow.connect(lambda: self.opening.fill_recent(recent))
        hint = {
            name: actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            for name in ("agree", "reject", "clear_review", "next_open", "open_files", "open_folder")
        }
        self.answer.set_key_hints(
            agree=hint["agree"],
            reject=hint["reject"],
            clear=hint["clear_review"],
            next_open=hint["next_open"],
        )
        why = actions["show_why"]
        self.answer.why.follow(why, why.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        self.centre.zone.set_key_hints(files=hint["open_files"], folder=hint["open_folder"])

    def _connect(self) -> None:
        zone, view, answer, strip = self.centre.zone, self.centre.view, self.answer, self.strip
        zone.open_files_requested.connect(self.opening.ask_files)
        zone.open_folder_requested.connect(self.opening.ask_folder)
        zone.open_samples_requested.connect(self.opening.open_samples)
        zone.recent_chosen.connect(lambda path: self.opening.open_names([path]))
        self.opening.recent_changed.connect(zone.set_recent)
        zone.set_recent(self.services.settings.items("recent"))
        view.cell_chosen.connect(self.viewer.choose)
        view.cell_drawn.connect(self.reviewing.add_cell)
        view.cell_remove_requested.connect(self.reviewing.remove_cell)
        view.add_mode_changed.connect(self.actions_["add_cell"].setChecked)
        answer.agree_requested.connect(self.reviewing.agree)
        answer.class_chosen.connect(self.reviewing.choose_class)
        answer.reject_requested.connect(self.reviewing.reject)
        answer.clear_requested.connect(self.reviewing.clear)
        answer.note_edited.connect(self.reviewing.write_note)
        answer.note_left.connect(view.setFocus)
        answer.set_operator(self.services.operator)
        strip.model_clicked.connect(self.dialogs.show_models)
        strip.provider_clicked.connect(self.dialogs.show_providers)
        strip.cancel_clicked.connect(self._cancel)
        strip.pause_clicked.connect(self._toggle_pause)
        strip.watch_clicked.connect(self._watch_menu)
        self.watching.changed.connect(self._show_watch)
        self._show_watch()
        self.panel.delete_requested.connect(self._delete_images)
        self.panel.menu_requested.connect(self._list_menu)
        self.analysing.saved.connect(self._saved)
        self.running.saved.connect(self._saved)
        self.running.replaced.connect(self.browsing.deleted)
        self.running.summed.connect(lambda *_: self.actions_.set_enabled(True, "run_summary"))
        self.actions_.set_enabled(False, "run_summary")
        self.reviewing.image_changed.connect(self.browsing.image_changed)
        self.reviewing.images_deleted.connect(self._deleted)
        self.reviewing.images_restored.connect(self._restored)
        self.reviewing.image_done.connect(self.browsing.next_to_review)
        self.keeper.changed.connect(lambda: self.panel.set_classes(self.keeper.class_ids))
        self.dialogs.operator_changed.connect(self.reviewing.set_operator)
        self.dialogs.operator_changed.connect(answer.set_operator)
        self.exporting.imported.connect(self.panel.model.reload)
        self.lanes.fault.connect(self.upkeep.tell)
        self.lanes.idle.connect(self.browsing.read_ahead)
        self.sitting.opened.connect(self._history_opened)
        self.sitting.refused.connect(self._history_refused)
        self.sitting.ended.connect(self._ended)
        self.upkeep.swapping.connect(self._leave_history)
        self.upkeep.swapped.connect(self.sitting.begin)
        self.upkeep.beyond_repair.connect(self._without_history)

    # A sitting

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Open the history, load the model, then open these images; returns at once."""
        if paths:
            self.opening.open_paths(paths)
        self.sitting.begin()
        self.keeper.load()
        self.notices.tell_settings(self.services.settings.notices)

    def _history_opened(self, history: History) -> None:
        self.reviewing.use(self.services.review_desk(), read_only=history.read_only)
        self.answer.set_read_only(history.read_only)
        self.strip.show_sign(
            self.tr("Read-only") if history.read_only else "",
            self.tr("The history may only be read: results and reviews are not saved."),
        )
        if history.read_only:
            self.notices.tell_read_only(history.path)
        self.upkeep.begin(history)
        self.panel.model.reload()
        self.opening.begin()
        if not history.read_only:
            self.running.look_for_open()
            self.watching.begin_anew()

    def _history_refused(self, error: HematodeskError) -> None:
        if error.code == "history_damaged":
            self.upkeep.repair()
        else:
            self._without_history(error)

    def _leave_history(self) -> None:
        """It is closed for a moment; afterwards it may be another one."""
        self.watching.rest()
        self.running.cancel()
        self.answer.flush_note()
        self.viewer.clear()
        self.sitting.forget_session()

    def _without_history(self, error: HematodeskError) -> None:
        self.strip.show_sign(self.tr("Not saved"), error_words(error.message))
        self.watching.stop()
        self.answer.set_read_only(True)
        self.notices.tell_no_history(error)
        self.panel.say_nothing_is_kept()
        self.opening.begin()

    def changeEvent(self, event: QEvent) -> None:
        """Whoever comes back from another window sees what that one has added."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and not self.sitting.over:
            self.panel.model.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what runs, keep what is done, end the session; the window is gone at once."""
        if self.sitting.over:
            event.accept()
            return
        event.ignore()
        self.answer.flush_note()
        self.memory.remember()
        self.watching.stop()
        self.running.end()
        self.hide()
        self.upkeep.end()
        self.analysing.save_again()
        self.sitting.end()

    def _ended(self) -> None:
        self.close()
        self.closed.emit()

    # What actions and signals ask

    def _class_key(self, key: int) -> Callable[[], None]:
        def choose() -> None:
            if key <= len(self.keeper.class_ids):
                self.reviewing.choose_class(self.keeper.class_ids[key - 1])

        return choose

    def _saved(self, images: list[HistoryImage]) -> None:
        session = self.sitting.session_of(images[0])
        self.panel.model.set_current_session(session.id)
        self.panel.model.add_images(session, images)
        if self.viewer.image_id in {image.id for image in images}:
            self.panel.mark(self.viewer.image_id)

    def _export(self, *, chosen_first: bool = False) -> None:
        self.answer.flush_note()
        session_id = self.viewer.session_id or self.sitting.session_id
        listed = self.panel.model.filter
        self.exporting.ask(session_id, self.panel.selected_ids(), listed, chosen_first=chosen_first)

    def _delete_images(self) -> None:
        chosen = self.panel.selected_ids()
        if not chosen and self.viewer.image_id is not None:
            chosen = [self.viewer.image_id]
        if chosen and self.services.settings.flag("confirm_delete"):
            self.dialogs.ask_delete(len(chosen), lambda: self.reviewing.delete_images(chosen))
        else:
            self.reviewing.delete_images(chosen)

    def _deleted(self, image_ids: Sequence[int]) -> None:
        self.browsing.deleted(image_ids)
        self.banners.show_notice(
            Notice(
                "deleted",
                self.tr("%n image(s) deleted.", "", len(image_ids)),
                action_text=self.tr("Undo"),
                action=self.reviewing.undo,
            )
        )

    def _restored(self, image_ids: Sequence[int]) -> None:
        self.banners.put_away("deleted")
        self.panel.model.reload()
        self.browsing.open(image_ids[0])

    def _list_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        for name in ("export_selection", "export", "delete_images"):
            menu.addAction(self.actions_[name])
        self.panel.open_menu(menu, position)

    def _cancel(self) -> None:
        self.running.cancel()
        if self.running.busy:
            self.strip.show_stopping()

    def _toggle_pause(self) -> None:
        self.running.set_paused(not self.running.paused)

    def _show_watch(self) -> None:
        name, tip = self.watching.words()
        self.strip.show_watch(name, tip, self.watching.away)
        self.actions_.set_enabled(bool(name), "stop_watching")

    def _watch_menu(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.actions_["stop_watching"])
        menu.addAction(self.actions_["watch_folder"])
        self.panel.open_menu(menu, self.strip.watch.mapToGlobal(QPoint(0, 0)) - QPoint(0, 64))

    def _show_run_summary(self) -> None:
        summary, end = self.running.last_summary, self.running.last_end
        if summary is not None and end is not None:
            self.memory.show_history()
            self.dialogs.show_run_summary(summary, end, self.panel.show_filter, self._open_of_run)

    def _open_of_run(self, image_id: int) -> None:
        if self.panel.model.row_of(image_id) < 0:
            self.panel.clear_filter()
        self.browsing.open(image_id)

    def _find(self) -> None:
        self.memory.show_history()
        self.panel.search.setFocus()
        self.panel.search.selectAll()

    def _next_open(self) -> None:
        index = self.viewer.next_open()
        if index >= 0:
            self.viewer.choose(index)
        else:
            self.browsing.next_to_review()

    def _toggle_add(self) -> None:
        self.centre.view.setFocus()
        self.centre.view.set_add_mode(self.actions_["add_cell"].isChecked())

    def _show_shortcuts(self) -> None:
        self.overlay.show_sections(self.actions_.overlay_rows())

    def _next_pane(self) -> None:
        go_to_next_pane(
            (self.panel, self.panel.list if self.panel.list.isVisible() else self.panel.search),
            (self.centre, self.centre.view if self.centre.view.isVisible() else self.centre.zone),
            (self.answer, self.answer),
            (self.strip, self.strip.model),
        )

    # Drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is None and self.opening.takes(event.mimeData()):
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
        self.opening.drop(event.mimeData())

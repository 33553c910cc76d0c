"""The one window: puts the columns and the features together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter

from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.shell.controllers import ShellControllers
from hematodesk.ui.shell.features import Features
from hematodesk.ui.shell.focus_controller import FocusController
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.shell.window_state import WindowState
from hematodesk.ui.state.window_context import make_context
from hematodesk.workflow.services import Services


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
        self.centre = CentreColumn(self)
        self.centre.setMinimumWidth(200)
        self.strip = StatusStrip(self)
        self._take_context(theme)
        self._take_features()
        self._lay_out()
        self.window_state = WindowState(self.context, self.columns, self.panel, self.answer)
        self.focus = self._make_focus()
        self._take_controllers()
        self.actions_.bind(
            {
                "quit": self.close,
                "next_pane": self.focus.next_pane,
                "previous_pane": self.focus.previous_pane,
            }
        )
        self.menus = self._fill_menus()
        self.history.needed.connect(self.window_state.show_history)
        self.session.ended.connect(self._ended)
        self.window_state.restore()
        self.centre.focus_first()

    def _fit_screen(self) -> None:
        """A first size that fits the screen; the memory of the last one comes after."""
        room = self.screen().availableGeometry()
        self.resize(min(1440, room.width() * 9 // 10), min(900, room.height() * 9 // 10))

    # Building

    def _take_context(self, theme: Theme) -> None:
        context = self.context = make_context(self, self.services, theme, self.centre)
        self.lanes, self.access, self.session = context.lanes, context.access, context.session
        self.viewer, self.model_state = context.viewer, context.model_state
        self.banners, self.actions_, self.dialogs = context.banners, context.actions, context.dialogs
        self.centre.put_above(self.banners)

    def _take_features(self) -> None:
        features = self.features = Features(self.context, self.centre)
        self.history, self.panel = features.history, features.history.panel
        self.browser, self.maintenance = features.history.browser, features.history.maintenance
        self.review, self.answer = features.review, features.review.answer
        self.reviews, self.explainer = features.review.reviews, features.review.explainer
        self.runs, self.resume = features.runs.runs, features.runs.resume
        self.watcher = features.runs.watcher
        self.exports = features.exports.exports
        self.models = features.models

    def _take_controllers(self) -> None:
        controllers = ShellControllers(self.context, self.features, self.strip)
        self.run_controls, self.notices = controllers.run_controls, controllers.notices
        self.opener, self.close_guard = controllers.opener, controllers.close_guard
        self.strip_presenter, self.overlay = controllers.presenter, controllers.help.overlay

    def _lay_out(self) -> None:
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.columns.setHandleWidth(1)
        self.columns.setChildrenCollapsible(False)
        for column, stretch in ((self.panel, 0), (self.centre, 1), (self.answer, 0)):
            self.columns.addWidget(column)
            self.columns.setStretchFactor(self.columns.indexOf(column), stretch)
        self.setCentralWidget(self.columns)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addPermanentWidget(self.strip, 1)

    def _make_focus(self) -> FocusController:
        columns = (self.panel, self.panel.list), (self.centre, self.centre.view), (self.banners, self.banners)
        sides = (self.answer, self.answer), (self.strip, self.strip.model)
        homes = self.centre.view, self.panel.list
        return FocusController(self, (*columns, *sides), homes, self.actions_["next_cell"])

    def _fill_menus(self) -> dict[str, QMenu]:
        menus = self.actions_.fill_menus(self.menuBar())
        recent = QMenu(self.tr("Open &recent"), menus["file"])
        menus["file"].insertMenu(self.actions_["open_samples"], recent)
        menus["file"].aboutToShow.connect(lambda: self.opener.fill_recent(recent))
        return menus

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
        if self.close_guard.may_close():
            self.window_state.remember()
            self.hide()
            self.session.end()

    def _ended(self) -> None:
        self.close()
        self.closed.emit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """What has the keyboard gives it up: to the image, unless a person goes on by Tab."""
        return self.focus.keep_home() or super().focusNextPrevChild(forward)

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

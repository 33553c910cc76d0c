"""What a person does with batch runs and the watched folder: pause, cancel, the signs below, the summary."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from hematodesk.domain.history import Run, RunSummary
from hematodesk.ui.history.browse_controller import BrowseController
from hematodesk.ui.history.panel import HistoryPanel
from hematodesk.ui.kit.actions import Actions
from hematodesk.ui.runs.resume_controller import ResumeController
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.runs.watch_controller import WatchController
from hematodesk.ui.shell.dialogs import Dialogs
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.shell.window_state import WindowState
from hematodesk.workflow.analysis.run_job import RunEnd


class RunControls(QObject):
    """Joins runs and watch to the strip, the actions and the list."""

    def __init__(
        self,
        runs: RunController,
        resume: ResumeController,
        watcher: WatchController,
        browser: BrowseController,
        panel: HistoryPanel,
        strip: StatusStrip,
        actions: Actions,
        dialogs: Dialogs,
        window_state: WindowState,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._runs, self._resume = runs, resume
        self._watcher, self._browser = watcher, browser
        self._panel, self._strip, self._actions = panel, strip, actions
        self._dialogs, self._window_state = dialogs, window_state
        self._window = window
        strip.cancel_clicked.connect(self.cancel)
        strip.pause_clicked.connect(self.toggle_pause)
        strip.watch_clicked.connect(self._open_watch_menu)
        watcher.changed.connect(self._show_watch)
        self._show_watch()
        runs.replaced.connect(browser.deleted)
        runs.summed.connect(self._summed)
        actions.set_enabled(False, "run_summary")

    def cancel(self) -> None:
        """Stop all runs; what is done stays."""
        self._runs.cancel()
        if self._runs.busy:
            self._strip.show_stopping()

    def toggle_pause(self) -> None:
        """Let the runs rest, or go on."""
        self._runs.set_paused(not self._runs.paused)

    def _summed(self) -> None:
        self._actions.set_enabled(True, "run_summary")

    def show_summary(self) -> None:
        """What the last run holds; each line of it leads to its images in the list."""

        def tell(summary: RunSummary, end: RunEnd) -> None:
            self._window_state.show_history()
            self._dialogs.show_run_summary(summary, end, self._panel.show_filter, self._open_of_run)

        self._runs.ask_last(tell)

    def forget_summary(self) -> None:
        """Another history takes the place of the one that holds the last run."""
        self._dialogs.close_one("run_summary")
        self._panel.drop_filter()
        self._actions.set_enabled(False, "run_summary")

    def choose_run(self) -> None:
        """Go on with the batch that is not finished; where there are several, ask which."""

        def came(runs: Sequence[Run]) -> None:
            if len(runs) > 1:
                self._dialogs.show_runs(runs, self._resume.resume, self._resume.drop)
            else:
                self._resume.resume(runs[0])

        self._resume.ask_open(came)

    def _open_of_run(self, image_id: int) -> None:
        if self._panel.model.row_of(image_id) < 0:
            self._panel.clear_filter()
        self._browser.open(image_id)

    def _show_watch(self) -> None:
        name, tip = self._watcher.words()
        self._strip.show_watch(name, tip, self._watcher.away)
        self._actions.set_enabled(bool(name), "stop_watching")

    def _open_watch_menu(self) -> None:
        menu = QMenu(self._window)
        for name in ("stop_watching", "watch_folder"):
            menu.addAction(self._actions[name])
        self._panel.open_menu(menu, self._strip.watch.mapToGlobal(QPoint(0, 0)) - QPoint(0, 64))

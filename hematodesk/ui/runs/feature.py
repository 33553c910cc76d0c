"""Runs in the window: images that are opened, batches, watched folders."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.runs.resume_controller import ResumeController
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.runs.watch_controller import WatchController
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.history_service import HistoryService


class RunsFeature(QObject):
    """Puts the controllers of runs together."""

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self.runs = RunController(context)
        self.resume = ResumeController(context, self.runs)
        self.watcher = WatchController(context, self.runs)
        context.actions.bind(
            {
                "watch_folder": self.watcher.ask,
                "follow_watched": self.watcher.toggle_follow,
                "stop_watching": self.watcher.stop,
            }
        )
        context.session.opened.connect(self._history_opened)
        context.session.absent.connect(self._no_history)
        context.session.leaving.connect(self._leave_history)
        context.session.ending.connect(self._end)

    def _history_opened(self, history: HistoryService) -> None:
        if not history.read_only:
            self.resume.look_for_open()
            self.watcher.begin_anew()

    def _no_history(self, _error: HematodeskError) -> None:
        self.watcher.stop()

    def _leave_history(self) -> None:
        self.watcher.rest()
        self.runs.leave()

    def _end(self) -> None:
        self.watcher.stop()
        self.runs.end()

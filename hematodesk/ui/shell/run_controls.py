"""What a person does with batch runs and the watched folder: pause, cancel, the signs below, the summary."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QDialog

from hematodesk.domain.history import Run, RunSummary
from hematodesk.ui.shell.features import Features
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.run_job import RunEnd


class RunControls(QObject):
    """Joins runs and watch to the strip, the actions and the list."""

    def __init__(self, context: WindowContext, features: Features, strip: StatusStrip) -> None:
        super().__init__(context.window)
        self._runs, self._resume = features.runs.runs, features.runs.resume
        self._watcher, self._history = features.runs.watcher, features.history
        self._strip, self._actions, self._dialogs = strip, context.actions, context.dialogs
        self._window = context.window
        strip.cancel_clicked.connect(self.cancel)
        strip.pause_clicked.connect(self.toggle_pause)
        strip.watch_clicked.connect(self._open_watch_menu)
        self._watcher.changed.connect(self._show_watch)
        self._watcher.newest_wanted.connect(self._history.browser.open)
        self._show_watch()
        self._runs.summed.connect(self._summed)
        context.session.leaving.connect(self.forget_summary)
        self._actions.bind(
            {
                "pause": self.toggle_pause,
                "resume_run": self.choose_run,
                "run_summary": self.show_summary,
            }
        )
        self._actions.set_enabled(False, "run_summary")

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
            # In place of an earlier one's.
            self._dialogs.close_one("run_summary")
            self._history.needed.emit()
            self._dialogs.show_one("run_summary", lambda: self._make_summary(summary, end), modal=False)

        self._runs.ask_last(tell)

    def _make_summary(self, summary: RunSummary, end: RunEnd) -> QDialog:
        from hematodesk.ui.runs.run_summary_dialog import RunSummaryDialog

        dialog = RunSummaryDialog(summary, end, self._window)
        dialog.filter_wanted.connect(self._history.panel.show_filter)
        dialog.image_wanted.connect(self._history.open)
        return dialog

    def forget_summary(self) -> None:
        """Another history takes the place of the one that holds the last run."""
        self._dialogs.close_one("run_summary")
        self._history.panel.drop_filter()
        self._actions.set_enabled(False, "run_summary")

    def choose_run(self) -> None:
        """Go on with the batch that is not finished; where there are several, ask which."""

        def came(runs: Sequence[Run]) -> None:
            if len(runs) > 1:
                self._dialogs.show_one("runs", lambda: self._make_choice(runs))
            else:
                self._resume.resume(runs[0])

        self._resume.ask_open(came)

    def _make_choice(self, runs: Sequence[Run]) -> QDialog:
        from hematodesk.ui.runs.runs_dialog import RunsDialog

        dialog = RunsDialog(runs, self._window)
        dialog.chosen.connect(self._resume.resume)
        dialog.dropped.connect(self._resume.drop)
        return dialog

    def _show_watch(self) -> None:
        name, tip = self._watcher.words()
        self._strip.show_watch(name, tip, self._watcher.away, self._watcher.count_words())
        self._actions.set_enabled(bool(name), "stop_watching")
        self._actions["follow_watched"].setChecked(self._watcher.follows)

    def _open_watch_menu(self) -> None:
        menu = self._actions.context_menu(("follow_watched", "stop_watching", "watch_folder"), self._window)
        menu.popup(self._strip.watch.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

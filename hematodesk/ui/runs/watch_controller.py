"""A watched folder in the window: polled, its new images analysed in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDir, QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from hematodesk.ui.kit.file_chooser import remembering_chooser
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.folder_watch import FolderWatch
from hematodesk.workflow.analysis.run_job import Keep
from hematodesk.workflow.analysis.watched_folder import WatchedFolder


class WatchController(QObject):
    """Signals: changed, when a watch began, ended, or its folder went away or came back."""

    changed = Signal()

    def __init__(self, context: WindowContext, runs: RunController) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._window = context.window
        self._runs = runs
        self._folder: Path | None = None
        self._watch: FolderWatch | None = None
        self.away = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    @property
    def folder(self) -> Path | None:
        """The folder that is watched."""
        return self._folder

    def ask(self) -> None:
        """The dialog for the folder."""
        dialog = remembering_chooser(
            self._window, self.tr("Watch a folder"), self._services.settings, "watched_folder"
        )
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        dialog.filesSelected.connect(lambda names: self.watch(Path(names[0])) if names else None)
        dialog.open()

    def watch(self, folder: Path) -> None:
        """Watch this folder, in place of the one before."""
        self.stop()
        watched = WatchedFolder(folder)
        self._folder, self._watch = watched.folder, FolderWatch(self._services, watched, Keep.RESULTS)
        self.changed.emit()
        self._look()

    def rest(self) -> None:
        """Look no more until `begin_anew`; images that are being named come to their end."""
        self._timer.stop()
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def stop(self) -> None:
        """Watch no more; images that are being named come to their end."""
        self.rest()
        self.away = False
        if self._folder is not None:
            self._folder = None
            self.changed.emit()

    def begin_anew(self) -> None:
        """Another history took the place of the present one: what it lacks of the folder is named again."""
        if self._folder is not None:
            self.watch(self._folder)

    def words(self) -> tuple[str, str]:
        """The folder's name, and where it is, for the sign; empty when none is watched."""
        folder = self.folder
        if folder is None:
            return "", ""
        place = QDir.toNativeSeparators(str(folder))
        tip = (
            self.tr("{folder} cannot be reached; it is looked for until it is back.")
            if self.away
            else self.tr("New images in {folder} are named when they have stopped growing.")
        )
        return folder.name or place, tip.format(folder=place)

    def _look(self) -> None:
        watch = self._watch
        if watch is None:
            return

        def went(away: bool) -> None:
            if watch is self._watch:
                self.away = away
                self.changed.emit()

        def over() -> None:
            if watch is self._watch:
                self._timer.start(1000 * int(self._services.settings.text("watch_interval")))

        self._runs.look(watch, went, over)

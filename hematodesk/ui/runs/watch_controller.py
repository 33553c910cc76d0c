"""A watched folder in the window: polled, its new images analysed in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDir, QLocale, QObject, QTime, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPlainTextEdit, QTextEdit

from hematodesk.domain.left_out import LeftOut
from hematodesk.ui.kit.banners import Notice
from hematodesk.ui.kit.file_chooser import remembering_chooser
from hematodesk.ui.kit.left_out_words import left_out_words
from hematodesk.ui.kit.words import number
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.folder_watch import FolderAway, FolderWatch, MoreLeftOut, WatchEvent
from hematodesk.workflow.analysis.run_job import Answers, Keep
from hematodesk.workflow.analysis.watched_folder import WatchedFolder


class WatchController(QObject):
    """Signals:
    changed: a watch began or ended, its folder went away or came back, or something came.
    newest_wanted(int): the person wants the newest image on show, which is this one.
    """

    changed = Signal()
    newest_wanted = Signal(int)

    def __init__(self, context: WindowContext, runs: RunController) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._window = context.window
        self._runs = runs
        self._folder: Path | None = None
        self._watch: FolderWatch | None = None
        self.away = False
        self.came = self.failed = 0
        self._newest: int | None = None
        self._newest_at = QTime()
        self._left_out = LeftOut()
        self._banners = context.banners
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
        self.came = self.failed = 0
        self._newest, self._left_out = None, LeftOut()
        watched = WatchedFolder(folder)
        self._folder, self._watch = watched.folder, FolderWatch(self._services, watched, Keep.RESULTS)
        self.changed.emit()
        self._look()

    @property
    def follows(self) -> bool:
        """Whether the newest image is to be on show."""
        return self._services.settings.flag("follow_watched")

    def toggle_follow(self) -> None:
        """Show each image when it comes, the newest now; or leave on show what the person chose."""
        self._services.settings.set("follow_watched", not self.follows)
        self.changed.emit()
        self._follow()

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
        lines = [tip.format(folder=place)]
        if self.failed:
            lines.append(self.tr("%n of what came could not be read.", "", self.failed))
        if self._left_out:
            lines.append(left_out_words(self._left_out))
        return folder.name or place, "\n".join(lines)

    def count_words(self) -> str:
        """What came: "12 came, newest 10:32"; empty before anything has."""
        if not self.came:
            return ""
        clock = QLocale().toString(self._newest_at, QLocale.FormatType.ShortFormat)
        return self.tr("{count} came, newest {clock}", "", self.came).format(
            count=number(self.came), clock=clock
        )

    def _look(self) -> None:
        watch = self._watch
        if watch is None:
            return

        def tell(event: WatchEvent) -> None:
            if watch is self._watch:
                self._told(event)

        def over() -> None:
            if watch is self._watch:
                self._timer.start(1000 * int(self._services.settings.text("watch_interval")))

        self._runs.look(watch, tell, over)

    def _told(self, event: WatchEvent) -> None:
        if isinstance(event, FolderAway):
            self.away = event.away
        elif isinstance(event, MoreLeftOut):
            self._tell_left_out(event.left_out)
        elif isinstance(event, Answers):
            new = [answer for answer in event.answers if not answer.known]
            if not new:
                return
            self.came += len(new)
            self.failed += sum(answer.failed for answer in new)
            self._newest_at = QTime.currentTime()
            kept = [answer.kept.id for answer in new if answer.kept is not None]
            self._newest = kept[-1] if kept else self._newest
            self._follow()
        else:
            return
        self.changed.emit()

    def _tell_left_out(self, left_out: LeftOut) -> None:
        """A banner for each new kind; of more of the same its text is changed where it is still shown."""
        # Not the code of an opened folder's: neither takes the other's place.
        code, words = "left_out_watched", left_out_words(left_out, self.words()[0])
        if left_out.kinds.keys() - self._left_out.kinds.keys() or left_out.closed > self._left_out.closed:
            self._banners.show_notice(Notice(code, words, stays=True))
        else:
            self._banners.tell(code, words)
        self._left_out = left_out

    def _follow(self) -> None:
        """Show the newest, unless a person is writing or choosing something: the next one is shown then."""
        busy = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        writing = isinstance(QApplication.focusWidget(), QLineEdit | QPlainTextEdit | QTextEdit)
        if self.follows and self._folder is not None and self._newest is not None and not (busy or writing):
            self.newest_wanted.emit(self._newest)

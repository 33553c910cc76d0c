"""The live picture of a microscope camera or a video file, with its cells named as it runs.

One key freezes the picture and keeps it as an image of the history; the same key goes on.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QKeyCombination, QLocale, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cameras import CameraInfo
from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.class_names import class_count, class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import remembering_chooser
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.kit.message import Message
from hematodesk.ui.kit.parts import KeyButton
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import emphasis_font, set_role
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.live import (
    Frames,
    LiveFrame,
    list_cameras,
    open_camera,
    open_video,
    run_live,
)
from hematodesk.workflow.services import Services

_PAINTED_S = 1.0


class LiveDialog(QDialog):
    """Signals:
    frame_kept(object, str): pixels, uint8 (H, W, 3) RGB, and a name: to be opened as an image.
    """

    frame_kept = Signal(object, str)

    def __init__(self, services: Services, lanes: TaskLanes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("live")
        self.setWindowTitle(self.tr("Live picture"))
        self._services, self._models, self._lanes = services, services.models, lanes
        self._ticket: Ticket | None = None
        self._painted = threading.Event()
        self._frame: LiveFrame | None = None
        self._name = ""
        self.frozen = False
        self._over = False
        self.sources = QComboBox(self)
        self.sources.setAccessibleName(self.tr("Camera or video"))
        self.sources.setPlaceholderText(self.tr("No camera"))
        self.sources.setEnabled(False)
        self.sources.activated.connect(self.start)
        self.video_button = QPushButton(self.tr("&Video file…"), self)
        self.video_button.clicked.connect(self._ask_video)
        self.view = ImageView(self)
        self.view.setAccessibleName(self.tr("Live picture"))
        # After a click on the picture the same key still freezes it.
        self.view.space_pans = False
        self.message = Message(self)
        self.counts = plain_label()
        self.counts.setFont(emphasis_font(self.font()))
        self.counts.setWordWrap(True)
        self.pace = plain_label("muted")
        self.keep_button = KeyButton(self.tr("Freeze and &keep"))
        set_role(self.keep_button, "primary")
        self.keep_button.clicked.connect(self.freeze_or_go_on)
        self._lay_out()
        key = QShortcut(QKeySequence(QKeyCombination(Qt.Key.Key_Space)), self)
        key.activated.connect(self.freeze_or_go_on)
        self.keep_button.set_key(key.key().toString(QKeySequence.SequenceFormat.NativeText))
        # The two words on it differ in length, and it shall stand still.
        self.keep_button.setMinimumWidth(self.keep_button.sizeHint().width())
        self.finished.connect(self.stop)
        self.resize(880, 720)
        self._say(self.tr("Looking for cameras…"))
        policy = services.policy
        lanes.run(Lane.DECODING, lambda _ticket: list_cameras(policy), done=self._listed, owner=self)

    def _lay_out(self) -> None:
        for button in (self.video_button, self.keep_button):
            button.setAutoDefault(False)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.sources, 1)
        top.addWidget(self.video_button)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.view)
        self.view.setMinimumSize(QSize(320, 240))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.counts)
        words.addWidget(self.pace)
        bottom = QHBoxLayout()
        bottom.setSpacing(16)
        bottom.addLayout(words, 1)
        bottom.addWidget(self.keep_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(self._stack, 1)
        column.addLayout(bottom)

    # Where the picture comes from

    def _listed(self, cameras: Sequence[CameraInfo]) -> None:
        for camera in cameras:
            numbered = self.tr("Camera {number}").format(number=camera.index)
            self.sources.addItem(f"{camera.name} ({numbered})" if camera.name else numbered, camera.index)
        if cameras:
            self.sources.setEnabled(True)
            self.sources.setPlaceholderText(self.tr("Choose a camera"))
        if self._name:
            # A video was chosen meanwhile.
            return
        if len(cameras) == 1 and cameras[0].name:
            self.sources.setCurrentIndex(0)
            self.start()
        elif cameras:
            self._say(self.tr("Choose a camera above"), self.tr("Or a video file."))
        else:
            self._say(
                self.tr("No camera found"),
                self.tr("Plug a microscope camera in and open this again, or choose a video file."),
            )

    def start(self) -> None:
        """Show the chosen camera, or the chosen video from its beginning."""
        chosen = self.sources.currentData()
        if isinstance(chosen, str):
            path = Path(chosen)
            self._run(path.name, lambda: open_video(path, self._services.reader, self._services.policy))
        elif chosen is not None:
            self._run(self.sources.currentText(), lambda: open_camera(int(chosen), self._services.policy))

    def _ask_video(self) -> None:
        chooser = remembering_chooser(
            self, self.tr("Open a video file"), self._services.settings, "video_folder"
        )
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters(
            [self.tr("Videos ({patterns})").format(patterns="*.avi *.mp4 *.mov"), self.tr("All files (*)")]
        )
        chooser.fileSelected.connect(self.show_video)
        chooser.open()

    def show_video(self, name: str) -> None:
        """Show a video file at its own pace; it stands among the sources from then on."""
        place = self.sources.findData(name)
        if place < 0:
            place = self.sources.count()
            self.sources.addItem(Path(name).name, name)
        self.sources.setEnabled(True)
        self.sources.setCurrentIndex(place)
        self.start()

    # Running

    def _run(self, name: str, open_source: Callable[[], Frames]) -> None:
        self.stop()
        self._name = name
        self.setWindowTitle(self.tr("Live picture: {name}").format(name=name))
        self._frame = None
        self._over = False
        self.set_frozen(False)
        self._say(self.tr("Starting…"), name)
        painted = self._painted = threading.Event()
        painted.set()

        def work(ticket: Ticket) -> None:
            def deliver(frame: LiveFrame) -> None:
                # Frames that the window cannot paint in time are left out, not queued.
                painted.wait(_PAINTED_S)
                painted.clear()
                ticket.report(frame)

            run_live(open_source(), name, self._analyser, deliver, ticket.token)

        def came(frame: object) -> None:
            painted.set()
            if self._ticket is ticket and isinstance(frame, LiveFrame) and not self.frozen:
                self._show(frame)

        def ended(_nothing: object) -> None:
            if self._ticket is not ticket:
                return
            self._ticket = None
            self._over = True
            if self._frame is None:
                self._say(self.tr("There is no picture in this video"), name)
            elif self.frozen:
                self.pace.setText(self.tr("Kept in the history. Behind it the video has ended."))
            else:
                self.pace.setText(self.tr("The video has ended; this is its last picture."))

        def failed(error: HematodeskError) -> None:
            if self._ticket is ticket:
                self._ticket = None
                self._frame = None
                self._say(error_words(error.message), error_words(error.remedy))

        ticket = self._lanes.run(Lane.CAMERA, work, done=ended, failed=failed, progress=came, owner=self)
        self._ticket = ticket

    def _analyser(self) -> Analyser:
        """Called on the camera's lane, for each frame: the model in use now."""
        return Analyser(self._models.in_use().classifier, keep_thumbnails=False)

    def stop(self) -> None:
        """Stop what runs; the camera is given back at once."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._painted.set()

    # Showing

    def _say(self, title: str, words: str = "") -> None:
        self.message.say(title, words)
        self._stack.setCurrentWidget(self.message)
        self.counts.clear()
        self.pace.clear()
        self.keep_button.setEnabled(False)

    def _show(self, frame: LiveFrame) -> None:
        self._frame = frame
        self._stack.setCurrentWidget(self.view)
        self.keep_button.setEnabled(True)
        result = frame.result
        self.view.set_image(frame.pixels, self._name)
        self.view.set_cells(result.cells)
        if result.fault is not None:
            self.counts.setText(error_words(result.fault.message))
            return
        counted = Counter(cell.label for cell in result.cells if cell.label is not None)
        # In one order for every picture: nothing changes places under the eye.
        words = ", ".join(class_count(each, counted[each]) for each in sorted(counted, key=class_name))
        uncertain = sum(cell.uncertain for cell in result.cells)
        if uncertain:
            words += " · " + self.tr("uncertain: {count}").format(count=uncertain)
        self.counts.setText(words or self.tr("No white cell in this picture"))
        loaded = self._models.loaded
        model = f"{loaded.package.name} {loaded.package.version} · " if loaded is not None else ""
        rate = QLocale().toString(frame.rate, "f", 0)
        self.pace.setText(model + self.tr("{rate} pictures a second").format(rate=rate))

    def freeze_or_go_on(self) -> None:
        """Freeze the picture and keep it as an image; when it is frozen, go on."""
        if self._frame is None:
            return
        if self.frozen:
            self.set_frozen(False)
            if self._over:
                self.pace.setText(self.tr("The video has ended. Choose it above to see it once more."))
            return
        # The last picture of a video stands still by itself.
        self.set_frozen(not self._over)
        clock = datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        self.frame_kept.emit(self._frame.pixels, f"{self._name} {clock}.png")
        self.pace.setText(
            self.tr("Kept in the history. The picture runs on behind it.")
            if self.frozen
            else self.tr("Kept in the history.")
        )

    def set_frozen(self, frozen: bool) -> None:
        """Whether the picture stands still; the camera or video goes on behind it."""
        self.frozen = frozen
        self.keep_button.setText(self.tr("&Go on") if frozen else self.tr("Freeze and &keep"))

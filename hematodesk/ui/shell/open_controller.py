"""Opening images: dialogs, drops, the clipboard, samples, recent files, the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QDir, QMimeData, QObject, Qt, QTime, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from hematodesk.domain.errors import HematodeskError, SettingsError
from hematodesk.domain.image_formats import format_names, image_suffixes
from hematodesk.domain.left_out import LeftOut
from hematodesk.domain.slide_formats import slide_suffixes
from hematodesk.ui.image.drop_zone import DropZone
from hematodesk.ui.kit.banners import Level, Notice, notice_of
from hematodesk.ui.kit.file_chooser import file_chooser
from hematodesk.ui.kit.left_out_words import left_out_words, what_is_there
from hematodesk.ui.kit.mime import Brought, brought, may_hold_images
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.words import listed as listed_names
from hematodesk.ui.shell.features import Features
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.image_files import ImageListing
from hematodesk.workflow.analysis.sources import Picture, Source, picture_from_pixels
from hematodesk.workflow.system.settings import remember_recent

_MODEL_SUFFIXES = frozenset(
    {
        *(".onnx", ".h5", ".hdf5", ".keras", ".tflite", ".pt", ".pth", ".ckpt", ".pb"),
        *(".pkl", ".pickle", ".joblib", ".safetensors", ".mlmodel", ".zip"),
    }
)
"""Of files that are brought in as models and not as images; what they are is decided by their content."""

_MAYBE_SLIDES = frozenset({".tif", ".tiff"})
"""Of files whose stated size is looked at before they are opened as images."""

_SAVE_AFTER_MS = 1_000
"""Milliseconds after which the recent files are written, once the answer is shown: writing took 3 ms of that
time. Closing the window earlier saves them with the other settings."""


class OpenController(QObject):
    """Passes sources to the analysis. Requests before `begin` wait.

    Signals:
        recent_changed(list[str]): the recent files and folders, latest first.
    """

    recent_changed = Signal(object)

    def __init__(self, context: WindowContext, features: Features) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._lanes = context.lanes
        self._runs = features.runs.runs
        self._models = features.models
        self._slides = features.slides
        self._banners = context.banners
        self._window = context.window
        self._begun = False
        self._waiting: list[Callable[[], None]] = []
        self._to_save = QTimer(self)
        self._to_save.setSingleShot(True)
        self._to_save.setInterval(_SAVE_AFTER_MS)
        self._to_save.timeout.connect(self._save_recent)
        context.actions.bind(
            {
                "open_files": self.ask_files,
                "open_folder": self.ask_folder,
                "open_samples": self.open_samples,
                "paste": self.paste,
            }
        )
        context.session.opened.connect(self.begin)
        context.session.absent.connect(self.begin)
        features.live.frame_kept.connect(self.open_frame)
        self._join(features.image.centre.zone)

    def _join(self, zone: DropZone) -> None:
        zone.open_files_requested.connect(self.ask_files)
        zone.open_folder_requested.connect(self.ask_folder)
        zone.open_samples_requested.connect(self.open_samples)
        zone.recent_chosen.connect(lambda path: self.open_names([path]))
        self.recent_changed.connect(zone.set_recent)
        zone.set_recent(self._services.settings.items("recent"))

    def begin(self) -> None:
        """The history is open or known not to be: what was asked for meanwhile is done now."""
        self._begun = True
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action()

    # Where images come from

    def ask_files(self) -> None:
        """The dialog for many files."""
        dialog = self._dialog(self.tr("Open images"), QFileDialog.FileMode.ExistingFiles)
        patterns = _patterns(image_suffixes() | slide_suffixes())
        slides = _patterns(slide_suffixes())
        dialog.setNameFilters(
            [
                self.tr("Images ({patterns})").format(patterns=patterns),
                self.tr("Whole slides ({patterns})").format(patterns=slides),
                self.tr("All files (*)"),
            ]
        )
        dialog.open()

    def ask_folder(self) -> None:
        """The dialog for a folder."""
        dialog = self._dialog(self.tr("Open a folder of images"), QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        folder = ""
        if recent := self._services.settings.items("recent"):
            latest = Path(recent[0])
            # By its name alone: asking a missing share would block the window.
            folder = str(latest.parent if latest.suffix else latest)
        dialog = file_chooser(self._window, title, folder)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(self.open_names)
        return dialog

    def open_names(self, names: Sequence[str]) -> None:
        """Open files and folders by their paths as text."""
        self.open_paths([Path(name) for name in names])

    def open_samples(self) -> None:
        """Open the sample images."""
        self._gather([self._services.paths.samples], remember=False)

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders, and remember them as recent; files of models are imported."""
        images = []
        for path in paths:
            if path.suffix.casefold() in _MODEL_SUFFIXES:
                self._models.import_model(str(path))
            else:
                images.append(path)
        self._open_images(images)

    def _open_images(self, paths: list[Path]) -> None:
        """Open images; a slide among them, or a TIFF that may be one, in its own window."""
        if not self._begun:
            self._waiting.append(lambda: self._open_images(paths))
            return
        suffixes = slide_suffixes() | (_MAYBE_SLIDES if len(paths) == 1 else frozenset())
        slide = next((path for path in paths if path.suffix.casefold() in suffixes), None)
        if slide is not None:
            paths = [path for path in paths if path != slide]
            self._slides.open(slide, lambda: self._gather([slide], remember=False))
            self._remember([slide])
        self._gather(paths, remember=True)

    def paste(self) -> None:
        """Open what the clipboard holds: files, paths as text, or a picture."""
        mime = QGuiApplication.clipboard().mimeData()
        self._open(brought(mime, text=True) if mime is not None else Brought(), self.tr("Pasted picture"))

    def drop(self, mime: QMimeData) -> None:
        """Open what was dropped."""
        self._open(brought(mime), self.tr("Dropped picture"))

    def open_frame(self, pixels: npt.NDArray[np.uint8], name: str) -> None:
        """Keep and open a frame of the live picture, uint8 (H, W, 3) RGB."""
        self._open_picture(Brought(pixels=pixels), name)

    def _open(self, came: Brought, name: str) -> None:
        if came.paths:
            self.open_paths(came.paths)
        elif came.empty:
            self._banners.show_notice(
                Notice(
                    "nothing_to_open",
                    self.tr("There is no image in what was given."),
                    self.tr("Copy an image, or image files, and try again."),
                    Level.WARNING,
                )
            )
        else:
            clock = QTime.currentTime().toString("HH:mm:ss")
            self._open_picture(came, f"{name} {clock}")

    # On the way to the analysis

    def _open_picture(self, came: Brought, name: str) -> None:
        if not self._begun:
            self._waiting.append(lambda: self._open_picture(came, name))
            return

        def make(ticket: Ticket) -> Source:
            picture = (
                Picture(came.data, name) if came.pixels is None else picture_from_pixels(came.pixels, name)
            )
            try:
                return self._services.keep(picture)
            except HematodeskError as error:
                ticket.report(error)
                return picture

        self._lanes.run(
            Lane.DECODING, make, done=lambda source: self._runs.open([source]), progress=self._warn
        )

    def _warn(self, error: object) -> None:
        if isinstance(error, HematodeskError):
            self._banners.show_notice(notice_of(error, Level.WARNING))

    def _gather(self, paths: list[Path], *, remember: bool) -> None:
        if not paths:
            return
        if not self._begun:
            self._waiting.append(lambda: self._gather(paths, remember=remember))
            return

        images = ImageListing(paths)

        def listed(count: int) -> None:
            if count:
                self._tell_left_out(images.left_out)
                return

            def look(_ticket: Ticket) -> HematodeskError | None:
                return self._services.models.other_kind(paths[0])

            # A folder without images may be a model's.
            self._lanes.run(Lane.DECODING, look, done=tell, failed=lambda _error: tell(None))

        def tell(model: HematodeskError | None) -> None:
            if model is not None:
                self._banners.show_error(model)
                return
            self._banners.show_notice(
                Notice(
                    "no_images",
                    self._none_words(paths[0], images.left_out),
                    self.tr("{formats} files are taken.").format(formats=listed_names(format_names())),
                    Level.WARNING,
                )
            )

        self._runs.open_stream(images, listed=listed)
        if remember:
            self._remember(paths)

    def _none_words(self, path: Path, left_out: LeftOut) -> str:
        name = path.name or str(path)
        if not left_out:
            return self.tr("There are no images in {name}.").format(name=name)
        words = self.tr("There are no images in {name}, but {others}.")
        return words.format(name=name, others=what_is_there(left_out))

    def _tell_left_out(self, left_out: LeftOut) -> None:
        if left_out:
            self._banners.show_notice(Notice("left_out", left_out_words(left_out), stays=True))

    def _remember(self, paths: list[Path]) -> None:
        try:
            recent = remember_recent(self._services.settings, paths)
        except SettingsError as error:
            self._warn(error)
            return
        self.recent_changed.emit(recent)
        self._to_save.start()

    def _save_recent(self) -> None:
        self._lanes.run(Lane.STORAGE, lambda _ticket: self._services.settings.save(), failed=self._warn)

    # The recent menu

    def fill_recent(self, menu: QMenu) -> None:
        """Fill the menu of recent files and folders."""
        menu.clear()
        for place in self._services.settings.items("recent"):
            words = menu.fontMetrics().elidedText(
                QDir.toNativeSeparators(place), Qt.TextElideMode.ElideMiddle, 420
            )
            action = menu.addAction(words.replace("&", "&&"))
            action.setToolTip(plain_tooltip(place))
            action.triggered.connect(_opener(self, place))
        menu.setEnabled(not menu.isEmpty())

    @staticmethod
    def takes(mime: QMimeData) -> bool:
        """Whether a drag holds something to open."""
        return may_hold_images(mime)


def _patterns(suffixes: frozenset[str]) -> str:
    return " ".join(f"*{suffix}" for suffix in sorted(suffixes))


def _opener(opener: OpenController, place: str) -> Callable[[], None]:
    return lambda: opener.open_names([place])

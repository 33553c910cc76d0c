"""Makes the manual's pictures: drives the real window, offscreen, on drawn smears, in the light look.

python packaging/manual_pictures.py

With the development environment's Python (it needs the window, the shipped model and export_tools' phantom
images; no TensorFlow). Sizes, seeds and data are fixed; times of day and milliseconds in a picture are not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_SCALE_FACTOR"] = "1"
# Numbers and times as in one country, whoever makes the pictures.
os.environ["LC_ALL"] = "en_GB.UTF-8"

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
from PySide6.QtCore import QPoint, QRect  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QWidget  # noqa: E402

from export_tools.phantom import render_field  # noqa: E402
from hematodesk.bootstrap import build_at  # noqa: E402
from hematodesk.ui.application import make_application  # noqa: E402
from hematodesk.ui.kit.theme import Theme  # noqa: E402
from hematodesk.ui.live.live_dialog import LiveDialog  # noqa: E402
from hematodesk.ui.main_window import MainWindow  # noqa: E402
from hematodesk.ui.models.adapt_dialog import AdaptDialog  # noqa: E402
from hematodesk.workflow.system.paths import AppPaths  # noqa: E402

TARGET = ROOT / "resources" / "manual" / "pictures"
SIZE = (900, 580)
FIELDS = 18
"""Smears that are drawn, named and agreed to, so that there is something to adapt to."""

_BESIDE = ("lymphocyte", "eosinophil", "lymphocyte", "lymphocyte", "monocyte", "lymphocyte")
"""The white cell beside a neutrophil: two classes come to be frequent enough to learn from."""

_EXACT = 112
_COLOURS = 256
_PATIENCE_S = 180.0


class Stage:
    """A window on a data folder of its own, and what is waited for in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        paths = AppPaths(folder / "data", False, ROOT / "models", ROOT / "resources")
        self.services = build_at(paths)
        self.services.settings.set("operator", "Ada", save=False)
        self.services.settings.set("language", "en", save=False)
        self.application = make_application(self.services)
        self.window = MainWindow(self.services, Theme(self.application, "light"))
        self.window.resize(*SIZE)
        self.window.window_state.show_history()
        self.window.show()
        self.window.start(self._smears())
        self.rest()
        self.window.columns.setSizes([200, SIZE[0] - 480, 280])
        self.rest()

    def _smears(self) -> list[Path]:
        """A folder of drawn fields under the names that a lab might give."""
        smears = self.folder / "smears"
        smears.mkdir()
        for number in range(FIELDS):
            field = render_field(7100 + number, classes=["neutrophil", _BESIDE[number % len(_BESIDE)]])
            cv2.imwrite(str(smears / f"smear_{number + 1:02}.png"), field.pixels[..., ::-1])
        return [smears]

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window work until that is so. Raises SystemExit when it never is."""
        end = time.monotonic() + _PATIENCE_S
        while not condition():
            self.application.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end:
                raise SystemExit("the window does not come to rest")
        for _ in range(5):
            self.application.processEvents()

    def rest(self) -> None:
        """Wait until nothing is under way."""
        window = self.window
        self.until(
            lambda: (
                not window.lanes.busy
                and window.viewer.settled
                and not window.panel.model.loading
                and not window.runs.busy
            )
        )
        self.window.banners.put_all_away()

    def open_sample(self, name: str, cell: int = 0) -> None:
        """Show a sample with one of its cells chosen."""
        self.window.opener.open_paths([ROOT / "resources" / "samples" / name])
        self.rest()
        self.window.viewer.choose(self.window.viewer.standing[cell])
        self.rest()

    def agree_to_all(self) -> None:
        """Agree to every cell of every image; the window itself goes on to the next one."""
        while self.window.viewer.next_open() >= 0:
            self.window.viewer.choose(self.window.viewer.next_open())
            self.window.reviews.agree()
            self.rest()

    def dialog(self, name: str, width: int, height: int) -> QDialog:
        """A dialog that is being opened, at that size and at rest."""
        self.until(lambda: name in self.window.dialogs.open_now)
        dialog = self.window.dialogs.open_now[name]
        dialog.resize(width, height)
        self.rest()
        return dialog


# The pictures, in the order in which they are taken: each finds what the one before has left


def window(stage: Stage) -> QWidget:
    stage.open_sample("smear_05_several_cells.jpg", 1)
    return stage.window


def answer(stage: Stage) -> QWidget:
    return stage.window.answer


def why(stage: Stage) -> tuple[QWidget, QRect]:
    """The image and the answer, without the history."""
    stage.window.actions_["show_why"].trigger()
    stage.rest()
    corner = stage.window.centre.mapTo(stage.window, QPoint(0, 0))
    return stage.window, QRect(corner, stage.window.answer.geometry().bottomRight() + QPoint(0, corner.y()))


def summary(stage: Stage) -> QWidget:
    stage.window.actions_["show_why"].trigger()
    stage.window.actions_["run_summary"].trigger()
    return stage.dialog("run_summary", 460, 420)


def settings(stage: Stage) -> QWidget:
    stage.window.actions_["settings"].trigger()
    return stage.dialog("settings", 560, 660)


def export(stage: Stage) -> QWidget:
    stage.window.actions_["export"].trigger()
    dialog = stage.window.exports.dialog
    assert dialog is not None
    dialog.format.setCurrentIndex(2)
    dialog.target.setText("report.pdf")
    dialog.resize(540, 360)
    stage.rest()
    return dialog


def models(stage: Stage) -> QWidget:
    stage.window.actions_["models"].trigger()
    return stage.dialog("models", 880, 600)


def restore(stage: Stage) -> QWidget:
    stage.window.maintenance._maintenance.back_up()
    stage.window.actions_["restore"].trigger()
    return stage.dialog("restore", 520, 300)


def live(stage: Stage) -> QWidget:
    """A video in place of a camera; its last picture stands still."""
    film = stage.folder / "camera.avi"
    field = render_field(7200).pixels[..., ::-1]
    writer = cv2.VideoWriter(
        str(film), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 12.0, (640, 480)
    )
    for _ in range(4):
        writer.write(np.ascontiguousarray(field))
    writer.release()
    stage.window.actions_["live"].trigger()
    dialog = stage.dialog("live", 640, 600)
    assert isinstance(dialog, LiveDialog)
    dialog.show_video(str(film))
    stage.rest()
    dialog.sources.addItem("USB microscope")
    dialog.sources.setCurrentIndex(0)
    return dialog


def adapt(stage: Stage) -> QWidget:
    stage.agree_to_all()
    stage.window.actions_["adapt"].trigger()
    dialog = stage.dialog("adapt", 700, 520)
    assert isinstance(dialog, AdaptDialog)
    dialog.adapt()
    stage.rest()
    return dialog


def compare(stage: Stage) -> QWidget:
    """With the adapted model, which the picture before has left to be saved."""
    dialog = stage.window.dialogs.open_now["adapt"]
    assert isinstance(dialog, AdaptDialog)
    dialog.keep()
    stage.rest()
    dialog.close()
    stage.open_sample("smear_05_several_cells.jpg", 1)
    stage.window.actions_["compare_models"].trigger()
    return stage.dialog("compare", 820, 580)


PICTURES: tuple[Callable[[Stage], QWidget | tuple[QWidget, QRect]], ...] = (
    window,
    answer,
    why,
    summary,
    settings,
    export,
    models,
    restore,
    live,
    adapt,
    compare,
)
_STAYS_OPEN = ("adapt",)


def take(stage: Stage, target: Path) -> None:
    """Take every picture and write it into the folder; what it needed open is closed again."""
    for make in PICTURES:
        found = make(stage)
        widget, part = found if isinstance(found, tuple) else (found, found.rect())
        stage.rest()
        path = target / f"{make.__name__}.png"
        save(widget.grab(part).toImage(), path)
        sys.stdout.write(f"{path.name}  {part.width()} x {part.height()}  {path.stat().st_size // 1024} KB\n")
        if isinstance(widget, QDialog) and make.__name__ not in _STAYS_OPEN:
            widget.close()
        stage.rest()


def save(picture: QImage, path: Path) -> None:
    """Write a PNG of 256 colours: the most frequent ones, which are the window's, stay what they are."""
    rgb = picture.convertToFormat(QImage.Format.Format_RGB888)
    height, width = rgb.height(), rgb.width()
    flat = np.frombuffer(rgb.constBits(), np.uint8).reshape(height, rgb.bytesPerLine())[:, : width * 3]
    pixels = flat.reshape(-1, 3)
    palette = _palette(pixels)
    found, back = np.unique(pixels, axis=0, return_inverse=True)
    distance = ((found[:, None, :].astype(np.int32) - palette[None].astype(np.int32)) ** 2).sum(axis=2)
    indices = distance.argmin(axis=1).astype(np.uint8)[back.reshape(-1)].reshape(height, width)
    indexed = QImage(width, height, QImage.Format.Format_Indexed8)
    indexed.setColorTable([0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in palette])
    lines = np.frombuffer(indexed.bits(), np.uint8).reshape(height, indexed.bytesPerLine())
    lines[:, :width] = indices
    path.parent.mkdir(parents=True, exist_ok=True)
    if not indexed.save(str(path), quality=0):
        raise SystemExit(f"{path} cannot be written")


def _palette(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """At most 256 colours for these pixels, uint8 (N, 3) RGB both."""
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    exact, rest = found[order[:_EXACT]], found[order[_EXACT:]]
    if len(rest) <= _COLOURS - _EXACT:
        return found
    cv2.setRNGSeed(1)
    end = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0.0)
    _, _, centres = cv2.kmeans(
        rest.astype(np.float32), _COLOURS - _EXACT, np.empty(0, np.int32), end, 1, cv2.KMEANS_PP_CENTERS
    )
    return np.concatenate([exact, np.round(centres).astype(np.uint8)])


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the manual's pictures.")
    parser.add_argument("--output", type=Path, default=TARGET, help="the folder to write them into")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        take(stage, options.output)
        stage.window.close()
        stage.until(lambda: stage.window.session.over)
        QApplication.processEvents()
    return 0


if __name__ == "__main__":
    sys.exit(main())

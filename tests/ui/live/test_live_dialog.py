"""The live picture in its window: a drawn video runs, freezes, is kept; no camera is said in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from export_tools.phantom.video import draw_video
from hematodesk.domain.errors import CameraError
from hematodesk.imaging import capture
from hematodesk.ui.live.live_dialog import LiveDialog
from hematodesk.ui.main_window import MainWindow


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a drawn smear under a moving stage."""
    return draw_video(tmp_path_factory.mktemp("video") / "stage.avi", 5, 15, (320, 240))


@pytest.fixture(autouse=True)
def no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "list_cameras", lambda: [])


def live_dialog(window: MainWindow) -> LiveDialog:
    window.actions_["live"].trigger()
    dialog = window.dialogs.open_now["live"]
    assert isinstance(dialog, LiveDialog)
    return dialog


def shown(dialog: LiveDialog) -> bool:
    return dialog._stack.currentWidget() is dialog.view


def test_a_video_runs_with_its_cells_to_its_end(bench, qtbot: QtBot, video: Path) -> None:
    window = bench.show()
    dialog = live_dialog(window)
    dialog.show_video(str(video))
    qtbot.waitUntil(lambda: "ended" in dialog.pace.text(), timeout=30_000)
    assert shown(dialog) and dialog.view.has_image
    assert dialog.view.cells and "Neutrophil" in dialog.counts.text()
    assert dialog.keep_button.isEnabled()
    assert "stage.avi" in dialog.windowTitle()
    assert window.viewer.image_id is None, "nothing live is saved by itself"


def test_space_freezes_the_picture_and_keeps_it(bench, qtbot: QtBot, video: Path) -> None:
    window = bench.show()
    dialog = live_dialog(window)
    dialog.show_video(str(video))
    qtbot.waitUntil(lambda: shown(dialog), timeout=20_000)
    dialog.activateWindow()
    dialog.view.setFocus()
    qtbot.keyClick(dialog.view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog.frozen)
    frozen = dialog._frame
    assert frozen is not None
    qtbot.waitUntil(lambda: window.viewer.image_id is not None, timeout=20_000)
    assert window.viewer.name.startswith("stage.avi ")
    assert (window.viewer.pixels == frozen.pixels).all()
    qtbot.waitUntil(lambda: "ended" in dialog.pace.text(), timeout=30_000)
    assert dialog._frame is frozen, "a frozen picture stands still while the video goes on"
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert not dialog.frozen
    assert "Choose it above" in dialog.pace.text()
    dialog.sources.activated.emit(dialog.sources.currentIndex())
    qtbot.waitUntil(lambda: shown(dialog) and dialog._frame is not frozen, timeout=20_000)
    qtbot.waitUntil(lambda: "ended" in dialog.pace.text(), timeout=30_000)


def test_the_last_picture_of_a_video_can_be_kept_as_it_stands(bench, qtbot: QtBot, video: Path) -> None:
    window = bench.show()
    dialog = live_dialog(window)
    dialog.show_video(str(video))
    qtbot.waitUntil(lambda: "ended" in dialog.pace.text(), timeout=30_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert not dialog.frozen
    assert dialog.pace.text() == "Kept in the history."
    qtbot.waitUntil(lambda: window.viewer.image_id is not None, timeout=20_000)


def test_without_a_camera_it_says_so_and_offers_a_video(bench, qtbot: QtBot) -> None:
    window = bench.show()
    dialog = live_dialog(window)
    qtbot.waitUntil(lambda: "No camera found" in dialog.message.accessibleName())
    assert not dialog.sources.isEnabled()
    assert not dialog.keep_button.isEnabled()


def test_a_camera_that_does_not_answer_is_told_in_words(
    bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(index: int) -> capture.FrameSource:
        raise CameraError("camera_absent", f"Camera {index} does not answer.", "Plug it in.")

    monkeypatch.setattr(capture, "list_cameras", lambda: [capture.CameraInfo(2, "Scope")])
    monkeypatch.setattr(capture, "open_camera", absent)
    window = bench.show()
    dialog = live_dialog(window)
    qtbot.waitUntil(lambda: "Camera 2 does not answer." in dialog.message.accessibleName())
    assert "Plug it in." in dialog.message.accessibleName()


def test_a_file_that_is_no_video_is_told_in_words(bench, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "notes.avi").write_text("no video")
    window = bench.show()
    dialog = live_dialog(window)
    dialog.show_video(str(tmp_path / "notes.avi"))
    qtbot.waitUntil(lambda: "notes.avi" in dialog.message.accessibleName() and not window.lanes.busy)
    assert not shown(dialog)


def test_closing_the_window_ends_a_running_picture(bench, qtbot: QtBot, video: Path) -> None:
    window = bench.show()
    dialog = live_dialog(window)
    dialog.show_video(str(video))
    qtbot.waitUntil(lambda: shown(dialog), timeout=20_000)
    bench.close(window)

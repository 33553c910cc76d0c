"""The image view, by real mouse, wheel and key events."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import Verdict
from hematodesk.domain.geometry import Box
from hematodesk.ui.kit.image_pyramid import ImagePyramid, halve
from hematodesk.ui.kit.image_view import ImageView

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def view(qtbot: QtBot, samples: Any) -> Iterator[ImageView]:
    """A view of 656 x 496, in which a 640 x 480 image is fitted at exactly 1:1, with four cells.

    Cell 2 is removed; cell 3 lies within cell 1.
    """
    made = ImageView()
    qtbot.addWidget(made)
    made.resize(656, 496)
    made.set_image(samples.picture(), "smear_01")
    made.set_cells(
        [
            samples.cell(100, 100),
            samples.cell(300, 200, 120, 120, prediction=samples.unsure),
            samples.cell(500, 100, removed=True),
            samples.cell(330, 230, 30, 30),
        ]
    )
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    yield made


def at(view: ImageView, x: float, y: float) -> QPoint:
    """The widget position of an image position."""
    rect = view.cell_rect(0)
    box = view.cells[0].box
    scale = rect.width() / box.w
    return QPointF(rect.x() + (x - box.x) * scale, rect.y() + (y - box.y) * scale).toPoint()


def drag(
    view: ImageView, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, held: Any = NONE
) -> None:
    QTest.mousePress(view, button, held, start)
    QTest.mouseMove(view, start + (end - start) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, button, held, end)


def turn_wheel(view: ImageView, position: QPoint, steps: float, held: Any = NONE, device: Any = None) -> None:
    event = QWheelEvent(
        QPointF(position),
        QPointF(view.mapToGlobal(position)),
        QPoint(),
        QPoint(0, round(120 * steps)),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
        Qt.MouseEventSource.MouseEventNotSynthesized,
        device if device is not None else QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(view, event)


# Choosing


def test_a_click_chooses_the_smallest_cell_under_it(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.waitSignal(view.cell_chosen) as chosen:
        QTest.mouseClick(view, LEFT, NONE, at(view, 345, 245))
    assert chosen.args == [3] and view.current_index == 3
    with qtbot.waitSignal(view.cell_chosen) as chosen:
        QTest.mouseClick(view, LEFT, NONE, at(view, 405, 305))
    assert chosen.args == [1]


def test_a_click_beside_all_cells_chooses_none(qtbot: QtBot, view: ImageView) -> None:
    view.choose_cell(0)
    with qtbot.waitSignal(view.cell_chosen) as chosen:
        QTest.mouseClick(view, LEFT, NONE, at(view, 20, 400))
    assert chosen.args == [-1] and view.current_index == -1


def test_a_removed_cell_cannot_be_chosen(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.assertNotEmitted(view.cell_chosen):
        QTest.mouseClick(view, LEFT, NONE, at(view, 530, 130))
    view.choose_cell(2)
    assert view.current_index == -1


def test_choosing_by_program_sends_no_signal(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.assertNotEmitted(view.cell_chosen):
        view.choose_cell(1)
    assert view.current_index == 1


def test_tab_walks_the_cells_and_leaves_after_the_last(qtbot: QtBot, samples: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    before, inside, after = QLineEdit(), ImageView(), QLineEdit()
    column = QVBoxLayout(window)
    for widget in (before, inside, after):
        column.addWidget(widget)
    inside.set_image(samples.picture())
    inside.set_cells([samples.cell(10, 10), samples.cell(100, 10, removed=True), samples.cell(200, 10)])
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    inside.setFocus()
    seen = []
    for _ in range(2):
        QTest.keyClick(inside, Qt.Key.Key_Tab)
        seen.append(inside.current_index)
    assert seen == [0, 2] and inside.hasFocus()
    QTest.keyClick(inside, Qt.Key.Key_Tab)
    assert after.hasFocus() and inside.current_index == 2
    inside.setFocus()
    QTest.keyClick(inside, Qt.Key.Key_Backtab, SHIFT)
    assert inside.current_index == 0
    QTest.keyClick(inside, Qt.Key.Key_Backtab, SHIFT)
    assert before.hasFocus()


def test_a_shake_of_the_hand_is_still_a_click(qtbot: QtBot, view: ImageView) -> None:
    start = at(view, 110, 110)
    with qtbot.waitSignal(view.cell_chosen) as chosen:
        drag(view, start, start + QPoint(QApplication.startDragDistance() - 2, 0))
    assert chosen.args == [0]


# Zoom and pan


def test_the_wheel_zooms_at_the_pointer(qtbot: QtBot, view: ImageView) -> None:
    place = at(view, 345, 245)
    assert view.zoom == pytest.approx(1.0)
    with qtbot.waitSignal(view.zoom_changed) as told:
        turn_wheel(view, place, 3)
    assert told.args == [pytest.approx(1.25**3)] and view.zoom > 1.9 and not view.fitted
    assert (at(view, 345, 245) - place).manhattanLength() <= 2


def test_two_fingers_pan_and_with_control_zoom(view: ImageView) -> None:
    touchpad = QPointingDevice(
        "pad", 77, QPointingDevice.DeviceType.TouchPad, QPointingDevice.PointerType.Finger,
        QPointingDevice.Capability.Position, 2, 0,
    )  # fmt: skip
    view.set_zoom(3.0)
    before = at(view, 345, 245)
    turn_wheel(view, before, 1, device=touchpad)
    assert view.zoom == pytest.approx(3.0)
    assert (at(view, 345, 245) - before).y() == pytest.approx(30, abs=1)
    turn_wheel(view, before, 1, CONTROL, touchpad)
    assert view.zoom == pytest.approx(3.75)


def test_a_pinch_zooms(view: ImageView) -> None:
    device = QPointingDevice.primaryPointingDevice()
    middle = QPointF(view.rect().center())
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, device, 2, middle, middle, middle, 0.5, QPointF()
    )
    QApplication.sendEvent(view, event)
    assert view.zoom == pytest.approx(1.5)


def test_two_fingers_on_a_touch_screen_zoom(qtbot: QtBot, view: ImageView) -> None:
    screen = QTest.createTouchDevice()
    left, right = QPoint(280, 250), QPoint(380, 250)
    QTest.touchEvent(view, screen).press(1, left, view).press(2, right, view)
    for step in range(1, 11):
        out = QPoint(10 * step, 0)
        QTest.touchEvent(view, screen).move(1, left - out, view).move(2, right + out, view)
    QTest.touchEvent(view, screen).release(1, left - out, view).release(2, right + out, view)
    qtbot.waitUntil(lambda: view.zoom > 1.5)


def test_plus_and_minus_zoom_and_minus_ends_fitted(view: ImageView) -> None:
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom == pytest.approx(2.25)
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.fitted and view.zoom == pytest.approx(1.0)


def test_actual_size_is_one_physical_pixel(view: ImageView) -> None:
    view.resize(300, 300)
    assert view.fitted and view.zoom < 0.5
    view.zoom_actual()
    assert view.zoom == 1.0
    assert view.cell_rect(0).width() * view.devicePixelRatioF() == pytest.approx(60)


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_a_drag_pans_and_chooses_nothing(qtbot: QtBot, view: ImageView, button: Qt.MouseButton) -> None:
    view.set_zoom(3.0)
    place = at(view, 345, 245)
    with qtbot.assertNotEmitted(view.cell_chosen):
        drag(view, place, place + QPoint(60, 40), button)
    assert (at(view, 345, 245) - place - QPoint(60, 40)).manhattanLength() <= 2


def test_space_and_control_arrows_pan(view: ImageView) -> None:
    view.set_zoom(3.0)
    place = at(view, 345, 245)
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
    drag(view, place, place + QPoint(50, 0), LEFT, SHIFT)
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert (at(view, 345, 245) - place).x() == pytest.approx(50, abs=1)
    QTest.keyClick(view, Qt.Key.Key_Right, CONTROL)
    assert (at(view, 345, 245) - place).x() == pytest.approx(-14, abs=1)


def test_plain_arrows_are_the_window_s(view: ImageView) -> None:
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        event = QKeyEvent(QEvent.Type.KeyPress, key, NONE)
        QApplication.sendEvent(view, event)
        assert not event.isAccepted()


def test_the_next_image_of_the_same_size_keeps_the_place(view: ImageView, samples: Any) -> None:
    turn_wheel(view, at(view, 120, 120), 4)
    zoom = view.zoom
    view.set_image(samples.picture(), "smear_02")
    assert view.zoom == zoom and view.cells == () and view.current_index == -1
    view.set_image(samples.picture(800, 600))
    assert view.fitted


def test_choosing_a_cell_out_of_view_brings_it_in(view: ImageView) -> None:
    view.set_zoom(8.0, QPointF(at(view, 600, 400)))
    assert not view.rect().contains(at(view, 130, 130))
    view.choose_cell(0)
    assert view.rect().contains(at(view, 130, 130)) and view.zoom == pytest.approx(8.0)


# Adding and removing


def test_shift_drag_draws_a_cell(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.waitSignal(view.cell_drawn) as drawn:
        drag(view, at(view, 80, 300), at(view, 20, 360), LEFT, SHIFT)
    assert drawn.args == [Box(20, 300, 60, 60)]


def test_add_mode_draws_once_clipped_to_the_image(qtbot: QtBot, view: ImageView) -> None:
    view.set_add_mode(True)
    assert view.cursor().shape() == Qt.CursorShape.CrossCursor
    with qtbot.waitSignals([view.add_mode_changed, view.cell_drawn]):
        drag(view, at(view, 600, 440), at(view, 647, 487))
    assert view.cursor().shape() != Qt.CursorShape.CrossCursor
    boxes: list[Box] = []
    view.cell_drawn.connect(boxes.append)
    view.set_add_mode(True)
    drag(view, at(view, 600, 440), at(view, 647, 487))
    assert boxes == [Box(600, 440, 40, 40)]


def test_a_slip_draws_nothing_and_escape_leaves(qtbot: QtBot, view: ImageView) -> None:
    view.set_add_mode(True)
    with qtbot.assertNotEmitted(view.cell_drawn):
        drag(view, at(view, 80, 300), at(view, 83, 360))
    assert view.cursor().shape() == Qt.CursorShape.CrossCursor
    with qtbot.waitSignal(view.add_mode_changed) as left:
        QTest.keyClick(view, Qt.Key.Key_Escape)
    assert left.args == [False]


def test_a_cell_can_be_added_by_keyboard(qtbot: QtBot, view: ImageView) -> None:
    view.set_add_mode(True)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down, SHIFT)
    with qtbot.waitSignal(view.cell_drawn) as drawn:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert drawn.args == [Box(280, 192, 96, 104)]


def test_add_mode_needs_an_image(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(None)
    with qtbot.assertNotEmitted(view.add_mode_changed):
        view.set_add_mode(True)


def test_delete_asks_to_remove_the_chosen_cell(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.assertNotEmitted(view.cell_remove_requested):
        QTest.keyClick(view, Qt.Key.Key_Delete)
    view.choose_cell(1)
    with qtbot.waitSignal(view.cell_remove_requested) as asked:
        QTest.keyClick(view, Qt.Key.Key_Delete)
    assert asked.args == [1]


# What is seen and heard


def seen(view: ImageView) -> QImage:
    return view.grab().toImage()


def test_the_picture_s_own_colours_are_shown(view: ImageView, samples: Any) -> None:
    view.set_cells(())
    image, pixels = seen(view), samples.picture()
    for x, y in ((5, 5), (320, 240), (634, 470), (100, 400)):
        shown = image.pixelColor(x + 8, y + 8)
        assert (shown.red(), shown.green(), shown.blue()) == tuple(int(part) for part in pixels[y, x])


def test_cells_are_outlined_in_their_class_s_colour_and_removed_ones_hidden(view: ImageView) -> None:
    image = seen(view)
    edge = at(view, 100, 130)
    neutrophil = QColor("#CC79A7")
    assert any(image.pixelColor(edge.x() + dx, edge.y()) == neutrophil for dx in (-1, 0))
    bare = image.pixelColor(at(view, 500, 130))
    assert abs(bare.red() - round(500 / 639 * 255)) <= 1


def test_nothing_shown_is_the_neutral_surround(view: ImageView) -> None:
    view.set_image(None)
    image = seen(view)
    assert not view.has_image and view.cells == ()
    assert image.pixelColor(300, 200) == QColor("#6b6b6b")


def test_screen_readers_hear_the_image_and_the_chosen_cell(view: ImageView, samples: Any) -> None:
    assert view.accessibleName() == "Image"
    assert view.accessibleDescription() == "smear_01, 640 by 480 pixels. Cells: 3."
    QTest.mouseClick(view, LEFT, NONE, at(view, 405, 305))
    assert view.accessibleDescription().endswith(
        "Chosen: cell 2 of 3, Lymphocyte, uncertain, wbc4 1.0.0 says Lymphocyte, 47 %."
    )
    reviewed = samples.cell(10, 10, review=samples.review(Verdict.CORRECTED, "monocyte"))
    view.set_cells([reviewed], 0)
    assert "Monocyte, reviewed, wbc4 1.0.0 says Neutrophil, 97 %" in view.accessibleDescription()


def test_a_wrong_array_is_refused(view: ImageView) -> None:
    with pytest.raises(ValueError, match="uint8"):
        view.set_image(np.zeros((10, 10, 3), dtype=np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="uint8"):
        view.set_image(np.zeros((10, 10), dtype=np.uint8))


# Large images


def test_halving_is_the_mean_of_four() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    expected = pixels[:6, :8].reshape(3, 2, 4, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(halve(pixels) - expected).max() <= 0.5


def test_a_large_image_is_halved_in_slices() -> None:
    pixels = np.zeros((4000, 4000, 3), dtype=np.uint8)
    pixels[::2, ::2] = 255
    pyramid = ImagePyramid(pixels)
    assert pyramid.level_for(0.1)[1] == 1.0
    slices = 1
    while not pyramid.grow():
        slices += 1
    assert slices > 4
    while pyramid.unfinished:
        pyramid.grow()
    image, share = pyramid.level_for(0.2)
    assert share == 0.25 and image.width() == 1000
    assert image.pixelColor(500, 500).red() == 64
    assert pyramid.level_for(0.9)[1] == 1.0 and pyramid.level_for(5.0)[1] == 1.0


def test_the_view_halves_a_large_image_between_events(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(np.zeros((4000, 4000, 3), dtype=np.uint8))
    pyramid = view._pyramid
    assert pyramid is not None and pyramid.level_for(0.2)[1] == 1.0
    qtbot.waitUntil(lambda: pyramid.level_for(0.2)[1] == 0.25)
    qtbot.waitUntil(lambda: not view._refining.isActive())


def test_another_image_stops_the_halving_of_the_last(view: ImageView, samples: Any) -> None:
    view.set_image(np.zeros((4000, 4000, 3), dtype=np.uint8))
    last = weakref.ref(view._pyramid)
    assert view._refining.isActive()
    view.set_image(samples.picture())
    assert not view._refining.isActive()
    # Nothing else holds it: its hundreds of megabytes go at once.
    assert last() is None


def test_the_picture_lives_as_long_as_it_is_shown(view: ImageView) -> None:
    view.set_image(np.full((480, 640, 3), 77, dtype=np.uint8))
    import gc

    gc.collect()
    assert seen(view).pixelColor(300, 200) == QColor(77, 77, 77)

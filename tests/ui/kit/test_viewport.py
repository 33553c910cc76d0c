"""Zoom and pan arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.ui.kit.viewport import MOST_ZOOM, Viewport


def view(width: float = 800, height: float = 600, ratio: float = 1.0) -> Viewport:
    made = Viewport()
    made.resize(width, height, ratio)
    made.set_image(640, 480)
    return made


def test_fit_shows_the_whole_image_with_a_free_border() -> None:
    made = view()
    left, top = made.to_widget(0, 0)
    right, bottom = made.to_widget(640, 480)
    assert 0 < left < 20 and 0 < top < 20 and 780 < right < 800 and 580 < bottom < 600


def test_zoom_counts_physical_pixels() -> None:
    made = view(ratio=2.0)
    made.set_zoom(1.0)
    left, _top = made.to_widget(0, 0)
    right, _bottom = made.to_widget(640, 0)
    assert right - left == pytest.approx(320)


@given(
    zoom=st.floats(0.5, 20),
    step=st.floats(0.8, 1.6),
    x=st.floats(300, 500),
    y=st.floats(220, 380),
    ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
def test_the_point_under_the_pointer_stays(
    zoom: float, step: float, x: float, y: float, ratio: float
) -> None:
    made = Viewport()
    made.resize(800, 600, ratio)
    made.set_image(6400, 4800)
    made.set_zoom(zoom)
    before = made.to_image(x, y)
    made.set_zoom(zoom * step, (x, y))
    after = made.to_image(x, y)
    assert made.zoom <= MOST_ZOOM
    assert after == pytest.approx(before, abs=1e-6)


@given(
    width=st.integers(16, 32767),
    height=st.integers(16, 32767),
    zooms=st.lists(st.floats(1e-4, 100), max_size=6),
    pans=st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)), max_size=6),
)
def test_the_image_never_gets_lost(
    width: int, height: int, zooms: list[float], pans: list[tuple[float, float]]
) -> None:
    made = Viewport()
    made.resize(800, 600, 1.0)
    made.set_image(width, height)
    for zoom in zooms:
        made.set_zoom(zoom)
        for across, down in pans:
            made.pan(across, down)
    left, top = made.to_widget(0, 0)
    right, bottom = made.to_widget(width, height)
    assert right > 0 and bottom > 0 and left < 800 and top < 600


def test_images_of_one_size_keep_zoom_and_place() -> None:
    made = view()
    made.set_zoom(3.0, (100, 100))
    kept = (made.zoom, made.centre_x, made.centre_y)
    made.set_image(640, 480)
    assert (made.zoom, made.centre_x, made.centre_y) == kept
    made.set_image(641, 480)
    assert made.fitted


def test_zooming_out_ends_fitted_and_follows_the_window() -> None:
    made = Viewport()
    made.resize(800, 600, 1.0)
    made.set_image(6400, 4800)
    made.set_zoom(2.0)
    assert not made.fitted
    made.set_zoom(0.001)
    assert made.fitted
    made.resize(400, 300, 1.0)
    assert made.zoom == pytest.approx(made.fit_zoom())


def test_a_tiny_image_is_not_blown_up_to_the_whole_view() -> None:
    made = Viewport()
    made.resize(1600, 1200, 1.0)
    made.set_image(16, 16)
    assert made.zoom == pytest.approx(12.0)


def test_show_moves_only_what_is_out_of_view() -> None:
    made = view()
    made.set_zoom(4.0)
    assert not made.show(310, 230, 20, 20, 10)
    assert made.show(10, 10, 40, 40, 10)
    left, top = made.to_widget(10, 10)
    assert 0 <= left < 800 and 0 <= top < 600


def test_the_image_s_corner_lies_on_physical_pixels() -> None:
    made = view(ratio=1.5)
    made.set_zoom(1.7, (123.4, 77.7))
    left, top = made.origin()
    assert (left * 1.5) == pytest.approx(round(left * 1.5)) and (top * 1.5) == pytest.approx(round(top * 1.5))

"""Names in a narrow column."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication

from hematodesk.ui.kit.plain_text import elided_name

NAMES = [
    "patient_2026-11-21_peripheral_blood_field_0017.jpg",
    "S4711 slide 2 field 123.tiff",
    "field_00031_converted.ome.tif",
    "001_a_long_name_without_another_figure.png",
    "image (12).jpeg",
    "x9",
]


@pytest.fixture
def metrics(qapp: QApplication) -> QFontMetrics:
    return QFontMetrics(QFont(qapp.font()))


@pytest.mark.parametrize("name", NAMES)
def test_the_last_figure_of_a_name_is_read_however_narrow_the_column(
    metrics: QFontMetrics, name: str
) -> None:
    figure = {"field_00031_converted.ome.tif": "00031", "001_a_long_name_without_another_figure.png": "001"}
    stem = name.rsplit(".", 1)[0]
    wanted = figure.get(name) or "".join(
        filter(str.isdigit, stem.replace("(", " ").split()[-1].split("_")[-1])
    )
    for room in range(metrics.horizontalAdvance("…" + stem[stem.rfind(wanted) :]), 400, 7):
        shown = elided_name(metrics, name, room)
        assert metrics.horizontalAdvance(shown) <= room
        assert wanted in shown, (room, shown)


def test_a_name_that_fits_or_has_no_figure_is_as_it_was(metrics: QFontMetrics) -> None:
    assert elided_name(metrics, NAMES[0], 10_000) == NAMES[0]
    shown = elided_name(metrics, "a_rather_long_name_of_an_image.jpg", 90)
    assert "…" in shown and shown.endswith("g") and metrics.horizontalAdvance(shown) <= 90


def test_names_of_a_series_differ_in_a_narrow_column(metrics: QFontMetrics) -> None:
    series = [f"patient_peripheral_blood_film_field_{number:03}.jpg" for number in range(100)]
    assert len({elided_name(metrics, name, 80) for name in series}) == 100

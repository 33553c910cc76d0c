"""Light and dark, and type that can be read on every colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.ui.kit import theme as look
from hematodesk.ui.kit.class_names import class_name, short_class_name


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[look.Theme]:
    made = look.Theme(qapp)
    yield made
    made.choose("light")
    qapp.setStyleSheet("")
    made.deleteLater()


def window_lightness(qapp: QApplication) -> int:
    return qapp.palette().color(QPalette.ColorRole.Window).lightness()


def test_the_choice_wins_over_the_system(theme: look.Theme, qapp: QApplication) -> None:
    theme.choose("dark")
    assert theme.dark and look.tokens() is look.DARK and window_lightness(qapp) < 60
    theme.choose(look.ThemeChoice.LIGHT)
    assert not theme.dark and look.tokens() is look.LIGHT and window_lightness(qapp) > 200


def test_system_follows_the_system_s_change(
    theme: look.Theme, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = Qt.ColorScheme.Dark
    hints = qapp.styleHints()
    theme.choose("system")
    monkeypatch.setattr(type(hints), "colorScheme", lambda _self: scheme)
    heard: list[bool] = []
    theme.changed.connect(lambda: heard.append(theme.dark))
    hints.colorSchemeChanged.emit(scheme)
    assert heard == [True]
    scheme = Qt.ColorScheme.Light
    hints.colorSchemeChanged.emit(scheme)
    assert heard == [True, False]


def test_a_chosen_look_stays_when_the_system_changes(theme: look.Theme, qapp: QApplication) -> None:
    theme.choose("light")
    heard: list[bool] = []
    theme.changed.connect(lambda: heard.append(theme.dark))
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert heard == [] and not theme.dark


def test_an_unknown_choice_is_refused(theme: look.Theme) -> None:
    with pytest.raises(ValueError, match="sepia"):
        theme.choose("sepia")


@pytest.mark.parametrize("colours", [look.LIGHT, look.DARK], ids=["light", "dark"])
def test_type_reads_on_every_ground(colours: look.Tokens) -> None:
    for ground in ("window", "panel", "raised"):
        for ink in ("text", "muted", "good", "warn", "bad", "focus"):
            ratio = look.contrast(QColor(getattr(colours, ink)), QColor(getattr(colours, ground)))
            assert ratio >= 4.5, (ink, ground, ratio)
    for ground in ("info_back", "warn_back", "bad_back", "pressed"):
        assert look.contrast(QColor(colours.text), QColor(getattr(colours, ground))) >= 4.5, ground
    assert look.contrast(QColor(colours.on_primary), QColor(colours.primary)) >= 4.5
    assert look.contrast(QColor(colours.chosen_text), QColor(colours.chosen)) >= 4.5


@pytest.mark.parametrize("class_id", CELL_CLASSES)
def test_names_read_on_class_colours(class_id: str) -> None:
    colour = look.class_colour(class_id)
    assert look.contrast(look.text_on(colour), colour) >= 4.5


def test_contrast_is_wcag_s() -> None:
    assert look.contrast(QColor("white"), QColor("black")) == pytest.approx(21.0)
    assert look.contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


def test_surround_is_neutral_and_every_token_is_a_colour() -> None:
    assert look.SURROUND.red() == look.SURROUND.green() == look.SURROUND.blue()
    for colours in (look.LIGHT, look.DARK):
        for field in fields(colours):
            if field.name != "dark":
                assert QColor(getattr(colours, field.name)).isValid(), field.name


def test_fonts_are_in_points_and_the_style_sheet_sets_none(qapp: QApplication) -> None:
    assert look.large_font(qapp.font()).pointSizeF() >= 20
    assert look.emphasis_font(qapp.font()).pointSizeF() == qapp.font().pointSizeF()
    assert "font" not in look.make_style_sheet(look.LIGHT)


def test_a_role_reaches_the_style(theme: look.Theme, qtbot: object) -> None:
    label = QLabel("x")
    look.set_role(label, "muted")
    label.ensurePolished()
    assert label.palette().color(label.foregroundRole()) == QColor(look.tokens().muted)
    label.deleteLater()


def test_abbreviations_tell_the_classes_apart() -> None:
    assert len({known.short for known in CELL_CLASSES.values()}) == len(CELL_CLASSES)


def test_foreign_classes_have_names_too() -> None:
    assert class_name("blast_cell") == "Blast cell"
    assert short_class_name("blast_cell") == "Bla"


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("kind", [QComboBox, QCheckBox, QSlider, QPushButton, QLineEdit])
def test_the_keyboard_s_place_is_ringed(
    theme: look.Theme, qtbot: QtBot, kind: type[QWidget], choice: str
) -> None:
    theme.choose(choice)
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    control, other = kind(window), QLineEdit(window)
    column.addWidget(control)
    column.addWidget(other)
    window.show()
    window.activateWindow()
    control.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(control.hasFocus)
    middle = control.width() // 2
    assert control.grab().toImage().pixelColor(middle, 0) == QColor(look.tokens().focus)
    other.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(other.hasFocus)
    assert control.grab().toImage().pixelColor(middle, 0) != QColor(look.tokens().focus)

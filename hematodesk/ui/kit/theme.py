"""The theme: colours of the chrome, type, spacing, light and dark.

The chrome follows the system (or the setting); the classes' colours are data and never
follow it, and the image's surround is the same neutral grey in both. Sizes are device
independent pixels on a grid of 8 and points for type, so that 200 % scaling needs nothing.

Widgets say what a label or a frame is with `set_role`; the style sheet made here says how
that looks. Widgets that paint themselves ask `tokens()` while they paint.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from hematodesk.domain.classes import cell_class

GRID = 8
"""Device independent pixels; every margin and gap is a half, one or more of it."""

LEAST_TARGET = 3 * GRID
"""What is pressed is at least so wide and high (WCAG 2.2, "target size (minimum)")."""

SURROUND = QColor("#6b6b6b")
"""The image's surround: neutral, so that no stain looks tinted, and the same in light and dark."""

_LARGE_FACTOR = 2.4
_LARGE_LEAST_POINTS = 20.0


class ThemeChoice(StrEnum):
    """What the setting may say."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


_SCHEMES = {ThemeChoice.LIGHT: Qt.ColorScheme.Light, ThemeChoice.DARK: Qt.ColorScheme.Dark}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The chrome's colours by their use, as #rrggbb.

    Attributes:
        window: behind everything; panel: the side columns; raised: cards, fields and buttons;
        pressed: a button held or chosen; line: hairlines; edge: the outline of controls;
        text, muted, disabled: type; focus: the ring of what the keyboard has;
        primary, on_primary: the one button to press next, and its type;
        chosen, chosen_text: selections;
        good, warn, bad: signs of state, always beside words;
        warn_back, bad_back, info_back: banners behind `text`.
    """

    dark: bool
    window: str
    panel: str
    raised: str
    pressed: str
    line: str
    edge: str
    text: str
    muted: str
    disabled: str
    focus: str
    primary: str
    on_primary: str
    chosen: str
    chosen_text: str
    good: str
    warn: str
    bad: str
    info_back: str
    warn_back: str
    bad_back: str


LIGHT = Tokens(
    dark=False,
    window="#ececec",
    panel="#f4f4f4",
    raised="#ffffff",
    pressed="#dfe3e8",
    line="#d4d4d4",
    edge="#8a8a8a",
    text="#1c1c1c",
    muted="#5c5c5c",
    disabled="#9a9a9a",
    focus="#1a62c4",
    primary="#1a62c4",
    on_primary="#ffffff",
    chosen="#cfe0f7",
    chosen_text="#10233d",
    good="#1d6f42",
    warn="#8a5200",
    bad="#b3261e",
    info_back="#dfeaf8",
    warn_back="#fbeccd",
    bad_back="#fae0de",
)

DARK = Tokens(
    dark=True,
    window="#232323",
    panel="#2a2a2a",
    raised="#343434",
    pressed="#46494e",
    line="#414141",
    edge="#7d7d7d",
    text="#ececec",
    muted="#adadad",
    disabled="#757575",
    focus="#7fb2ff",
    primary="#2f5a94",
    on_primary="#ffffff",
    chosen="#31486a",
    chosen_text="#f0f5fc",
    good="#7fcf9f",
    warn="#f0b95a",
    bad="#ff9d94",
    info_back="#2a3a50",
    warn_back="#4a3a18",
    bad_back="#512c29",
)


def tokens() -> Tokens:
    """The colours in force, told by the program's palette.

    A widget's own palette would mislead: style sheets write their backgrounds into it.
    """
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1, of an sRGB colour (WCAG 2.2, "relative luminance")."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio, 1 to 21, of two colours (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@functools.cache
def class_colour(class_id: str) -> QColor:
    """The class's own colour, the same in light and dark; not to be changed."""
    return QColor(cell_class(class_id).colour)


def text_on(colour: QColor) -> QColor:
    """Black or white, whichever reads better on that colour."""
    black, white = QColor("#000000"), QColor("#ffffff")
    return black if contrast(black, colour) >= contrast(white, colour) else white


def large_font(base: QFont) -> QFont:
    """The second of the two type sizes: the answer, readable from a metre away."""
    font = QFont(base)
    font.setPointSizeF(max(_LARGE_LEAST_POINTS, base.pointSizeF() * _LARGE_FACTOR))
    font.setWeight(QFont.Weight.DemiBold)
    return font


def emphasis_font(base: QFont) -> QFont:
    """The body size in the one weight for emphasis."""
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def set_role(widget: QWidget, role: str) -> None:
    """Say what a widget is, for the style sheet; may be called again when that changes.

    Roles: `muted` and `strong` (labels), `panel`, `card`, `line` (frames), `quiet` (buttons
    without a frame until the pointer or the keyboard is on them), `entry` (such a button as a line
    of a list), `primary` (the one button to
    press next), `banner-info`, `banner-warn`, `banner-bad` (frames), `sign` (a label that stays in
    sight), `keycap` (a label that shows a key).
    """
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class Theme(QObject):
    """Puts light or dark on the program and follows the system while the choice says so.

    Signals:
        changed(): the look changed; widgets with cached drawings make them anew.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: ThemeChoice | str = ThemeChoice.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        self._choice = ThemeChoice(choice)
        self._tokens: Tokens | None = None
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._put_on)
        self.choose(self._choice)

    @property
    def choice(self) -> ThemeChoice:
        """What was asked for."""
        return self._choice

    @property
    def dark(self) -> bool:
        """What is on now."""
        return self._tokens is DARK

    def choose(self, choice: ThemeChoice | str) -> None:
        """Light, dark, or as the system says. Raises ValueError for anything else."""
        self._choice = ThemeChoice(choice)
        # Title bars and native dialogs follow where the platform can. This comes first: only
        # then does the system's own answer show through an earlier override.
        hints = self._application.styleHints()
        if self._choice is ThemeChoice.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(_SCHEMES[self._choice])
        self._put_on()

    def _put_on(self) -> None:
        wanted = self._wanted()
        if wanted is self._tokens:
            return
        self._tokens = wanted
        self._application.setPalette(make_palette(wanted))
        self._application.setStyleSheet(make_style_sheet(wanted))
        self.changed.emit()

    def _wanted(self) -> Tokens:
        if self._choice is ThemeChoice.LIGHT:
            return LIGHT
        if self._choice is ThemeChoice.DARK:
            return DARK
        return DARK if self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def make_palette(look: Tokens) -> QPalette:
    """A full palette for the Fusion style."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for which, colour in (
        (role.Window, look.window),
        (role.WindowText, look.text),
        (role.Base, look.raised),
        (role.AlternateBase, look.panel),
        (role.Text, look.text),
        (role.PlaceholderText, look.muted),
        (role.Button, look.raised),
        (role.ButtonText, look.text),
        (role.BrightText, look.bad),
        (role.ToolTipBase, look.raised),
        (role.ToolTipText, look.text),
        (role.Highlight, look.chosen),
        (role.HighlightedText, look.chosen_text),
        (role.Accent, look.focus),
        (role.Link, look.focus),
        (role.LinkVisited, look.focus),
        (role.Light, look.raised),
        (role.Midlight, look.panel),
        (role.Mid, look.line),
        (role.Dark, look.edge),
        (role.Shadow, "#000000"),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, which, QColor(look.disabled))
    return palette


def make_style_sheet(look: Tokens) -> str:
    """The style sheet of the program; it sets colours, lines and gaps, and never a font.

    A combo box's ring grows out of its margin: Qt measures the drop-down list by the box's border and
    padding, and one that loses padding to the ring gets a list that is too low for its last entry.
    """
    return f"""
QToolTip {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.edge}; padding: 4px; }}
QLabel[role="muted"] {{ color: {look.muted}; }}
QFrame[role="panel"] {{ background: {look.panel}; border: none; }}
QFrame[role="card"] {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 4px; }}
QFrame[role="line"] {{ background: {look.line}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[role="banner-info"] {{ background: {look.info_back}; border: none; }}
QFrame[role="banner-warn"] {{ background: {look.warn_back}; border: none; }}
QFrame[role="banner-bad"] {{ background: {look.bad_back}; border: none; }}
QLabel[role="keycap"] {{ color: {look.muted}; border: 1px solid {look.line}; border-radius: 3px;
    padding: 0px 4px; background: {look.panel}; }}
QLabel[role="sign"] {{ color: {look.text}; border: 1px solid {look.edge}; border-radius: 3px;
    padding: 0px 8px; background: {look.warn_back}; }}
QPushButton {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.edge};
    border-radius: 4px; padding: 4px 12px; min-height: 22px; outline: none; }}
QPushButton:hover {{ background: {look.pressed}; }}
QPushButton:pressed, QPushButton:checked {{ background: {look.chosen}; color: {look.chosen_text}; }}
QPushButton:disabled {{ color: {look.disabled}; border-color: {look.line}; background: {look.panel}; }}
QPushButton:focus {{ border: 2px solid {look.focus}; padding: 3px 11px; }}
QPushButton[role="primary"] {{ background: {look.primary}; color: {look.on_primary};
    border-color: {look.primary}; }}
QPushButton[role="primary"]:hover {{ border-color: {look.text}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {look.text}; }}
QPushButton[role="primary"]:disabled {{ background: {look.panel}; color: {look.disabled};
    border-color: {look.line}; }}
QPushButton[role="quiet"], QPushButton[role="entry"] {{ background: transparent;
    border: 1px solid transparent; }}
QPushButton[role="entry"] {{ text-align: left; padding: 3px 7px; min-height: 0px; }}
QPushButton[role="quiet"]:hover, QPushButton[role="entry"]:hover {{ background: {look.pressed}; }}
QPushButton[role="quiet"]:focus, QPushButton[role="entry"]:focus {{ border: 2px solid {look.focus}; }}
QPushButton[role="entry"]:focus {{ padding: 2px 6px; }}
QComboBox {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.edge};
    border-radius: 4px; margin: 1px; padding: 2px 4px; }}
QComboBox:hover {{ border-color: {look.text}; }}
QComboBox:disabled {{ background: {look.panel}; color: {look.disabled}; border-color: {look.line}; }}
QComboBox:focus {{ border: 2px solid {look.focus}; margin: 0px; }}
QComboBox::drop-down {{ border: none; width: 16px; }}
QComboBox::down-arrow {{ width: 0px; height: 0px; border-left: 4px solid {look.raised};
    border-right: 4px solid {look.raised}; border-top: 5px solid {look.muted}; }}
QComboBox::down-arrow:disabled {{ border-left-color: {look.panel}; border-right-color: {look.panel};
    border-top-color: {look.disabled}; }}
QCheckBox, QSlider {{ border: 2px solid transparent; border-radius: 4px; outline: none; }}
QCheckBox {{ padding: 1px 4px 1px 1px; min-height: 20px; }}
QSlider {{ min-height: 20px; }}
QCheckBox:focus, QSlider:focus {{ border-color: {look.focus}; }}
QCheckBox::indicator:unchecked {{ background: {look.raised}; border: 1px solid {look.edge};
    border-radius: 3px; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QPlainTextEdit, QLineEdit, QTextEdit {{ background: {look.raised}; color: {look.text};
    border: 1px solid {look.edge}; border-radius: 4px; padding: 3px; }}
QLineEdit, QPlainTextEdit, QTextEdit {{ placeholder-text-color: {look.muted}; }}
QPlainTextEdit:focus, QLineEdit:focus, QTextEdit:focus {{ border: 2px solid {look.focus}; padding: 2px; }}
QPlainTextEdit:disabled, QLineEdit:disabled, QTextEdit:disabled {{ background: {look.panel};
    border-color: {look.line}; color: {look.disabled}; }}
QScrollArea {{ border: none; }}
QSplitter::handle {{ background: {look.line}; }}
"""

"""Text shown as it is: names come from files and packages, and are never markup."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel

from hematodesk.ui.kit.theme import set_role

_FIGURE = re.compile(r"\d+(?=[^.]*(?:\.\w{1,5}){0,2}$)")
"""A figure in a name's stem."""
_HALF = re.compile("[\ud800-\udfff]")


def plain_label(role: str = "") -> QLabel:
    """An empty label, in one of the theme's roles, that takes no markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        set_role(label, role)
    return label


def plain_tooltip(text: str) -> str:
    """A text for setToolTip and showText, which would take anything like markup for markup."""
    if not GuiQt.mightBeRichText(text):
        return text
    return f"<qt>{escape(text)}</qt>"


def whole_letters(text: str) -> str:
    """The text with U+FFFD for lone surrogates, as in names that are not UTF-8; Qt drops them silently."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def elided_name(metrics: QFontMetrics, name: str, room: int) -> str:
    """A file's name cut in the middle to `room` pixels, its last figure kept: it tells one image of a series.

    Where there is no room for that and the extension, the extension goes.
    """
    usual = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
    figures = list(_FIGURE.finditer(name))
    if usual == name or not figures:
        return usual
    last = figures[-1]
    kept = name[last.start() :]
    stem = name[last.start() : max(name.rfind("."), last.end())]
    if usual.endswith(kept):
        return usual
    for tail in (kept, stem):
        left = room - metrics.horizontalAdvance("…" + tail)
        head = next(
            (end for end in range(last.start(), 0, -1) if metrics.horizontalAdvance(name[:end]) <= left), 0
        )
        if head > 0 or left >= 0:
            return f"{name[:head]}…{tail}"
    return metrics.elidedText(stem, Qt.TextElideMode.ElideLeft, room)


def breakable(text: str) -> str:
    """The text with places at which long names and paths may go on in the next line (U+200B, unseen).

    Commands, which stand in `backquotes`, have none: whoever copies one pastes it where it would matter.
    """
    parts = re.split(r"(`[^`]*`)", whole_letters(text))
    return "".join(
        part if part[:1] == "`" and len(part) > 1 else re.sub(r"(\S{16}|[_\-./\\])(?=\w)", "\\1\u200b", part)
        for part in parts
    )

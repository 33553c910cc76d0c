"""Text shown as it is: names come from files and packages, and are never markup."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel

from hematodesk.ui.kit.theme import set_role

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


def breakable(text: str) -> str:
    """The text with places at which long names and paths may go on in the next line (U+200B, unseen)."""
    return re.sub(r"(\S{16}|[_\-./\\])(?=\w)", "\\1\u200b", whole_letters(text))

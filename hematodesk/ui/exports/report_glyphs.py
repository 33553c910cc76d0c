"""Replaces characters for which this computer has no font by their code points."""

from __future__ import annotations

import unicodedata

from PySide6.QtGui import QFont, QFontDatabase, QRawFont, QTextLayout

_SEEN_AS_CODE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


class Glyphs:
    """Texts as this computer's fonts can show them. Not thread-safe.

    Attributes:
        missing: the letters met so far for which there is no font.
    """

    def __init__(self, font: QFont) -> None:
        self.missing: set[str] = set()
        self._font = font
        self._fonts: list[QRawFont] | None = None
        self._known: dict[str, bool] = {}

    def shown(self, text: str) -> str:
        """The text with [U+XXXX] for each letter that no font has, and for signs that cannot be seen."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(sign if self._can_show(sign) else f"[U+{ord(sign):04X}]" for sign in text)

    def _can_show(self, sign: str) -> bool:
        known = self._known.get(sign)
        if known is None:
            known = self._known[sign] = self._look(sign)
        return known

    def _look(self, sign: str) -> bool:
        category = unicodedata.category(sign)
        if category in _SEEN_AS_CODE:
            return False
        if sign.isspace() or category == "Cf":
            return True
        if self._fonts is None:
            self._fonts = [QRawFont.fromFont(QFont(family)) for family in QFontDatabase.families()]
        if not any(font.supportsCharacter(ord(sign)) for font in self._fonts) or self._is_box(sign):
            self.missing.add(sign)
            return False
        return True

    def _is_box(self, sign: str) -> bool:
        """Whether laying it out gives the glyph that stands for a missing one (number 0)."""
        layout = QTextLayout(sign, self._font)
        layout.beginLayout()
        layout.createLine()
        layout.endLayout()
        return any(0 in run.glyphIndexes() for run in layout.glyphRuns())

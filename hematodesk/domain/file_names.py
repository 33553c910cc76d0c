"""Makes file names that every system accepts from any text."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
# Format characters turn the direction of writing or cannot be seen; half characters and unassigned
# ones are refused by some file systems.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(text: str, longest_bytes: int = 100, empty: str = "image") -> str:
    """The text as a name without a suffix: composed, printable, not reserved, at most so many UTF-8 bytes.

    Signs that Windows forbids become underscores, as do those that cannot be seen. It neither
    begins nor ends with a dot or a space.
    """
    composed = unicodedata.normalize("NFC", text)
    shown = "".join("_" if unicodedata.category(sign) in _UNSEEN else sign for sign in composed)
    name = _FORBIDDEN.sub("_", shown).strip(". ")
    name = name.encode("utf-8")[:longest_bytes].decode("utf-8", "ignore").rstrip(". ")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or empty


def name_key(name: str) -> str:
    """The form in which names are equal that some system treats as one: case and composition folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())

"""Converts text for the database and back: folding for search, and names that are not Unicode."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hematodesk.domain.cells import Fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNFIT = dict.fromkeys([0, ord("\n"), *range(0xD800, 0xE000)], "\ufffd")


def fold(text: str) -> str:
    """Text as the search compares it: caseless for all letters, canonically decomposed.

    Unicode's canonical caseless matching (The Unicode Standard, section 3.13, D145). What SQLite's
    text functions cannot handle (NUL, lone surrogates) and the line feed, which parts names in a
    block, become U+FFFD on both sides.
    """
    if text.isascii():
        return text.lower().translate(_UNFIT)
    decomposed = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFD", decomposed).translate(_UNFIT)


def pack_text(text: str) -> str | bytes:
    """Text for a column: itself, or bytes when it holds lone surrogates.

    Python shows an undecodable file name with lone surrogates, which SQLite's UTF-8 cannot hold.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unpack_text(value: str | bytes) -> str:
    """The inverse of `pack_text`."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def fault_columns(fault: Fault | None) -> tuple[str | bytes | None, ...]:
    """An image's fault_code, fault_message, fault_remedy and fault_templates."""
    if fault is None:
        return (None, None, None, None)
    packed = map(pack_text, (fault.code, fault.message, fault.remedy))
    return (*packed, json.dumps(fault.templates()))


def fault_of(columns: Sequence[Any]) -> Fault:
    """The inverse of `fault_columns`; with invalid templates only the texts are kept."""
    code, message, remedy, templates = columns
    fault = Fault(unpack_text(code), unpack_text(message), unpack_text(remedy))
    try:
        return fault.with_templates(json.loads(templates)) if isinstance(templates, str) else fault
    except (ValueError, RecursionError):
        return fault


def moment_of(text: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 time or date; UTC unless it names an offset.

    Raises ValueError when it is neither.
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // _MILLISECOND

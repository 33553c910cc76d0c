"""Checked access to the fields of one entry of a document that came from outside."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from hematodesk.domain.errors import DocumentError
from hematodesk.domain.json_fields import Fields, FieldWords
from hematodesk.domain.limits import MAX_TEXT_CHARACTERS
from hematodesk.domain.messages import N_, Message
from hematodesk.reporting.json_export import BYTES

Chosen = TypeVar("Chosen", bound=StrEnum)
_WHOLE = 2**53
_DEEPEST = 20
_MOST_ENTRIES = 2**53
_FIRST_YEAR, _LAST_YEAR = 1970, 3000


class ExportedFields(Fields):
    """One JSON object of an exported history with its place in the file: `“x.json”, line 7: cells[2].box`.

    Every method raises DocumentError (import_invalid) that names the field.
    """

    words = FieldWords(
        no_object=N_("Errors", "should be an object"),
        missing=N_("Errors", "is missing"),
        no_list=N_("Errors", "should be a list"),
        entries=N_("Errors", "has {count} entries; at most {highest} are taken"),
        choice=N_("Errors", "should be one of {choices}"),
        whole=N_("Errors", "should be a whole number from {lowest} on"),
    )

    def __init__(self, value: object, where: Message, path: str = "") -> None:
        """`where` names file and line; `path` is the field within the line's entry."""
        self._where = where
        super().__init__(value, path)

    def refuse(self, field: str, words: str, /, **data: object) -> NoReturn:
        """Raise the error for a field; the empty name means the entry. `words` is a marked template."""
        raise DocumentError(
            "import_invalid",
            N_("Errors", "{place}: {field} {words}."),
            N_("Errors", "Export the history again, and import that file as it is."),
            place=self._where,
            field=field or Message(N_("Errors", "the entry")),
            words=Message(words, **data),
        )

    def wrong(self, key: str, words: str, /, **data: object) -> NoReturn:
        """Raise the error for the field of a key."""
        self.refuse(self.full(key), words, **data)

    def within(self, value: object, path: str) -> ExportedFields:
        """Another object of the same entry."""
        return ExportedFields(value, self._where, path)

    def text(self, key: str, longest: int = MAX_TEXT_CHARACTERS) -> str:
        """A text, from its bytes where it could not be written as it is."""
        value = self.take(key)
        if not isinstance(value, str):
            self.wrong(key, N_("Errors", "should be a text"))
        if key + BYTES in self._values:
            try:
                value = bytes.fromhex(self._values[key + BYTES]).decode("utf-8", "surrogatepass")
            except (TypeError, ValueError):
                self.wrong(key + BYTES, N_("Errors", "should be hexadecimal UTF-8"))
        if len(value) > longest:
            self.wrong(
                key,
                N_("Errors", "has {count} characters; at most {longest} are taken"),
                count=len(value),
                longest=longest,
            )
        return str(value)

    def maybe_text(self, key: str) -> str | None:
        """A text or null."""
        return None if self.take(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        values = [value for _, value in self.entries(key, 0, _MOST_ENTRIES)]
        if not all(isinstance(value, str) for value in values):
            self.wrong(key, N_("Errors", "should be a list of texts"))
        return tuple(values)

    def time(self, key: str, *, may_be_empty: bool = False) -> str:
        """A time as the program writes it: ISO 8601 with an offset or Z."""
        value = self.text(key, 40)
        if not value and may_be_empty:
            return value
        try:
            when = datetime.fromisoformat(value)
            # What lies outside no system can turn into its local time.
            fit = when.tzinfo is not None and _FIRST_YEAR < when.year < _LAST_YEAR
        except ValueError:
            fit = False
        if not fit:
            self.wrong(key, N_("Errors", "should be a time like 2026-11-21T08:30:00.000Z"))
        return value

    def number(self, key: str, least: float = 0.0, most: float = math.inf) -> float:
        """A number from least to most, not infinite."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, N_("Errors", "should be a number"))
        if abs(value) > _WHOLE or not math.isfinite(value) or not least <= value <= most:
            self.wrong(key, N_("Errors", "is {value}, which it cannot be"), value=str(value)[:30])
        return float(value)

    def maybe_number(self, key: str) -> float | None:
        """A number from 0 on, or null."""
        return None if self.take(key) is None else self.number(key)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            self.wrong(key, N_("Errors", "should be true or false"))
        return value

    def choice(self, key: str, kind: type[Chosen]) -> Chosen:
        """One of the words of an enumeration."""
        return kind(self.one_of(key, tuple(kind)))

    def maybe_choice(self, key: str, kind: type[Chosen]) -> Chosen | None:
        """One of the words, or null."""
        return None if self.take(key) is None else self.choice(key, kind)

    def maybe_child(self, key: str) -> ExportedFields | None:
        """An object within, or null."""
        return None if self.take(key) is None else self.child(key)

    def objects(self, key: str, most: int) -> Iterator[ExportedFields]:
        """The objects of a list of at most so many."""
        return (self.within(value, path) for path, value in self.entries(key, 0, most))

    def loose(self, key: str) -> Any:
        """Whatever stands there, its texts whole as in `text`; None where there is nothing.

        For what an older program did not write and nothing depends on: it is never refused.
        """
        return _whole_texts(self._values.get(key), 0)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every key with its value."""
        return iter(self._values.items())


def _whole_texts(value: Any, depth: int) -> Any:
    """The value with its texts made from their bytes where those stand beside them."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return value
    found = {}
    for key, each in value.items():
        if isinstance(each, str) and isinstance(value.get(key + BYTES), str):
            with contextlib.suppress(ValueError):
                each = bytes.fromhex(value[key + BYTES]).decode("utf-8", "surrogatepass")  # noqa: PLW2901
        if not (key.endswith(BYTES) and key.removesuffix(BYTES) in value):
            found[key] = _whole_texts(each, depth + 1)
    return found

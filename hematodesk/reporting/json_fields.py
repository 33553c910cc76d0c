"""Checked access to the fields of one entry of a document that came from outside."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from hematodesk.domain.errors import DocumentError
from hematodesk.domain.limits import MAX_TEXT_CHARACTERS
from hematodesk.domain.messages import N_, Message
from hematodesk.reporting.json_export import BYTES

Chosen = TypeVar("Chosen", bound=StrEnum)
_WHOLE = 2**53
_DEEPEST = 20
_FIRST_YEAR, _LAST_YEAR = 1970, 3000


class Fields:
    """One JSON object with its place in the document: `“x.json”, line 7: cells[2].box`.

    Every method raises DocumentError (import_invalid) that names the field.
    """

    def __init__(self, value: Any, where: str, path: str = "") -> None:
        """`where` names file and line; `path` is the field within the line's entry."""
        self._where = where
        self._path = path
        if not isinstance(value, dict):
            self.refuse("", N_("Errors", "should be an object"))
        self._value: dict[str, Any] = value

    def refuse(self, key: str, words: str, /, **data: object) -> NoReturn:
        """Raise the error for a field; the empty key means the object. `words` is a marked template."""
        entry = Message(N_("Errors", "the entry"))
        raise DocumentError(
            "import_invalid",
            N_("Errors", "{place}: {field} {words}."),
            N_("Errors", "Export the history again, and import that file as it is."),
            place=self._where,
            field=self._name(key) or entry,
            words=Message(words, **data),
        )

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path and key else self._path or key

    def _get(self, key: str) -> Any:
        if key not in self._value:
            self.refuse(key, N_("Errors", "is missing"))
        return self._value[key]

    def text(self, key: str, longest: int = MAX_TEXT_CHARACTERS) -> str:
        """A text, from its bytes where it could not be written as it is."""
        value = self._get(key)
        if not isinstance(value, str):
            self.refuse(key, N_("Errors", "should be a text"))
        if key + BYTES in self._value:
            try:
                value = bytes.fromhex(self._value[key + BYTES]).decode("utf-8", "surrogatepass")
            except (TypeError, ValueError):
                self.refuse(key + BYTES, N_("Errors", "should be hexadecimal UTF-8"))
        if len(value) > longest:
            self.refuse(
                key,
                N_("Errors", "has {count} characters; at most {longest} are taken"),
                count=len(value),
                longest=longest,
            )
        return str(value)

    def maybe_text(self, key: str) -> str | None:
        """A text or null."""
        return None if self._get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            self.refuse(key, N_("Errors", "should be a list of texts"))
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
            self.refuse(key, N_("Errors", "should be a time like 2026-11-21T08:30:00.000Z"))
        return value

    def number(self, key: str, least: float = 0.0, most: float = math.inf) -> float:
        """A number from least to most, not infinite."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, N_("Errors", "should be a number"))
        if abs(value) > _WHOLE or not math.isfinite(value) or not least <= value <= most:
            self.refuse(key, N_("Errors", "is {value}, which it cannot be"), value=str(value)[:30])
        return float(value)

    def maybe_number(self, key: str) -> float | None:
        """A number from 0 on, or null."""
        return None if self._get(key) is None else self.number(key)

    def whole(self, key: str, least: int = 0, most: int = _WHOLE) -> int:
        """A whole number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(key, N_("Errors", "should be a whole number from {least} on"), least=least)
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            self.refuse(key, N_("Errors", "should be true or false"))
        return value

    def choice(self, key: str, kind: type[Chosen]) -> Chosen:
        """One of the words of an enumeration."""
        value = self._get(key)
        try:
            return kind(value)
        except ValueError:
            self.refuse(key, N_("Errors", "should be one of {choices}"), choices=", ".join(kind))

    def maybe_choice(self, key: str, kind: type[Chosen]) -> Chosen | None:
        """One of the words, or null."""
        return None if self._get(key) is None else self.choice(key, kind)

    def object(self, key: str) -> Fields:
        """An object within."""
        return Fields(self._get(key), self._where, self._name(key))

    def maybe_object(self, key: str) -> Fields | None:
        """An object within, or null."""
        return None if self._get(key) is None else self.object(key)

    def objects(self, key: str, most: int) -> Iterator[Fields]:
        """The objects of a list of at most so many."""
        values = self._list(key)
        if len(values) > most:
            self.refuse(
                key,
                N_("Errors", "has {count} entries; at most {most} are taken"),
                count=len(values),
                most=most,
            )
        return (
            Fields(value, self._where, f"{self._name(key)}[{place}]") for place, value in enumerate(values)
        )

    def raw(self, key: str) -> Any:
        """Whatever stands there."""
        return self._get(key)

    def loose(self, key: str) -> Any:
        """Whatever stands there, its texts whole as in `text`; None where there is nothing.

        For what an older program did not write and nothing depends on: it is never refused.
        """
        return _whole_texts(self._value.get(key), 0)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every key with its value."""
        return iter(self._value.items())

    def _list(self, key: str) -> list[Any]:
        value = self._get(key)
        if not isinstance(value, list):
            self.refuse(key, N_("Errors", "should be a list"))
        return value


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

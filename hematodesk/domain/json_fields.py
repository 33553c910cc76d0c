"""Reads a JSON object from outside field by field; every complaint carries the field's full name.

The reader of a kind of document provides the messages and the error class.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Self

_SHOWN = 40


def shown(value: object) -> str:
    """A value cut to a length that fits a sentence, with control characters escaped."""
    text = json.dumps(value, ensure_ascii=True, default=lambda other: type(other).__name__)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


@dataclass(frozen=True, slots=True)
class FieldWords:
    """Marked templates of the errors of a field; each may name {value}.

    Attributes:
        no_object, missing, no_list: as they say.
        entries: a list has {count}, not {lowest} to {highest}.
        choice: none of {choices}.
        whole: no whole number from {lowest} to {highest}.
    """

    no_object: str
    missing: str
    no_list: str
    entries: str
    choice: str
    whole: str


class Fields(ABC):
    """One JSON object and its place in the document. What `refuse` raises, every method raises."""

    words: ClassVar[FieldWords]

    def __init__(self, value: object, path: str = "") -> None:
        """`path` is the way to the object, such as cells[2].box; empty for the whole document."""
        self._path = path
        if not isinstance(value, dict):
            self.refuse(path, self.words.no_object, value=shown(value))
        self._values: dict[str, Any] = value
        self._taken: set[str] = set()

    @abstractmethod
    def refuse(self, field: str, words: str, /, **data: object) -> NoReturn:
        """Raise the error for a field by its full name, empty for the document; `words` is a template."""

    @abstractmethod
    def within(self, value: object, path: str) -> Self:
        """Another object of the same document."""

    def full(self, key: str) -> str:
        """The key with the path to it, such as input.crop.rule."""
        return f"{self._path}.{key}" if self._path else key

    def take(self, key: str) -> Any:
        """The raw value; the field must be there."""
        self._taken.add(key)
        if key not in self._values:
            self.refuse(self.full(key), self.words.missing)
        return self._values[key]

    def take_optional(self, key: str) -> Any:
        """The raw value, None when the field is absent or null."""
        self._taken.add(key)
        return self._values.get(key)

    @property
    def left(self) -> list[str]:
        """The keys that were not read."""
        return [key for key in self._values if key not in self._taken]

    def child(self, key: str) -> Self:
        """An object inside this one."""
        return self.within(self.take(key), self.full(key))

    def entries(self, key: str, lowest: int, highest: int) -> list[tuple[str, Any]]:
        """(full name, value) of each entry of a list with that many entries."""
        path, value = self.full(key), self.take(key)
        if not isinstance(value, list):
            self.refuse(path, self.words.no_list, value=shown(value))
        if not lowest <= len(value) <= highest:
            self.refuse(path, self.words.entries, lowest=lowest, highest=highest, count=len(value))
        return [(f"{path}[{place}]", entry) for place, entry in enumerate(value)]

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """One of the given strings."""
        value = self.take(key)
        if not isinstance(value, str) or value not in choices:
            self.refuse(self.full(key), self.words.choice, choices=", ".join(choices), value=shown(value))
        return value

    def whole(self, key: str, lowest: int = 0, highest: int = 2**53) -> int:
        """A whole number in the range, ends included; JSON's true and false are no numbers."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            self.refuse(self.full(key), self.words.whole, lowest=lowest, highest=highest, value=shown(value))
        return value

"""Reads a JSON document of any length incrementally, and tracks the line numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from hematodesk.domain.errors import DocumentError
from hematodesk.domain.limits import MAX_RECORD_CHARACTERS
from hematodesk.domain.messages import N_, Message, reason_of

_CHUNK = 1 << 16
_SPACE = " \t\r\n"
_LONGEST_NUMBER = 64


def _no_number(text: str) -> NoReturn:
    raise ValueError(Message(N_("Errors", "{name} is not a number in JSON"), name=text))


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(Message(N_("Errors", "a number is too long")))
    return int(text)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)[:80]
        raise ValueError(Message(N_("Errors", "“{key}” is there twice"), key=twice))
    return made


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_int=_whole, object_pairs_hook=_no_doubles)


class JsonScanner:
    """Iterates over the members of one object, and over the elements of its long lists.

    Holds one element at a time. Every method raises DocumentError (import_not_json,
    import_unreadable) that names the line.
    """

    def __init__(self, stream: IO[str], path: Path) -> None:
        self._stream = stream
        self._name = path.name
        self._buffer = ""
        self._at = 0
        self._before = 1
        self._ended = False

    @property
    def line(self) -> int:
        """The line of what comes next, from 1."""
        return self._before + self._buffer.count("\n", 0, self._at)

    def members(self) -> Iterator[str]:
        """The keys of the outermost object; after each, its value is to be read. Ends with the document."""
        self._expect("{", N_("Errors", "the document is not an object"))
        if self._peek() == "}":
            self._at += 1
        else:
            while True:
                key = self.value()
                if not isinstance(key, str):
                    self._refuse(N_("Errors", "a key is missing"))
                self._expect(":", N_("Errors", "“{key}” has no value"), key=key[:80])
                yield key
                if not self._goes_on("}"):
                    break
        if self._peek():
            self._refuse(N_("Errors", "there is more behind the end"))

    def elements(self) -> Iterator[Any]:
        """The elements of the list that comes next."""
        self._expect("[", N_("Errors", "here should be a list"))
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            # Before the value, so that `line` tells where it begins.
            self._peek()
            yield self.value()
            if not self._goes_on("]"):
                return

    def value(self) -> Any:
        """The value that comes next, whole."""
        self._peek()
        more = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._ended:
                    self._refuse("{detail}", error.pos, detail=error.msg)
            except RecursionError:
                self._refuse(N_("Errors", "it is nested too deeply"))
            except ValueError as error:
                self._refuse("{detail}", detail=error.args[0])
            else:
                # A number at the end of what was read may go on.
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return value
            if len(self._buffer) - self._at > MAX_RECORD_CHARACTERS:
                self._refuse(N_("Errors", "one entry is too long, or does not end"))
            self._read(more)
            more *= 2

    def _goes_on(self, end: str) -> bool:
        sign = self._peek()
        if sign not in (",", end) or not sign:
            self._refuse(
                N_("Errors", "here should be a comma or “{end}”")
                if sign
                else N_("Errors", "it ends in the middle"),
                end=end,
            )
        self._at += 1
        return sign == ","

    def _expect(self, sign: str, words: str, /, **data: object) -> None:
        if self._peek() != sign:
            self._refuse(words, **data)
        self._at += 1

    def _peek(self) -> str:
        """The next character that is not a space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._read(_CHUNK)

    def _read(self, count: int) -> None:
        self._before = self.line
        self._buffer = self._buffer[self._at :]
        self._at = 0
        try:
            piece = self._stream.read(count)
        except UnicodeDecodeError:
            self._refuse(N_("Errors", "it is not UTF-8 text"))
        except OSError as error:
            raise unreadable(self._name, error) from error
        self._ended = not piece
        self._buffer += piece

    def _refuse(self, words: str, place: int | None = None, /, **data: object) -> NoReturn:
        """Raise the error that names the line; `words` is a marked template."""
        line = self.line if place is None else self._before + self._buffer.count("\n", 0, place)
        raise DocumentError(
            "import_not_json",
            N_("Errors", "“{name}”, line {line}: this is not the JSON of an export: {words}."),
            N_("Errors", "Choose a file that was exported as JSON, and that no other program has changed."),
            name=self._name,
            line=line,
            words=Message(words, **data),
        ) from None


def unreadable(name: str, error: OSError) -> DocumentError:
    """The file cannot be read."""
    return DocumentError(
        "import_unreadable",
        N_("Errors", "“{name}” cannot be read: {reason}."),
        N_("Errors", "Check that the file is there, and the rights of its folder."),
        name=name,
        reason=reason_of(error),
    )

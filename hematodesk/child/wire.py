"""Complete messages through a pipe, and checked texts of a child that may be compromised."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from types import CodeType, FunctionType, ModuleType
from typing import Any

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.messages import Message, Value, message_of

LONGEST_WORDS = 600
"""Characters of one text that a child says."""


NAME_STANDS_HERE = "\ufffc"
"""A child does not learn what a file is called; in its sentences this stands for the name."""


class ChildGone(Exception):
    """The other end of the pipe is closed."""


class BadReply(Exception):
    """A child said something that its own code never says."""


def texts_of(words: bytes) -> list[str]:
    """A child's words, a JSON list of short printable texts. Raises BadReply."""
    given = _list_of(words)
    return [_checked(each) for each in given]


def fault_words(error: HematodeskError) -> bytes:
    """An error on its way to the parent: its code, and sentence and remedy as templates with their data."""
    return json.dumps([error.code, error.message.document(), error.remedy.document()]).encode("ascii")


def told_fault(
    words: bytes, codes: Collection[str], templates: Collection[str], name: str
) -> tuple[str, Message, Message]:
    """Code, sentence with the file's name in it, and remedy, as a child tells them.

    Args:
        codes, templates: all that the child's own code says; others are not believed.

    Raises BadReply.
    """
    given = _list_of(words)
    if len(given) != 3 or not isinstance(given[0], str) or given[0] not in codes:
        raise BadReply
    try:
        said, remedy = (message_of(each) for each in given[1:])
    except (ValueError, RecursionError):
        raise BadReply from None
    if not all(each in templates for message in (said, remedy) for each in message.templates()):
        raise BadReply
    return given[0], _named(said, name), _named(remedy, name)


def templates_in(*modules: ModuleType) -> frozenset[str]:
    """All texts in the code of modules: whatever a process that runs them can say is among them.

    There is no second list of the sentences that could become older than the code.
    """
    found: set[str] = set()
    for module in modules:
        _collect(list(vars(module).values()), module.__name__, found)
    return frozenset(found)


def _collect(values: list[Any], module: str, found: set[str]) -> None:
    for value in values:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple | list | frozenset):
            _collect(list(value), module, found)
        elif isinstance(value, dict):
            _collect(list(value.values()), module, found)
        elif isinstance(value, CodeType):
            _collect(list(value.co_consts), module, found)
        elif isinstance(value, FunctionType) and value.__module__ == module:
            _collect([value.__code__], module, found)
        elif isinstance(value, classmethod | staticmethod):
            _collect([value.__func__], module, found)
        elif isinstance(value, property):
            _collect([value.fget], module, found)
        elif isinstance(value, type) and value.__module__ == module:
            _collect(list(vars(value).values()), module, found)


def _list_of(words: bytes) -> list[Any]:
    try:
        given = json.loads(words)
    except (ValueError, RecursionError):
        raise BadReply from None
    if not isinstance(given, list):
        raise BadReply
    return given


def _checked(text: object) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_WORDS:
        raise BadReply
    if not text.replace(NAME_STANDS_HERE, "").isprintable():
        raise BadReply
    return text


def _named(message: Message, name: str) -> Message:
    """The message with the file's name in its place, and all of its texts checked."""
    data: dict[str, Value] = {}
    for key, value in message.data.items():
        if isinstance(value, Message):
            data[key] = _named(value, name)
        elif isinstance(value, str):
            data[key] = type(value)(_checked(value).replace(NAME_STANDS_HERE, name))
        else:
            data[key] = value
    return Message(message.template, **data)


def read_exactly(descriptor: int, size: int) -> bytes:
    """That many bytes; blocks. Raises ChildGone when the pipe ends before."""
    parts: list[bytes] = []
    while size:
        try:
            part = os.read(descriptor, size)
        except OSError as fault:
            raise ChildGone from fault
        if not part:
            raise ChildGone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_whole(descriptor: int, data: bytes) -> None:
    """All of it. Raises ChildGone when nobody reads any more."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except OSError as fault:
            raise ChildGone from fault

"""Whole messages through a pipe, and words of a child that may have been taken over."""

from __future__ import annotations

import json
import os

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
    try:
        given = json.loads(words)
    except (ValueError, RecursionError):
        raise BadReply from None
    if not isinstance(given, list):
        raise BadReply
    texts = [each for each in given if isinstance(each, str)]
    if len(texts) != len(given) or any(len(each) > LONGEST_WORDS for each in texts):
        raise BadReply
    if not all(each.replace(NAME_STANDS_HERE, "").isprintable() for each in texts):
        raise BadReply
    return texts


def told_fault(words: bytes, codes: frozenset[str], name: str) -> tuple[str, str, str]:
    """Code, sentence with the file's name in it, and remedy, as a child tells them. Raises BadReply."""
    texts = texts_of(words)
    if len(texts) != 3 or texts[0] not in codes:
        raise BadReply
    return texts[0], texts[1].replace(NAME_STANDS_HERE, name), texts[2]


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

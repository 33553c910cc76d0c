"""Whole messages through a pipe."""

from __future__ import annotations

import os


class ChildGone(Exception):
    """The other end of the pipe is closed."""


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

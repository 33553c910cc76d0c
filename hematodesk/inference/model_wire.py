"""The protocol of a model's child and its parent: numbers of fixed size; tensors lie in shared memory.

A child may be compromised by its model, so nothing that it sends is trusted: shapes are checked against what
was asked and against the segment, and values must be finite.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass

from hematodesk.child.confine import LIMIT_NAMES
from hematodesk.child.wire import BadReply

REQUEST = struct.Struct("<4sQ?B4I")
"""Magic, a number that only this question has, whether to compute on one thread, the outputs wanted as bits
in the manifest's order, and the shape of the float32 tensor in the input segment."""

REPLY = struct.Struct("<4sQBI")
"""Magic, the question's number, kind, length of what follows."""

SHAPE = struct.Struct("<B4I")
"""Of each output: how many dimensions, and their sizes, 0 beyond."""

ASK, ANSWER = b"hmA1", b"hmR1"
READY, VALUES, FAILED = range(3)
"""Kinds: loaded, checked and confined (JSON follows); outputs are there (their shapes follow); the model was
not loaded (its error follows), or a run failed (nothing follows)."""

CROPS = 4
"""Crops of one run at most, as of any run on a processor."""

OUTPUT_BYTES = 64 * 1024**2
"""The outputs of one run together; activation maps of four crops take some 100 kB."""

MOST_DIMENSIONS = 4
_MOST_WORDS = 4_096

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Greeting:
    """Attributes:
    fixed: whether the graph is made for one crop at a time.
    in_force: the limits that hold the child, of child.confine.LIMIT_NAMES.
    """

    fixed: bool
    in_force: tuple[str, ...]


def reply(number: int, kind: int, words: bytes = b"") -> bytes:
    """A whole reply."""
    return REPLY.pack(ANSWER, number, kind, len(words)) + words


def greeting(fixed: bool, limits: list[str]) -> bytes:
    """What follows READY."""
    return json.dumps([fixed, *limits]).encode("ascii")


def shapes(given: list[Shape]) -> bytes:
    """What follows VALUES."""
    return b"".join(SHAPE.pack(len(each), *each, *[0] * (MOST_DIMENSIONS - len(each))) for each in given)


def checked_reply(data: bytes, number: int) -> tuple[int, int]:
    """Kind, and length of what follows. Raises BadReply, also for the answer to another question."""
    magic, answered, kind, length = REPLY.unpack(data)
    if magic != ANSWER or answered != number or kind > FAILED or length > _MOST_WORDS:
        raise BadReply
    return kind, length


def checked_greeting(words: bytes) -> Greeting:
    """What a child says of itself. Raises BadReply."""
    try:
        given = json.loads(words)
    except (ValueError, RecursionError):
        raise BadReply from None
    if not isinstance(given, list) or not given or not isinstance(given[0], bool):
        raise BadReply
    if not all(isinstance(each, str) and each in LIMIT_NAMES for each in given[1:]):
        raise BadReply
    return Greeting(given[0], tuple(name for name in LIMIT_NAMES if name in given[1:]))


def checked_shapes(words: bytes, count: int) -> list[Shape]:
    """The shapes of so many outputs, which all fit into the output segment. Raises BadReply."""
    if len(words) != count * SHAPE.size:
        raise BadReply
    found = []
    for dimensions, *sizes in SHAPE.iter_unpack(words):
        if dimensions > MOST_DIMENSIONS or any(sizes[dimensions:]):
            raise BadReply
        found.append(tuple(sizes[:dimensions]))
    if sum(math.prod(each) for each in found) * 4 > OUTPUT_BYTES:
        raise BadReply
    return found

"""Reads what is needed from an untrusted ONNX file without building a session.

An ONNX file is one protobuf message, ModelProto (field numbers: onnx.proto3 of the ONNX
project, https://github.com/onnx/onnx; wire format: https://protobuf.dev/programming-guides/encoding/).
This walks every message that can hold a tensor, nested graphs and functions included, collects
the metadata and the names of inputs and outputs, and reports tensors kept in other files. It
looks at each byte once, copies no weights, and trusts no length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hematodesk.domain.limits import MAX_METADATA_BYTES
from hematodesk.domain.messages import N_, Message

VARINT, _FIXED64, BYTES, _FIXED32 = 0, 1, 2, 5
"""Wire types: how a field's value is laid out."""

_MOST_FIELDS = 3_000_000
"""The largest networks for a lab PC have some 50,000; more is an attempt to exhaust the reader."""

_DEEPEST = 64
"""Graphs inside graphs; real ones reach two or three. protobuf itself stops at 100 messages."""


# message -> {field number: the message in that field}
_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 14: "metadata", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 11: "input", 12: "output", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_OPERATION = 4
_MOST_OPERATIONS = 1_000
_MOST_SIDES = 10


class DamagedFile(Exception):
    """The bytes are no ONNX model; `reason` says what is wrong with them."""

    def __init__(self, template: str, /, **data: object) -> None:
        """`template` is marked for translation."""
        self.reason = Message(template, **data)
        super().__init__(self.reason)


@dataclass(slots=True)
class OnnxFacts:
    """What the file says of itself.

    Attributes:
        metadata: (key, value) pairs as bytes, in the file's order; doubled keys stay doubled.
        inputs, outputs: names of the main graph's inputs and outputs.
        external: whether any tensor, however deep, keeps its data in another file.
        operations: the types of all nodes, nested ones included.
        shapes: of the main graph's outputs by name, None for an open side; None where no shape is told.
    """

    metadata: list[tuple[bytes, bytes]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    external: bool = False
    operations: set[str] = field(default_factory=set)
    shapes: dict[str, tuple[int | None, ...] | None] = field(default_factory=dict)


def read_onnx_facts(data: bytes) -> OnnxFacts:
    """Walk a serialised ModelProto.

    Raises DamagedFile when the bytes cannot be an ONNX model: cut off, flipped, of endless
    nesting, or without a graph.
    """
    view = memoryview(data)
    facts = OnnxFacts()
    walker = Walker(view)
    graphs = 0
    # (message, start, end, depth); a stack of our own, so that no file can exhaust Python's.
    waiting = [("model", 0, len(view), 0)]
    while waiting:
        message, start, end, depth = waiting.pop()
        if depth > _DEEPEST:
            raise DamagedFile(N_("Errors", "its graphs are nested too deep"))
        children = _CHILDREN[message]
        for number, wire, first, last in walker.fields(start, end):
            child = children.get(number)
            if child is None:
                if message == "node" and number == _OPERATION and len(facts.operations) < _MOST_OPERATIONS:
                    facts.operations.add(
                        bytes(view[first : min(last, first + 100)]).decode("utf-8", "replace")
                    )
                continue
            if wire != BYTES:
                raise DamagedFile(
                    N_("Errors", "field {number} of a {message} has the wrong type"),
                    number=number,
                    message=message,
                )
            if child == "metadata":
                facts.metadata.append(walker.pair(first, last))
            elif child == "tensor":
                facts.external = facts.external or walker.points_outside(first, last)
            elif child in ("input", "output"):
                # Only the main graph's, which stand one level under the model.
                if depth == 1:
                    names = facts.inputs if child == "input" else facts.outputs
                    names.append(walker.first_text(first, last))
                    if child == "output":
                        facts.shapes[names[-1]] = walker.shape(first, last)
            else:
                graphs += message == "model" and child == "graph"
                waiting.append((child, first, last, depth + 1))
    if graphs == 0:
        raise DamagedFile(N_("Errors", "it holds no graph"))
    return facts


class Walker:
    """Decodes fields and counts them, over the whole file."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._left = _MOST_FIELDS

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 70:
            byte = self._view[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
            shift += 7
        raise DamagedFile(N_("Errors", "a number in it is cut off or too long"))

    def fields(self, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """(number, wire type, start, end) of each field's payload in a message.

        For a number the payload is its bytes as they stand.
        """
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise DamagedFile(N_("Errors", "it has more fields than any model"))
            key, at = self._varint(at, end)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise DamagedFile(N_("Errors", "a field has the number 0"))
            if wire == VARINT:
                first = at
                _, at = self._varint(at, end)
            elif wire == BYTES:
                length, first = self._varint(at, end)
                at = first + length
            elif wire in (_FIXED64, _FIXED32):
                first = at
                at += 8 if wire == _FIXED64 else 4
            else:
                raise DamagedFile(N_("Errors", "a field has the unknown wire type {wire}"), wire=wire)
            if at > end:
                raise DamagedFile(N_("Errors", "it ends in the middle of a field"))
            yield number, wire, first, at

    def pair(self, start: int, end: int) -> tuple[bytes, bytes]:
        """Key and value of a StringStringEntryProto; as in protobuf the last of each stands."""
        key = value = b""
        for number, wire, first, last in self.fields(start, end):
            if wire != BYTES:
                continue
            # One byte more than allowed is kept, so that the caller sees that it is too long.
            text = bytes(self._view[first : min(last, first + MAX_METADATA_BYTES + 1)])
            if number == 1:
                key = text
            elif number == 2:
                value = text
        return key, value

    def points_outside(self, start: int, end: int) -> bool:
        """Whether a TensorProto names another file for its data."""
        for number, wire, first, last in self.fields(start, end):
            if number == _EXTERNAL_DATA:
                return True
            if number == _DATA_LOCATION and wire == VARINT and self._varint(first, last)[0] != 0:
                return True
        return False

    def shape(self, start: int, end: int) -> tuple[int | None, ...] | None:
        """The shape in a ValueInfoProto (type 2, tensor 1, shape 2, one field 1 a side); None without one."""
        spans = [(start, end)]
        for wanted in (2, 1, 2):
            spans = [
                (first, last)
                for span in spans
                for number, wire, first, last in self.fields(*span)
                if number == wanted and wire == BYTES
            ]
        if not spans:
            return None
        sides: list[int | None] = []
        for number, wire, first, last in self.fields(*spans[-1]):
            if number == 1 and wire == BYTES and len(sides) < _MOST_SIDES:
                told = [
                    self._varint(at, stop)[0]
                    for inner, kind, at, stop in self.fields(first, last)
                    if inner == 1 and kind == VARINT
                ]
                sides.append(told[-1] if told and 0 < told[-1] < 2**31 else None)
        return tuple(sides)

    def first_text(self, start: int, end: int) -> str:
        """Field 1 of a ValueInfoProto: its name."""
        name = ""
        for number, wire, first, last in self.fields(start, end):
            if number == 1 and wire == BYTES:
                name = bytes(self._view[first : min(last, first + 1_000)]).decode("utf-8", "replace")
        return name

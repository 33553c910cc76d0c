"""Splits an ONNX file into nodes and tensors and reassembles it, byte for byte where unchanged.

Covers only what a new head needs: the main graph's nodes, their inputs, constants and outputs. Field numbers:
onnx.proto3 of the ONNX project. The bytes were walked by `onnx_file.read_onnx_facts` before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hematodesk.domain.messages import N_
from hematodesk.inference.onnx_file import BYTES, VARINT, DamagedFile, Walker

FLOAT = 1
_TYPES: dict[int, str] = {1: "<f4", 2: "u1", 3: "i1", 5: "<i2", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
"""TensorProto.DataType to numpy, for constants that can stand before a head."""

_GRAPH, _METADATA = 7, 14
_NODE, _TENSOR, _OUTPUT, _VALUE_INFO = 1, 5, 12, 13


@dataclass(frozen=True, slots=True)
class Node:
    """One operation; `attributes` are AttributeProto bytes by name, `raw` the node as it is in the file."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, bytes] = field(default_factory=dict)
    raw: bytes = b""

    def whole(self, attribute: str, default: int) -> int:
        """A whole-number attribute."""
        for number, wire, value in _fields(self.attributes.get(attribute, b"")):
            if number == 3 and wire == VARINT:
                return _signed(_number(value))
        return default

    def share(self, attribute: str, default: float) -> float:
        """A floating-point attribute."""
        for number, _wire, value in _fields(self.attributes.get(attribute, b"")):
            if number == 2 and len(value) == 4:
                return float(struct.unpack("<f", value)[0])
        return default


@dataclass(slots=True)
class Graph:
    """The main graph: nodes in order, constants as TensorProto bytes by name, outputs as ValueInfoProto."""

    nodes: list[Node]
    tensors: dict[str, bytes]
    outputs: dict[str, bytes]
    rest: list[tuple[int, int, bytes]]

    def constant(self, name: str) -> npt.NDArray[np.float64] | None:
        """A constant's value as floats, also behind casts and dequantisation; None for no constant."""
        if name in self.tensors:
            return _array(self.tensors[name])
        node = self.maker(name)
        if node is None:
            return None
        if node.operation == "Constant" and "value" in node.attributes:
            for number, _wire, value in _fields(node.attributes["value"]):
                if number == 5:
                    return _array(value)
        if node.operation in ("Cast", "Identity"):
            return self.constant(node.inputs[0])
        if node.operation == "DequantizeLinear":
            return self._dequantised(node)
        return None

    def _dequantised(self, node: Node) -> npt.NDArray[np.float64] | None:
        parts = [self.constant(name) for name in node.inputs]
        value, scale = parts[0], parts[1]
        zero = parts[2] if len(parts) > 2 else np.zeros(1)
        if value is None or scale is None or zero is None:
            return None
        if scale.size > 1:
            shape = [1] * value.ndim
            shape[node.whole("axis", 1)] = scale.size
            scale = scale.reshape(shape)
            zero = zero.reshape(shape) if zero.size > 1 else zero
        return np.asarray((value - zero) * scale)

    def maker(self, name: str) -> Node | None:
        """The node that gives this value."""
        return next((node for node in self.nodes if name in node.outputs), None)

    def replace_maker(self, name: str, new: Sequence[Node]) -> None:
        """Replace the node that gives the value by these nodes."""
        at = next(index for index, node in enumerate(self.nodes) if name in node.outputs)
        self.nodes[at : at + 1] = new

    def drop_unused(self) -> None:
        """Remove nodes and constants that no output needs any more."""
        wanted, kept = set(self.outputs), []
        for node in reversed(self.nodes):
            if wanted.intersection(node.outputs):
                kept.append(node)
                wanted.update(node.inputs)
                if _has_graphs(node):
                    # Values that a node's inner graphs read from this graph are not among its inputs.
                    wanted.update(self.tensors)
                    wanted.update(output for each in self.nodes for output in each.outputs)
        self.nodes = kept[::-1]
        self.tensors = {name: value for name, value in self.tensors.items() if name in wanted}


def read_graph(data: bytes) -> Graph:
    """The main graph of a model file. Raises DamagedFile."""
    for number, wire, value in _fields(data):
        if number == _GRAPH and wire == BYTES:
            return _graph(value)
    raise DamagedFile(N_("Errors", "it holds no graph"))


def write_model(data: bytes, graph: Graph, key: str, text: str) -> bytes:
    """The model file with this graph in place of its own, and this text under the metadata key."""
    parts = []
    for number, wire, value in _fields(data):
        if number != _METADATA or _first(value, 1) != key.encode():
            parts.append(_field(number, wire, _written(graph) if number == _GRAPH else value))
    entry = _text(1, key) + _text(2, text)
    return b"".join([*parts, _field(_METADATA, BYTES, entry)])


def tensor(name: str, values: npt.NDArray[np.floating]) -> bytes:
    """A TensorProto of 32-bit floats."""
    dims = b"".join(_field(1, VARINT, _varint(size)) for size in values.shape)
    raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return dims + _field(2, VARINT, _varint(FLOAT)) + _text(8, name) + _field(9, BYTES, raw)


def node(
    operation: str, inputs: Sequence[str], outputs: Sequence[str], attributes: dict[str, bytes] | None = None
) -> Node:
    """A new node; attributes as AttributeProto bytes."""
    attributes = attributes or {}
    raw = b"".join(
        [
            *(_text(1, name) for name in inputs),
            *(_text(2, name) for name in outputs),
            _text(4, operation),
            *(_field(5, BYTES, value) for value in attributes.values()),
        ]
    )
    return Node(operation, tuple(inputs), tuple(outputs), attributes, raw)


def whole_attribute(name: str, value: int) -> bytes:
    """An AttributeProto that holds a whole number."""
    return _text(1, name) + _field(3, VARINT, _varint(value)) + _field(20, VARINT, _varint(2))


def with_inputs(old: Node, inputs: Sequence[str]) -> Node:
    """The node reading other values."""
    parts = [_text(1, name) for name in inputs]
    parts += [_field(number, wire, value) for number, wire, value in _fields(old.raw) if number != 1]
    return replace(old, inputs=tuple(inputs), raw=b"".join(parts))


def with_outputs(old: Node, outputs: Sequence[str]) -> Node:
    """The node giving its values other names."""
    parts = [_text(2, name) for name in outputs]
    parts += [_field(number, wire, value) for number, wire, value in _fields(old.raw) if number != 2]
    return replace(old, outputs=tuple(outputs), raw=b"".join(parts))


def resized_output(name: str, declared: bytes, last: int) -> bytes:
    """A float output's ValueInfoProto with the last of its dimensions changed."""
    dims: list[bytes] = []
    for kind in _payloads(declared, 2):
        for of_tensor in _payloads(kind, 1):
            for shape in _payloads(of_tensor, 2):
                dims = list(_payloads(shape, 1))
    inner = _field(1, VARINT, _varint(FLOAT))
    if dims:
        dims[-1] = _field(1, VARINT, _varint(last))
        inner += _field(2, BYTES, b"".join(_field(1, BYTES, each) for each in dims))
    return _text(1, name) + _field(2, BYTES, _field(1, BYTES, inner))


def _graph(data: bytes) -> Graph:
    graph = Graph([], {}, {}, [])
    for number, wire, value in _fields(data):
        if number == _NODE:
            graph.nodes.append(_node(value))
        elif number == _TENSOR:
            graph.tensors[_first(value, 8).decode("utf-8", "replace")] = value
        elif number == _OUTPUT:
            graph.outputs[_first(value, 1).decode("utf-8", "replace")] = value
        elif number != _VALUE_INFO:
            # The recorded shapes of inner values would be wrong for another number of classes.
            graph.rest.append((number, wire, value))
    return graph


def _written(graph: Graph) -> bytes:
    parts = [_field(_NODE, BYTES, each.raw) for each in graph.nodes]
    parts += [_field(number, wire, value) for number, wire, value in graph.rest]
    parts += [_field(_TENSOR, BYTES, value) for value in graph.tensors.values()]
    parts += [_field(_OUTPUT, BYTES, value) for value in graph.outputs.values()]
    return b"".join(parts)


def _node(raw: bytes) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: []}
    attributes = {}
    for number, wire, value in _fields(raw):
        if wire != BYTES:
            continue
        if number in texts:
            texts[number].append(value.decode("utf-8", "replace"))
        elif number == 5:
            attributes[_first(value, 1).decode("utf-8", "replace")] = value
    return Node("".join(texts[4][-1:]), tuple(texts[1]), tuple(texts[2]), attributes, raw)


def _has_graphs(node: Node) -> bool:
    return any(number in (6, 11) for each in node.attributes.values() for number, _, _ in _fields(each))


def _array(raw: bytes) -> npt.NDArray[np.float64] | None:
    """The values of a TensorProto; None for a type that no head is made of."""
    shape: list[int] = []
    kind, packed, listed = 0, b"", []
    for number, wire, value in _fields(raw):
        if number == 1:
            shape += [_number(value)] if wire == VARINT else _numbers(value)
        elif number == 2:
            kind = _number(value)
        elif number == 9:
            packed = value
        elif number in (4, 10):
            packed += value
        elif number in (5, 7):
            listed += [_number(value)] if wire == VARINT else _numbers(value)
    if kind not in _TYPES:
        return None
    if listed:
        whole = np.array([_signed(each) for each in listed], dtype=np.int64)
        # Half floats are stored as their bits in the list of integers.
        values = whole.astype(np.uint16).view(np.float16) if kind == 10 else whole
    else:
        width = np.dtype(_TYPES[kind]).itemsize
        values = np.frombuffer(packed[: len(packed) // width * width], dtype=_TYPES[kind])
    if values.size != int(np.prod(shape, dtype=np.int64)):
        return None
    return values.astype(np.float64).reshape(shape)


def _fields(data: bytes) -> Iterable[tuple[int, int, bytes]]:
    view = memoryview(data)
    for number, wire, first, last in Walker(view).fields(0, len(view)):
        yield number, wire, bytes(view[first:last])


def _payloads(data: bytes, wanted: int) -> Iterable[bytes]:
    return (value for number, wire, value in _fields(data) if number == wanted and wire == BYTES)


def _first(data: bytes, wanted: int) -> bytes:
    return next(iter(_payloads(data, wanted)), b"")


def _field(number: int, wire: int, value: bytes) -> bytes:
    length = _varint(len(value)) if wire == BYTES else b""
    return _varint(number << 3 | wire) + length + value


def _text(number: int, text: str) -> bytes:
    return _field(number, BYTES, text.encode())


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(value: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(value))


def _numbers(packed: bytes) -> list[int]:
    found, start = [], 0
    for at, byte in enumerate(packed):
        if byte < 0x80:
            found.append(_number(packed[start : at + 1]))
            start = at + 1
    return found


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value

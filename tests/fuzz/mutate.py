"""Makes hostile files of whole ones: blind damage, and changes that know a format's structure.

Checksums are mended after a change, so that it reaches the decoder instead of the check.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

_NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    127,
    128,
    255,
    256,
    32_767,
    32_768,
    65_535,
    65_536,
    2**24,
    2**31 - 1,
    2**31,
)
_NUMBERS_LARGE = (*_NUMBERS, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1)
_HEADS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"BM",
    b"RIFF\xff\xff\xff\x7fWEBP",
    b"GIF89a",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
    b"\x00\x00\x00\x1cftypavif",
)

Made = tuple[str, bytes]


class Mutator:
    """An endless supply of hostile files, the same for the same seed.

    Args:
        files: name (format first) to the bytes of whole files.
    """

    def __init__(self, files: dict[str, bytes], seed: int) -> None:
        self._files = files
        self._names = sorted(files)
        self._random = random.Random(seed)

    def files(self, count: int) -> Iterator[Made]:
        """So many files, each with the name of what it was made of and how."""
        ways: tuple[tuple[str, Callable[[str, bytearray], bytes]], ...] = (
            ("bits", self._bits),
            ("bytes", self._bytes),
            ("numbers", self._numbers),
            ("cut", self._cut),
            ("blocks", self._blocks),
            ("spliced", self._spliced),
            ("relabelled", self._relabelled),
            ("polyglot", self._polyglot),
            ("structure", self._structure),
            ("structure", self._structure),
            ("structure", self._structure),
        )
        for _ in range(count):
            name = self._random.choice(self._names)
            label, way = self._random.choice(ways)
            data = way(name, bytearray(self._files[name]))
            while data and self._random.random() < 0.15:
                data = self._random.choice((self._bits, self._numbers, self._cut))(name, bytearray(data))
            yield f"{name} {label}", data

    # Blind damage

    def _place(self, data: bytearray) -> int:
        """Half of the changes go where the decisions are."""
        reach = min(len(data), self._random.choice((64, 256, len(data), len(data))))
        return self._random.randrange(max(1, reach))

    def _bits(self, _name: str, data: bytearray) -> bytes:
        for _ in range(self._random.choice((1, 1, 2, 4, 16))):
            data[self._place(data)] ^= 1 << self._random.randrange(8)
        return bytes(data)

    def _bytes(self, _name: str, data: bytearray) -> bytes:
        for _ in range(self._random.choice((1, 2, 8))):
            data[self._place(data)] = self._random.choice((0, 0xFF, 0x7F, 0x80, self._random.randrange(256)))
        return bytes(data)

    def _numbers(self, _name: str, data: bytearray) -> bytes:
        for _ in range(self._random.choice((1, 1, 2, 3))):
            form, size = self._random.choice((("H", 2), ("I", 4), ("I", 4), ("Q", 8)))
            value = self._random.choice((*_NUMBERS_LARGE, len(data), self._random.getrandbits(32)))
            at = max(0, min(self._place(data), len(data) - size))
            if len(data) >= size:
                struct.pack_into(self._random.choice("<>") + form, data, at, value & ((1 << 8 * size) - 1))
        return bytes(data)

    def _cut(self, _name: str, data: bytearray) -> bytes:
        end = self._random.randrange(len(data) + 1)
        return bytes(data[:end]) + self._random.choice((b"", b"", b"\xff\xd9", bytes(400)))

    def _blocks(self, _name: str, data: bytearray) -> bytes:
        first, size = self._place(data), self._random.choice((1, 2, 4, 16, 200))
        block = data[first : first + size]
        way = self._random.randrange(4)
        if way == 0:
            del data[first : first + size]
        elif way == 1:
            data[first:first] = block * self._random.choice((1, 2, 50))
        elif way == 2:
            data[first : first + size] = bytes(len(block))
        else:
            data[first : first + size] = self._random.randbytes(len(block))
        return bytes(data)

    def _other(self) -> bytes:
        return self._files[self._random.choice(self._names)]

    def _spliced(self, _name: str, data: bytearray) -> bytes:
        other = self._other()
        return bytes(data[: self._random.randrange(len(data))]) + other[self._random.randrange(len(other)) :]

    def _relabelled(self, _name: str, data: bytearray) -> bytes:
        head = self._random.choice(_HEADS)
        keep = self._random.choice((0, len(head)))
        return head + bytes(data[keep:])

    def _polyglot(self, _name: str, data: bytearray) -> bytes:
        """Two files in one: behind each other, or one in the other's middle."""
        other = self._other()
        if self._random.random() < 0.5:
            return bytes(data) + other
        at = self._place(data)
        return bytes(data[:at]) + other + bytes(data[at:])

    # Changes that know the structure

    def _structure(self, name: str, data: bytearray) -> bytes:
        kind = name.split("-", 1)[0]
        way = {
            "jpeg": self._jpeg,
            "png": self._png,
            "bmp": self._bmp,
            "tiff": self._tiff,
            "webp": self._webp,
            "gif": self._gif,
            "jp2": self._boxed,
            "avif": self._boxed,
        }
        return way[kind](data)

    def _shuffled(self, parts: list[bytes]) -> None:
        """Take away, double, swap or fill one of the parts."""
        if not parts:
            return
        first = self._random.randrange(len(parts))
        way = self._random.randrange(4)
        if way == 0:
            del parts[first]
        elif way == 1:
            parts[first:first] = [parts[first]] * self._random.choice((1, 2, 400))
        elif way == 2:
            second = self._random.randrange(len(parts))
            parts[first], parts[second] = parts[second], parts[first]
        else:
            part = bytearray(parts[first])
            if part:
                self._numbers("", part)
            parts[first] = bytes(part)

    def _jpeg(self, data: bytearray) -> bytes:
        """Segments up to the scan: each changed by itself; sizes, components, tables."""
        parts, at = [], 2
        while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
            end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
            parts.append(bytes(data[at:end]))
            at = end
        scan = bytearray(data[at:])
        way = self._random.randrange(4)
        if way == 0:
            frames = [index for index, part in enumerate(parts) if 0xC0 <= part[1] <= 0xC2]
            for index in frames:
                frame = bytearray(parts[index])
                struct.pack_into(">HH", frame, 5, *self._sizes())
                frame[1] = self._random.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA))
                parts[index] = bytes(frame)
        elif way == 1:
            for _ in range(self._random.choice((1, 3))):
                scan[self._random.randrange(len(scan))] = self._random.choice(
                    (0, 0xFF, 0xD0, 0xD9, 0xDA, 0xC4)
                )
        elif way == 2:
            scan = scan * self._random.choice((2, 30))
        else:
            self._shuffled(parts)
        return bytes(data[:2]) + b"".join(parts) + bytes(scan)

    def _sizes(self) -> tuple[int, int]:
        choices = (0, 1, 15, 16, 40, 72, 1_000, 9_000, 32_767, 65_535)
        return self._random.choice(choices), self._random.choice(choices)

    def _png(self, data: bytearray) -> bytes:
        """Chunks with right checksums; sizes and kinds in the header; bombs and short pixels."""
        chunks, at = [], 8
        while at + 12 <= len(data):
            length = struct.unpack_from(">I", data, at)[0]
            chunks.append((bytes(data[at + 4 : at + 8]), bytes(data[at + 8 : at + 8 + length])))
            at += 12 + length
        bodies = [body for _, body in chunks]
        kinds = [kind for kind, _ in chunks]
        way = self._random.randrange(5)
        if way == 0:
            head = bytearray(bodies[0])
            struct.pack_into(">II", head, 0, *self._sizes())
            head[8] = self._random.choice((1, 2, 4, 8, 16, 3))
            head[9] = self._random.choice((0, 2, 3, 4, 6, 5))
            head[12] = self._random.choice((0, 0, 1, 2))
            bodies[0] = bytes(head)
        elif way == 1:
            pixels = zlib.compress(
                self._random.choice((b"\0", b"\1\xff", b"\4")) * self._random.choice((9, 70_000))
            )
            bodies[kinds.index(b"IDAT")] = pixels
        elif way == 2:
            body = bytearray(bodies[kinds.index(b"IDAT")])
            plain = bytearray(zlib.decompressobj().decompress(bytes(body)))
            self._numbers("", plain)
            bodies[kinds.index(b"IDAT")] = zlib.compress(bytes(plain))
        elif way == 3:
            kinds.insert(
                1,
                self._random.choice((b"iCCP", b"tRNS", b"PLTE", b"eXIf", b"zTXt", b"acTL", b"fcTL", b"sBIT")),
            )
            bodies.insert(1, self._random.randbytes(self._random.choice((0, 1, 6, 26, 800))))
        parts = [
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in zip(kinds, bodies, strict=True)
        ]
        if way == 4:
            self._shuffled(parts)
        return bytes(data[:8]) + b"".join(parts)

    def _bmp(self, data: bytearray) -> bytes:
        field, form = self._random.choice(
            (
                (10, "<I"),
                (14, "<I"),
                (18, "<i"),
                (22, "<i"),
                (26, "<H"),
                (28, "<H"),
                (30, "<I"),
                (34, "<I"),
                (46, "<I"),
            )
        )
        value = self._random.choice((*_NUMBERS, 1, 4, 8, 16, 24, 32, 40, 52, 56, 108, 124))
        bits = 8 * struct.calcsize(form)
        struct.pack_into(form.upper(), data, field, value & ((1 << bits) - 1))
        if self._random.random() < 0.4:
            return self._bytes("", data)
        return bytes(data)

    def _tiff(self, data: bytearray) -> bytes:
        """Entries of the first directory: another tag, type, count or value; loops; directories elsewhere."""
        order = "<" if data[:2] == b"II" else ">"
        big = struct.unpack_from(order + "H", data, 2)[0] == 43
        word, entry, counted = ("Q", 20, 8) if big else ("I", 12, 2)
        start = struct.unpack_from(order + word, data, 8 if big else 4)[0]
        count = struct.unpack_from(order + ("Q" if big else "H"), data, start)[0]
        at = start + counted + entry * self._random.randrange(count)
        value_at = at + entry - (8 if big else 4)
        way = self._random.randrange(6)
        largest = 2**64 - 1 if big else 2**32 - 1
        value = self._random.choice((*_NUMBERS_LARGE, start, at, len(data), len(data) - 1)) & largest
        if way == 0:
            struct.pack_into(
                order + "H", data, at, self._random.choice((254, 258, 262, 266, 284, 317, 338, 339, 347, 530))
            )
        elif way == 1:
            struct.pack_into(
                order + "H", data, at + 2, self._random.choice((0, 1, 2, 3, 4, 5, 7, 12, 13, 16, 18, 99))
            )
        elif way == 2:
            struct.pack_into(order + word, data, at + 4, value)
        elif way == 3:
            struct.pack_into(order + word, data, value_at, value)
        elif way == 4:
            struct.pack_into(
                order + "H", data, value_at, self._random.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 32_773, 34_712))
            )
        else:
            struct.pack_into(
                order + word,
                data,
                start + counted + entry * count,
                self._random.choice((start, at, 8, value)),
            )
        return bytes(data)

    def _gif(self, data: bytearray) -> bytes:
        """Sizes of the screen and of the first picture, and bytes of its blocks."""
        first = data.find(b"\x2c", 13)
        field = self._random.choice((6, 8, first + 1, first + 3, first + 5, first + 7))
        if 0 < field < len(data) - 2:
            struct.pack_into("<H", data, field, self._random.choice(self._sizes()))
        if self._random.random() < 0.5:
            return self._bytes("", data)
        return bytes(data)

    def _boxed(self, data: bytearray) -> bytes:
        """Boxes changed by themselves; sizes that are claimed; the numbers within a codestream's header."""
        marks = [
            at
            for mark in (b"ispe", b"ihdr", b"\xff\x51", b"\xff\x52", b"ipma", b"iloc", b"pitm", b"colr")
            if (at := data.find(mark)) >= 0
        ]
        if marks and self._random.random() < 0.6:
            at = self._random.choice(marks) + 4 + self._random.randrange(24)
            form = self._random.choice((">H", ">I"))
            value = self._random.choice((*_NUMBERS, *self._sizes())) & ((1 << 8 * struct.calcsize(form)) - 1)
            if at + 4 <= len(data):
                struct.pack_into(form, data, at, value)
            return bytes(data)
        parts, at = [], 0
        while at + 8 <= len(data):
            length = struct.unpack_from(">I", data, at)[0]
            end = at + length if length >= 8 else len(data)
            parts.append(bytes(data[at:end]))
            at = end
        self._shuffled(parts)
        return b"".join(parts)

    def _webp(self, data: bytearray) -> bytes:
        chunks, at = [], 12
        while at + 8 <= len(data):
            length = struct.unpack_from("<I", data, at + 4)[0]
            end = at + 8 + length + (length & 1)
            chunks.append(bytes(data[at:end]))
            at = end
        self._shuffled(chunks)
        body = b"WEBP" + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

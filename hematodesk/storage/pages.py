"""Reads a damaged database page by page without SQLite, which stops at the first broken page.

File format: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

Value = int | float | str | bytes | None
Row = tuple[int, tuple[Value, ...]]
"""A row's id and its stored values; an INTEGER PRIMARY KEY is stored as None."""

_LEAF, _INTERIOR = 0x0D, 0x05
_INDEX_LEAF, _INDEX_INTERIOR = 0x0A, 0x02
_USUAL_PAGE = 4096
_LONGEST_ROW = 64 * 1024 * 1024
_MOST_ENTRIES = 1_000
"""Of a schema; a history's has some thirty."""
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
_WAL_HEADER, _FRAME_HEADER = 32, 24


class PageFile:
    """The pages of a database file with its write-ahead log applied; damaged ones read as empty.

    Attributes:
        broken: pages and rows met so far that could not be understood.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be opened."""
        self._stream = path.open("rb")
        head = self._read(0, 100)
        size = int.from_bytes(head[16:18], "big")
        size = 65536 if size == 1 else size
        known = head.startswith(b"SQLite format 3\0") and size >= 512 and size & (size - 1) == 0
        self.page_size = size if known else _USUAL_PAGE
        self._usable = self.page_size - (head[20] if known and head[20] <= 32 else 0)
        self.user_version = int.from_bytes(head[60:64], "big")
        self._log = _Log(path.with_name(path.name + "-wal"), self.page_size)
        self._in_file = -(-self._stream.seek(0, 2) // self.page_size)
        self.count = max(self._in_file, *self._log.pages, 0) if self._log.pages else self._in_file
        self._taken = 0
        self._chained: set[int] = set()
        self._schema: list[tuple[Value, ...]] | None = None
        self.broken = 0

    def close(self) -> None:
        """Close the file and its log."""
        self._stream.close()
        self._log.close()

    def _read(self, offset: int, length: int) -> bytes:
        try:
            self._stream.seek(offset)
            return self._stream.read(length)
        except OSError:
            # A bad sector.
            return b""

    def page(self, number: int) -> bytes:
        """The bytes of a page, from 1; short or empty where the file has no more."""
        if number in self._log.pages:
            return self._log.page(number)
        return self._read((number - 1) * self.page_size, self.page_size)

    def schema(self) -> list[tuple[Value, ...]]:
        """The rows of the schema, as far as they are readable: type, name, table, first page, statement."""
        if self._schema is None:
            rows = self.rows(self.leaves(1, set()))
            self._schema = [values for _, values in itertools.islice(rows, _MOST_ENTRIES)]
        return self._schema

    def tables(self) -> dict[str, int]:
        """The first page of each table, by name, as far as the schema is readable."""
        found: dict[str, int] = {}
        for values in self.schema():
            match values:
                case ("table", str(name), str(), int(root), str()):
                    found.setdefault(name, root)
        return found

    def leaves(self, root: int, seen: set[int]) -> Iterator[int]:
        """The pages with a table's rows, in the order of their ids; visited pages are put into `seen`."""
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in seen or not 1 <= number <= self.count:
                self.broken += 1
                continue
            seen.add(number)
            page, start = self.page(number), self._start(number)
            kind = page[start] if len(page) == self.page_size else 0
            if kind == _LEAF:
                yield number
            elif kind == _INTERIOR:
                children = [int.from_bytes(page[at : at + 4], "big") for at in self._cells(page, start, 12)]
                children.append(int.from_bytes(page[start + 8 : start + 12], "big"))
                waiting += reversed(children)
            else:
                self.broken += 1

    def index_rows(self, root: int) -> Iterator[tuple[Value, ...]]:
        """The rows of a table that is stored as an index (WITHOUT ROWID); long ones are left out."""
        waiting, seen = [root], set[int]()
        while waiting:
            number = waiting.pop()
            page = self.page(number)
            kind = page[0] if len(page) == self.page_size and number not in seen else 0
            seen.add(number)
            if kind not in (_INDEX_LEAF, _INDEX_INTERIOR):
                self.broken += 1
                continue
            inside = kind == _INDEX_INTERIOR
            if inside:
                waiting.append(int.from_bytes(page[8:12], "big"))
            for at in self._cells(page, 0, 12 if inside else 8):
                if inside:
                    waiting.append(int.from_bytes(page[at : at + 4], "big"))
                try:
                    length, begin = _varint(page, at + 4 * inside)
                    if length > (self._usable - 12) * 64 // 255 - 23 or begin + length > len(page):
                        raise ValueError("too long for its page")
                    yield _values(page[begin : begin + length])
                except (ValueError, IndexError, struct.error):
                    self.broken += 1

    def orphans(self, seen: set[int]) -> Iterator[int]:
        """Pages with rows that were not reached from any table: the path to them is broken."""
        # A log may name a page far behind the file's end.
        behind = sorted(number for number in self._log.pages if number > self._in_file)
        for number in itertools.chain(range(2, self._in_file + 1), behind):
            if number not in seen and self.page(number)[:1] == bytes([_LEAF]):
                yield number

    def rows(self, pages: Iterator[int] | list[int]) -> Iterator[Row]:
        """The rows of those pages that can be understood."""
        for number in pages:
            page, start = self.page(number), self._start(number)
            room = self.page_size
            for at in self._cells(page, start, 8):
                self._taken = 0
                try:
                    row = self._row(page, at)
                    # Places that overlap would make more of a page than it can hold.
                    room -= self._taken
                    if room < 0:
                        raise ValueError("rows overlap")
                except (ValueError, IndexError, struct.error):
                    self.broken += 1
                    if room < 0:
                        break
                else:
                    yield row

    def _start(self, number: int) -> int:
        return 100 if number == 1 else 0

    def _cells(self, page: bytes, start: int, header: int) -> list[int]:
        """Where a page's cells begin, as far as they are valid."""
        count = int.from_bytes(page[start + 3 : start + 5], "big")
        places = page[start + header : start + header + 2 * count]
        if len(places) < 2 * count:
            self.broken += 1
            return []
        return [int.from_bytes(places[n : n + 2], "big") for n in range(0, 2 * count, 2)]

    def _row(self, page: bytes, at: int) -> Row:
        length, at = _varint(page, at)
        row_id, at = _varint(page, at)
        if row_id >= 1 << 63:
            row_id -= 1 << 64
        if length > _LONGEST_ROW:
            raise ValueError("longer than any row")
        return row_id, _values(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """The bytes of a row: on its page, and what does not fit there on a chain of others."""
        most = self._usable - 35
        self._taken = min(length, most)
        if length <= most:
            payload = page[at : at + length]
        else:
            least = (self._usable - 12) * 32 // 255 - 23
            here = least + (length - least) % (self._usable - 4)
            here = self._taken = here if here <= most else least
            parts, missing = [page[at : at + here]], length - here
            number = int.from_bytes(page[at + here : at + here + 4], "big")
            while missing > 0:
                # A page belongs to one row; in a circle there would be no end.
                if not 1 < number <= self.count or number in self._chained:
                    raise ValueError("the chain is broken")
                self._chained.add(number)
                more = self.page(number)
                parts.append(more[4 : 4 + min(missing, self._usable - 4)])
                if not parts[-1]:
                    raise ValueError("the chain is broken")
                missing -= len(parts[-1])
                number = int.from_bytes(more[:4], "big")
            if number != 0:
                raise ValueError("the chain does not end")
            payload = b"".join(parts)
        if len(payload) != length:
            raise ValueError("the row is cut off")
        return payload


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(8):
        byte = data[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | data[at + 8], at + 9


def _values(payload: bytes) -> tuple[Value, ...]:
    """The values of a record. Raises ValueError unless they fill it exactly."""
    body, at = _varint(payload, 0)
    begin, values = body, []
    while at < begin:
        kind, at = _varint(payload, at)
        value, body = _value(payload, body, kind)
        values.append(value)
    if at != begin or body != len(payload) or not values:
        raise ValueError("the record's length is wrong")
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind <= 6:
        end = at + _INTEGER_BYTES[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), at + 8
    if kind in (8, 9):
        return kind - 8, at
    if kind < 12:
        raise ValueError("no such kind of value")
    end = at + (kind - 12) // 2
    if end > len(payload):
        raise ValueError("the value is cut off")
    data = payload[at:end]
    return (data.decode("utf-8") if kind % 2 else data), end


class _Log:
    """The newest committed page of each number in a write-ahead log, up to its first damaged frame.

    Attributes:
        pages: where each stands in the log.
    """

    def __init__(self, log: Path, page_size: int) -> None:
        """Empty where there is no whole log for pages of that size."""
        self.pages: dict[int, int] = {}
        self._page_size = page_size
        self._stream: IO[bytes] | None = None
        try:
            self._stream = log.open("rb")
            self._find(self._stream)
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def page(self, number: int) -> bytes:
        """The bytes of one of `pages`."""
        assert self._stream is not None
        try:
            self._stream.seek(self.pages[number])
            return self._stream.read(self._page_size)
        except OSError:
            return b""

    def _find(self, stream: IO[bytes]) -> None:
        data = stream.read(_WAL_HEADER)
        if len(data) < _WAL_HEADER or data[:3] != b"\x37\x7f\x06" or data[3] not in (0x82, 0x83):
            return
        order = ">" if data[3] == 0x83 else "<"
        sums = _checksum(data[:24], (0, 0), order)
        if int.from_bytes(data[8:12], "big") != self._page_size or struct.pack(">II", *sums) != data[24:32]:
            return
        pending: dict[int, int] = {}
        while True:
            head, page = stream.read(_FRAME_HEADER), stream.read(self._page_size)
            if len(page) < self._page_size:
                return
            sums = _checksum(page, _checksum(head[:8], sums, order), order)
            if head[8:16] != data[16:24] or struct.pack(">II", *sums) != head[16:24]:
                return
            pending[int.from_bytes(head[:4], "big")] = stream.tell() - self._page_size
            if head[4:8] != b"\0\0\0\0":
                self.pages.update(pending)
                pending.clear()


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """https://www.sqlite.org/fileformat2.html#checksum_algorithm"""
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second

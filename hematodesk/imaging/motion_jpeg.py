"""Splits Motion JPEG in AVI files into frames, which are JPEG files for the reader.

Video files are untrusted, like images. Only lengths are read here, each checked; the frames are
decoded where images are.

Sources: Microsoft's "AVI RIFF File Reference" (chunks, main and stream header), and the OpenDML
AVI File Format Extensions 1.02 for files of several RIFF parts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LARGEST_FRAME = 64 * 1024 * 1024
"""Bytes; a larger one is no frame of a microscope camera."""

_HEADER = struct.Struct("<4sI")
_LISTS = {b"RIFF", b"LIST"}
_SCALE_AND_RATE = slice(20, 28)
_MOST_HEADER_BYTES = 4096
_MOST_BETWEEN = 100_000
"""Most chunks without a picture in a row: sound and gaps are fewer, and a forged file must end."""
_JPEG = b"\xff\xd8\xff"


class NotMotionJpeg(Exception):
    """The file is no AVI file with Motion JPEG inside."""


class MotionJpegFile:
    """An open file; `frames` gives it from the beginning to its end, or to where it was cut off.

    Attributes:
        rate: frames a second as the file states them; None when it does not.
    """

    def __init__(self, path: Path) -> None:
        """Raises NotMotionJpeg, OSError."""
        self._stream: BinaryIO = path.open("rb")
        self.rate: float | None = None
        try:
            self._frames = self._walk(path.stat().st_size)
            first = next(self._frames, None)
            if first is None:
                raise NotMotionJpeg
            self._first: bytes | None = first
        except BaseException:
            self._stream.close()
            raise

    def next_frame(self) -> bytes | None:
        """The next frame, a whole JPEG file; None at the end. Raises OSError."""
        first, self._first = self._first, None
        return first if first is not None else next(self._frames, None)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _walk(self, end: int) -> Iterator[bytes]:
        """Every video frame in the file's order; lists are gone into, everything else is passed over."""
        if self._stream.read(12)[8:] != b"AVI ":
            return
        place, barren = 12, 0
        while place + _HEADER.size <= end and barren < _MOST_BETWEEN:
            barren += 1
            self._stream.seek(place)
            header = self._stream.read(_HEADER.size)
            if len(header) < _HEADER.size:
                # It was cut after it was opened.
                return
            name, size = _HEADER.unpack(header)
            if name in _LISTS:
                # Behind its kind come its chunks; where it ends need not be known.
                place += _HEADER.size + 4
                continue
            inside = place + _HEADER.size
            place = inside + size + size % 2
            if name == b"strh" and self.rate is None:
                self._read_rate(self._stream.read(min(size, _MOST_HEADER_BYTES)))
            elif name[2:] in (b"dc", b"db") and 0 < size <= LARGEST_FRAME and inside + size <= end:
                frame = self._stream.read(size)
                if frame.startswith(_JPEG):
                    barren = 0
                    yield frame

    def _read_rate(self, header: bytes) -> None:
        if header.startswith(b"vids") and len(header) >= _SCALE_AND_RATE.stop:
            scale, rate = struct.unpack("<II", header[_SCALE_AND_RATE])
            self.rate = rate / scale if scale else None

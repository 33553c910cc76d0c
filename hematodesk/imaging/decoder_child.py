"""The decoder's child: confines itself, then decodes one file after the other until its pipe closes.

On request it also locates the cells: its interpreter is otherwise idle, while the threads of a batch
compete for the program's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from hematodesk.child.confine import Limits, begin, confine
from hematodesk.child.memory import attached
from hematodesk.child.seccomp import Allowed
from hematodesk.child.wire import NAME_STANDS_HERE, ChildGone, read_exactly, write_whole
from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import IMAGE_FORMATS
from hematodesk.imaging import decoder_wire as wire
from hematodesk.imaging import faults, warm_pictures
from hematodesk.imaging.colour import warm_colour
from hematodesk.imaging.complaints import listen_to_standard_error
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.locator_net import locator_net
from hematodesk.imaging.read import Pixels, decode_pixels

_STDIN, _STDOUT, _STDERR = 0, 1, 2

MOST_LOCATED = 10_000_000
"""Pixels up to which a picture's cells are located here. A batch decodes larger ones one at a time, and then
the program locates on all cores: 20 megapixels took a fifth longer here, 5 did not."""


class _NoRoom(Exception):
    """The output segment is too small for a picture of this size."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width


def main(arguments: Sequence[str]) -> int:
    """Run until the parent closes the pipe.

    Args:
        arguments: the parent's process id, memory in bytes, processor time in seconds, then handle and
            size of the input segment and of the output segment.
    """
    parent, memory_bytes, processor_s = (int(each) for each in arguments[:3])
    in_force = begin(parent)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (_STDIN, _STDOUT):
            msvcrt.setmode(descriptor, os.O_BINARY)
    given = memoryview(attached(arguments[3], int(arguments[4]), writes=False))
    made = np.frombuffer(attached(arguments[5], int(arguments[6]), writes=True), np.uint8)
    listening = listen_to_standard_error()
    heard, ears = listening if listening is not None else (None, None)
    cv2.setNumThreads(1)
    # libtiff's complaints come through OpenCV's log.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_WARNING)
    _warm_up(heard)
    reads = (_STDIN,) if ears is None else (_STDIN, ears)
    in_force += confine(Limits(memory_bytes, processor_s), Allowed(reads, (_STDOUT, _STDERR)))
    write_whole(_STDOUT, wire.ready(in_force))
    while True:
        try:
            magic, number, length, locate, page = wire.REQUEST.unpack(read_exactly(_STDIN, wire.REQUEST.size))
        except ChildGone:
            return 0
        if magic != wire.ASK or length > len(given):
            return 1
        write_whole(_STDOUT, _answer(number, given[:length], made, heard, locate, page or None))


def _answer(
    number: int,
    data: memoryview,
    made: Pixels,
    heard: Callable[[], str] | None,
    locate: bool,
    page: int | None,
) -> bytes:
    """Decode into the output segment and return the reply. The decoder's own memory is free afterwards."""

    def canvas(height: int, width: int) -> Pixels:
        size = height * width * 3
        if size > len(made):
            raise _NoRoom(height, width)
        return made[:size].reshape(height, width, 3)

    name = NAME_STANDS_HERE
    try:
        decoded = decode_pixels(data, name, canvas=canvas, complaints=heard, page=page)
    except ImageError as error:
        return wire.failed(number, error)
    except _NoRoom as needed:
        return wire.no_room(number, needed.height, needed.width)
    except (MemoryError, cv2.error) as fault:
        # Raised while pixels are converted; other failures end this process, which the parent notices.
        if isinstance(fault, cv2.error) and fault.code != cv2.Error.StsNoMem:
            raise
        return wire.failed(number, faults.no_memory(name))
    height, width = decoded.pixels.shape[:2]
    found = _located(decoded.pixels) if locate and height * width <= MOST_LOCATED else b""
    kind, notices = decoded.format, decoded.notices
    told = wire.picture(number, kind, notices, height, width, found, page=decoded.page, pages=decoded.pages)
    return told


def _located(pixels: Pixels) -> bytes:
    """The cells for the reply; None where a child lacks the memory, and the parent locates."""
    try:
        return wire.localisation(locate_cells(pixels))
    except MemoryError:
        return b""
    except cv2.error as fault:
        if fault.code != cv2.Error.StsNoMem:
            raise
        return b""


def _warm_up(heard: Callable[[], str] | None) -> None:
    """Use every decoder and the locator once, so that late imports happen while files can be opened."""
    small = np.zeros((16, 16, 3), np.uint8)
    ready = {"gif": warm_pictures.GIF, "jp2": warm_pictures.JP2, "avif": warm_pictures.AVIF}
    for each in IMAGE_FORMATS.values():
        data = ready.get(each.id) or bytes(cv2.imencode(each.suffixes[0], small)[1])
        decode_pixels(data, "", complaints=heard)
    warm_colour()
    locator_net().look(small, 0.5)
    # numpy imports a module at its first percentile.
    np.percentile(small, 50)
    try:
        decode_pixels(b"\xff\xd8\xff\xd9", "", complaints=heard)
    except ImageError:
        return

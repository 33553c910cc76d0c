"""JPEG: segments up to the scan (ITU T.81; Adobe's APP14; ICC.1 annex B.4; CIPA DC-008)."""

from __future__ import annotations

import struct

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.stated import Colour, Header, OtherKind
from hematodesk.imaging.tiff import Broken, Data, exif_orientation

_PROFILE, _EXIF, _ADOBE = b"ICC_PROFILE\x00", b"Exif\x00\x00", b"Adobe"

_MOST_JUNK = 65_536
"""Bytes between segments that are passed over; more is no slip of a camera."""


def read_jpeg(data: Data) -> Header:
    """The header. Raises Broken, OtherKind, struct.error, IndexError."""
    position, orientation, junk = 2, 0, 0
    frame: tuple[int, int, int, int] | None = None
    adobe = False
    profile: dict[int, bytes] = {}
    while True:
        if data[position] != 0xFF:
            # Some cameras and transfers leave bytes between segments; decoders go to the next marker.
            junk += 1
            position += 1
            if junk > _MOST_JUNK or position >= len(data):
                raise Broken(N_("Errors", "a marker is missing"))
            continue
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0x00:
            junk += 1
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        if marker == 0xD9:
            raise Broken(N_("Errors", "it ends before its picture"), truncated=True)
        if marker == 0xF7:
            raise OtherKind(N_("Errors", "a JPEG-LS picture"))
        length = struct.unpack_from(">H", data, position + 2)[0]
        if length < 2:
            raise Broken(N_("Errors", "a segment has no length"))
        body, end = position + 4, position + 2 + length
        # Start of frame, without DHT (C4), JPG (C8) and DAC (CC), which share the range.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker in (0xC3, 0xC7, 0xCB, 0xCF):
                raise OtherKind(N_("Errors", "a lossless JPEG picture"))
            depth, height, width, channels = struct.unpack_from(">BHHB", data, body)
            if depth != 8:
                raise OtherKind(N_("Errors", "a JPEG picture with more than 8 bits a colour"))
            frame = (width, height, channels, depth)
        elif marker == 0xE1 and not orientation and data[body : body + 6] == _EXIF:
            # A second block is what a program left over that wrote its own in front.
            orientation = exif_orientation(data[body + 6 : end])
        elif marker == 0xE2 and data[body : body + 12] == _PROFILE and length >= 16:
            profile[data[body + 12]] = bytes(data[body + 14 : end])
        elif marker == 0xEE and data[body : body + 5] == _ADOBE:
            adobe = True
        elif marker == 0xDA:
            break
        position = end
    if frame is None:
        raise Broken(N_("Errors", "it has no frame header"))
    # Entropy-coded data never holds the end marker, so a cut-off file has none after its scan.
    if bytes(data[position:]).rfind(b"\xff\xd9") < 0:
        raise Broken(N_("Errors", "its end is missing"), truncated=True)
    width, height, channels, _ = frame
    return Header(
        "jpeg",
        width,
        height,
        orientation or 1,
        colour=Colour(profile=b"".join(part for _, part in sorted(profile.items()))),
        doubtful=junk > 0,
        inks=channels == 4,
        turned=adobe,
    )


def jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Width and height from the first start of frame in a file's first bytes. Raises as read_jpeg."""
    position = 2
    while head[position] == 0xFF:
        marker = head[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, position + 5)
            return width, height
        position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    return None

"""Kinds of file that laboratories have and that are not read, each with its name and what to do about it."""

from __future__ import annotations

import re
from typing import NamedTuple

from hematodesk.domain.messages import N_
from hematodesk.imaging.tiff import Data

SAVE_AS = N_("Errors", "Save the picture as {formats} or {last} and open that.")
_PHONE = N_(
    "Errors",
    "On an iPhone choose Settings, Camera, Formats, Most Compatible; on other phones switch HEIF or HEIC off "
    "in the camera's settings: new photographs are JPEG then. Export this one as JPEG with the photo program "
    "of the phone or computer.",
)
_CAMERA = N_(
    "Errors", "Export it as JPEG or TIFF with the camera's program, or let the camera save JPEG beside it."
)
_MICROSCOPE = N_("Errors", "Export the image as TIFF or PNG with the program of the microscope or camera.")
_VIEWER = N_("Errors", "Export the image as PNG or JPEG with the program that shows it.")
_OUT_OF = N_("Errors", "Take the pictures out of it, as JPEG, PNG or TIFF files, and open those.")
_STILL = N_("Errors", "Save a single picture of it as JPEG or PNG and open that.")

HEIC = N_("Errors", "a HEIC photograph, as telephones save them")
HEIF = N_("Errors", "a HEIF photograph, as telephones save them")
VIDEO = N_("Errors", "a video file")
_RAW = N_("Errors", "a camera's raw photograph ({kind})")


class KnownKind(NamedTuple):
    """A kind of file: `what` it is and the `remedy` are marked texts; `kind` fills a placeholder in `what`.

    A tuple, so that the program finds the texts that its children may say.
    """

    what: str
    remedy: str = SAVE_AS
    kind: str = ""


_STARTS: tuple[tuple[int, bytes, KnownKind], ...] = (
    (0, b"%PDF", KnownKind(N_("Errors", "a PDF document"), _OUT_OF)),
    (0, b"%!PS", KnownKind(N_("Errors", "a PostScript document"), _OUT_OF)),
    (0, b"\xc5\xd0\xd3\xc6", KnownKind(N_("Errors", "a PostScript document"), _OUT_OF)),
    (0, b"8BPS", KnownKind(N_("Errors", "a Photoshop document"))),
    (0, b"gimp xcf", KnownKind(N_("Errors", "a GIMP document"))),
    (0, b"PK\x03\x04", KnownKind(N_("Errors", "a ZIP archive or office document"), _OUT_OF)),
    (
        0,
        b"\xd0\xcf\x11\xe0",
        KnownKind(N_("Errors", "an old office document or a microscope container file"), _OUT_OF),
    ),
    (0, b"{\\rtf", KnownKind(N_("Errors", "a text document"), _OUT_OF)),
    (0, b"\x1f\x8b", KnownKind(N_("Errors", "a gzip archive"), _OUT_OF)),
    (0, b"Rar!", KnownKind(N_("Errors", "a RAR archive"), _OUT_OF)),
    (0, b"7z\xbc\xaf", KnownKind(N_("Errors", "a 7-Zip archive"), _OUT_OF)),
    (0, b"\xfd7zXZ", KnownKind(N_("Errors", "an XZ archive"), _OUT_OF)),
    (0, b"BZh", KnownKind(N_("Errors", "a bzip2 archive"), _OUT_OF)),
    (257, b"ustar", KnownKind(N_("Errors", "a TAR archive"), _OUT_OF)),
    (0, b"\xff\x0a", KnownKind(N_("Errors", "a JPEG XL picture"))),
    (0, b"\x00\x00\x00\x0cJXL ", KnownKind(N_("Errors", "a JPEG XL picture"))),
    (0, b"II\xbc", KnownKind(N_("Errors", "a JPEG XR picture"))),
    (0, b"BPG\xfb", KnownKind(N_("Errors", "a BPG picture"))),
    (0, b"qoif", KnownKind(N_("Errors", "a QOI picture"))),
    (0, b"v/1\x01", KnownKind(N_("Errors", "an OpenEXR picture"))),
    (0, b"#?RADIANCE", KnownKind(N_("Errors", "a Radiance HDR picture"))),
    (0, b"#?RGBE", KnownKind(N_("Errors", "a Radiance HDR picture"))),
    (0, b"DDS ", KnownKind(N_("Errors", "a DDS picture"))),
    (0, b"\x8aMNG", KnownKind(N_("Errors", "an MNG animation"))),
    (0, b"\x8bJNG", KnownKind(N_("Errors", "a JNG picture"))),
    (0, b"\x0a\x05\x01\x08", KnownKind(N_("Errors", "a PCX picture"))),
    (0, b"\x59\xa6\x6a\x95", KnownKind(N_("Errors", "a Sun raster picture"))),
    (0, b"\x00\x00\x01\x00", KnownKind(N_("Errors", "a Windows icon"))),
    (0, b"\x00\x00\x02\x00", KnownKind(N_("Errors", "a Windows pointer"))),
    (0, b"icns", KnownKind(N_("Errors", "a macOS icon"))),
    (0, b"\xd7\xcd\xc6\x9a", KnownKind(N_("Errors", "a Windows drawing (WMF)"))),
    (40, b" EMF", KnownKind(N_("Errors", "a Windows drawing (EMF)"))),
    (0, b"SIMPLE  =", KnownKind(N_("Errors", "a FITS picture"))),
    (0, b"ZISRAWFILE", KnownKind(N_("Errors", "a Zeiss CZI file"), _MICROSCOPE)),
    (0, b"\xda\xce\xbe\x0a", KnownKind(N_("Errors", "a Nikon ND2 file"), _MICROSCOPE)),
    (
        0,
        b"\x89HDF\r\n",
        KnownKind(N_("Errors", "an HDF5 file, as Imaris and others keep images"), _MICROSCOPE),
    ),
    (0, b"\x93NUMPY", KnownKind(N_("Errors", "a NumPy array"))),
    (344, b"n+1\x00", KnownKind(N_("Errors", "a NIfTI file"), _VIEWER)),
    (128, b"DICM", KnownKind(N_("Errors", "a DICOM file"), _VIEWER)),
    (0, b"FUJIFILMCCD-RAW", KnownKind(_RAW, _CAMERA, "Fujifilm RAF")),
    (0, b"IIRO", KnownKind(_RAW, _CAMERA, "Olympus ORF")),
    (0, b"IIRS", KnownKind(_RAW, _CAMERA, "Olympus ORF")),
    (0, b"MMOR", KnownKind(_RAW, _CAMERA, "Olympus ORF")),
    (0, b"IIU\x00", KnownKind(_RAW, _CAMERA, "Panasonic RW2")),
    (0, b"II\x1a\x00\x00\x00HEAPCCDR", KnownKind(_RAW, _CAMERA, "Canon CRW")),
    (0, b"FOVb", KnownKind(_RAW, _CAMERA, "Sigma X3F")),
    (0, b"\x00MRM", KnownKind(_RAW, _CAMERA, "Minolta MRW")),
    (0, b"\x1aE\xdf\xa3", KnownKind(VIDEO, _STILL)),
    (0, b"\x00\x00\x01\xba", KnownKind(VIDEO, _STILL)),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", KnownKind(VIDEO, _STILL)),
    (0, b"FLV\x01", KnownKind(VIDEO, _STILL)),
    (0, b"\x00\x05\x16\x07", KnownKind(N_("Errors", "a Mac's companion file without a picture"), _OUT_OF)),
    (0, b"\x00\x05\x16\x00", KnownKind(N_("Errors", "a Mac's companion file without a picture"), _OUT_OF)),
    (0, b"SQLite format 3", KnownKind(N_("Errors", "a database"), _OUT_OF)),
    (0, b"MZ", KnownKind(N_("Errors", "a Windows program"))),
    (0, b"\x7fELF", KnownKind(N_("Errors", "a program"))),
)
"""Where, which bytes, and what they are; in files of one kind these stand always."""

_OFFICE: tuple[tuple[bytes, KnownKind], ...] = (
    (b"word/", KnownKind(N_("Errors", "a Word document"), _OUT_OF)),
    (b"ppt/", KnownKind(N_("Errors", "a PowerPoint presentation"), _OUT_OF)),
    (b"xl/", KnownKind(N_("Errors", "an Excel workbook"), _OUT_OF)),
    (b"mimetypeapplication/vnd.oasis", KnownKind(N_("Errors", "an OpenDocument file"), _OUT_OF)),
)

_BRANDS: tuple[tuple[bytes, KnownKind], ...] = (
    (rb"he[iv][cxms]|hevs", KnownKind(HEIC, _PHONE)),
    (rb"mi[fa][1-9f]|msf1|avci|avcs", KnownKind(HEIF, _PHONE)),
    (rb"crx ", KnownKind(_RAW, _CAMERA, "Canon CR3")),
    (rb"jxl ", KnownKind(N_("Errors", "a JPEG XL picture"))),
)
"""Of files that begin with `ftyp`: its first brand. All others are videos."""

_OLD_VIDEO = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_RIFF: tuple[tuple[bytes, KnownKind], ...] = (
    (b"AVI ", KnownKind(VIDEO, _STILL)),
    (b"WAVE", KnownKind(N_("Errors", "a sound file"))),
    (b"ACON", KnownKind(N_("Errors", "a Windows pointer"))),
)
_PORTABLE = re.compile(rb"P[1-7fF][\s#]")
_LIF = re.compile(rb"\x70\x00\x00\x00....\x2a", re.DOTALL)
_DRAWING = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg", re.DOTALL)
_PAGE = re.compile(rb"\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_LOOKED_AT = 4_096


def known_kind(data: Data) -> KnownKind | None:
    """What kind a file is of that is not read; None where it is not known."""
    head = bytes(data[:_LOOKED_AT])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next((kind for name, kind in _BRANDS if re.fullmatch(name, brand)), KnownKind(VIDEO, _STILL))
    if head[:4] == b"PK\x03\x04":
        # The names of an archive's files stand in front of each, and all of them at its end.
        names = head + bytes(data[-_LOOKED_AT:])
        return next((kind for name, kind in _OFFICE if name in names), _found(head))
    if head[4:8] in _OLD_VIDEO:
        return KnownKind(VIDEO, _STILL)
    if head[:4] == b"RIFF":
        return next((kind for name, kind in _RIFF if head[8:12] == name), None)
    if _PORTABLE.match(head):
        return KnownKind(N_("Errors", "a PNM picture (PPM, PGM, PBM)"))
    if _LIF.match(head):
        return KnownKind(N_("Errors", "a Leica LIF file"), _MICROSCOPE)
    if _DRAWING.match(head):
        return KnownKind(N_("Errors", "an SVG drawing"), _VIEWER)
    if _PAGE.match(head):
        return KnownKind(N_("Errors", "a web page"), _OUT_OF)
    if head[:2] == b"BA" and head[14:16] == b"BM":
        return KnownKind(N_("Errors", "a collection of OS/2 pictures"))
    if bytes(data[-18:]) == b"TRUEVISION-XFILE.\x00":
        return KnownKind(N_("Errors", "a TGA picture"))
    return _found(head)


def _found(head: bytes) -> KnownKind | None:
    return next((kind for at, start, kind in _STARTS if head.startswith(start, at)), None)

"""A whole slide on the disk: which files belong to it, and how it is known again."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.domain.slide_formats import SlideParts, slide_format_of
from hematodesk.domain.slide_regions import SlideRegion

_SAMPLES, _SAMPLE_BYTES = 64, 65_536
"""Of a slide's bytes its identity is made of so many pieces: gigabytes would take half a minute."""

_MOST_TAGS = 512

_MIRAX_INDEX = "Slidedat.ini"


@dataclass(frozen=True, slots=True)
class SlideFiles:
    """What a slide is made of.

    Attributes:
        path: the file that is opened.
        folders: where its other files lie.
    """

    path: Path
    folders: tuple[Path, ...]


def slide_files(path: Path) -> SlideFiles:
    """The files of the slide at that path.

    Raises ImageError: file_not_found, file_unreadable, file_empty, slide_incomplete.
    """
    name = path.name
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise ImageError(
            "file_not_found",
            N_("Errors", "“{name}” is not there."),
            N_("Errors", "Check whether it was moved or renamed."),
            name=name,
        ) from None
    except (OSError, ValueError) as fault:
        raise _unreadable(name, fault) from fault
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(
            "file_unreadable",
            N_("Errors", "“{name}” is not a file."),
            N_("Errors", "Choose a picture file."),
            name=name,
        )
    kind = slide_format_of(path.suffix)
    parts = kind.parts if kind is not None else SlideParts.FILE
    if parts is SlideParts.FOLDER:
        folder = path.with_suffix("")
        if not folder.is_dir():
            raise ImageError(
                "slide_incomplete",
                N_(
                    "Errors",
                    "“{name}” is only the preview of a whole slide; its folder “{folder}” is not beside it.",
                ),
                N_("Errors", "Copy the folder along with the file, and open the file beside it."),
                name=name,
                folder=folder.name,
            )
        return SlideFiles(path, (folder,))
    return SlideFiles(path, (path.absolute().parent,) if parts is SlideParts.SIBLINGS else ())


def is_slide_preview(path: Path) -> bool:
    """Whether a picture is the preview of a slide whose folder of data lies beside it."""
    try:
        return (path.with_suffix("") / _MIRAX_INDEX).is_file()
    except (OSError, ValueError):
        return False


def states_slide_size(path: Path) -> bool:
    """Whether a TIFF's first directory states more pixels than an image may have; never raises."""
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
            order = {b"II": "<", b"MM": ">"}[head[:2]]
            (version,) = struct.unpack_from(f"{order}H", head, 2)
            big = version == 43
            (place,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", head, 8 if big else 4)
            stream.seek(place)
            (count,) = struct.unpack(f"{order}{'Q' if big else 'H'}", stream.read(8 if big else 2))
            size = 20 if big else 12
            entries = stream.read(size * min(count, _MOST_TAGS))
    except (OSError, ValueError, KeyError, struct.error, OverflowError):
        return False
    sides = {256: 0, 257: 0}
    for start in range(0, len(entries) - size + 1, size):
        tag, kind = struct.unpack_from(f"{order}HH", entries, start)
        if tag in sides and kind in (3, 4):
            code = "H" if kind == 3 else "I"
            (sides[tag],) = struct.unpack_from(f"{order}{code}", entries, start + (12 if big else 8))
    wide, high = sides[256], sides[257]
    return max(wide, high) > limits.MAX_DIMENSION or wide * high > limits.MAX_PIXELS


def slide_identity(files: SlideFiles) -> str:
    """SHA-256 over the file's size and pieces of its bytes, hexadecimal; of a folder its files' sizes, too.

    The same wherever the slide lies and whatever it is called. Raises ImageError file_unreadable.
    """
    digest = hashlib.sha256(b"hematodesk slide 1")
    try:
        with files.path.open("rb") as stream:
            _add_pieces(digest, stream)
        if slide_format_of(files.path.suffix) is not None and files.folders == (files.path.with_suffix(""),):
            with os.scandir(files.folders[0]) as entries:
                for entry in sorted(entries, key=lambda each: each.name):
                    digest.update(f"{entry.name}\0{entry.stat().st_size}\0".encode("utf-8", "replace"))
    except (OSError, ValueError) as fault:
        raise _unreadable(files.path.name, fault) from fault
    return digest.hexdigest()


def _add_pieces(digest: hashlib._Hash, stream: IO[bytes]) -> None:
    size = stream.seek(0, os.SEEK_END)
    digest.update(size.to_bytes(8, "little"))
    if size <= _SAMPLES * _SAMPLE_BYTES:
        starts = [*range(0, size, _SAMPLE_BYTES)]
    else:
        starts = [(size - _SAMPLE_BYTES) * each // (_SAMPLES - 1) for each in range(_SAMPLES)]
    for start in starts:
        stream.seek(start)
        digest.update(stream.read(_SAMPLE_BYTES))


def region_digest(identity: str, region: SlideRegion) -> str:
    """The digest of a region of a slide: what the history knows it by."""
    words = f"{identity} {region.x} {region.y} {region.width} {region.height}"
    return hashlib.sha256(words.encode("ascii")).hexdigest()


def _unreadable(name: str, fault: OSError | ValueError) -> ImageError:
    invalid = Message(N_("Errors", "its name is not valid here"))
    return ImageError(
        "file_unreadable",
        N_("Errors", "“{name}” cannot be read: {reason}."),
        N_("Errors", "Check the access rights and the drive."),
        name=name,
        reason=reason_of(fault) if isinstance(fault, OSError) else invalid,
    )

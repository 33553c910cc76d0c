"""Where an image comes from: a file, or a picture that was pasted or dragged without one."""

from __future__ import annotations

import contextlib
import hashlib
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.errors import ImageError, PathError
from hematodesk.domain.files import make_folder, write_whole
from hematodesk.domain.image_formats import SNIFFED_BYTES, sniff_format
from hematodesk.domain.limits import MAX_FILE_BYTES
from hematodesk.domain.messages import N_, reason_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.imaging.files import ReadImage
    from hematodesk.imaging.reader import ImageReader

_SWEEP_AGE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Picture:
    """An image given as the bytes of an image file.

    Attributes:
        data: the bytes (JPEG, PNG ...).
        name: what it is called in the history.
        kept: the file it was kept as, or None.
    """

    data: bytes
    name: str
    kept: Path | None = None


Source: TypeAlias = Path | Picture


def picture_from_pixels(pixels: npt.NDArray[np.uint8], name: str) -> Picture:
    """A picture from uint8 (H, W, 3) RGB pixels, as the clipboard gives them: PNG, so nothing is lost."""
    from hematodesk.imaging.read import encode_png

    return Picture(encode_png(pixels), name)


def keep_picture(picture: Picture, folder: Path) -> Picture:
    """Write the picture's bytes into the folder, named by their digest, so that it opens again.

    Bytes that are no image we read are not kept: the picture comes back as it was, and analysing
    it says what is wrong. Raises PlaceError (picture_unwritable).
    """
    suffix = suffix_of(picture.data)
    if not suffix:
        return picture
    target = folder / f"{hashlib.sha256(picture.data).hexdigest()}{suffix}"
    try:
        if not target.is_file():
            make_folder(folder)
            write_whole(target, picture.data)
    except OSError as fault:
        raise PathError(
            "picture_unwritable",
            N_("Errors", "The picture {name} cannot be kept in the data folder: {reason}."),
            N_(
                "Errors",
                "Free some space; until then the picture can be looked at, but not opened again later.",
            ),
            name=picture.name,
            reason=reason_of(fault),
        ) from fault
    return Picture(picture.data, picture.name, target)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal; empty when it cannot be read or is too large to be an image."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return ""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def suffix_of(data: bytes) -> str:
    """The usual ending, with its dot, for a file of these bytes; empty when they are no image we read."""
    found = sniff_format(data[:SNIFFED_BYTES])
    return found.suffixes[0] if found is not None else ""


def reopen(result: ImageResult, reader: ImageReader) -> ReadImage:
    """Read the image of an earlier result again, and make sure that it is still the same.

    Raises ImageError: path_unknown (it came without a file and was not kept), image_changed
    (another file stands in its place), and every code of imaging.read.
    """
    if not result.path:
        raise ImageError(
            "path_unknown",
            N_("Errors", "{name} came without a file and was not kept."),
            N_("Errors", "Its results and its thumbnail are in the history."),
            name=result.name,
        )
    image = reader.read(Path(result.path))
    if result.digest and image.digest != result.digest and image.pages > 1:
        page = _page_of(result.digest, image.digest, image.pages)
        if page is not None:
            return reader.read(Path(result.path), page=page)
    if result.digest and image.digest != result.digest:
        raise ImageError(
            "image_changed",
            N_("Errors", "{name} has changed since it was analysed."),
            N_("Errors", "Open the file anew to analyse it as it is now."),
            name=result.name,
        )
    return image


def _page_of(digest: str, file_digest: str, pages: int) -> int | None:
    """Which page of a file has that digest; None when none has."""
    from hematodesk.imaging.files import page_digest

    return next((page for page in range(2, pages + 1) if page_digest(file_digest, page) == digest), None)


def sweep_pictures(folder: Path, still_wanted: Callable[[str], bool]) -> int:
    """Remove kept pictures that the history no longer knows; returns how many.

    `still_wanted` is asked with the digest. Pictures younger than a day stay: another instance
    may be about to save them.
    """
    removed = 0
    oldest = time.time() - _SWEEP_AGE_S
    if not folder.is_dir():
        return 0
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest and not still_wanted(path.stem):
                path.unlink()
                removed += 1
    return removed

"""What an image is when it was read, and how its file is opened: all that needs no decoder."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_notices import IMAGE_NOTICES
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.imaging import faults

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.cells import Localisation

NOTICES = tuple(IMAGE_NOTICES)
"""The codes; a code's place is its bit in a decoder's reply."""


@dataclass(frozen=True)
class ReadImage:
    """A decoded image.

    Attributes:
        pixels: uint8 (H, W, 3) RGB, contiguous, read-only, upright.
        format: the id of a row of domain.image_formats.
        digest: SHA-256 of the file's bytes, hexadecimal; see `page_digest` for pages other than the first.
        notices: codes of what the person should know.
        located: what locate_cells says of the pixels, where the reader has asked it (see ImageReader).
        page, pages: which picture of the file it is, counted from 1, and how many there are.
    """

    pixels: npt.NDArray[np.uint8]
    format: str
    digest: str
    notices: tuple[str, ...]
    located: Localisation | None = None
    page: int = 1
    pages: int = 1


def page_digest(digest: str, page: int) -> str:
    """What stands for a page in the history: the file's own digest for the first, another for each other one.

    Args:
        digest: SHA-256 of the file's bytes, hexadecimal.
        page: from 1.
    """
    return digest if page == 1 else hashlib.sha256(f"{digest} page {page}".encode("ascii")).hexdigest()


@contextmanager
def opened_file(path: Path) -> Iterator[IO[bytes]]:
    """The open file, looked at first: a plain file of a size that is allowed.

    Raises ImageError, also for what the system says while the block reads.
    """
    name = path.name
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(
                "file_unreadable",
                N_("Errors", "“{name}” is a folder that cannot be listed."),
                N_("Errors", "Check the access rights and the drive."),
                name=name,
            )
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device could keep us reading for ever.
            raise ImageError(
                "file_unreadable",
                N_("Errors", "“{name}” is not a file."),
                N_("Errors", "Choose a picture file."),
                name=name,
            )
        check_size(status.st_size, name)
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise ImageError(
            "file_not_found",
            N_("Errors", "“{name}” is not there."),
            N_("Errors", "Check whether it was moved or renamed."),
            name=name,
        ) from None
    except (OSError, ValueError) as error:
        # ValueError: a zero byte in the name.
        invalid = Message(N_("Errors", "its name is not valid here"))
        raise ImageError(
            "file_unreadable",
            N_("Errors", "“{name}” cannot be read: {reason}."),
            N_("Errors", "Check the access rights and the drive."),
            name=name,
            reason=reason_of(error) if isinstance(error, OSError) else invalid,
        ) from None


def check_size(size: int, name: str) -> None:
    """Refuse an empty file and one over the limit. Raises ImageError file_empty, file_too_large."""
    if size == 0:
        raise faults.empty(name)
    if size > limits.MAX_FILE_BYTES:
        raise faults.file_too_large(name, size)

"""The interface of image readers, and the reader that decodes in its own process."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.read import decode_image, read_image


class ImageReader(Protocol):
    """Reads image files. Safe to use from several threads at once.

    `locate` asks a reader with child processes to locate the cells there, too, which pays off for many
    images. ReadImage.located has them then; not of a very large picture, which wants all cores.

    `page` chooses one of a file's pictures, counted from 1; None reads the first. ImageError page_not_there.
    """

    def read(self, path: Path, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """Read and decode one file. Raises ImageError (codes: imaging.read)."""
        ...

    def decode(self, data: bytes, name: str, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """Decode a whole file in memory; `name` is only for sentences. Raises ImageError."""
        ...

    def warm(self, count: int = 1) -> None:
        """Prepare for that many threads in the background; returns at once."""
        ...

    def limits_in_force(self) -> tuple[str, ...]:
        """The limits of the decoding process, of child.confine.LIMIT_NAMES. Raises ImageError."""
        ...

    def close(self) -> None:
        """Release everything; may be called twice, and while other threads still read."""
        ...


class LocalReader:
    """Decodes in the calling process: for tools and tests, which trust their files."""

    def read(self, path: Path, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader."""
        return read_image(path, page)

    def decode(self, data: bytes, name: str, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader."""
        return decode_image(data, name, page)

    def warm(self, count: int = 1) -> None:
        """Nothing to prepare."""

    def limits_in_force(self) -> tuple[str, ...]:
        """None: there is no child."""
        return ()

    def close(self) -> None:
        """Nothing to release."""

"""What reads images for everybody: the interface, and the reader that decodes in its own process."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.read import decode_image, read_image


class ImageReader(Protocol):
    """Reads image files. Safe to use from several threads at once.

    `locate` wishes that a reader with processes of its own locates the cells there, too, which gains where
    images are many. ReadImage.located has them then; not of a very large picture, which wants all cores.
    """

    def read(self, path: Path, *, locate: bool = False) -> ReadImage:
        """Read and decode one file. Raises ImageError (codes: imaging.read)."""
        ...

    def decode(self, data: bytes, name: str, *, locate: bool = False) -> ReadImage:
        """Decode a whole file in memory; `name` is only for sentences. Raises ImageError."""
        ...

    def warm(self, count: int = 1) -> None:
        """Get ready for so many threads in the background; returns at once."""
        ...

    def limits_in_force(self) -> tuple[str, ...]:
        """What holds the process that decodes, of child.confine.LIMIT_NAMES. Raises ImageError."""
        ...

    def close(self) -> None:
        """Give everything back; may be called twice, and while other threads still read."""
        ...


class LocalReader:
    """Decodes in the process that it is called in: for tools and tests, whose files are their own."""

    def read(self, path: Path, *, locate: bool = False) -> ReadImage:
        """See ImageReader."""
        return read_image(path)

    def decode(self, data: bytes, name: str, *, locate: bool = False) -> ReadImage:
        """See ImageReader."""
        return decode_image(data, name)

    def warm(self, count: int = 1) -> None:
        """It is always ready."""

    def limits_in_force(self) -> tuple[str, ...]:
        """None: it is this process."""
        return ()

    def close(self) -> None:
        """Nothing is held."""

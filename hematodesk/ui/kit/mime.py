"""What was dropped or pasted, as files and folders or as a picture without a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage, QPainter

from hematodesk.domain.image_formats import IMAGE_FORMATS

_MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Brought:
    """What came.

    Attributes:
        paths: local files and folders.
        data: bytes of an image file that came as data; empty when none.
        pixels: uint8 (H, W, 3) RGB when only pixels came, else None.
    """

    paths: tuple[Path, ...] = ()
    data: bytes = b""
    pixels: npt.NDArray[np.uint8] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to open."""
        return not self.paths and not self.data and self.pixels is None


def may_hold_images(mime: QMimeData) -> bool:
    """Whether a drag is worth accepting; looks at the formats only."""
    return mime.hasImage() or any(url.isLocalFile() for url in mime.urls()) or bool(_raw_format(mime))


def brought(mime: QMimeData, *, text: bool = False) -> Brought:
    """Read what came. Files win over data, because they keep their name and place.

    Args:
        text: also take lines of text as paths, as one pastes them from a file manager or a console.
    """
    paths = tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())
    if not paths and text and mime.hasText():
        paths = paths_of_text(mime.text())
    if paths:
        return Brought(paths)
    raw = _raw_format(mime)
    if raw:
        data = bytes(mime.data(raw).data())
        if data:
            return Brought(data=data)
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return Brought(pixels=pixels_of(image))
    return Brought()


def paths_of_text(text: str) -> tuple[Path, ...]:
    """Absolute paths and file:// addresses, one a line; nothing when any line is something else."""
    if len(text) > _MOST_TEXT:
        return ()
    paths = []
    for line in text.splitlines():
        words = line.strip().strip('"').strip("'")
        if not words:
            continue
        if words.startswith("file:"):
            url = QUrl(words)
            words = url.toLocalFile()
        path = Path(words) if words and "\0" not in words else None
        if path is None or not path.is_absolute():
            return ()
        paths.append(path)
    return tuple(paths)


def pixels_of(image: QImage) -> npt.NDArray[np.uint8]:
    """An image as uint8 (H, W, 3) RGB, C-contiguous; transparency lies on white."""
    if image.hasAlphaChannel():
        flat = QImage(image.size(), QImage.Format.Format_RGB32)
        flat.fill(0xFFFFFFFF)
        painter = QPainter(flat)
        painter.drawImage(0, 0, image)
        painter.end()
        image = flat
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8, image.sizeInBytes())
    rows = rows.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
    # Always a copy: the image takes its memory with it, and rows without filling bytes would be a view of it.
    return rows.reshape(image.height(), image.width(), 3).copy()


def _raw_format(mime: QMimeData) -> str:
    """The best form in which an image file's bytes are offered; empty when there are none.

    Also a form that is not read here: its bytes are another program's, so Qt must not decode them in this
    process, and the reader says in words what they are.
    """
    offered = mime.formats()
    # PNG first: where a program offers its picture in several formats, it loses nothing.
    known = (
        name
        for name in ("image/png", *(each.media_type for each in IMAGE_FORMATS.values()))
        if name in offered
    )
    return next(known, next((name for name in offered if name.startswith("image/")), ""))

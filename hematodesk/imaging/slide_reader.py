"""An image reader that knows whole slides: regions of them are images, and they themselves are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hematodesk.domain import limits
from hematodesk.domain.errors import HematodeskError, ImageError
from hematodesk.domain.messages import N_
from hematodesk.domain.slide_formats import SlideParts, slide_format_of
from hematodesk.domain.slide_info import SlideInfo
from hematodesk.domain.slide_regions import region_of
from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.reader import ImageReader
from hematodesk.imaging.slide_files import is_slide_preview
from hematodesk.imaging.slide_pool import SlidePool

_TOO_LARGE = frozenset({"file_too_large", "image_too_large"})
_UNREACHABLE = frozenset({"file_not_found", "file_unreadable", "file_empty", "slide_incomplete"})


class SlideReader:
    """An ImageReader: regions of slides it reads itself, all else the reader beneath.

    Args:
        beneath: reads ordinary images.
        allowed: raises PolicyError where slides may not be read here.

    Attributes:
        slides: the open slides, also for the window.
    """

    def __init__(
        self, beneath: ImageReader, slides: SlidePool, allowed: Callable[[], None] = lambda: None
    ) -> None:
        self.slides = slides
        self._beneath = beneath
        self._allowed = allowed

    def read(self, path: Path, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader; codes besides those of the reader beneath and of imaging.slide_pool:

        whole_slide: a region has to be chosen. slide_preview: only a slide's small picture.
        not_allowed: the administrator forbids slides.
        """
        named = region_of(path)
        if named is not None:
            self._require()
            return self.slides.field(*named)
        kind = slide_format_of(path.suffix)
        if kind is not None:
            # The file of a slide with a folder is a picture itself, which must not be taken for the slide.
            preview = kind.parts is SlideParts.FOLDER
            info = self._looked_into(path, lambda code: preview or code in _UNREACHABLE)
            if info is not None and (kind.only_slides or not _is_ordinary(info)):
                raise _whole_slide(path, info)
        elif is_slide_preview(path):
            raise ImageError(
                "slide_preview",
                N_("Errors", "“{name}” is only the small preview of a whole slide."),
                N_("Errors", "Open the slide itself: the file of that name that ends in .mrxs."),
                name=path.name,
            )
        try:
            return self._beneath.read(path, locate=locate, page=page)
        except ImageError as error:
            if error.code not in _TOO_LARGE or kind is not None:
                raise
            info = self._looked_into(path)
            if info is None:
                raise
            raise _whole_slide(path, info) from None

    def decode(self, data: bytes, name: str, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader."""
        return self._beneath.decode(data, name, locate=locate, page=page)

    def warm(self, count: int = 1) -> None:
        """See ImageReader."""
        self._beneath.warm(count)

    def limits_in_force(self) -> tuple[str, ...]:
        """See ImageReader; of the child that decodes ordinary images."""
        return self._beneath.limits_in_force()

    def close(self) -> None:
        """See ImageReader."""
        self.slides.close()
        self._beneath.close()

    def _looked_into(self, path: Path, told: Callable[[str], bool] = lambda _code: False) -> SlideInfo | None:
        """What a slide says of itself; None where it is none. Raises ImageError whose code is `told`."""
        self._require()
        try:
            return self.slides.info(path)
        except ImageError as error:
            if told(error.code):
                raise
            return None

    def _require(self) -> None:
        try:
            self._allowed()
        except HematodeskError as error:
            # One image's fault, not the run's.
            raise ImageError(error.code, error.message, error.remedy) from error


def _is_ordinary(info: SlideInfo) -> bool:
    """Whether a slide is so small that it is read as an image."""
    side = max(info.width, info.height)
    return side <= limits.MAX_DIMENSION and info.width * info.height <= limits.MAX_PIXELS


def _whole_slide(path: Path, info: SlideInfo) -> ImageError:
    return ImageError(
        "whole_slide",
        N_("Errors", "“{name}” is a whole slide of {width} × {height} pixels."),
        N_("Errors", "Open it in the window and choose a region, or give --region X,Y,WIDTH,HEIGHT."),
        name=path.name,
        width=info.width,
        height=info.height,
    )

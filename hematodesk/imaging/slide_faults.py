"""Why a whole slide gives no picture: all that its reader can say, in words for the person."""

from __future__ import annotations

from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_

_AGAIN = N_("Errors", "Copy or export it again from the scanner; a copy may have been interrupted.")


def not_a_slide(name: str) -> ImageError:
    """OpenSlide knows no such kind."""
    return ImageError(
        "format_unsupported",
        N_("Errors", "“{name}” is no whole slide of a kind that is read."),
        N_("Errors", "Export it from the scanner's program as SVS or as a pyramidal TIFF."),
        name=name,
    )


def slide_damaged(name: str) -> ImageError:
    """Its structure contradicts itself."""
    return ImageError(
        "image_damaged",
        N_("Errors", "“{name}” is a whole slide that cannot be opened: it is damaged, or parts are missing."),
        _AGAIN,
        name=name,
    )


def region_damaged(name: str) -> ImageError:
    """One place of it cannot be decoded."""
    return ImageError(
        "image_damaged",
        N_("Errors", "“{name}” is damaged at this place: it cannot be decoded."),
        _AGAIN,
        name=name,
    )


def no_overview(name: str) -> ImageError:
    """It holds no smaller picture of itself."""
    return ImageError(
        "slide_no_overview",
        N_("Errors", "“{name}” holds no smaller picture of itself, so there is no overview."),
        N_("Errors", "Move and zoom in it all the same, or save it as a pyramidal TIFF."),
        name=name,
    )


def slide_too_large(name: str) -> ImageError:
    """Its stated size is none of a glass slide, or memory does not suffice."""
    return ImageError(
        "image_too_large",
        N_("Errors", "“{name}” needs more memory than a slide may take."),
        N_("Errors", "Export it again from the scanner's program."),
        name=name,
    )

"""Why a file gives no picture: all that a decoder can say, in words for the person.

Apart from the decoding, so that the program knows the sentences of its children without loading OpenCV.
"""

from __future__ import annotations

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import format_names
from hematodesk.domain.messages import N_, Message

_EXPORT_SMALLER = N_("Errors", "Export the field of view at a lower resolution.")
_SAVE_AS = N_("Errors", "Save the picture as {formats} or {last} and open that.")


def _formats() -> dict[str, str]:
    """What `_SAVE_AS` names."""
    *others, last = format_names()
    return {"formats": ", ".join(others), "last": last}


def empty(name: str) -> ImageError:
    """The file has no bytes."""
    return ImageError(
        "file_empty",
        N_("Errors", "“{name}” is empty."),
        N_("Errors", "Copy or export it again."),
        name=name,
    )


def file_too_large(name: str, size: int) -> ImageError:
    """The file has more bytes than are read."""
    return ImageError(
        "file_too_large",
        N_("Errors", "“{name}” has {size} MB; at most {most} MB are read."),
        N_("Errors", "Export the field of view instead of the whole slide."),
        name=name,
        size=size // (1024 * 1024),
        most=limits.MAX_FILE_BYTES // (1024 * 1024),
    )


def not_an_image(name: str) -> ImageError:
    """The bytes are of no format that is known."""
    return ImageError(
        "not_an_image",
        N_("Errors", "“{name}” is not an image, whatever its name says."),
        _SAVE_AS,
        name=name,
        **_formats(),
    )


def not_read_here(name: str, what: str, remedy: str = _SAVE_AS, *, kind: str = "") -> ImageError:
    """The bytes are of a known format that is not read.

    Args:
        what: a marked text such as "a PDF document"; `kind` fills a placeholder of that name in it.
        remedy: a marked text, which may name the formats that are read, as `_SAVE_AS` does.
    """
    return ImageError(
        "format_unsupported",
        N_("Errors", "“{name}” is {what}, which is not read here."),
        remedy,
        name=name,
        what=Message(what, kind=kind),
        **_formats(),
    )


def incomplete(name: str, label: str, reason: str) -> ImageError:
    """The file's structure is cut off; `reason` is a marked text."""
    return ImageError(
        "image_truncated",
        N_("Errors", "“{name}” is an incomplete {label} file: {reason}."),
        N_("Errors", "Copy or export it again; a copy may have been interrupted."),
        name=name,
        label=label,
        reason=Message(reason),
    )


def damaged(name: str, label: str, reason: str) -> ImageError:
    """The file's structure contradicts itself; `reason` is a marked text."""
    return ImageError(
        "image_damaged",
        N_("Errors", "“{name}” is a damaged {label} file: {reason}."),
        N_("Errors", "Export it again from its source."),
        name=name,
        label=label,
        reason=Message(reason),
    )


def pixels_missing(name: str, label: str) -> ImageError:
    """The decoder went on, but said that pixels are missing or wrong."""
    return ImageError(
        "image_damaged",
        N_(
            "Errors",
            "“{name}” is a damaged {label} file: part of its pixels is missing or cannot be decoded.",
        ),
        N_("Errors", "Copy or export it again from its source."),
        name=name,
        label=label,
    )


def undecodable(name: str, label: str) -> ImageError:
    """The decoder gave no picture, or one of another size."""
    return ImageError(
        "image_damaged",
        N_("Errors", "“{name}” is a {label} file that cannot be decoded: it is damaged or of a rare kind."),
        N_("Errors", "Export it again as plain 8-bit PNG or JPEG."),
        name=name,
        label=label,
    )


def rare_depth(name: str, kind: object) -> ImageError:
    """The pixels are of a type that is not read, such as float32."""
    return ImageError(
        "format_unsupported",
        N_("Errors", "“{name}” stores its pixels as {kind}; 8 and 16 bits a channel are read."),
        N_("Errors", "Export it as 8-bit or 16-bit."),
        name=name,
        kind=kind,
    )


def tiff_of_a_kind(name: str, what: str, detail: str) -> ImageError:
    """A TIFF file that is whole but of a kind that is not read; `what`: see tiff.Unsupported."""
    return ImageError(
        "format_unsupported",
        N_("Errors", "“{name}” is a TIFF file that {what}; such files are not read here."),
        _SAVE_AS,
        name=name,
        what=Message(what, **({"detail": detail} if detail else {})),
        **_formats(),
    )


def page_not_there(name: str, page: int, pages: int) -> ImageError:
    """A page was asked for that the file does not have."""
    return ImageError(
        "page_not_there",
        N_("Errors", "“{name}” has no page {page}; its pages are 1 to {pages}."),
        N_("Errors", "Choose one of them, or leave the page out."),
        name=name,
        page=page,
        pages=pages,
    )


def too_small(name: str, width: int, height: int) -> ImageError:
    """The picture is smaller than a cell."""
    return ImageError(
        "image_too_small",
        N_("Errors", "“{name}” has {width} × {height} pixels; a cell needs at least {least}."),
        N_("Errors", "Open the original picture instead of an icon of it."),
        name=name,
        width=width,
        height=height,
        least=limits.MIN_DIMENSION,
    )


def too_large(name: str, width: int, height: int) -> ImageError:
    """The picture has more pixels than are read."""
    return ImageError(
        "image_too_large",
        N_(
            "Errors",
            "“{name}” has {width} × {height} pixels; at most {side} a side and {millions} million in all "
            "are read.",
        ),
        _EXPORT_SMALLER,
        name=name,
        width=width,
        height=height,
        side=limits.MAX_DIMENSION,
        millions=limits.MAX_PIXELS // 1_000_000,
    )


def no_memory(name: str) -> ImageError:
    """There is not enough memory for the picture."""
    return ImageError(
        "image_too_large",
        N_("Errors", "“{name}” needs more memory than there is."),
        N_("Errors", "Close other programs, or export the field of view at a lower resolution."),
        name=name,
    )

"""The formats that images are read from, declared once.

Names of files, dialogs, the clipboard, the manual and what the installers tell the system are drawn from
this table; a new format needs a row here and its reader in imaging.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SNIFFED_BYTES = 64
"""First bytes of a file that tell its format: of AVIF, its brands."""


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One format.

    Attributes:
        id: what results and the command line call it.
        name: what people call it; the same in every language.
        suffixes: what its files' names end with, dot included, lower case, the usual one first. The system
            is told that the program opens these.
        rare_suffixes: other endings under which such files are found in a folder; not told to the system,
            where they may be another program's.
        media_type: IANA's name for it, also that of the clipboard and of Linux desktops.
        uniform_type: Apple's name for it.
        signature: how its first bytes (SNIFFED_BYTES suffice) begin.
    """

    id: str
    name: str
    suffixes: tuple[str, ...]
    media_type: str
    uniform_type: str
    signature: re.Pattern[bytes]
    rare_suffixes: tuple[str, ...] = ()


IMAGE_FORMATS: dict[str, ImageFormat] = {
    known.id: known
    for known in (
        ImageFormat(
            "jpeg",
            "JPEG",
            (".jpg", ".jpeg"),
            "image/jpeg",
            "public.jpeg",
            re.compile(rb"\xff\xd8\xff"),
            (".jpe", ".jfif"),
        ),
        ImageFormat("png", "PNG", (".png",), "image/png", "public.png", re.compile(rb"\x89PNG\r\n\x1a\n")),
        ImageFormat(
            "tiff",
            "TIFF",
            (".tif", ".tiff"),
            "image/tiff",
            "public.tiff",
            re.compile(rb"II[*+]\x00|MM\x00[*+]"),
        ),
        ImageFormat("bmp", "BMP", (".bmp",), "image/bmp", "com.microsoft.bmp", re.compile(rb"BM"), (".dib",)),
        ImageFormat(
            "webp",
            "WebP",
            (".webp",),
            "image/webp",
            "org.webmproject.webp",
            re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
        ),
        ImageFormat("gif", "GIF", (".gif",), "image/gif", "com.compuserve.gif", re.compile(rb"GIF8[79]a")),
        ImageFormat(
            "jp2",
            "JPEG 2000",
            (".jp2",),
            "image/jp2",
            "public.jpeg-2000",
            re.compile(rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
            (".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
        ),
        ImageFormat(
            "avif",
            "AVIF",
            (".avif",),
            "image/avif",
            "public.avif",
            # Its first brand, or one of the others where the first stands for the whole family.
            re.compile(rb".{4}ftyp(?:avi[fs]|(?:mif[12]|msf1|miaf).{4}(?:.{4}){0,10}?avi[fs])", re.DOTALL),
        ),
    )
}


def sniff_format(head: bytes) -> ImageFormat | None:
    """The format that the first bytes announce, or None."""
    return next((each for each in IMAGE_FORMATS.values() if each.signature.match(head)), None)


def image_suffixes() -> frozenset[str]:
    """What the names of image files end with, dot included, lower case; for dialogs and listings only."""
    return frozenset(
        suffix for each in IMAGE_FORMATS.values() for suffix in (*each.suffixes, *each.rare_suffixes)
    )


def format_names() -> list[str]:
    """What people call the formats."""
    return [each.name for each in IMAGE_FORMATS.values()]

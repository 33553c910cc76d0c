"""What a file states of its picture, in one form for every format."""

from __future__ import annotations

from dataclasses import dataclass


class OtherKind(Exception):
    """The file begins like one that is read and is of a kind that is not; `what` is a marked text."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Colour:
    """How a file says that its values are to be understood; one of the two, or nothing.

    Attributes:
        profile: an ICC profile.
        gamma: its values are light to the power of this: 1.0 for linear light, 0.45 for a usual picture.
        primaries: x and y of white, red, green and blue beside a gamma; empty for those of sRGB.
    """

    profile: bytes = b""
    gamma: float = 0.0
    primaries: tuple[float, ...] = ()


PLAIN = Colour()
"""sRGB, or nothing said, which is taken for it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What was read of a file before decoding.

    Attributes:
        format: the id of a row of domain.image_formats.
        width, height: stored size in pixels, before orientation.
        orientation: 1 to 8, as Exif counts.
        pages: how many pages or frames the file holds.
        opacity: whether a fourth channel is one; in a BMP it may be spare bytes.
        bits: of a channel's values, where the file says it and its container is wider; else 0.
        clear: the grey that stands for nothing, as it is decoded; -1 for none.
        colour: how the values are to be understood.
        doubtful: whether something stands in the file that does not belong there.
        inks: whether its four channels are printing inks.
        turned: whether 255 is no ink, as Adobe's programs write.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    pages: int = 1
    opacity: bool = True
    bits: int = 0
    clear: int = -1
    colour: Colour = PLAIN
    doubtful: bool = False
    inks: bool = False
    turned: bool = False

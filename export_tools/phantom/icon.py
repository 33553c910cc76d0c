"""The program's icon: a lobed cell in a ring, drawn from the same few numbers as SVG, PNG and ICO."""

from __future__ import annotations

import struct
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export_tools.phantom.pictures import write_picture
from export_tools.phantom.texture import Patch, ellipse, join, strand

_VIEW = 512  # the drawing's own units
PNG_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)

_TILE = "#F4ECE6"
_TILE_CORNER = 112
_CELL = ("#DCC4DC", (256, 256), 184)
_RIM = ("#C3A3C9", 10)
_NUCLEUS = "#4B2E83"
# Lobes along an arc: x, y, half length, half width, turn in radians.
_LOBES = (
    (162, 214, 68, 52, 1.9),
    (280, 148, 70, 49, 0.15),
    (352, 272, 76, 54, 1.35),
)
_STRAND = 16  # half the width of what joins them
_BLEND = 26
_DUST = ("#B08FC0", ((232, 270, 10), (196, 332, 9), (262, 346, 11), (226, 396, 8)))
_SMALL = 32  # below this edge the dust would only be noise


def icon_svg() -> str:
    """The icon as an SVG document."""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in _nucleus()) + "Z"
    (cx, cy), radius = _CELL[1], _CELL[2]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_VIEW} {_VIEW}" role="img">',
        "<title>hematodesk</title>",
        f'<rect width="{_VIEW}" height="{_VIEW}" rx="{_TILE_CORNER}" fill="{_TILE}"/>',
        f'<circle cx="{cx}" cy="{cy}" r="{radius}" fill="{_RIM[0]}"/>',
        f'<circle cx="{cx}" cy="{cy}" r="{radius - _RIM[1]}" fill="{_CELL[0]}"/>',
        f'<g fill="{_DUST[0]}">',
        *(f'<circle cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in _DUST[1]),
        "</g>",
        f'<path d="{path}" fill="{_NUCLEUS}"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def icon_pixels(edge: int) -> NDArray[np.uint8]:
    """The icon at `edge` pixels: uint8 (edge, edge, 4) RGBA, not premultiplied."""
    fine = max(_VIEW, 4 * edge)
    scale = fine / _VIEW
    colour = np.empty((fine, fine, 3), np.uint8)
    colour[:] = _rgb(_TILE)

    def disc(x: float, y: float, radius: float, fill: str) -> None:
        if radius > 0:
            centre = (round(x * scale), round(y * scale))
            cv2.circle(colour, centre, round(radius * scale), _rgb(fill), -1)

    disc(*_CELL[1], _CELL[2], _RIM[0])
    disc(*_CELL[1], _CELL[2] - _RIM[1], _CELL[0])
    if edge >= _SMALL:
        for x, y, radius in _DUST[1]:
            disc(x, y, radius, _DUST[0])
    cv2.fillPoly(colour, [np.rint(_nucleus() * scale).astype(np.int32)], _rgb(_NUCLEUS))
    opaque = np.zeros((fine, fine), np.uint8)
    corner = round(_TILE_CORNER * scale)
    for start, end in (((corner, 0), (fine - corner, fine)), ((0, corner), (fine, fine - corner))):
        cv2.rectangle(opaque, start, end, 255, -1)
    for x in (corner, fine - 1 - corner):
        for y in (corner, fine - 1 - corner):
            cv2.circle(opaque, (x, y), corner, 255, -1)
    size = (edge, edge)
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(opaque, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.dstack([small, alpha]))


@cache
def _nucleus() -> NDArray[np.float64]:
    """The nucleus's outline in the drawing's units: float64 (points, 2)."""
    fine = 4
    steps = (np.arange(_VIEW * fine, dtype=np.float32) + np.float32(0.5)) / np.float32(fine)
    x, y = np.meshgrid(steps, steps)
    sheet = Patch(x, y, fine)
    inside = ellipse(sheet, *_LOBES[0])
    for before, lobe in pairwise(_LOBES):
        link = strand(sheet, (before[0], before[1]), (lobe[0], lobe[1]), _STRAND)
        inside = join(inside, join(ellipse(sheet, *lobe), link, _BLEND), _BLEND)
    outlines, _ = cv2.findContours((inside > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smooth = cv2.approxPolyDP(max(outlines, key=len), 0.12 * fine, True)
    return (smooth[:, 0, :].astype(np.float64) + 0.5) / fine


def draw_icons(folder: Path) -> list[Path]:
    """Write hematodesk.svg, hematodesk.png (256), hematodesk-EDGE.png and hematodesk.ico; returns the files.

    Raises OSError when a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vector = folder / "hematodesk.svg"
    vector.write_text(icon_svg(), encoding="utf-8", newline="\n")
    written = [vector, write_picture(folder / "hematodesk.png", icon_pixels(256))]
    written += [write_picture(folder / f"hematodesk-{edge}.png", icon_pixels(edge)) for edge in PNG_SIZES]
    bundle = folder / "hematodesk.ico"
    bundle.write_bytes(_ico([(folder / f"hematodesk-{edge}.png").read_bytes() for edge in _ICO_SIZES]))
    return [*written, bundle]


def _ico(pictures: list[bytes]) -> bytes:
    """Windows' icon file around whole PNG files: a header, one entry a size, then the files."""
    header = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(header) + 16 * len(pictures)
    entries = b""
    for edge, data in zip(_ICO_SIZES, pictures, strict=True):
        # An edge of 256 is written as 0.
        entries += struct.pack("<BBBBHHII", edge % 256, edge % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return header + entries + b"".join(pictures)


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)

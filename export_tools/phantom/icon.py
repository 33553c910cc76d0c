"""The program's icon: a lobed cell in a ring, drawn from the same few numbers as SVG, PNG and ICO."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export_tools.phantom.pictures import write_picture

_VIEW = 512  # the drawing's own units
PNG_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)

_TILE = "#F4ECE6"
_TILE_CORNER = 112
_CELL = ("#DCC4DC", (256, 256), 176)
_NUCLEUS = "#4B2E83"
# Lobes (x, y, radius) along an arc, and the strand that joins them.
_LOBES = ((172, 224, 62), (262, 168, 56), (344, 238, 60), (312, 342, 52))
_STRAND = 30
_DUST = ("#A884B8", ((196, 330, 10), (232, 366, 8), (252, 276, 9), (222, 298, 8), (388, 322, 8)))
_SMALL = 32  # below this edge the dust would only be noise


def icon_svg() -> str:
    """The icon as an SVG document."""
    points = " ".join(f"{x},{y}" for x, y, _ in _LOBES)
    (cx, cy), radius = _CELL[1], _CELL[2]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_VIEW} {_VIEW}" role="img">',
        "<title>hematodesk</title>",
        f'<rect width="{_VIEW}" height="{_VIEW}" rx="{_TILE_CORNER}" fill="{_TILE}"/>',
        f'<circle cx="{cx}" cy="{cy}" r="{radius}" fill="{_CELL[0]}"/>',
        f'<g fill="{_DUST[0]}">',
        *(f'<circle cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in _DUST[1]),
        "</g>",
        f'<polyline points="{points}" fill="none" stroke="{_NUCLEUS}" stroke-width="{_STRAND}"'
        ' stroke-linejoin="round" stroke-linecap="round"/>',
        f'<g fill="{_NUCLEUS}">',
        *(f'<circle cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in _LOBES),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def icon_pixels(edge: int) -> NDArray[np.uint8]:
    """The icon at `edge` pixels: uint8 (edge, edge, 4) RGBA, not premultiplied."""
    fine = 2048
    scale = fine / _VIEW
    colour = np.empty((fine, fine, 3), np.uint8)
    colour[:] = _rgb(_TILE)

    def disc(x: float, y: float, radius: float, fill: str) -> None:
        if radius > 0:
            centre = (round(x * scale), round(y * scale))
            cv2.circle(colour, centre, round(radius * scale), _rgb(fill), -1)

    disc(*_CELL[1], _CELL[2], _CELL[0])
    if edge >= _SMALL:
        for x, y, radius in _DUST[1]:
            disc(x, y, radius, _DUST[0])
    line = np.rint(np.array([(x, y) for x, y, _ in _LOBES]) * scale).astype(np.int32)
    cv2.polylines(colour, [line], False, _rgb(_NUCLEUS), round(_STRAND * scale))
    for x, y, radius in _LOBES:
        disc(x, y, radius, _NUCLEUS)
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

"""Drawn cells as an additional training source, with stains, lenses and cameras that no data set has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from export_tools.data.crops import COVER, CropSet
from export_tools.data.records import Record
from export_tools.phantom import random_style, render_cell
from hematodesk.domain.geometry import Box
from hematodesk.imaging.crop import crop_cell, crop_side

TRAINING_SEEDS = 1_000_000
"""The first seed for training cells; smaller seeds are for tests, samples and measurements."""

_FIELD_UM = 40.0
_COARSEST_UM = 0.10


def phantom_crops(
    count: int,
    size: int,
    classes: Sequence[str],
    *,
    red_cells: float,
    context: float,
    seed: int,
    cache: Path | None = None,
) -> CropSet:
    """`count` cells, the classes in turn, each with a style of its own, cut as `cut_crops` does.

    Args:
        cache: folder that keeps the drawn cells between runs, or None.
    Raises ValueError for a class that is not drawn.
    """
    edge = round(size * COVER)
    place = None
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        told = f"{count}-{edge}-{'-'.join(classes)}-{red_cells:g}-{context:g}-{seed}"
        place = cache / f"phantoms-{told}.npz"
        if place.is_file():
            with np.load(place) as archive:
                records = [
                    _record(int(number), name, Box(*(int(v) for v in box)), float(diameter))
                    for number, name, box, diameter in zip(
                        archive["numbers"],
                        archive["names"].tolist(),
                        archive["boxes"],
                        archive["diameters"],
                        strict=True,
                    )
                ]
                return CropSet(archive["pixels"], tuple(records))
    pixels = np.zeros((count, edge, edge, 3), np.uint8)
    records = []
    for index in range(count):
        if index % 200 == 0:
            print(f"drawing {index} of {count}", file=sys.stderr, flush=True)
        number = TRAINING_SEEDS + seed * 100_000 + index
        style = random_style(np.random.default_rng(number))
        name = classes[index % len(classes)]
        # Finer detail is lost in the crop and costs drawing time.
        scale = max(style.um_per_px, _COARSEST_UM)
        drawn = render_cell(number, name, round(_FIELD_UM / scale), um_per_px=scale, style=style)
        box = drawn.cells[0].box
        side = crop_side(box, drawn.red_cell_diameter, red_cells=red_cells, context=context)
        pixels[index] = crop_cell(drawn.pixels, box, side=side * COVER, size=edge)
        records.append(_record(number, name, box, drawn.red_cell_diameter))
    if place is not None:
        np.savez(
            place,
            pixels=pixels,
            numbers=np.array([int(each.group.partition(":")[2]) for each in records]),
            names=np.array([each.class_id for each in records]),
            boxes=np.array([each.box.as_list() for each in records if each.box is not None]),
            diameters=np.array([each.red_cell for each in records], dtype=np.float64),
        )
    return CropSet(pixels, tuple(records))


def _record(number: int, name: str, box: Box, diameter: float) -> Record:
    key = f"phantom:{number}"
    return Record(Path(key), box, name, "phantom", key, key, "train", diameter)

"""A fuzz campaign against the reader of whole slides: damaged ones through the program's pool of children.

    python tests/fuzz/slides.py --files 300 --seed 1

Exit code 1 when the program itself does anything wrong; a child that ends is no fault.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_regions import SlideRegion
from hematodesk.imaging.slide_pool import SlidePool
from hematodesk.imaging.slide_worker import SlideLimits
from tests.slides import draw_slide, write_generic, write_huge_svs, write_svs


def damaged(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Slides cut short, with bytes changed (mostly in their directories), with pieces moved."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        data = bytearray(seeds[number % len(seeds)])
        kind = rng.integers(4)
        if kind == 0:
            del data[int(rng.integers(len(data))) :]
        elif kind == 1:
            start, length = int(rng.integers(len(data))), int(rng.integers(1, 4_096))
            data[start : start + length] = rng.bytes(min(length, len(data) - start))
        else:
            # Near the end lie the last directories, at the front the first.
            places = rng.integers(0, min(4_096, len(data)), rng.integers(1, 40))
            for place in places if kind == 2 else len(data) - 1 - places:
                data[int(place)] = int(rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))]))
        yield bytes(data)


def run_campaign(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What became of the slides, and what the program did wrong, in words."""
    codes: Counter[str] = Counter()
    faults: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(SlidePool(SlideLimits(patience_s=10))) as pool,
    ):
        place = Path(folder)
        drawn = draw_slide(2, 1)
        seeds = [
            write_svs(place / "a.svs", drawn).read_bytes(),
            write_generic(place / "b.tif", drawn).read_bytes(),
            write_huge_svs(place / "c.svs", 20_000, 15_000).read_bytes(),
        ]
        for number, data in enumerate(damaged(seeds, count, seed)):
            slide = place / f"hostile-{number}.svs"
            slide.write_bytes(data)
            try:
                pixels = pool.overview(slide, 256)
                image = pool.field(slide, SlideRegion(100, 100))
                sound = pixels.dtype == np.uint8 and pixels.ndim == 3 and image.pixels.shape == (480, 640, 3)
                codes["picture"] += 1
                if not sound:
                    faults.append(f"{number}: pixels of {pixels.shape} and {image.pixels.shape}")
            except ImageError as error:
                codes[error.code] += 1
                said = f"{error.message} {error.remedy}"
                if not error.remedy or "hostile" not in said or not said.isprintable():
                    faults.append(f"{number}: said {said!r} [{error.code}]")
            except Exception as fault:  # noqa: BLE001 - whatever comes out here is a fault of the program
                faults.append(f"{number}: {type(fault).__name__} {fault}")
            slide.unlink()
    return codes, faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the reader of whole slides.")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    codes, faults = run_campaign(options.files, options.seed)
    for code, count in codes.most_common():
        print(f"{count:>8}  {code}")
    for fault in faults[:50]:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

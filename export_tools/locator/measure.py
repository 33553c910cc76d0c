"""Measure the locator on the published boxes, and on pictures without boxes.

`locate-report` prints precision, recall and the red cells' diameter per source and split, what
happens on single-cell pictures, on the augmented set and on pages without cells, and the time.
`locate-train` is in export_tools.locator.train.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from export_tools.locator import train as locator_training
from export_tools.locator.fields import Field, read_fields
from hematodesk.domain.cells import Localisation
from hematodesk.domain.geometry import Box
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import read_image

Pixels = npt.NDArray[np.uint8]
Locator = Callable[[Pixels], Localisation]


def add_parser(subparsers: Any) -> None:
    """Add `locate-report` and `locate-train` to the export tools' commands."""
    parser = subparsers.add_parser("locate-report", help="measure the white-cell locator on real images")
    parser.add_argument("data", type=Path, help="folder that holds bccd, txl, pbc and kaggle4")
    parser.add_argument(
        "--sample", type=int, default=200, help="single-cell pictures per class (default 200)"
    )
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets of the failures")
    parser.set_defaults(run=run)
    locator_training.add_parser(subparsers)


def run(arguments: argparse.Namespace) -> int:
    """Print the report; returns 0."""
    fields = read_fields(arguments.data)
    if not fields:
        print(f"no labelled fields under {arguments.data}")
        return 1
    for line in report_boxes(fields, arguments.sheets):
        print(line, flush=True)
    for line in report_single(arguments.data / "pbc", arguments.sample):
        print(line, flush=True)
    for line in report_augmented(arguments.data):
        print(line, flush=True)
    for line in report_pages():
        print(line, flush=True)
    print(report_time(fields))
    return 0


@dataclass
class Tally:
    """Counts over fields; `ratios` are measured over true red-cell diameters."""

    hits: int = 0
    false: int = 0
    missed: int = 0
    overlaps: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    unmeasured: int = 0

    @property
    def precision(self) -> float:
        """Share of the found boxes that are cells."""
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        """Share of the cells that were found."""
        return self.hits / max(1, self.hits + self.missed)

    def line(self, name: str) -> str:
        """One row of the report."""
        errors = np.abs(np.array(self.ratios or [1.0]) - 1)
        return (
            f"{name:<16} precision {self.precision:.4f}  recall {self.recall:.4f}  "
            f"({self.hits} hit, {self.false} false, {self.missed} missed; "
            f"mean IoU {np.mean(self.overlaps or [0]):.3f})  red cells: median ratio "
            f"{np.median(self.ratios or [1.0]):.3f}, error median {np.median(errors):.3f}, "
            f"90th percentile {np.percentile(errors, 90):.3f}, unmeasured {self.unmeasured}"
        )


def match(found: Sequence[Box], true: Sequence[Box], least: float = 0.5) -> list[tuple[int, int, float]]:
    """One-to-one pairs (found, true, IoU) with at least that IoU, the best pairs first."""
    pairs = [
        (mine.iou(theirs), index, other)
        for index, mine in enumerate(found)
        for other, theirs in enumerate(true)
    ]
    taken: list[tuple[int, int, float]] = []
    used_found: set[int] = set()
    used_true: set[int] = set()
    for overlap, index, other in sorted(pairs, reverse=True):
        if overlap >= least and index not in used_found and other not in used_true:
            used_found.add(index)
            used_true.add(other)
            taken.append((index, other, overlap))
    return taken


def measure(fields: Iterable[Field], tally: Tally, locator: Locator = locate_cells) -> list[Failure]:
    """Locate in every field and count; returns the fields with a false or missed cell."""
    failures = []
    for one in fields:
        pixels = read_image(one.path).pixels
        place = locator(pixels)
        found = [cell.box for cell in place.cells]
        true = [_as_box(corners) for corners in one.of("WBC")]
        pairs = match(found, true)
        tally.hits += len(pairs)
        tally.false += len(found) - len(pairs)
        tally.missed += len(true) - len(pairs)
        tally.overlaps += [overlap for _, _, overlap in pairs]
        red = true_diameter(one, pixels.shape[1], pixels.shape[0])
        if red is not None:
            if place.red_cell_diameter is None:
                tally.unmeasured += 1
            else:
                tally.ratios.append(place.red_cell_diameter / red)
        if len(found) > len(pairs) or len(true) > len(pairs):
            failures.append(Failure(one.path, found, true, pairs))
    return failures


@dataclass(frozen=True)
class Failure:
    """A field with a false or missed cell."""

    path: Path
    found: list[Box]
    true: list[Box]
    pairs: list[tuple[int, int, float]]


def true_diameter(one: Field, width: int, height: int) -> float | None:
    """Median geometric mean of the sides of the boxed red cells off the border; None below three."""
    boxes = one.of("RBC")
    inner = boxes[
        (boxes[:, 0] > 3) & (boxes[:, 1] > 3) & (boxes[:, 2] < width - 3) & (boxes[:, 3] < height - 3)
    ]
    if len(inner) < 3:
        return None
    return float(np.median(np.sqrt((inner[:, 2] - inner[:, 0]) * (inner[:, 3] - inner[:, 1]))))


def _as_box(corners: npt.NDArray[np.float32]) -> Box:
    left, top, right, bottom = (round(float(value)) for value in corners)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def report_boxes(fields: list[Field], sheets: Path | None) -> Iterable[str]:
    """Rows of precision and recall: every source whole, and its validation and held-back parts."""
    for source in sorted({one.source for one in fields}):
        whole = Tally()
        failures: list[Failure] = []
        for split in ("train", "val", "test"):
            part = Tally()
            failures += measure((one for one in fields if (one.source, one.split) == (source, split)), part)
            yield part.line(f"{source} {split}")
            for name in ("hits", "false", "missed", "overlaps", "ratios", "unmeasured"):
                setattr(whole, name, getattr(whole, name) + getattr(part, name))
        yield whole.line(f"{source} all")
        if sheets is not None and failures:
            sheets.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(sheets / f"{source}.png"), contact_sheet(failures))


def contact_sheet(failures: Sequence[Failure], edge: int = 260, columns: int = 6) -> Pixels:
    """Failures side by side, BGR: true boxes green when found and yellow when missed; false ones red."""
    tiles = []
    for one in failures:
        picture = cv2.cvtColor(read_image(one.path).pixels, cv2.COLOR_RGB2BGR)
        hit_found = {index for index, _, _ in one.pairs}
        hit_true = {other for _, other, _ in one.pairs}
        for other, box in enumerate(one.true):
            _outline(picture, box, (0, 160, 0) if other in hit_true else (0, 255, 255), 3)
        for index, box in enumerate(one.found):
            _outline(picture, box, (255, 0, 0) if index in hit_found else (0, 0, 255), 2)
        scale = edge / max(picture.shape[:2])
        tile = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tile = cv2.copyMakeBorder(
            tile, 0, edge - tile.shape[0], 0, edge - tile.shape[1], cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        cv2.putText(tile, one.path.stem[:24], (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1)
        tiles.append(tile)
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)


def _outline(picture: Any, box: Box, colour: tuple[int, int, int], thick: int) -> None:
    cv2.rectangle(picture, (box.x, box.y), (box.x + box.w, box.y + box.h), colour, thick)


def report_single(folder: Path, sample: int) -> Iterable[str]:
    """Rows for single-cell pictures: share with a box on the middle, and with exactly one such box."""
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(kind.glob("*.jpg"))
        files = files[:: max(1, len(files) // sample)]
        centred = alone = 0
        measured = []
        for path in files:
            pixels = read_image(path).pixels
            place = locate_cells(pixels)
            hits = [cell.box for cell in place.cells if _holds_middle(cell.box, pixels.shape)]
            centred += len(hits) == 1
            alone += len(hits) == 1 and len(place.cells) == 1
            if place.red_cell_diameter is not None:
                measured.append(place.red_cell_diameter)
        low, middle, high = np.percentile(measured or [0.0], [5, 50, 95])
        yield (
            f"single {kind.name:<13} {len(files)} pictures: one box on the middle "
            f"{centred / len(files):.4f}, and no other {alone / len(files):.4f}; "
            f"red cell {middle:.1f} px ({low:.1f} to {high:.1f}), "
            f"measured in {len(measured) / len(files):.3f}"
        )


def _holds_middle(box: Box, shape: tuple[int, ...]) -> bool:
    x, y = box.centre
    return abs(x - shape[1] / 2) < 0.15 * shape[1] and abs(y - shape[0] / 2) < 0.15 * shape[0]


def report_augmented(data: Path) -> Iterable[str]:
    """Rows for the published augmented TEST folder: nuclei found, corners boxed, red cells at half size."""
    folder = data / "kaggle4"
    with (folder / "originals.csv").open(newline="") as file:
        originals = {row["file"]: row["original"] for row in csv.DictReader(file)}
    sizes: dict[str, float | None] = {}
    found = several = corners = boxes = measured = 0
    ratios = []
    files = sorted((folder / "TEST").glob("*/*.jpeg"))
    for path in files:
        pixels = read_image(path).pixels
        place = locate_cells(pixels)
        on_nucleus = [cell for cell in place.cells if _nuclear_share(pixels, cell.box) > 0.08]
        found += bool(on_nucleus)
        several += len(place.cells) > 1
        boxes += len(place.cells)
        corners += sum(_blank_share(pixels, cell.box) > 0.4 for cell in place.cells)
        original = originals[path.relative_to(folder).as_posix()]
        if original not in sizes:
            whole = read_image(data / "bccd" / "images" / original).pixels
            sizes[original] = locate_cells(whole).red_cell_diameter
        measured += place.red_cell_diameter is not None
        expected = sizes[original]
        if place.red_cell_diameter is not None and expected is not None:
            ratios.append(place.red_cell_diameter / (expected / 2))
    errors = np.abs(np.array(ratios) - 1)
    yield (
        f"augmented TEST: {len(files)} pictures of {len(sizes)} originals: a box on a nucleus in "
        f"{found / len(files):.4f}, more than one box in {several / len(files):.4f}, {corners} of {boxes} "
        f"boxes mostly on a blank corner; red cell against half the original's: median ratio "
        f"{np.median(ratios):.3f}, error median {np.median(errors):.3f}, "
        f"90th percentile {np.percentile(errors, 90):.3f}, measured in {measured / len(files):.3f}"
    )


def _inside(pixels: Pixels, box: Box) -> npt.NDArray[np.int16]:
    return pixels[box.y : box.y + box.h, box.x : box.x + box.w].astype(np.int16)


def _nuclear_share(pixels: Pixels, box: Box) -> float:
    """Share of blue-violet dark pixels in a box: clearly more blue than red and than green."""
    part = _inside(pixels, box)
    violet = (part[..., 2] - part[..., 0] > 15) & (part[..., 2] - part[..., 1] > 35)
    return float(violet.mean())


def _blank_share(pixels: Pixels, box: Box) -> float:
    part = _inside(pixels, box)
    return float(((part.max(axis=2) < 12) | (part.min(axis=2) > 247)).mean())


def odd_pages() -> dict[str, Pixels]:
    """Pages without a cell, uint8 (480, 640, 3): plain, noise, gradient, writing, stripes, blots."""
    random = np.random.default_rng(5)
    size = (480, 640, 3)
    pages: dict[str, Pixels] = {
        "black": np.zeros(size, np.uint8),
        "white": np.full(size, 255, np.uint8),
        "violet": np.full(size, (110, 70, 160), np.uint8),
        "noise": random.integers(0, 256, size, dtype=np.uint8),
        "soft noise": np.clip(random.normal(200, 12, size), 0, 255).astype(np.uint8),
        "gradient": np.tile(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (480, 1, 3)),
    }
    clouds = cv2.resize(
        random.integers(120, 256, (6, 8, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC
    )
    pages["clouds"] = np.asarray(clouds, dtype=np.uint8)
    writing = np.full(size, 250, np.uint8)
    for line in range(14):
        text = "".join(chr(int(code)) for code in random.integers(97, 122, 34))
        cv2.putText(writing, text, (10, 30 + 33 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 60), 2)
    pages["writing"] = writing
    stripes = np.full(size, 235, np.uint8)
    stripes[:, ::16] = 40
    pages["stripes"] = stripes
    blots = np.full(size, (225, 215, 220), np.uint8)
    for _ in range(30):
        at = (int(random.integers(640)), int(random.integers(480)))
        cv2.circle(blots, at, 45, (200, 150, 150), -1)
    pages["flat red discs"] = blots
    return pages


def report_pages() -> Iterable[str]:
    """One row: how many boxes every page without a cell got."""
    counts = {name: len(locate_cells(page).cells) for name, page in odd_pages().items()}
    yield "pages without a cell: " + ", ".join(f"{name} {count}" for name, count in counts.items())


def report_time(fields: list[Field], rounds: int = 60) -> str:
    """One row: least and median time of a 640x480 field in milliseconds, wall clock."""
    pixels = next(read_image(one.path).pixels for one in fields if one.source == "bccd")
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        locate_cells(pixels)
        spent.append((time.perf_counter() - began) * 1000)
    size = f"{pixels.shape[1]}x{pixels.shape[0]}"
    return f"time for {size}: least {min(spent):.2f} ms, median {np.median(spent):.2f} ms"

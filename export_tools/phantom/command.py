"""`python -m export_tools phantom`: draw fields with known boxes, the sample pictures, or the icons."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from export_tools.phantom.field import PhantomImage, render_field
from export_tools.phantom.icon import draw_icons
from export_tools.phantom.pictures import write_picture
from export_tools.phantom.samples import draw_samples
from export_tools.phantom.style import random_style
from export_tools.phantom.video import draw_video
from export_tools.phantom.white_cells import PHANTOM_CLASSES
from hematodesk.domain.geometry import Box
from hematodesk.domain.words import number_of


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "phantom",
        help="draw blood smears with known boxes and classes",
        description="Draws blood smears with known boxes and classes. No photograph is used.",
    )
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--output", type=Path, help="folder for the fields, boxes.csv and labels.csv")
    goal.add_argument("--video", type=Path, help="a stage that moves over one large field, as an .avi file")
    goal.add_argument("--samples", type=Path, help="draw the program's sample pictures into this folder")
    goal.add_argument("--icons", type=Path, help="draw the program's icons into this folder")
    parser.add_argument(
        "--count", type=_positive, default=10, help="how many fields, or frames of a video (default: 10)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first field; the others follow (default: 0)"
    )
    parser.add_argument("--width", type=_positive, default=640, help="pixels (default: 640)")
    parser.add_argument("--height", type=_positive, default=480, help="pixels (default: 480)")
    parser.add_argument(
        "--classes",
        type=_classes,
        help="white cells of every field, separated by commas, or 'none' (default: one to three at random)",
    )
    parser.add_argument("--varied", action="store_true", help="another stain, lens and camera for each field")
    parser.add_argument(
        "--format", choices=("png", "jpg"), default="png", help="of the fields (default: png)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Draw what was asked for; 0 when done, 1 when a file could not be written."""
    try:
        if args.samples is not None:
            written = draw_samples(args.samples)
        elif args.video is not None:
            written = [draw_video(args.video, args.seed, args.count, (args.width, args.height), args.classes)]
        elif args.icons is not None:
            written = draw_icons(args.icons)
        else:
            written = _draw_fields(args)
    except OSError as fault:
        print(f"The pictures could not be written: {fault}.", file=sys.stderr)
        return 1
    print(f"{number_of(len(written), 'file')} in {written[0].parent}")
    return 0


def _draw_fields(args: argparse.Namespace) -> list[Path]:
    folder: Path = args.output
    folder.mkdir(parents=True, exist_ok=True)
    digits = len(str(args.count - 1))
    written: list[Path] = []
    boxes: list[list[object]] = []
    labels: list[list[object]] = []
    for index in range(args.count):
        seed = args.seed + index
        field = render_field(
            seed,
            width=args.width,
            height=args.height,
            classes=args.classes,
            # Another stream than the field's own, so that its cells do not depend on --varied.
            style=random_style(np.random.default_rng([seed, 1])) if args.varied else None,
        )
        name = f"phantom_{index:0{digits}d}.{args.format}"
        written.append(write_picture(folder / name, field.pixels))
        boxes += [[name, *row] for row in _box_rows(field)]
        labels.append([name, seed, " ".join(cell.class_id for cell in field.cells), field.red_cell_diameter])
    written.append(
        _write_table(folder / "boxes.csv", ["file", "class", "xmin", "ymin", "xmax", "ymax"], boxes)
    )
    header = ["file", "seed", "white_cells", "red_cell_diameter"]
    written.append(_write_table(folder / "labels.csv", header, labels))
    return written


def _box_rows(field: PhantomImage) -> Iterable[list[object]]:
    named: list[tuple[str, Box]] = [(cell.class_id, cell.box) for cell in field.cells]
    named += [("red_cell", box) for box in field.red_cell_boxes]
    named += [("platelet", box) for box in field.platelet_boxes]
    for name, box in named:
        yield [name, box.x, box.y, box.x + box.w, box.y + box.h]


def _write_table(target: Path, header: list[str], rows: list[list[object]]) -> Path:
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return target


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _classes(text: str) -> tuple[str, ...]:
    if text.strip() == "none":
        return ()
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in PHANTOM_CLASSES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PHANTOM_CLASSES)}")
    return names

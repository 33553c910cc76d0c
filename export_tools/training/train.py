"""`python -m export_tools train`: labelled images become a Keras model.

Reads the data sets, holds a part out by group, cuts the cells as the program does, and trains
MobileNetV2 with averaged weights. Beside the model it writes what `convert` and `evaluate`
need: the classes and constants (.training.json), and which files were trained on, held out for
calibration, and left for testing (.trained_on.txt, .held_out.txt, .tested.txt).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.augment import Strength
from export_tools.data.batches import Batch, EvenDraw, batches
from export_tools.data.boxes import read_boxes
from export_tools.data.crops import CropSet, chosen, cut_by_source, joined, middle
from export_tools.data.file_lists import write_lists
from export_tools.data.grouping import join_groups
from export_tools.data.records import Record
from export_tools.data.sources import only_classes, read_source
from export_tools.data.splits import SplitRule, parse_fold, split_sides
from export_tools.networks.package_details import sidecar
from export_tools.training.fit import Plan, fit
from export_tools.training.recipes import add_options, train_recipe
from hematodesk.domain.classes import WBC4, cell_class
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.words import number_of


def add_parser(subparsers: Any) -> None:
    """The `train` command."""
    parser = subparsers.add_parser("train", help="labelled images to a Keras model")
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        help="folders: classes, parts with classes, pbc, bccd, txl, hematodesk's data",
    )
    parser.add_argument("--output", type=Path, required=True, help="the model to write (.keras)")
    parser.add_argument("--classes", default=",".join(WBC4), help="class ids; images of others are left out")
    parser.add_argument(
        "--together",
        default="",
        help="class ids that must also be told apart among themselves, for a package that names only these",
    )
    parser.add_argument(
        "--boxes", action="store_true", help="red cells, white cells, platelets: every box of bccd and txl"
    )
    parser.add_argument("--start", type=Path, help="train on from this model file of the same build")
    parser.add_argument("--hidden", type=int, default=0, help="units of a dense layer before the last one")
    parser.add_argument(
        "--frozen", default="", metavar="LAYER", help="layers before this one stay as they are"
    )
    parser.add_argument("--base-weights", default="imagenet", help="imagenet, none, or a weights file")
    parser.add_argument("--size", type=int, help="edge of the network's input in pixels (144; recipes 224)")
    parser.add_argument("--alpha", type=float, default=1.0, help="width of MobileNetV2")
    parser.add_argument("--red-cells", type=float, default=3.0, help="crop side in red-cell diameters")
    parser.add_argument("--context", type=float, default=1.6, help="crop side in box sides, without a scale")
    parser.add_argument("--hold-out", type=float, default=0.12, help="share kept for validation, by group")
    parser.add_argument("--fold", type=parse_fold, metavar="I/N", help="leave fold I of N out, to test on")
    parser.add_argument("--fold-of", metavar="SOURCE", help="deal only this source into folds")
    parser.add_argument(
        "--leave-out", metavar="SOURCE", action="append", default=[], help="leave a source out, to test on"
    )
    parser.add_argument("--passes", type=int, default=12)
    parser.add_argument("--images", type=int, default=4000, help="images a pass")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=5e-4, help="highest learning rate of the cycle")
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--mixup", type=float, default=0.3, help="Beta parameter; 0 turns it off")
    parser.add_argument("--average", type=float, default=0.99, help="kept of the averaged weights each step")
    parser.add_argument(
        "--patience", type=int, default=0, help="passes without gain before stopping; 0 never"
    )
    parser.add_argument("--weight", action="append", default=[], metavar="SOURCE=W", help="drawing weight")
    parser.add_argument("--class-weight", action="append", default=[], metavar="CLASS=W")
    parser.add_argument("--phantoms", type=int, default=0, help="drawn fields added as a source")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--draws", type=int, default=0, help="another number, another order of crops and changes; same split"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps the cut crops")
    parser.add_argument("--checkpoints", type=Path, help="folder (default: beside the output)")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--revision", default="", help="revision of the source, for the package's provenance")
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; 0 when the model was written, 1 when the data cannot be used."""
    try:
        train(args)
    except (HematodeskError, ValueError) as fault:
        print(f"train: {fault}", file=sys.stderr)
        return 1
    return 0


def gather(
    folders: Sequence[Path], classes: Sequence[str], cache: Path | None = None, *, boxes: bool = False
) -> list[Record]:
    """All records of the classes, joined into groups that a split keeps together.

    With `boxes` every box drawn in the fields is a record, else every cell with a type.
    """
    read = read_boxes if boxes else read_source
    table = [record for folder in folders for record in read(folder)]
    # Joined before classes are chosen: a group is then the same whatever classes are trained.
    records, found = join_groups(table, cache)
    print(
        f"{len(found.identical)} files repeat another byte for byte, {len(found.alike)} show a cell again: "
        "they stay on its side",
        file=sys.stderr,
    )
    return only_classes(records, classes)


def train(args: argparse.Namespace) -> None:
    """Train and write the model. Raises HematodeskError or ValueError for unusable data or weights."""
    import keras

    from export_tools.networks.network import build_network, take_weights

    classes = [name.strip() for name in args.classes.split(",") if name.strip()]
    if args.recipe is not None:
        train_recipe(args, classes, gather(args.sources, classes, args.cache, boxes=args.boxes))
        return
    args.size = args.size or 144
    together = [name.strip() for name in args.together.split(",") if name.strip()]
    if not set(together) <= set(classes):
        raise ValueError("--together may only name classes of --classes")
    rule = SplitRule(args.hold_out, args.seed, args.fold, tuple(args.leave_out), args.fold_of)
    table = gather(args.sources, classes, args.cache, boxes=args.boxes)
    sides = split_sides(table, rule)
    kept, held = sides.train, sides.held_out
    _tell("train", kept)
    _tell("held out", held)
    _tell("left for testing", sides.test)
    crops = cut_by_source(
        table,
        args.size,
        red_cells=args.red_cells,
        context=args.context,
        cache=args.cache,
        given_boxes=args.boxes,
    )
    training, validation = chosen(crops, kept), chosen(crops, held)
    if args.phantoms:
        from export_tools.data.phantom_source import phantom_crops

        drawn = phantom_crops(
            args.phantoms,
            args.size,
            [name for name in classes if name in WBC4],
            red_cells=args.red_cells,
            context=args.context,
            seed=args.seed,
            cache=args.cache,
        )
        training = joined([training, drawn])
    keras.utils.set_random_seed(args.seed)
    model = build_network(
        args.size, len(classes), args.base_weights, args.dropout, args.alpha, args.hidden, args.frozen
    )
    if args.start is not None:
        take_weights(model, args.start)
    plan = Plan(
        args.passes,
        max(1, args.images // args.batch),
        args.rate,
        average=args.average,
        patience=args.patience,
        together=tuple(classes.index(name) for name in together),
    )
    chooser = EvenDraw(training.records, classes, _numbers(args.weight), _numbers(args.class_weight))

    def draw(number: int) -> Iterator[Batch]:
        return batches(
            training,
            classes,
            chooser,
            size=args.size,
            batch=args.batch,
            count=plan.steps,
            mixup=args.mixup,
            strength=Strength(),
            seed=(args.seed + args.draws) * 1000 + number,
        )

    def check(trained: Any) -> dict[str, float]:
        return held_out_figures(trained, validation, classes, args.size)

    checkpoints = args.checkpoints or args.output.with_suffix(".checkpoints")
    progress = fit(
        model, plan, draw, check, checkpoints, resume=args.resume, say=lambda text: print(text, flush=True)
    )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    model.save(args.output)
    _write_notes(args, classes, kept, rule, progress.history)
    write_lists(args.output, sides)
    print(f"written: {args.output}")


def _numbers(given: Sequence[str]) -> dict[str, float]:
    """NAME=NUMBER options. Raises ValueError for one that is no such pair."""
    return {name: float(value) for name, _, value in (each.partition("=") for each in given)}


def held_out_figures(model: Any, held: CropSet, classes: Sequence[str], size: int) -> dict[str, float]:
    """Mean over sources of the class-balanced cross-entropy (`loss`), and balanced accuracy by source."""
    if not held.records:
        return {"loss": 0.0}
    scores = predict(model, middle(held.pixels, size))
    truth = np.array([list(classes).index(record.class_id) for record in held.records])
    sources = np.array([record.source for record in held.records])
    figures: dict[str, float] = {}
    losses = []
    for source in sorted(set(sources)):
        mine = sources == source
        own = [name for name in range(len(classes)) if np.any(truth[mine] == name)]
        chosen = scores[mine, truth[mine]]
        hit = scores[mine].argmax(axis=1) == truth[mine]
        losses.append(np.mean([-np.log(chosen[truth[mine] == name] + 1e-7).mean() for name in own]))
        figures[f"{source}_balanced"] = float(np.mean([hit[truth[mine] == name].mean() for name in own]))
    return {"loss": float(np.mean(losses))} | figures


def predict(model: Any, crops: npt.NDArray[np.uint8], batch: int = 64) -> npt.NDArray[np.float32]:
    """Probabilities (N, K) of crops (N, size, size, 3) uint8."""
    parts = []
    for start in range(0, len(crops), batch):
        images = crops[start : start + batch].astype(np.float32) * np.float32(2 / 255) - np.float32(1)
        parts.append(model.predict_on_batch(images))
    return np.concatenate(parts)


def _tell(what: str, records: Sequence[Record]) -> None:
    counts = Counter((record.source, record.class_id) for record in records)
    groups = len({record.group for record in records})
    told = ", ".join(f"{source} {name} {count}" for (source, name), count in sorted(counts.items()))
    print(f"{what}: {number_of(len(records), 'image')} of {number_of(groups, 'group')}: {told}", flush=True)


def _write_notes(
    args: argparse.Namespace,
    classes: Sequence[str],
    kept: Sequence[Record],
    rule: SplitRule,
    history: list[dict[str, float]],
) -> None:
    counts = Counter(record.source for record in kept)
    data = [f"{source}: {number_of(count, 'image')}" for source, count in sorted(counts.items())]
    if args.phantoms:
        data.append(f"phantom: {args.phantoms} drawn fields with random styles")
    notes = {
        "classes": [{"id": name, "display": cell_class(name).name} for name in classes],
        "preprocess": "symmetric",
        "crop": {"rule": "cell", "red_cells": args.red_cells, "context": args.context},
        "provenance": {
            "data": data,
            "split": rule.text,
            "base_weights": Path(args.base_weights).name,
            "commit": args.revision,
            "parent_sha256": None,
        },
    }
    sidecar(args.output).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    args.output.with_suffix(".history.json").write_text(
        json.dumps(history, indent=1) + "\n", encoding="utf-8"
    )

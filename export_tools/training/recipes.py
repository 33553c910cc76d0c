"""The classic recipes of this family of models, by name: for teaching, and to compare with.

`flatten`: MobileNetV2 with frozen ImageNet weights on whole images of 224 x 224, Flatten, Dropout(0.5),
Dense(classes), Adam, 5 epochs. `pooled128`: the same base on single cells, global average pooling,
Dense(128, relu), Dense(classes), Adam, up to 15 epochs, stopped after 5 without gain.

The base is frozen and nothing is augmented, so that its features are computed once.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.records import Record
from export_tools.figures.metrics import Figures, as_document, as_markdown, measure
from export_tools.networks.package_details import results_folder, sidecar
from hematodesk.domain.classes import cell_class
from hematodesk.domain.manifest import CropRule
from hematodesk.domain.words import number_of

_SIZE = 224
_AT_ONCE = 32


@dataclass(frozen=True)
class Recipe:
    """One recipe's settings; see the module."""

    head: str
    crop: str
    dropout: float
    epochs: int
    patience: int


RECIPES = {
    "flatten": Recipe("flatten", "whole", 0.5, 5, 0),
    "pooled128": Recipe("pooled128", "cell", 0.0, 15, 5),
}


@dataclass(frozen=True)
class Part:
    """Images (N, size, size, 3) uint8 as the program would cut them, and their records."""

    pixels: npt.NDArray[np.uint8]
    records: tuple[Record, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `train` that belong to recipes."""
    parser.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        help="train a classic model by name instead: flatten (frozen MobileNetV2, Flatten, Dropout, Dense; "
        "whole images of 224) or pooled128 (pooling, Dense(128), Dense; single cells)",
    )
    parser.add_argument(
        "--split",
        choices=("group", "file"),
        default="group",
        help="for recipes: hold out whole groups (honest), or single files at random as the classic does, "
        "which puts copies of one original on both sides (default group)",
    )


def train_recipe(args: argparse.Namespace, classes: Sequence[str], records: Sequence[Record]) -> None:
    """Train and write model and charts. Raises HematodeskError or ValueError where data or weights fail."""
    import keras

    recipe = RECIPES[args.recipe]
    size = args.size or _SIZE
    rule = CropRule("whole") if recipe.crop == "whole" else CropRule("cell", args.red_cells, args.context)
    sides, told = _split(args, records)
    print(f"{args.recipe}: {told}", flush=True)
    parts = {name: _cut(side, rule, size, args) for name, side in sides.items()}
    for name in ("train", "held out"):
        if not parts[name].records:
            raise ValueError(f"there is no image to use as {name}")
    keras.utils.set_random_seed(args.seed)
    base, head, model = _build(recipe, size, len(classes), args)
    rows, scores = _fit(base, head, parts, classes, recipe, args)
    results = results_folder(args.output)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    results.mkdir(exist_ok=True)
    model.save(args.output)
    figures = {
        name: measure(
            [record.class_id for record in parts[name].records],
            [classes[index] for index in given.argmax(axis=1)],
            [record.original for record in parts[name].records],
            classes,
        )
        for name, given in scores.items()
    }
    write_results(results, f"{args.recipe}, split by {args.split}", rows, figures)
    _write_notes(args, classes, parts, rule, told, rows, figures)
    for name, each in figures.items():
        print(as_markdown(f"{args.recipe} on {name}", each))
    print(f"written: {args.output} and {results}")


def _split(args: argparse.Namespace, records: Sequence[Record]) -> tuple[dict[str, tuple[Record, ...]], str]:
    """Parts by name, and the rule in words."""
    from export_tools.data.splits import SplitRule, split_sides

    rule = SplitRule(args.hold_out, args.seed)
    if args.split == "group":
        sides = split_sides(records, rule)
        return {"train": sides.train, "held out": sides.held_out, "test": sides.test}, rule.text
    test = tuple(record for record in records if record.part == "test")
    rest = [record for record in records if record.part != "test"]
    order = np.random.default_rng(args.seed).permutation(len(rest))
    held = round(len(rest) * args.hold_out)
    told = (
        f"by file, at random (share {args.hold_out:g}, seed {args.seed}), as the classic does: copies of one "
        "original stand on both sides, so that the held-out figures flatter"
    )
    return {
        "train": tuple(rest[index] for index in order[held:]),
        "held out": tuple(rest[index] for index in order[:held]),
        "test": test,
    }, told


def _cut(records: Sequence[Record], rule: CropRule, size: int, args: argparse.Namespace) -> Part:
    from export_tools.data.crops import cut_crops, middle
    from export_tools.data.product_way import product_crop

    if rule.rule == "cell":
        found = cut_crops(
            records,
            size,
            red_cells=rule.red_cells,
            context=rule.context,
            cache=args.cache,
            given_boxes=args.boxes,
        )
        return Part(middle(found.pixels, size), found.records)
    pairs = [(record, product_crop(record, rule, size)) for record in records]
    kept = [(record, crop) for record, crop in pairs if crop is not None]
    pixels = np.stack([crop for _, crop in kept]) if kept else np.zeros((0, size, size, 3), np.uint8)
    return Part(pixels, tuple(record for record, _ in kept))


def _build(recipe: Recipe, size: int, classes: int, args: argparse.Namespace) -> tuple[Any, Any, Any]:
    """(frozen base, head on its features, both as one model)."""
    import keras

    from export_tools.networks.architectures import parse_head
    from export_tools.networks.network import build_network

    whole = build_network(size, classes, args.base_weights, 0.0, args.alpha)
    base = keras.Model(whole.input, whole.get_layer("embedding").input)
    base.trainable = False
    plan = parse_head(recipe.head)
    k = keras.layers
    layers = [k.Flatten() if plan.pooling == "flatten" else k.GlobalAveragePooling2D()]
    if recipe.dropout:
        layers.append(k.Dropout(recipe.dropout))
    layers += [k.Dense(width, activation="relu") for width in plan.hidden]
    layers.append(k.Dense(classes, activation="softmax"))
    head = keras.Sequential([keras.Input(base.output_shape[1:]), *layers])
    scores = base.output
    for layer in layers:
        scores = layer(scores)
    return base, head, keras.Model(base.input, scores, name=f"mobilenet_v2_{recipe.head}")


def _fit(
    base: Any,
    head: Any,
    parts: dict[str, Part],
    classes: Sequence[str],
    recipe: Recipe,
    args: argparse.Namespace,
) -> tuple[list[dict[str, float]], dict[str, npt.NDArray[np.float32]]]:
    """Train the head on the base's features; (a row an epoch, scores of the parts not trained on)."""
    import keras

    random = np.random.default_rng(args.seed)
    truth = {name: _targets(part.records, classes) for name, part in parts.items()}
    rows: list[dict[str, float]] = []
    best, best_loss, since = head.get_weights(), np.inf, 0
    head.compile(keras.optimizers.Adam(), "categorical_crossentropy", metrics=["accuracy"])
    # On the disk: the features of ten thousand whole images take 2.5 GB.
    with tempfile.TemporaryDirectory(prefix="hematodesk-", ignore_cleanup_errors=True) as folder:
        features = {name: _features(base, part.pixels, Path(folder) / name) for name, part in parts.items()}
        for epoch in range(recipe.epochs):
            order = random.permutation(len(truth["train"]))
            sums = np.zeros(2)
            for start in range(0, len(order), args.batch):
                chosen = np.sort(order[start : start + args.batch])
                head.reset_metrics()
                told = head.train_on_batch(
                    features["train"][chosen], truth["train"][chosen], return_dict=True
                )
                sums += len(chosen) * np.array([float(told["loss"]), float(told["accuracy"])])
            loss, accuracy = (float(each) for each in sums / len(order))
            row = {"epoch": float(epoch + 1), "loss": loss, "accuracy": accuracy}
            scores = _predict(head, features["held out"])
            hit = scores.argmax(axis=1) == truth["held out"].argmax(axis=1)
            loss = float(-np.log(scores[truth["held out"] > 0] + 1e-7).mean())
            row |= {"held_out_loss": loss, "held_out_accuracy": float(hit.mean())}
            rows.append(row)
            print(", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
            if recipe.patience and loss < best_loss:
                best, best_loss, since = head.get_weights(), loss, 0
            elif recipe.patience:
                since += 1
                if since >= recipe.patience:
                    break
        if recipe.patience:
            head.set_weights(best)
        answers = {
            name: _predict(head, features[name]) for name in ("held out", "test") if parts[name].records
        }
        del features
    return rows, answers


def _features(base: Any, pixels: npt.NDArray[np.uint8], place: Path) -> npt.NDArray[np.float32]:
    shape = (len(pixels), *base.output_shape[1:])
    if len(pixels) == 0:
        return np.zeros(shape, np.float32)
    kept = np.lib.format.open_memmap(place.with_suffix(".npy"), mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, len(pixels), _AT_ONCE):
        images = pixels[start : start + _AT_ONCE].astype(np.float32) * np.float32(2 / 255) - np.float32(1)
        kept[start : start + _AT_ONCE] = base.predict_on_batch(images)
    return kept


def _predict(head: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    parts = [
        head.predict_on_batch(np.asarray(features[start : start + 256]))
        for start in range(0, len(features), 256)
    ]
    return np.concatenate(parts)


def _targets(records: Sequence[Record], classes: Sequence[str]) -> npt.NDArray[np.float32]:
    place = {name: index for index, name in enumerate(classes)}
    targets = np.zeros((len(records), len(classes)), np.float32)
    for row, record in enumerate(records):
        targets[row, place[record.class_id]] = 1
    return targets


def write_results(
    folder: Path, title: str, rows: Sequence[dict[str, float]], figures: dict[str, Figures]
) -> None:
    """curves.png, history.json; confusion matrix, classification report and report.json of each part."""
    from export_tools.figures.charts import draw_confusion, draw_curves

    (folder / "history.json").write_text(json.dumps(list(rows), indent=1) + "\n", encoding="utf-8")
    draw_curves(rows, title, folder / "curves.png")
    for name, each in figures.items():
        stem = name.replace(" ", "_")
        draw_confusion(each, f"{title}, {name}", folder / f"confusion_{stem}.png")
        (folder / f"classification_{stem}.txt").write_text(classification_report(each), encoding="utf-8")
        (folder / f"report_{stem}.md").write_text(as_markdown(f"{title}, {name}", each), encoding="utf-8")
        document = {"data": f"{title}, {name}"} | as_document(each)
        (folder / f"report_{stem}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def classification_report(figures: Figures) -> str:
    """Precision, recall, F1 and count of each class as plain text, in the layout that trainers know."""
    width = max(len("balanced accuracy"), *(len(name) for name in figures.classes))
    lines = [f"{'':{width}}  precision  recall  f1-score  support", ""]
    for name, each in figures.per_class.items():
        shares = (each.precision, each.recall, each.f1)
        cells = ["-" if share is None else f"{share:.2f}" for share in shares]
        lines.append(f"{name:>{width}}  {cells[0]:>9}  {cells[1]:>6}  {cells[2]:>8}  {each.support:>7}")
    lines += [
        "",
        f"{'accuracy':>{width}}  {figures.accuracy:>27.2f}  {figures.images:>7}",
        f"{'balanced accuracy':>{width}}  {figures.balanced_accuracy:>27.2f}  {figures.images:>7}",
        "",
        f"{figures.images} images of {figures.source_images} source images; 95 % interval of the accuracy "
        f"over source images {figures.interval[0]:.2f} to {figures.interval[1]:.2f}",
    ]
    return "\n".join(lines) + "\n"


def _write_notes(
    args: argparse.Namespace,
    classes: Sequence[str],
    parts: dict[str, Part],
    rule: CropRule,
    told: str,
    rows: Sequence[dict[str, float]],
    figures: dict[str, Figures],
) -> None:
    counts = Counter(record.source for record in parts["train"].records)
    crop = {"rule": "whole"} if rule.rule == "whole" else {
        "rule": "cell", "red_cells": rule.red_cells, "context": rule.context
    }  # fmt: skip
    notes = {
        "classes": [{"id": name, "display": cell_class(name).name} for name in classes],
        "preprocess": "symmetric",
        "crop": crop,
        "intended_use": f"Teaching: the classic recipe {args.recipe!r}, to compare with. Not a diagnosis.",
        "provenance": {
            "data": [f"{source}: {number_of(count, 'image')}" for source, count in sorted(counts.items())],
            "split": told,
            "base_weights": Path(args.base_weights).name,
            "commit": args.revision,
            "parent_sha256": None,
        },
        "metrics": [
            {
                "data": f"{args.recipe}, split by {args.split}, {name}",
                "accuracy": each.accuracy,
                "balanced_accuracy": each.balanced_accuracy,
                "images": each.images,
                "source_images": each.source_images,
                "interval": list(each.interval),
            }
            for name, each in figures.items()
        ],
        "curves": {name: [row[name] for row in rows] for name in rows[0] if name != "epoch"},
    }
    sidecar(args.output).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    listed = "".join(f"{record.file}\n" for record in parts["held out"].records)
    args.output.with_suffix(".held_out.txt").write_text(listed, encoding="utf-8")

"""`python -m export_tools calibrate`: calibrates confidence and abstention on the held-out images.

Fits the temperature on the held-out groups, sets the confidence under which the model says
"uncertain" on disturbed views of them (stand-ins for another laboratory's images), and describes
the distribution of the training embeddings, so that other objects are recognised. A small source holds out
too few images for that: the answers of networks trained the same way on other folds, each to the
fold that it has not seen, can be added. Writes both beside the model, where `convert` finds them.
The published TEST images are never used.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.augment import Strength, augment
from export_tools.data.boxes import read_boxes
from export_tools.data.crops import COVER, CropSet, chosen, cut_by_source, middle
from export_tools.data.file_lists import HELD_OUT, TESTED, TRAINED_ON, listed, read_list
from export_tools.data.raabin import BY_EYE
from export_tools.data.records import Record
from export_tools.data.sources import only_classes, read_source
from export_tools.figures.confidence import calibration_error, reliability
from export_tools.networks.package_details import calibration_file, familiarity_file, sidecar
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.statistics import fit_temperature, softmax
from hematodesk.inference.head import Centres

Floats = npt.NDArray[np.float64]

_DIRECTIONS = 192
_VIEWS = 3
_SHRINK = 0.02
_FAMILIAR_SHARE = 0.98
_MOST_TRAINED = 3000
_LEAST_CONFIDENCE = 0.5
_MOST_CONFIDENCE = 0.95


def add_parser(subparsers: Any) -> None:
    """The `calibrate` command."""
    parser = subparsers.add_parser("calibrate", help="temperature and abstention of a trained model")
    parser.add_argument("model", type=Path, help=".keras as train wrote it, with its files beside it")
    parser.add_argument("sources", nargs="+", type=Path, help="the folders it was trained on")
    parser.add_argument(
        "--wanted", type=float, default=0.98, help="accuracy of certain answers on hard views"
    )
    parser.add_argument(
        "--fold-model", type=Path, action="append", default=[], help="a model of the same recipe and its fold"
    )
    parser.add_argument("--boxes", action="store_true", help="trained with --boxes: every box of the fields")
    parser.add_argument("--cache", type=Path, help="folder that keeps the cut crops")
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Calibrate; 0 when the files were written, 1 when model or data cannot be used."""
    try:
        calibrate(args)
    except (HematodeskError, ValueError, OSError) as fault:
        print(f"calibrate: {fault}", file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True)
class Answers:
    """Logits (N, K), embeddings (N, D), true class indexes, a weight and the source's name for each (N,)."""

    logits: Floats
    embeddings: Floats
    truth: npt.NDArray[np.int64]
    weights: Floats
    sources: npt.NDArray[np.str_]


def calibrate(args: argparse.Namespace) -> None:
    """Calibrate and write the files. Raises HematodeskError, ValueError or OSError."""
    import keras

    notes = json.loads(sidecar(args.model).read_text(encoding="utf-8"))
    classes = [each["id"] for each in notes["classes"]]
    known = classes + list(notes.get("rivals", []))
    read = read_boxes if args.boxes else read_source
    records = [record for folder in args.sources for record in read(folder)]
    rule = notes["crop"]
    cut = {"red_cells": rule["red_cells"], "context": rule["context"], "cache": args.cache}

    def side(model: Path, suffix: str) -> list[Record]:
        wanted = known if suffix == TRAINED_ON else classes
        found = only_classes(listed(records, read_list(model, suffix)), wanted)
        # Names given by eye are good enough for training, not for measuring.
        return [each for each in found if args.boxes or suffix == TRAINED_ON or each.source != BY_EYE]

    both = _two_outputs(keras.models.load_model(args.model, compile=False))
    size = int(both.input_shape[1])
    crops = cut_by_source(records, size, **cut, given_boxes=args.boxes)
    out, inside = (chosen(crops, side(args.model, each)) for each in (HELD_OUT, TRAINED_ON))
    random = np.random.default_rng(args.seed)
    plain = answers(both, middle(out.pixels, size), out, classes)
    hard = answers(both, _views(out, size, random), out, classes)
    few = inside.records
    if len(few) > _MOST_TRAINED:
        few = tuple(few[row] for row in np.sort(random.permutation(len(few))[:_MOST_TRAINED]))
    inside = chosen(inside, few)
    trained = answers(both, _views(inside, size, random, each=1), inside, known)
    others = []
    for model in args.fold_model:
        tested = [record for record in side(model, TESTED) if record.part != "test"]
        fold = chosen(crops, tested)
        network = _two_outputs(keras.models.load_model(model, compile=False))
        there = answers(network, middle(out.pixels, size), out, classes)
        told = answers(network, middle(fold.pixels, size), fold, classes)
        # Averaged networks have smaller logits: the fold's are scaled to this model's.
        others.append(replace(told, logits=told.logits * spread_of(plain) / spread_of(there)))
    unseen = pooled([plain, *others])
    temperature = fit_temperature(unseen.logits, unseen.truth, unseen.weights)
    judged = pooled([hard, *others])
    least = least_confidence(
        softmax(judged.logits, temperature), judged.truth, judged.weights, wanted=args.wanted
    )
    projection, centres = whitening(trained.embeddings, trained.truth, len(classes))
    familiar = Centres(projection, centres)
    strange = np.concatenate([familiar.strangeness(each.embeddings) for each in (plain, hard)])
    limit = float(np.quantile(strange, _FAMILIAR_SHARE))
    about_rivals = ""
    if len(known) > len(classes):
        rivals = chosen(
            crops, only_classes(listed(records, read_list(args.model, HELD_OUT)), known[len(classes) :])
        )
        seen = answers(both, middle(rivals.pixels, size), rivals, known)
        over = familiar.strangeness(seen.embeddings) > limit
        about_rivals = f"; of {len(over)} cells held out of classes not named {over.mean():.1%} are"
    before = _calibration_error(softmax(unseen.logits), unseen)
    after = _calibration_error(softmax(unseen.logits, temperature), unseen)
    np.savez(
        familiarity_file(args.model),
        projection=projection.astype(np.float32),
        centres=centres.astype(np.float32),
    )
    found = {
        "calibration": {"temperature": round(temperature, 4)},
        "abstention": {
            "min_confidence": round(least, 3),
            "familiarity_max": round(limit, 4),
        },
    }
    calibration_file(args.model).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(
        f"temperature {temperature:.3f} from {len(unseen.truth)} images: expected calibration error "
        f"{before:.4f} before, {after:.4f} after\n"
        f"uncertain under {least:.3f}: disturbed views and folds are then right on "
        f"{_certain_accuracy(softmax(judged.logits, temperature), judged, least):.1%} of the certain\n"
        f"unfamiliar over a distance of {limit:.3f}{about_rivals}"
    )


def _two_outputs(model: Any) -> Any:
    import keras

    return keras.Model(model.input, [model.get_layer("logits").output, model.get_layer("embedding").output])


def pooled(several: Sequence[Answers]) -> Answers:
    """All answers, each source with the same weight in sum, its images with the same weight each."""
    sources = np.concatenate([each.sources for each in several])
    names, counts = np.unique(sources, return_counts=True)
    share = dict(zip(names.tolist(), (1 / counts).tolist(), strict=True))
    return Answers(
        np.concatenate([each.logits for each in several]),
        np.concatenate([each.embeddings for each in several]),
        np.concatenate([each.truth for each in several]),
        np.array([share[name] for name in sources.tolist()]),
        sources,
    )


def spread_of(of: Answers) -> float:
    """How far apart the logits of an image lie: their standard deviation over the classes, on average."""
    return float(of.logits.std(axis=1).mean())


def answers(both: Any, crops: npt.NDArray[np.uint8], described: CropSet, classes: Sequence[str]) -> Answers:
    """Run the network over crops (N * views, size, size, 3); weights even out sources and classes."""
    logits, embeddings = [], []
    for start in range(0, len(crops), 64):
        images = crops[start : start + 64].astype(np.float32) * np.float32(2 / 255) - np.float32(1)
        one, other = both.predict_on_batch(images)
        logits.append(np.asarray(one, np.float64))
        embeddings.append(np.asarray(other, np.float64))
    times = len(crops) // max(1, len(described.records))
    strata = [(record.source, record.class_id) for record in described.records]
    weights = np.array([1 / strata.count(each) for each in strata])
    truth = np.array([classes.index(record.class_id) for record in described.records])
    sources = np.array([record.source for record in described.records], dtype=np.str_)
    return Answers(
        np.concatenate(logits),
        np.concatenate(embeddings),
        np.tile(truth, times),
        np.tile(weights, times),
        np.tile(sources, times),
    )


def least_confidence(
    scores: Floats, truth: npt.NDArray[np.int64], weights: Floats, *, wanted: float
) -> float:
    """The lowest threshold from 0.5 at which certain answers are right as often as wanted; at most 0.95."""
    confidence, hit = scores.max(axis=1), scores.argmax(axis=1) == truth
    for threshold in np.arange(_LEAST_CONFIDENCE, _MOST_CONFIDENCE, 0.01):
        certain = confidence >= threshold
        if weights[certain].sum() > 0 and np.average(hit[certain], weights=weights[certain]) >= wanted:
            return float(threshold)
    return _MOST_CONFIDENCE


def _calibration_error(scores: Floats, of: Answers) -> float:
    """The weighted expected calibration error of answers (N, K) that are to name `of.truth`."""
    bins = reliability(scores.max(axis=1), scores.argmax(axis=1) == of.truth, of.weights)
    return calibration_error(bins) or 0.0


def whitening(embeddings: Floats, truth: npt.NDArray[np.int64], named: int) -> tuple[Floats, Floats]:
    """(projection (D, R), centres (K, R)): directions of training's spread within the classes, made even.

    The covariance is shrunk a little towards its mean variance, so that a direction in which training
    hardly varied does not decide alone. The first directions are those in which the classes' means
    differ (Fisher's discriminants); they weigh as much as all others together, so that a cell of a
    class that the network knows and the package does not name is a stranger.

    Args:
        truth: class indexes; from `named` on they are classes that the package does not name.
        named: K, how many classes have a centre.
    """
    means = np.stack([embeddings[truth == index].mean(axis=0) for index in range(truth.max() + 1)])
    spread = embeddings - means[truth]
    covariance = spread.T @ spread / len(spread)
    covariance += _SHRINK * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(covariance)
    white = vectors / np.sqrt(values)
    _, _, apart = np.linalg.svd((means - means.mean(axis=0)) @ white, full_matrices=False)
    telling = white @ apart[: len(means) - 1].T
    # The directions of least spread separate unfamiliar cells best.
    count = min(_DIRECTIONS, len(values))
    chosen = np.r_[0 : count - count // 2, len(values) - count // 2 : len(values)]
    share = np.sqrt(count / telling.shape[1])
    projection = np.concatenate([share * telling, white[:, chosen]], axis=1)
    # The mean square of a cell of training is then 1 at most.
    projection *= np.sqrt(projection.shape[1] / (2 * count))
    return projection, means[:named] @ projection


def _views(
    crops: CropSet, size: int, random: np.random.Generator, each: int = _VIEWS
) -> npt.NDArray[np.uint8]:
    """`each` disturbed views of every crop, one round after the other."""
    return np.stack(
        [augment(pixels, size, COVER, random, Strength()) for _ in range(each) for pixels in crops.pixels]
    )


def _certain_accuracy(scores: Floats, hard: Answers, least: float) -> float:
    certain = scores.max(axis=1) >= least
    hit = scores.argmax(axis=1) == hard.truth
    return float(np.average(hit[certain], weights=hard.weights[certain])) if certain.any() else math.nan

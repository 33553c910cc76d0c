"""Runs a package on labelled images and computes the figures and reports of its answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.file_lists import file_key
from export_tools.data.product_way import product_crop
from export_tools.data.records import Record
from export_tools.figures.confidence import (
    ConfidenceFigures,
    confidence_document,
    confidence_figures,
    confidence_markdown,
)
from export_tools.figures.metrics import Figures, as_document, as_markdown, measure
from hematodesk.domain.cells import Prediction, UncertainReason
from hematodesk.domain.words import number_of
from hematodesk.inference.classify import Classifier

_AT_ONCE = 64


@dataclass(frozen=True)
class Answer:
    """One record and what the package says; prediction None when no cell was found.

    Attributes:
        located: whether the program's locator found the cell.
    """

    record: Record
    prediction: Prediction | None
    located: bool = True


@dataclass(frozen=True)
class Judged:
    """The figures of one set of answers: the JSON document and the Markdown section."""

    document: dict[str, Any]
    text: str


def answer(classifier: Classifier, records: Sequence[Record], *, given_boxes: bool = False) -> list[Answer]:
    """Classify every record whose class the package knows, in order; the number of others is reported."""
    known = [record for record in records if record.class_id in classifier.package.class_ids]
    if len(known) < len(records):
        left_out = number_of(len(records) - len(known), "image")
        print(f"{left_out} of classes that the package does not name", file=sys.stderr)
    return answer_all(classifier, known, given_boxes=given_boxes)


def answer_all(
    classifier: Classifier, known: Sequence[Record], *, given_boxes: bool = False, stand_in: bool = False
) -> list[Answer]:
    """Classify every record, in order.

    Args:
        given_boxes: take the records' own boxes, as if a person had drawn them.
        stand_in: take a record's own box where the locator misses its cell.
    """
    answers = []

    def cut(record: Record) -> tuple[npt.NDArray[np.uint8] | None, bool]:
        rule, size = classifier.crop_rule, classifier.input_size
        crop = product_crop(record, rule, size, given_box=given_boxes)
        if crop is None and stand_in and record.box is not None:
            return product_crop(record, rule, size, given_box=True), False
        return crop, crop is not None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(known), _AT_ONCE):
            print(f"{start} of {len(known)}", file=sys.stderr, flush=True)
            batch = known[start : start + _AT_ONCE]
            cuts = list(pool.map(cut, batch))
            predictions = iter(classifier.classify([crop for crop, _ in cuts if crop is not None]))
            answers += [
                Answer(record, next(predictions) if crop is not None else None, located)
                for record, (crop, located) in zip(batch, cuts, strict=True)
            ]
    return answers


def figures_of(answers: Sequence[Answer], classes: Sequence[str]) -> Figures:
    """The figures of answers. Raises ValueError when there are none."""
    return measure(
        [each.record.class_id for each in answers],
        [each.prediction.class_id if each.prediction is not None else None for each in answers],
        [each.record.original for each in answers],
        classes,
    )


def abstention_of(answers: Sequence[Answer]) -> dict[str, float | int | None]:
    """How many images the package answers with confidence, and how often it is right on those."""
    certain = [each for each in answers if each.prediction is not None and each.prediction.uncertain is None]
    right = sum(
        each.prediction is not None and each.prediction.class_id == each.record.class_id for each in certain
    )
    return {
        "certain": len(certain),
        "certain_share": len(certain) / len(answers),
        "certain_accuracy": right / len(certain) if certain else None,
    }


def confidence_of(answers: Sequence[Answer]) -> ConfidenceFigures:
    """The calibration figures of answers. Raises ValueError when there are none."""
    told = [each.prediction for each in answers]
    return confidence_figures(
        [each.confidence if each is not None else None for each in told],
        [
            each is not None and each.class_id == mine.record.class_id
            for each, mine in zip(told, answers, strict=True)
        ],
        [mine.record.original for mine in answers],
        [each is not None and each.uncertain is UncertainReason.UNFAMILIAR for each in told],
    )


def model_named(classifier: Classifier) -> dict[str, str]:
    """The model's name, version, digest and provider, for a report."""
    package = classifier.package
    return {
        "name": package.name,
        "version": package.version,
        "sha256": package.sha256,
        "provider": classifier.active,
    }


def judge(title: str, model: Mapping[str, str], answers: Sequence[Answer], classes: Sequence[str]) -> Judged:
    """All figures of a set of answers. Raises ValueError when there are none."""
    figures, confidence, abstention = (
        figures_of(answers, classes),
        confidence_of(answers),
        abstention_of(answers),
    )
    certain = abstention["certain_accuracy"]
    missed = sum(each.prediction is None for each in answers)
    text = (
        as_markdown(f"{model['name']} {model['version']} on {title}", figures)
        + (f"\nIn {number_of(missed, 'image')} no cell was found, which counts as wrong.\n" if missed else "")
        + f"\nCertain on {abstention['certain_share']:.1%} of the images"
        + (f", and right on {certain:.1%} of those.\n" if certain is not None else ".\n")
        + "\n"
        + confidence_markdown(confidence)
    )
    document = (
        {"data": title, "model": dict(model), "abstention": abstention}
        | as_document(figures)
        | {"nothing_found": missed, "confidence": confidence_document(confidence)}
    )
    return Judged(document, text)


def write_report(folder: Path, judged: Judged, answers: Sequence[Answer], classes: Sequence[str]) -> None:
    """Write report.json, report.md, answers.tsv and the pictures into the folder."""
    from export_tools.figures.charts import draw_confusion, draw_coverage, draw_reliability

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(judged.document, indent=1) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(judged.text, encoding="utf-8")
    rows = ["file\ttrue\tpredicted\tconfidence\tuncertain\n"]
    for each in answers:
        told = each.prediction
        cells = (
            (told.class_id, f"{told.confidence:.4f}", told.uncertain.value if told.uncertain else "")
            if told is not None
            else ("", "", "nothing_found")
        )
        rows.append("\t".join((file_key(each.record.file), each.record.class_id, *cells)) + "\n")
    (folder / "answers.tsv").write_text("".join(rows), encoding="utf-8")
    model = judged.document["model"]
    title = f"{model['name']} {model['version']} on {judged.document['data']}"
    confidence = confidence_of(answers)
    draw_confusion(figures_of(answers, classes), title, folder / "confusion.png")
    draw_reliability(confidence, title, folder / "reliability.png")
    draw_coverage(confidence, title, folder / "risk_coverage.png")

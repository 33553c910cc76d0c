"""`python -m export_tools evaluate`: what a package is worth on labelled images.

The images go the program's own way: its reader, locator, cropper and classifier. An image in which
the locator finds no cell counts as wrong.
"""

from __future__ import annotations

import argparse
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

from export_tools.data.boxes import read_boxes
from export_tools.data.file_lists import file_key, listed
from export_tools.data.product_way import product_crop
from export_tools.data.sources import Record, read_source
from export_tools.evaluation import protocol
from export_tools.figures.charts import require_drawing
from export_tools.figures.confidence import (
    ConfidenceFigures,
    confidence_document,
    confidence_figures,
    confidence_markdown,
)
from export_tools.figures.metrics import Figures, as_document, as_markdown, measure
from hematodesk.domain.cells import Prediction, UncertainReason
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.words import number_of
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

_AT_ONCE = 64


@dataclass(frozen=True)
class Answer:
    """One record and what the package says; prediction None when no cell was found."""

    record: Record
    prediction: Prediction | None


@dataclass(frozen=True)
class Judged:
    """What one set of answers came to: the JSON document and the Markdown section."""

    document: dict[str, Any]
    text: str


def add_parser(subparsers: Any) -> None:
    """The `evaluate` command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="a package on labelled images, or the whole protocol: figures, tables, pictures",
        description="evaluate PACKAGE SOURCE ... tests one package on labelled images. evaluate --protocol "
        "[DATA] runs the whole table on the folders pbc, bccd and kaggle4 in DATA; packages that are not "
        "given are trained first.",
    )
    parser.add_argument("package", type=Path, nargs="?", help="model package (.onnx)")
    parser.add_argument("sources", nargs="*", type=Path, help="folders as for train")
    parser.add_argument(
        "--boxes",
        action="store_true",
        help="every box drawn in bccd's and txl's fields, as if a person had drawn it in the program",
    )
    parser.add_argument("--part", choices=("train", "valid", "test"), help="only this part of the sources")
    parser.add_argument("--only", type=Path, help="text file of the images to use, one path a line")
    parser.add_argument("--title", help="what the report calls the data (default: the folders' names)")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for the reports (protocol: PACKAGE.report beside it)",
    )
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"), default="auto")
    protocol.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate; 0 when there are figures, 1 when data or package cannot be used, 2 for wrong usage."""
    if (args.protocol is None) == (args.package is None):
        print("evaluate: give either a package and sources, or --protocol", file=sys.stderr)
        return 2
    try:
        if args.protocol is not None:
            print(protocol.run_protocol(args))
            return 0
        if args.output is not None:
            require_drawing()
        classifier = Classifier(read_package(args.package), args.provider)
        read = read_boxes if args.boxes else read_source
        records = [record for folder in args.sources for record in read(folder)]
        if args.part:
            records = [record for record in records if record.part == args.part]
        if args.only is not None:
            records = listed(records, args.only.read_text(encoding="utf-8").splitlines())
        title = args.title or ", ".join(folder.name for folder in args.sources)
        answers = answer(classifier, records, given_boxes=args.boxes)
        judged = judge(title, model_named(classifier), answers, classifier.package.class_ids)
        if args.output is not None:
            write_report(args.output, judged, answers, classifier.package.class_ids)
    except (HematodeskError, ValueError, OSError) as fault:
        print(f"evaluate: {fault}", file=sys.stderr)
        return 1
    print(judged.text)
    return 0


def answer(classifier: Classifier, records: Sequence[Record], *, given_boxes: bool = False) -> list[Answer]:
    """Classify every record whose class the package knows, in order; others are left out, counted aloud."""
    known = [record for record in records if record.class_id in classifier.package.class_ids]
    if len(known) < len(records):
        left_out = number_of(len(records) - len(known), "image")
        print(f"{left_out} of classes that the package does not name", file=sys.stderr)
    answers = []

    def cut(record: Record) -> npt.NDArray[np.uint8] | None:
        return product_crop(record, classifier.crop_rule, classifier.input_size, given_box=given_boxes)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(known), _AT_ONCE):
            print(f"{start} of {len(known)}", file=sys.stderr, flush=True)
            batch = known[start : start + _AT_ONCE]
            crops = list(pool.map(cut, batch))
            predictions = iter(classifier.classify([crop for crop in crops if crop is not None]))
            answers += [
                Answer(record, next(predictions) if crop is not None else None)
                for record, crop in zip(batch, crops, strict=True)
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
    """What the confidences of answers are worth. Raises ValueError when there are none."""
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

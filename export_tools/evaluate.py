"""`python -m export_tools evaluate`: what a package is worth on labelled images.

The images go the program's own way: its reader, locator, cropper and classifier. An image in which
the locator finds no cell counts as wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export_tools.file_lists import listed
from export_tools.metrics import Figures, as_document, as_markdown, measure
from export_tools.product_way import product_crop
from export_tools.sources import Record, read_source
from hematodesk.domain.cells import Prediction
from hematodesk.domain.errors import HematodeskError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

_AT_ONCE = 64


@dataclass(frozen=True)
class Answer:
    """One record and what the package says; prediction None when no cell was found."""

    record: Record
    prediction: Prediction | None


def add_parser(subparsers: Any) -> None:
    """The `evaluate` command."""
    parser = subparsers.add_parser("evaluate", help="a package on labelled images: figures, tables, picture")
    parser.add_argument("package", type=Path, help="model package (.onnx)")
    parser.add_argument("sources", nargs="+", type=Path, help="folders as for train")
    parser.add_argument("--part", choices=("train", "valid", "test"), help="only this part of the sources")
    parser.add_argument("--only", type=Path, help="text file of the images to use, one path a line")
    parser.add_argument("--title", help="what the report calls the data (default: the folders' names)")
    parser.add_argument("--output", type=Path, help="folder for report.json, report.md, confusion.png")
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"), default="auto")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate; 0 when there are figures, 1 when data or package cannot be used."""
    try:
        classifier = Classifier(read_package(args.package), args.provider)
        records = [record for folder in args.sources for record in read_source(folder)]
        if args.part:
            records = [record for record in records if record.part == args.part]
        if args.only is not None:
            records = listed(records, args.only.read_text(encoding="utf-8").splitlines())
        title = args.title or ", ".join(folder.name for folder in args.sources)
        answers = answer(classifier, records)
        figures = figures_of(answers, classifier.package.class_ids)
        report = write_report(args.output, title, classifier, answers, figures)
    except (HematodeskError, ValueError) as fault:
        print(f"evaluate: {fault}", file=sys.stderr)
        return 1
    print(report)
    return 0


def answer(classifier: Classifier, records: Sequence[Record]) -> list[Answer]:
    """Classify every record whose class the package knows, in order; others are left out, counted aloud."""
    known = [record for record in records if record.class_id in classifier.package.class_ids]
    if len(known) < len(records):
        print(
            f"{len(records) - len(known)} images of classes that the package does not name", file=sys.stderr
        )
    answers = []
    for start in range(0, len(known), _AT_ONCE):
        print(f"{start} of {len(known)}", file=sys.stderr, flush=True)
        batch = known[start : start + _AT_ONCE]
        crops = [product_crop(record, classifier.crop_rule, classifier.input_size) for record in batch]
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


def write_report(
    folder: Path | None, title: str, classifier: Classifier, answers: Sequence[Answer], figures: Figures
) -> str:
    """Write report.json, report.md, answers.tsv and confusion.png into the folder; returns the Markdown."""
    package = classifier.package
    abstention = abstention_of(answers)
    certain = abstention["certain_accuracy"]
    text = as_markdown(f"{package.name} {package.version} on {title}", figures) + (
        f"\nCertain on {abstention['certain_share']:.1%} of the images"
        + (f", and right on {certain:.1%} of those.\n" if certain is not None else ".\n")
    )
    if folder is None:
        return text
    from export_tools.pictures import draw_confusion

    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "data": title,
        "model": {"name": package.name, "version": package.version, "sha256": package.sha256},
        "provider": classifier.active,
        "abstention": abstention,
    } | as_document(figures)
    (folder / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(text, encoding="utf-8")
    rows = ["file\ttrue\tpredicted\tconfidence\tuncertain\n"]
    for each in answers:
        told = each.prediction
        cells = (
            (told.class_id, f"{told.confidence:.4f}", told.uncertain.value if told.uncertain else "")
            if told is not None
            else ("", "", "nothing_found")
        )
        rows.append("\t".join((each.record.file.name, each.record.class_id, *cells)) + "\n")
    (folder / "answers.tsv").write_text("".join(rows), encoding="utf-8")
    draw_confusion(figures, f"{package.name} {package.version} on {title}", folder / "confusion.png")
    return text

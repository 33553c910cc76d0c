"""`python -m export_tools evaluate`: measures a package on labelled images.

The images go through the program's own reader, locator, cropper and classifier. An image in which
the locator finds no cell counts as wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from export_tools.data.boxes import read_boxes
from export_tools.data.file_lists import listed
from export_tools.data.sources import read_source
from export_tools.evaluation import protocol
from export_tools.evaluation.judging import answer, judge, model_named, write_report
from export_tools.figures.charts import require_drawing
from hematodesk.domain.errors import HematodeskError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package


def add_parser(subparsers: Any) -> None:
    """The `evaluate` command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="a package on labelled images, or the whole protocol: figures, tables, pictures",
        description="evaluate PACKAGE SOURCE ... tests one package on labelled images. evaluate --protocol "
        "[DATA] runs the whole table: PBC held out, each of five laboratories left out in turn, immature "
        "cells, Kaggle's published tests; packages that are not given are trained first.",
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

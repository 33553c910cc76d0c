"""`python -m export_tools evaluate --protocol`: the whole table of test results in one command.

Every part has its own package, trained without what the part tests: given, or trained here. The lists
beside each package prove it: a file that shares a group with one that was trained on is refused.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export_tools.conversion import convert
from export_tools.data.file_lists import TRAINED_ON, beside
from export_tools.data.records import Record
from export_tools.data.sources import only_classes
from export_tools.evaluation import calibrate
from export_tools.evaluation.abstaining import (
    abstaining_document,
    abstaining_markdown,
    other_cells,
    without_cells,
)
from export_tools.evaluation.films import films_document, films_markdown, simulate
from export_tools.evaluation.judging import (
    Answer,
    Judged,
    answer_all,
    judge,
    model_named,
    write_report,
)
from export_tools.evaluation.laboratory_figures import (
    LaboratoryFigures,
    laboratories_document,
    laboratories_markdown,
    laboratory_figures,
)
from export_tools.evaluation.protocol_parts import (
    LABORATORIES,
    PARTS,
    Table,
    part_records,
    read_table,
    require_lists,
    strange_records,
)
from export_tools.evaluation.strangers import strangers_document, strangers_markdown, strangers_of
from export_tools.figures.charts import require_drawing
from export_tools.training import train
from hematodesk.domain.files import Rights, write_whole
from hematodesk.domain.words import number_of
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

_DATA = Path("../shared/data")
_COPIES = {"test": "kaggle4/TEST", "test_simple": "kaggle4/TEST_SIMPLE"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate` that the protocol has."""
    group = parser.add_argument_group("the whole protocol")
    group.add_argument(
        "--protocol",
        nargs="?",
        const=_DATA,
        type=Path,
        metavar="DATA",
        help="run the whole table on the folders "
        f"{', '.join(folder for folder, _ in LABORATORIES.values())}, marrow and kaggle4 in DATA "
        f"(default {_DATA})",
    )
    group.add_argument(
        "--package",
        dest="packages",
        action="append",
        default=[],
        metavar="PART=FILE",
        help=f"a ready package for a part, its lists beside it; parts: {', '.join(PARTS)}; test and "
        "test_simple take pbc4's where they have none of their own",
    )
    group.add_argument("--parts", help="only these, separated by commas (default: all)")
    group.add_argument(
        "--training", default="", help='options for train where a package is missing, such as "--passes 20"'
    )
    group.add_argument(
        "--work", type=Path, default=Path("protocol-work"), help="folder for packages trained here"
    )
    group.add_argument("--cache", type=Path, help="folder that keeps crops and what was seen of the pictures")
    group.add_argument("--limit", type=int, help="a trial on at most so many images a part")
    group.add_argument(
        "--non-cells", type=int, default=25, metavar="N", help="pictures without a cell of each kind"
    )


def run_protocol(args: argparse.Namespace) -> str:
    """Run the protocol and return the Markdown. Raises HematodeskError, ValueError or OSError."""
    names = [name.strip() for name in args.parts.split(",")] if args.parts else list(PARTS)
    given = _given(args.packages)
    unknown = sorted((set(names) | set(given)) - set(PARTS))
    if unknown:
        raise ValueError(f"there is no part {unknown[0]}; the parts are {', '.join(PARTS)}")
    for package in given.values():
        # Before the pictures are compared, which takes minutes.
        read_package(package)
        require_lists(package)
    require_drawing()
    table = read_table(args.protocol, args.cache)
    for name in names:
        left_out = PARTS[name].left_out
        folder = LABORATORIES[left_out][0] if left_out else _COPIES.get(name)
        if folder is not None and not PARTS[name].tested(table, Path()):
            raise ValueError(
                f"the part {name} has no image to test: there is no {folder} in {args.protocol}; "
                "leave it out with --parts"
            )
    # Existing packages are checked before others are trained, which takes hours.
    ready = {name: found for name in names if (found := _ready(name, given, args)) is not None}
    for name, package in ready.items():
        lacking = sorted(set(PARTS[name].classes) - set(read_package(package).class_ids))
        if lacking:
            raise ValueError(
                f"{package.name} cannot be tested on {name}: it does not name {', '.join(lacking)}"
            )
    tested = {name: part_records(name, table, package) for name, package in ready.items()}
    packages = {name: ready.get(name) or _made(name, args) for name in names}
    tested |= {name: part_records(name, table, packages[name]) for name in names if name not in tested}
    home = args.output or _beside(packages[names[0]])
    judged: dict[str, Judged] = {}
    unknown_cells = _Unknown()
    for name in names:
        began = time.monotonic()
        classifier = Classifier(read_package(packages[name]), args.provider)
        print(f"{name}: {packages[name].name}", file=sys.stderr, flush=True)
        records = _limited(only_classes(tested[name], PARTS[name].classes), args.limit)
        left_out = PARTS[name].left_out
        answers = answer_all(classifier, records, stand_in=bool(left_out))
        classes = classifier.package.class_ids
        judged[name] = judge(PARTS[name].title, model_named(classifier), answers, classes)
        judged[name].document["seconds"] = round(time.monotonic() - began, 1)
        write_report(home / name, judged[name], answers, classes)
        if left_out:
            unknown_cells.add(name, classifier, answers, table, packages[name], args.limit)
        print(
            f"{name}: {number_of(len(answers), 'image')} in {time.monotonic() - began:.0f} s", file=sys.stderr
        )
        if name != names[-1]:
            # The finished parts stay readable when the rest is interrupted.
            unfinished = f"**Unfinished: {len(judged)} of {len(names)} parts.**\n"
            _write(home, judged, args.limit, [unfinished, *unknown_cells.texts()], unknown_cells.document())
    document: dict[str, Any] = unknown_cells.document()
    texts = unknown_cells.texts()
    main = next((name for name in ("pbc4", "test", "test_simple") if name in names), None)
    if main is not None:
        classifier = Classifier(read_package(packages[main]), args.provider)
        nothing = without_cells(classifier, args.non_cells)
        others = other_cells(classifier, [each for each in table.joined if each.source == "pbc"])
        document |= {"non_cells": abstaining_document(nothing), "other_cells": abstaining_document(others)}
        texts.append(abstaining_markdown("Pictures without a white cell", nothing))
        texts.append(abstaining_markdown("Cells of classes that the model does not name", others))
    text = _write(home, judged, args.limit, texts, document)
    print(f"written: {home}", file=sys.stderr)
    return text


class _Unknown:
    """What packages say of laboratories, and of immature cells, that they have never seen."""

    def __init__(self) -> None:
        self._laboratories: list[LaboratoryFigures] = []
        self._texts: list[str] = []
        self._document: dict[str, Any] = {}

    def add(
        self,
        part: str,
        classifier: Classifier,
        answers: Sequence[Answer],
        table: Table,
        package: Path,
        limit: int | None,
    ) -> None:
        """One laboratory's answers, and the same package's to immature cells."""
        title = LABORATORIES[PARTS[part].left_out][1]
        self._laboratories.append(laboratory_figures(title, package.name, answers))
        immature = answer_all(classifier, _limited(strange_records(table, package), limit), stand_in=True)
        kinds = strangers_of(immature)
        films = simulate(answers, [each for each in immature if each.record.class_id == "blast"])
        self._document[part] = {"immature": strangers_document(kinds), "films": films_document(films)}
        if kinds:
            self._texts.append(strangers_markdown(f"Immature cells, the package without {title}", kinds))
        if films:
            self._texts.append(films_markdown(f"Films of {title} with blasts", films))

    def document(self) -> dict[str, Any]:
        """The figures as plain JSON values; empty without a laboratory."""
        if not self._laboratories:
            return {}
        return {"laboratories": laboratories_document(self._laboratories), "unknown": self._document}

    def texts(self) -> list[str]:
        """The sections of the report; the table of laboratories first."""
        return [laboratories_markdown(self._laboratories), *self._texts] if self._laboratories else []


def _write(
    home: Path, judged: Mapping[str, Judged], limit: int | None, texts: Sequence[str], more: Mapping[str, Any]
) -> str:
    """Write protocol.json and protocol.md: the table, then `texts`, then part by part; the Markdown."""
    document = {"parts": {name: each.document for name, each in judged.items()}, **more, "limit": limit}
    text = "\n".join([_heading(judged, limit), *texts, *(each.text for each in judged.values())])
    home.mkdir(parents=True, exist_ok=True)
    for name, content in (("protocol.json", json.dumps(document, indent=1) + "\n"), ("protocol.md", text)):
        write_whole(home / name, content.encode(), Rights.USUAL)
    return text


def _given(packages: Sequence[str]) -> dict[str, Path]:
    given = {}
    for each in packages:
        name, equals, file = each.partition("=")
        if not equals or not file:
            raise ValueError(f"--package wants PART=FILE, not {each!r}")
        given[name] = Path(file)
    return given


def _ready(name: str, given: Mapping[str, Path], args: argparse.Namespace) -> Path | None:
    """The part's package: given, given for the part that it shares one with, or of an earlier run."""
    part = PARTS[name]
    for each in (name, part.trained_as):
        if each in given:
            return given[each]
    target: Path = args.work / f"{part.trained_as}.onnx"
    if not target.is_file():
        return None
    print(f"{name}: {target} of an earlier run is used", file=sys.stderr)
    return target


def _made(name: str, args: argparse.Namespace) -> Path:
    """The part's package, trained now unless it was made for another part of this run."""
    part = PARTS[name]
    target: Path = args.work / f"{part.trained_as}.onnx"
    if target.is_file():
        return target
    args.work.mkdir(parents=True, exist_ok=True)
    model = target.with_suffix(".keras")
    sources = [str(args.protocol / each) for each in part.sources if (args.protocol / each).is_dir()]
    cache = ["--cache", str(args.cache)] if args.cache is not None else []
    training = [*part.options, *cache, *shlex.split(args.training)]
    if model.with_suffix(".checkpoints").is_dir():
        print(f"{name}: an interrupted training goes on ({model.stem}.checkpoints)", file=sys.stderr)
        training.append("--resume")
    commands = [
        ["train", *sources, "--output", str(model), "--classes", ",".join(part.classes), *training],
        ["calibrate", str(model), *sources, *cache],
        ["convert", str(model), "--output", str(target)],
    ]
    # `train` writes the lists last.
    if model.is_file() and beside(target, TRAINED_ON).is_file():
        print(f"{name}: {model} of an earlier run is used", file=sys.stderr)
        del commands[0]
    for command in commands:
        print(f"{name}: {command[0]}", file=sys.stderr, flush=True)
        if run_command(command) != 0:
            raise ValueError(f"the package for {name} could not be made: {command[0]} failed")
    return target


def run_command(arguments: Sequence[str]) -> int:
    """Run `train`, `calibrate` or `convert` with these arguments; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m export_tools")
    subparsers = parser.add_subparsers(dest="command", required=True)
    for command in (train, calibrate, convert):
        command.add_parser(subparsers)
    args = parser.parse_args(arguments)
    return int(args.run(args))


def _beside(package: Path) -> Path:
    return package.with_name(package.name.removesuffix(".onnx") + ".report")


def _limited(records: list[Record], limit: int | None) -> list[Record]:
    return records if limit is None else records[:: max(1, math.ceil(len(records) / limit))]


def _heading(judged: Mapping[str, Judged], limit: int | None) -> str:
    lines = [
        "# Protocol",
        "",
        "Every image goes the program's own way: reader, locator, cropper, classifier. Where the locator "
        "finds no cell, the image counts as wrong; in laboratories left out the data set's own box stands "
        "in. Intervals are Wilson's at 95 % with the source images as trials: copies of one original are no "
        "independent trials. ECE: expected calibration error, 15 bins; "
        "in brackets what perfect confidences would show by chance on as many source images. "
        "The temperature and the thresholds of a package were chosen on the very images that the parts of "
        "PBC held out test; the other parts' images had no say in anything.",
        "",
    ]
    if limit is not None:
        lines += [f"**A trial on at most {number_of(limit, 'image')} a part, not a result.**", ""]
    lines += [
        "| data | images | source images | accuracy | 95 % interval | balanced | nothing found | ECE | "
        "certain | right of those | right at 20 % abstention | risk-coverage area |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in judged.values():
        lines.append(_row(each.document))
    return "\n".join([*lines, ""])


def _row(told: Mapping[str, Any]) -> str:
    low, high = told["interval"]
    confidence, abstention = told["confidence"], told["abstention"]
    error, certain = confidence["expected_calibration_error"], abstention["certain_accuracy"]
    cells = (
        told["data"],
        f"{told['images']:,}",
        f"{told['source_images']:,}",
        f"{told['accuracy']:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{told['balanced_accuracy']:.1%}",
        str(told["nothing_found"]),
        "-" if error is None else f"{error:.3f} ({confidence['calibration_error_by_chance']:.3f})",
        f"{abstention['certain_share']:.1%}",
        "-" if certain is None else f"{certain:.1%}",
        f"{confidence['at_abstention']['accuracy']:.1%}",
        f"{confidence['risk_coverage']['area']:.4f}",
    )
    return f"| {' | '.join(cells)} |"

"""`python -m export_tools evaluate --protocol`: the whole table of honest figures in one command.

Every part has its own package, trained without what the part tests: given, or trained here. The lists
beside each package prove it: what shares a group with a file that was trained on is refused.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export_tools.abstaining import abstaining_document, abstaining_markdown, other_cells, without_cells
from export_tools.file_lists import HELD_OUT, TRAINED_ON, beside, file_key, read_list
from export_tools.grouping import join_groups
from export_tools.sources import Record, only_classes, read_source
from export_tools.splits import SplitRule, split_sides
from export_tools.tables import SourceError
from hematodesk.domain.classes import WBC4
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

if TYPE_CHECKING:
    from export_tools.evaluate import Answer, Judged

FOLDS = 5
POOLED = "bccd_5fold"
_DATA = Path("../shared/data")
_PBC8 = (*WBC4, "basophil", "erythroblast", "immature_granulocyte", "platelet")


@dataclass(frozen=True)
class Table:
    """The labelled images: `joined` are PBC's and BCCD's as `train` joins them, `copies` Kaggle's.

    Groups of copies are those of the fields that they were made from.
    """

    joined: tuple[Record, ...]
    copies: tuple[Record, ...]


@dataclass(frozen=True)
class Part:
    """One row of the table.

    Attributes:
        title: what the report calls the data.
        trained_as: the part whose package serves here.
        classes: what that package names.
        sources: folders that it is trained on.
        options: of `train`.
        tested: the records to test, from the table and the package's file.
    """

    title: str
    trained_as: str
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    options: tuple[str, ...]
    tested: Callable[[Table, Path], list[Record]] = field(repr=False)


def _held_out(table: Table, package: Path) -> list[Record]:
    names = set(read_list(package, HELD_OUT))
    return [each for each in table.joined if each.source == "pbc" and file_key(each.file) in names]


def _folder(name: str) -> Callable[[Table, Path], list[Record]]:
    return lambda table, _: [each for each in table.copies if each.file.parts[-3] == name]


def _by_rule(rule: SplitRule, source: str) -> Callable[[Table, Path], list[Record]]:
    def tested(table: Table, _: Path) -> list[Record]:
        named = only_classes(table.joined, WBC4)
        return [each for each in split_sides(named, rule).test if each.source == source]

    return tested


_BOTH = ("pbc", "bccd")
PARTS: dict[str, Part] = {
    "pbc4": Part("PBC, held out by group", "pbc4", WBC4, _BOTH, (), _held_out),
    "pbc8": Part("PBC, eight classes, held out by group", "pbc8", _PBC8, ("pbc",), (), _held_out),
    "test": Part("Kaggle 4-class, published TEST folder", "pbc4", WBC4, _BOTH, (), _folder("TEST")),
    "test_simple": Part(
        "Kaggle 4-class, published TEST_SIMPLE folder", "pbc4", WBC4, _BOTH, (), _folder("TEST_SIMPLE")
    ),
    **{
        f"bccd_fold{number}": Part(
            f"BCCD fields, fold {number} of {FOLDS}",
            f"bccd_fold{number}",
            WBC4,
            _BOTH,
            ("--fold", f"{number}/{FOLDS}", "--fold-of", "bccd"),
            _by_rule(SplitRule(fold=(number, FOLDS), fold_of="bccd"), "bccd"),
        )
        for number in range(1, FOLDS + 1)
    },
    "leave_bccd_out": Part(
        "BCCD fields, no image of BCCD trained on",
        "leave_bccd_out",
        WBC4,
        _BOTH,
        ("--leave-out", "bccd"),
        _by_rule(SplitRule(leave_out=("bccd",)), "bccd"),
    ),
    "leave_pbc_out": Part(
        "PBC, no image of PBC trained on",
        "leave_pbc_out",
        WBC4,
        _BOTH,
        ("--leave-out", "pbc"),
        _by_rule(SplitRule(leave_out=("pbc",)), "pbc"),
    ),
}
"""Every row of the table, by the name that --package and --parts use."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate` that the protocol has."""
    group = parser.add_argument_group("the whole protocol")
    group.add_argument(
        "--protocol",
        nargs="?",
        const=_DATA,
        type=Path,
        metavar="DATA",
        help=f"run the whole table on the folders pbc, bccd and kaggle4 in DATA (default {_DATA})",
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
    """Do all of it and return the Markdown. Raises HematodeskError, ValueError or OSError."""
    names = [name.strip() for name in args.parts.split(",")] if args.parts else list(PARTS)
    given = _given(args.packages)
    unknown = sorted((set(names) | set(given)) - set(PARTS))
    if unknown:
        raise ValueError(f"there is no part {unknown[0]}; the parts are {', '.join(PARTS)}")
    for package in given.values():
        # Before the pictures are compared, which takes minutes.
        read_package(package)
        _require_lists(package)
    table = read_table(args.protocol, args.cache)
    packages = {name: _package(name, given, args) for name in names}
    tested = {name: part_records(name, table, packages[name]) for name in names}
    home = args.output or _beside(packages[names[0]])
    from export_tools.evaluate import answer, judge, model_named, write_report

    judged: dict[str, Judged] = {}
    pooled: list[Answer] = []
    for name in names:
        classifier = Classifier(read_package(packages[name]), args.provider)
        print(f"{name}: {packages[name].name}", file=sys.stderr, flush=True)
        records = _limited(only_classes(tested[name], classifier.package.class_ids), args.limit)
        answers = answer(classifier, records)
        classes = classifier.package.class_ids
        judged[name] = judge(PARTS[name].title, model_named(classifier), answers, classes)
        write_report(home / name, judged[name], answers, classes)
        if name.startswith("bccd_fold"):
            pooled += answers
    if all(f"bccd_fold{number}" in names for number in range(1, FOLDS + 1)):
        told = judged["bccd_fold1"].document["model"] | {"name": "five networks", "sha256": ""}
        judged[POOLED] = judge(f"BCCD fields, grouped {FOLDS}-fold", told, pooled, WBC4)
        write_report(home / POOLED, judged[POOLED], pooled, WBC4)
    document: dict[str, Any] = {"parts": {name: each.document for name, each in judged.items()}}
    texts = [_heading(judged, args.limit)]
    main = next((name for name in ("pbc4", "test", "test_simple") if name in names), None)
    if main is not None:
        classifier = Classifier(read_package(packages[main]), args.provider)
        nothing = without_cells(classifier, args.non_cells)
        others = other_cells(classifier, [each for each in table.joined if each.source == "pbc"])
        document |= {"non_cells": abstaining_document(nothing), "other_cells": abstaining_document(others)}
        texts.append(abstaining_markdown("Pictures without a white cell", nothing))
        texts.append(abstaining_markdown("Cells of classes that the model does not name", others))
    texts += [each.text for each in judged.values()]
    document["limit"] = args.limit
    text = "\n".join(texts)
    home.mkdir(parents=True, exist_ok=True)
    (home / "protocol.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (home / "protocol.md").write_text(text, encoding="utf-8")
    print(f"written: {home}", file=sys.stderr)
    return text


def read_table(data: Path, cache: Path | None) -> Table:
    """The labelled images of a folder with pbc, bccd and kaggle4, in groups as `train` makes them.

    Without kaggle4 its parts have nothing to test. Raises SourceError when one of the others is missing.
    """
    joined, _ = join_groups([each for name in _BOTH for each in read_source(data / name)], cache)
    copies = read_source(data / "kaggle4") if (data / "kaggle4").is_dir() else []
    every, _ = join_groups([*joined, *copies], look=False)
    # A field's group keeps its name, which decides its fold: bccd comes before kaggle4 in the alphabet.
    return Table(
        tuple(each for each in every if each.source != "kaggle4"),
        tuple(each for each in every if each.source == "kaggle4"),
    )


def part_records(name: str, table: Table, package: Path) -> list[Record]:
    """What a part tests, proved never to have been trained on.

    Raises SourceError `lists_missing` when nothing says what the package was trained on, ValueError
    that names the files when a tested one, or one of its group, was.
    """
    _require_lists(package)
    trained = set(read_list(package, TRAINED_ON))
    every = [*table.joined, *table.copies]
    learnt = {each.group for each in every if file_key(each.file) in trained}
    if not learnt:
        raise SourceError(
            "lists_missing",
            f"{beside(package, TRAINED_ON).name} names no file of these data.",
            "Give the folder of the data that the package was trained on.",
        )
    records = PARTS[name].tested(table, package)
    wrong = sorted({file_key(each.file) for each in records if each.group in learnt})
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise ValueError(
            f"{package.name} cannot be tested on {name}: it was trained on these files or on others of their "
            f"groups: {', '.join(wrong[:5])}{more}"
        )
    if not records:
        raise ValueError(f"the part {name} has no image to test")
    return records


def _require_lists(package: Path) -> None:
    for suffix in (TRAINED_ON, HELD_OUT):
        if not beside(package, suffix).is_file():
            raise SourceError(
                "lists_missing",
                f"Nothing says what {package.name} was trained on: there is no "
                f"{beside(package, suffix).name} beside it.",
                "Copy the lists that train wrote beside the model to the package, under its name.",
            )


def _given(packages: Sequence[str]) -> dict[str, Path]:
    given = {}
    for each in packages:
        name, equals, file = each.partition("=")
        if not equals or not file:
            raise ValueError(f"--package wants PART=FILE, not {each!r}")
        given[name] = Path(file)
    return given


def _package(name: str, given: Mapping[str, Path], args: argparse.Namespace) -> Path:
    """The part's package: given, given for the part that it shares one with, or trained now."""
    part = PARTS[name]
    for each in (name, part.trained_as):
        if each in given:
            return given[each]
    target: Path = args.work / f"{part.trained_as}.onnx"
    if target.is_file():
        print(f"{name}: {target} of an earlier run is used", file=sys.stderr)
        return target
    from export_tools.__main__ import main

    args.work.mkdir(parents=True, exist_ok=True)
    model = str(target.with_suffix(".keras"))
    sources = [str(args.protocol / source) for source in part.sources]
    cache = ["--cache", str(args.cache)] if args.cache is not None else []
    training = [*part.options, *cache, *shlex.split(args.training)]
    for command in (
        ["train", *sources, "--output", model, "--classes", ",".join(part.classes), *training],
        ["calibrate", model, *sources, *cache],
        ["convert", model, "--output", str(target)],
    ):
        print(f"{name}: {command[0]}", file=sys.stderr, flush=True)
        if main(command) != 0:
            raise ValueError(f"the package for {name} could not be made: {command[0]} failed")
    return target


def _beside(package: Path) -> Path:
    return package.with_name(package.name.removesuffix(".onnx") + ".report")


def _limited(records: list[Record], limit: int | None) -> list[Record]:
    return records if limit is None else records[:: max(1, math.ceil(len(records) / limit))]


def _heading(judged: Mapping[str, Judged], limit: int | None) -> str:
    lines = [
        "# Protocol",
        "",
        "Every image goes the program's own way: reader, locator, cropper, classifier. Where the locator "
        "finds no cell, the image counts as wrong. Intervals are Wilson's at 95 % with the source images as "
        "trials: copies of one original are no independent trials. ECE: expected calibration error, 15 bins; "
        "in brackets what perfect confidences would show by chance on as many source images. "
        "The temperature and the thresholds of a package were chosen on the very images that the PBC parts "
        "test; the other parts' images had no say in anything.",
        "",
    ]
    if limit is not None:
        lines += [f"**A trial on at most {limit} images a part, not a result.**", ""]
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

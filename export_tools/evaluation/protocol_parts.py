"""What each row of the protocol tests, and the check that its package was not trained on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from export_tools.data.file_lists import HELD_OUT, TRAINED_ON, beside, file_key, read_list
from export_tools.data.grouping import join_groups
from export_tools.data.records import Record
from export_tools.data.sources import only_classes, read_source
from export_tools.data.splits import SplitRule, split_sides
from export_tools.data.tables import SourceError
from hematodesk.domain.classes import WBC4

FOLDS = 5
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
        trained_as: the part whose package is used.
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
    """The records that a part tests, checked not to have been trained on.

    Raises SourceError `lists_missing` when nothing says what the package was trained on, ValueError
    that names the files when a tested one, or one of its group, was.
    """
    require_lists(package)
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


def require_lists(package: Path) -> None:
    """Raise SourceError `lists_missing` when nothing says what a package was trained on."""
    for suffix in (TRAINED_ON, HELD_OUT):
        if not beside(package, suffix).is_file():
            raise SourceError(
                "lists_missing",
                f"Nothing says what {package.name} was trained on: there is no "
                f"{beside(package, suffix).name} beside it.",
                "Copy the lists that train wrote beside the model to the package, under its name.",
            )

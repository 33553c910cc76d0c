"""What each row of the protocol tests, and the check that its package was not trained on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from export_tools.data.file_lists import HELD_OUT, TRAINED_ON, beside, file_key, read_list
from export_tools.data.grouping import join_groups
from export_tools.data.records import Record
from export_tools.data.sources import only_classes, read_source
from export_tools.data.tables import SourceError
from hematodesk.domain.classes import WBC4

_PROMYELOCYTE = "PMY"
_PBC8 = (*WBC4, "basophil", "erythroblast", "immature_granulocyte", "platelet")


@dataclass(frozen=True)
class Table:
    """The labelled images: `joined` are the laboratories' as `train` joins them, `copies` Kaggle's.

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
        left_out: the laboratory that the package has never seen, or empty.
    """

    title: str
    trained_as: str
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    options: tuple[str, ...]
    tested: Callable[[Table, Path], list[Record]] = field(repr=False)
    left_out: str = ""


def _held_out(table: Table, package: Path) -> list[Record]:
    names = set(read_list(package, HELD_OUT))
    return [each for each in table.joined if each.source == "pbc" and file_key(each.file) in names]


def _folder(name: str) -> Callable[[Table, Path], list[Record]]:
    return lambda table, _: [each for each in table.copies if each.file.parts[-3] == name]


def _laboratory(source: str) -> Callable[[Table, Path], list[Record]]:
    return lambda table, _: [each for each in only_classes(table.joined, WBC4) if each.source == source]


LABORATORIES = {
    "pbc": ("pbc", "PBC (Barcelona)"),
    "bccd": ("bccd", "BCCD"),
    "raabin": ("txl", "Raabin"),
    "krd": ("krd", "KRD (Erbil)"),
    "chula": ("chula", "Chula (Bangkok)"),
}
"""The laboratories that are left out in turn: source to its folder and what reports call it."""

MARROW = "marrow"
_FOLDERS = tuple(folder for folder, _ in LABORATORIES.values())
PARTS: dict[str, Part] = {
    "pbc4": Part("PBC, held out by group", "pbc4", WBC4, _FOLDERS, (), _held_out),
    "pbc8": Part("PBC, eight classes, held out by group", "pbc8", _PBC8, ("pbc",), (), _held_out),
    "test": Part("Kaggle 4-class, published TEST folder", "pbc4", WBC4, _FOLDERS, (), _folder("TEST")),
    "test_simple": Part(
        "Kaggle 4-class, published TEST_SIMPLE folder", "pbc4", WBC4, _FOLDERS, (), _folder("TEST_SIMPLE")
    ),
    **{
        f"leave_{source}_out": Part(
            f"{title}, no image of it trained on",
            f"leave_{source}_out",
            WBC4,
            _FOLDERS,
            ("--leave-out", source),
            _laboratory(source),
            source,
        )
        for source, (_, title) in LABORATORIES.items()
    },
}
"""Every row of the table, by the name that --package and --parts use."""


def read_table(data: Path, cache: Path | None) -> Table:
    """The labelled images of a folder with the laboratories' data, in groups as `train` makes them.

    What is missing has nothing to test. Raises SourceError when it holds none of the laboratories.
    """
    folders = [data / name for name in (*_FOLDERS, MARROW) if (data / name).is_dir()]
    if not folders:
        raise SourceError(
            "source_not_found",
            f"{data} holds none of the folders {', '.join(_FOLDERS)}.",
            "Give the folder that holds the data sets.",
        )
    # Bone marrow by itself: small pictures of it look like fields of Raabin, of another hospital.
    parts = ([each for each in folders if each.name != MARROW], [data / MARROW])
    joined = [
        record
        for part in parts
        for record in join_groups(
            [each for folder in part if folder in folders for each in read_source(folder)], cache
        )[0]
    ]
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
    records = _not_learnt(name, PARTS[name].tested(table, package), table, package)
    if not records:
        raise ValueError(f"the part {name} has no image to test")
    return records


def strange_records(table: Table, package: Path) -> list[Record]:
    """Immature cells that the package was not trained on: bone marrow's kept half, PBC's promyelocytes.

    Marrow's neutrophils are mature and left out. Raises what `part_records` raises when cells of the kept
    half were trained on.
    """
    marrow = [
        each
        for each in table.joined
        if each.source == MARROW and each.part == "test" and each.class_id != "neutrophil"
    ]
    learnt = _learnt(table, package)
    found = [
        each
        for each in table.joined
        if each.source == "pbc" and each.subtype == _PROMYELOCYTE and each.group not in learnt
    ]
    return [*_not_learnt("marrow's kept half", marrow, table, package), *found]


def _learnt(table: Table, package: Path) -> set[str]:
    """The groups that a package was trained on. Raises SourceError `lists_missing`."""
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
    return learnt


def _not_learnt(what: str, records: list[Record], table: Table, package: Path) -> list[Record]:
    learnt = _learnt(table, package)
    wrong = sorted({file_key(each.file) for each in records if each.group in learnt})
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise ValueError(
            f"{package.name} cannot be tested on {what}: it was trained on these files or on others of their "
            f"groups: {', '.join(wrong[:5])}{more}"
        )
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

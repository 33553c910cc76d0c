"""The lists of files beside a model: trained on, held out for calibration, and left for testing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from export_tools.data.records import Record
from export_tools.data.splits import Sides

TRAINED_ON = ".trained_on.txt"
HELD_OUT = ".held_out.txt"
TESTED = ".tested.txt"


def write_lists(model: Path, sides: Sides) -> None:
    """Write the three lists beside a model file: one file a line, without the folders before its data set."""
    for suffix, records in ((TRAINED_ON, sides.train), (HELD_OUT, sides.held_out), (TESTED, sides.test)):
        names = sorted({file_key(record.file) for record in records})
        beside(model, suffix).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def read_list(model: Path, suffix: str) -> list[str]:
    """The lines of a list beside a model file. Raises OSError when it is not there."""
    return beside(model, suffix).read_text(encoding="utf-8").splitlines()


def beside(model: Path, suffix: str) -> Path:
    """The path of a list of a model file. A version contains dots, too: only a known suffix is removed."""
    stem = model.name.removesuffix(".keras").removesuffix(".onnx")
    return model.with_name(stem + suffix)


def listed(records: Sequence[Record], names: Sequence[str]) -> list[Record]:
    """The records whose file is on a list of paths, as `train` writes it; folders before may differ.

    Raises ValueError when a listed file is not among the records.
    """
    wanted = {file_key(name) for name in names if name.strip()}
    chosen = [record for record in records if file_key(record.file) in wanted]
    missing = wanted - {file_key(record.file) for record in chosen}
    if missing:
        raise ValueError(f"{len(missing)} listed files are not in the sources, such as {sorted(missing)[0]}")
    return chosen


def file_key(file: Path | str) -> str:
    """The last three parts of a path, which identify files of the known sets wherever they lie."""
    return "/".join(str(file).strip().replace("\\", "/").split("/")[-3:])

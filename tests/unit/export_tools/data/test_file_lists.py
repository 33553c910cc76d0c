"""Which files a model was trained on, held out and left for testing."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.data.file_lists import HELD_OUT, TESTED, TRAINED_ON, beside, listed, read_list, write_lists
from export_tools.data.records import Record
from export_tools.data.splits import Sides


def record(file: str) -> Record:
    return Record(Path(file), None, "x", "s", "g", "o")


def test_lists_are_written_without_the_folders_before_the_data_set(tmp_path: Path) -> None:
    side = [record(f"/secret/data/pbc/monocyte/{name}.jpg") for name in "abc"]
    # Two boxes of one field are one file.
    write_lists(tmp_path / "m.keras", Sides((side[0], side[0]), (side[1],), (side[2],)))
    assert read_list(tmp_path / "m.keras", TRAINED_ON) == ["pbc/monocyte/a.jpg"]
    assert read_list(tmp_path / "m.onnx", HELD_OUT) == ["pbc/monocyte/b.jpg"]
    assert read_list(tmp_path / "m.keras", TESTED) == ["pbc/monocyte/c.jpg"]


def test_the_dots_of_a_version_are_no_suffix() -> None:
    assert beside(Path("wbc4-1.2.0.onnx"), HELD_OUT) == Path("wbc4-1.2.0.held_out.txt")


def test_a_list_finds_its_files_wherever_the_set_lies() -> None:
    records = [record(f"/here/pbc/monocyte/{name}.jpg") for name in "abc"]
    chosen = listed(records, ["/elsewhere/data/pbc/monocyte/b.jpg", ""])
    assert [each.file.stem for each in chosen] == ["b"]
    with pytest.raises(ValueError, match="not in the sources"):
        listed(records, ["/elsewhere/pbc/monocyte/z.jpg"])

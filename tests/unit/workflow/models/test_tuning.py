"""The plan of a package is measured once on a computer and found again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hematodesk.inference import runtime, tuning
from hematodesk.inference.tuning import Measured, Plan
from hematodesk.workflow.models.tuning import Tuning

PACKAGE = SimpleNamespace(sha256="ab" * 32, name="fake")


@pytest.fixture
def measured(monkeypatch):
    runs = []

    def measure(package):
        runs.append(package.sha256)
        return Measured({Plan(1, 1): 2.0, Plan(1, 4): 1.0}, disturbed=False)

    monkeypatch.setattr(tuning, "measure", measure)
    return runs


def test_a_plan_is_remembered_for_this_package_and_runtime(tmp_path: Path, measured, monkeypatch):
    file = tmp_path / "data" / "tuning.json"
    assert Tuning(file).plan(PACKAGE) is None
    assert Tuning(file).measure(PACKAGE) == Plan(1, 4)
    assert Tuning(file).plan(PACKAGE) == Plan(1, 4)
    assert Tuning(file).plan(SimpleNamespace(sha256="cd" * 32)) is None
    monkeypatch.setattr(runtime, "runtime_version", lambda: "another")
    assert Tuning(file).plan(PACKAGE) is None


def test_what_was_measured_beside_other_programs_is_used_but_not_remembered(tmp_path: Path, monkeypatch):
    file = tmp_path / "tuning.json"
    monkeypatch.setattr(tuning, "measure", lambda package: Measured({Plan(1, 4): 9.0}, disturbed=True))
    assert Tuning(file).measure(PACKAGE) == Plan(1, 4)
    assert Tuning(file).plan(PACKAGE) is None and not file.exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"threads": 1}'])
def test_a_damaged_file_is_no_plan_and_is_written_anew(tmp_path: Path, measured, content: bytes):
    file = tmp_path / "tuning.json"
    file.write_bytes(content)
    assert Tuning(file).plan(PACKAGE) is None
    Tuning(file).measure(PACKAGE)
    assert Tuning(file).plan(PACKAGE) == Plan(1, 4)


def test_a_plan_that_no_longer_fits_is_not_used(tmp_path: Path, measured):
    file = tmp_path / "tuning.json"
    Tuning(file).measure(PACKAGE)
    file.write_text(file.read_text().replace('"threads": 1', '"threads": 100000'))
    assert Tuning(file).plan(PACKAGE) is None

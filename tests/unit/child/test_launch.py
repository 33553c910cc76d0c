from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hematodesk.child import launch
from hematodesk.child.launch import CHILD_ARGUMENT, child_command, start_child


def test_a_frozen_program_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command("decode", ["1"]) == [sys.executable, CHILD_ARGUMENT, "decode", "1"]


def test_modules_beside_somebodys_images_are_not_imported(tmp_path, monkeypatch):
    """`python -m hematodesk` from a folder has that folder first among its modules' folders."""
    (tmp_path / "json.py").write_text("raise SystemExit(77)")
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = subprocess.run(child_command("nothing", []), cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 2, done.stderr


def test_a_child_gets_no_variables_but_those_it_needs(monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    telling = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    monkeypatch.setattr(launch, "child_command", lambda kind, arguments: telling)
    child = start_child("decode", [])
    said, _ = child.communicate()
    assert b"OPENBLAS_NUM_THREADS" in said and b"DATABASE_PASSWORD" not in said


def test_an_unknown_kind_of_child_ends_at_once():
    child = start_child("nothing", [])
    child.communicate()
    assert child.returncode == 2


def test_the_hidden_argument_is_looked_at_before_anything_heavy_is_imported():
    code = "import sys, hematodesk.__main__; print(*sys.modules)"
    root = str(Path(launch.__file__).parents[2])
    said = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": root},
    )
    assert not {"numpy", "cv2", "onnxruntime", "PySide6", "hematodesk.cli.main"} & set(said.stdout.split())

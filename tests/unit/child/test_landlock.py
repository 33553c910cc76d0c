"""What a process may still open after it restricted itself; each case in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hematodesk.child.landlock import restrict_to

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")

_SCRIPT = """
import os, sys, socket
from pathlib import Path
from hematodesk.child.landlock import restrict_to

held = restrict_to([Path(each) for each in sys.argv[4:]])
if not held:
    sys.exit(77)
outcome = []
for path, flags in zip(sys.argv[1:4], (os.O_RDONLY, os.O_RDONLY, os.O_RDWR | os.O_CREAT)):
    try:
        os.close(os.open(path, flags))
        outcome.append("open")
    except OSError as fault:
        outcome.append(type(fault).__name__)
print(" ".join(outcome))
"""


def _after(allowed: list[Path], inside: Path, outside: Path, written: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(inside), str(outside), str(written), *map(str, allowed)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("this kernel has no Landlock")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_one_file_may_be_read_and_its_neighbour_and_the_parent_may_not(tmp_path):
    allowed, neighbour = tmp_path / "allowed", tmp_path / "neighbour"
    allowed.write_bytes(b"1")
    neighbour.write_bytes(b"2")
    assert _after([allowed], allowed, neighbour, tmp_path / "new") == [
        "open",
        "PermissionError",
        "PermissionError",
    ]
    assert _after([allowed], allowed, Path(f"/proc/{os.getpid()}/status"), allowed)[1:] == [
        "PermissionError",
        "PermissionError",
    ]


def test_a_folder_is_allowed_with_what_lies_in_it(tmp_path):
    inside = tmp_path / "folder" / "deeper" / "file"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"1")
    outside = tmp_path / "outside"
    outside.write_bytes(b"2")
    assert _after([tmp_path / "folder"], inside, outside, inside)[:2] == ["open", "PermissionError"]


def test_a_missing_path_and_no_path_at_all_leave_nothing_open(tmp_path):
    there = tmp_path / "there"
    there.write_bytes(b"1")
    for allowed in ([], [tmp_path / "missing"]):
        assert _after(allowed, there, there, there) == ["PermissionError"] * 3


def test_without_landlock_nothing_changes(monkeypatch):
    monkeypatch.setattr("hematodesk.child.landlock.sys.platform", "darwin")
    assert restrict_to([]) is False

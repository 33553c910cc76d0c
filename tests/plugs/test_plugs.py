"""A few of the rounds and cuts that `python -m tests.plugs.kill` and `… .power` do by the hundred."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.plugs import kill, power

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 and strace are POSIX")


@pytest.mark.parametrize(
    ("kind", "rounds"), [("review", 2), ("backup", 1), ("import", 1), ("restore", 1), ("export", 1)]
)
def test_a_killed_program_keeps_its_word(kind: str, rounds: int, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(kill.LONGEST_S, kind, 0.4)
    said, faults = kill.run(kind, rounds, 3, tmp_path)
    assert faults == []
    assert said >= rounds


def _can_record() -> bool:
    strace = shutil.which("strace")
    if strace is None:
        return False
    return subprocess.run([strace, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_record(), reason="there is no strace here, or it may not be used")
@pytest.mark.parametrize("network", [False, True])
def test_what_was_said_to_be_saved_survives_a_power_cut(network: bool, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(power.ROUNDS, "review", 3)
    events, tried, faults = power.run("review", 12, 3, tmp_path, network)
    assert faults == []
    assert events > 50
    assert set(tried) == {"none", "some", "all"}


def test_dropped_writes_are_seen(tmp_path: Path):
    """The replay itself: what was not synced goes, what was stays, names wait for their folder."""
    node = power.Node(b"old!")
    node.changes += [(1, 0, b"new"), (3, 3, b"..."), (4, 1, None)]
    node.syncs.append(2)
    chance = random.Random(1)
    assert node.content(4, "none", chance) == b"new!"
    assert node.content(4, "all", chance) == b"n"
    assert node.content(3, "all", chance) == b"new..."
    recording = power.Recording(tmp_path)
    made = power.Node()
    recording._name(str(tmp_path / "a"), (str(tmp_path / "a"), made))
    target = tmp_path / "cut"
    recording.put_together(1, "none", chance, target)
    assert not (target / "a").exists()
    recording.folder_syncs.append((2, str(tmp_path)))
    recording.put_together(2, "none", chance, target)
    assert (target / "a").exists()

"""The window's thread and a lane never wait for each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SECONDS = 6.0


def test_pictures_go_while_thumbnails_come() -> None:
    """As it was done before, five of six such runs of 15 s froze: see two_loops."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.ui.state.two_loops", "now", str(SECONDS)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    turns, decoded = map(int, run.stdout.split())
    assert turns > 500
    assert decoded > 500

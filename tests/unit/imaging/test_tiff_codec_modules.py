"""The codecs that the child may need are loaded before it is confined, and go into the frozen program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

LOADED = """
import sys
from hematodesk.imaging import read
print(*sorted(name for name in sys.modules if name.startswith("imagecodecs._")))
"""


def test_the_frozen_program_has_the_codecs_that_reading_loads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        from contents import HIDDEN_MODULES
    finally:
        del sys.path[0]
    loaded = set(done.stdout.split())
    assert "imagecodecs._imcd" in loaded
    assert loaded == {name for name in HIDDEN_MODULES if name.startswith("imagecodecs.")}

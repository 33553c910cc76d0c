"""Histories, and small smears to analyse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from export_tools.phantom import render_field
from hematodesk.imaging.read import encode_png
from hematodesk.storage.history import History

SHA = "ab" * 32


@pytest.fixture(scope="session")
def smear_png() -> bytes:
    """A drawn field, 320 x 240, with one neutrophil."""
    return encode_png(render_field(3, width=320, height=240, classes=("neutrophil",)).pixels)


@pytest.fixture(scope="session")
def blank_png() -> bytes:
    """An even background, 320 x 240: no cell."""
    return encode_png(np.full((240, 320, 3), 225, np.uint8))


@pytest.fixture
def images(tmp_path: Path, smear_png: bytes, blank_png: bytes) -> dict[str, Path]:
    """Files by what they hold: a smear, a blank field, a broken file, and one that is not there."""
    folder = tmp_path / "images"
    folder.mkdir()
    paths = {name: folder / f"{name}.png" for name in ("smear", "blank", "broken", "missing")}
    paths["smear"].write_bytes(smear_png)
    paths["blank"].write_bytes(blank_png)
    paths["broken"].write_bytes(smear_png[: len(smear_png) // 2])
    return paths


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "history.sqlite3")
    yield opened
    opened.close()

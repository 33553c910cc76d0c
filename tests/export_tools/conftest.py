"""Small Keras models; every test here needs the export extra."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

Convert = Callable[..., Path]


@pytest.fixture
def keras() -> Any:
    """Keras 3 on TensorFlow; skips where the export extra is not installed."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("tf2onnx")
    return pytest.importorskip("keras")


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Runs `export_tools convert` on a model file with options; returns the package's path."""

    def run(source: Path, *options: str) -> Path:
        from export_tools import convert as command

        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        target = tmp_path / "converted" / "model-1.0.0.onnx"
        args = parser.parse_args(["convert", str(source), "--output", str(target), *options])
        print(command.convert(args))
        return target

    return run

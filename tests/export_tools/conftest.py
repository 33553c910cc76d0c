"""Small Keras models; every test here needs the export extra."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
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
        from export_tools.conversion import convert as command

        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        target = tmp_path / "converted" / "model-1.0.0.onnx"
        args = parser.parse_args(["convert", str(source), "--output", str(target), *options])
        print(command.convert(args))
        return target

    return run


def _shaken(model: Any) -> Any:
    """Gives every layer weights that let differences through (He et al. 2015), and returns the model.

    A network as it is first made answers nearly alike for all images; then nothing is compared.
    """
    random = np.random.default_rng(0)
    for weight in model.weights:
        name = weight.name.split("/")[-1]
        shape = tuple(weight.shape)
        if "kernel" in name:
            # Depthwise kernels (h, w, channels, 1) read h * w values each.
            reads = np.prod(shape[:2]) if len(shape) == 4 and shape[3] == 1 else np.prod(shape[:-1])
            weight.assign(random.normal(0, np.sqrt(2 / reads), shape).astype(np.float32))
        elif "variance" in name or "gamma" in name:
            weight.assign(random.uniform(0.6, 1.4, shape).astype(np.float32))
        elif "mean" in name or "beta" in name or "bias" in name:
            weight.assign(random.normal(0, 0.1, shape).astype(np.float32))
    return model


@pytest.fixture
def shaken() -> Callable[[Any], Any]:
    """See `_shaken`."""
    return _shaken

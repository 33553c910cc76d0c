"""A network that knows more classes than its package names, and what it does with the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hematodesk.inference.package import read_package
from hematodesk.inference.preprocess import to_tensor

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def joint(keras: Any, tmp_path: Path) -> Path:
    keras.utils.set_random_seed(2)
    image = keras.Input((24, 24, 3))
    features = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(image)
    pooled = keras.layers.GlobalAveragePooling2D(name="embedding")(features)
    logits = keras.layers.Dense(3, name="logits", bias_initializer="ones")(
        keras.layers.Dropout(0.1, name="dropout")(pooled)
    )
    path = tmp_path / "joint.keras"
    keras.Model(image, keras.layers.Activation("softmax")(logits)).save(path)
    notes = {
        "classes": [{"id": name, "display": name.upper()} for name in "abc"],
        "preprocess": "symmetric",
        "crop": {"rule": "whole", "red_cells": 3.0, "context": 1.6},
    }
    path.with_suffix(".training.json").write_text(json.dumps(notes))
    for kind in ("trained_on", "held_out", "tested"):
        (tmp_path / f"joint.{kind}.txt").write_text(f"{kind}\n")
    return path


def answers(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    crops = [random.integers(0, 256, (24, 24, 3)).astype(np.uint8) for _ in range(5)]
    tensor = to_tensor(crops, read_package(path).manifest.input)
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": tensor}), strict=True)), tensor


def test_the_kept_columns_answer_as_before_and_the_lists_come_along(
    keras: Any, joint: Path, tmp_path: Path, convert: Any
) -> None:
    from export_tools.__main__ import main

    target = tmp_path / "two.keras"
    assert main(["narrow", str(joint), "--classes", "c,a", "--output", str(target)]) == 0
    assert (tmp_path / "two.tested.txt").read_text() == "tested\n"
    assert json.loads((tmp_path / "two.training.json").read_text())["rivals"] == ["b"]
    package = convert(target)
    assert read_package(package).class_ids == ("c", "a")
    found, tensor = answers(package)
    whole = keras.models.load_model(joint, compile=False)
    wanted = keras.Model(whole.input, whole.get_layer("logits").output).predict_on_batch(tensor)
    assert found["logits"] == pytest.approx(wanted[:, [2, 0]], abs=1e-5)


def test_a_class_that_is_not_there_is_named(joint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from export_tools.__main__ import main

    assert main(["narrow", str(joint), "--classes", "a,x", "--output", str(joint.with_name("n.keras"))]) == 1
    assert "the class x" in capsys.readouterr().err

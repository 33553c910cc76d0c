"""Smaller variants of a package answer nearly as the plain one does, with the same outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hematodesk.domain.errors import ModelError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def source(keras: Any, tmp_path: Path) -> Path:
    keras.utils.set_random_seed(0)
    image = keras.Input((32, 32, 3))
    features = keras.layers.Conv2D(48, 5, strides=2, activation="relu")(image)
    features = keras.layers.Conv2D(48, 3, strides=2, activation="relu")(features)
    pool = keras.layers.GlobalAveragePooling2D()(features)
    path = tmp_path / "m.keras"
    keras.Model(image, keras.layers.Dense(3, activation="softmax")(pool)).save(path)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(40):
        coarse = random.integers(0, 256, (6, 6, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{index}.png"), cv2.resize(coarse, (48, 48)))
    return folder


@pytest.mark.parametrize(("kind", "share", "tolerance"), [("float16", 0.6, 2e-3), ("int8", 0.45, 0.1)])
def test_it_is_smaller_and_answers_alike(
    source: Path, pictures: Path, convert: Any, kind: str, share: float, tolerance: float
) -> None:
    options = ("--labels", "a,b,c", "--preprocess", "symmetric")
    plain_path = convert(source, *options)
    plain = read_package(plain_path)
    size = plain_path.stat().st_size
    crops = [cv2.resize(cv2.imread(str(each)), (32, 32)) for each in sorted(pictures.iterdir())[:8]]
    wanted = np.array([sorted(each.ranked) for each in Classifier(plain, "cpu").classify(crops)])
    path = convert(source, *options, "--weights", kind, "--calibration-images", str(pictures))
    small = read_package(path)
    assert path.stat().st_size < share * size
    assert small.manifest.graph_outputs == plain.manifest.graph_outputs == ("logits", "cam", "embedding")
    found = np.array([sorted(each.ranked) for each in Classifier(small, "cpu").classify(crops)])
    assert found[..., 1].astype(float) == pytest.approx(wanted[..., 1].astype(float), abs=tolerance)
    assert not np.array_equal(found, wanted)


def test_eight_bits_need_images(source: Path, convert: Any) -> None:
    with pytest.raises(ModelError, match="calibration images"):
        convert(source, "--labels", "a,b,c", "--weights", "int8")


def test_a_variant_that_answers_otherwise_is_refused() -> None:
    pytest.importorskip("onnxruntime")
    from export_tools.conversion.variants import Closeness, check_closeness

    check_closeness(Closeness(1.0, 0.01), "float16")
    with pytest.raises(ModelError, match="float16"):
        check_closeness(Closeness(0.9, 0.2), "float16")

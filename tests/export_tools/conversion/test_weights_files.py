"""Files of weights: the network is named, rebuilt and filled, whoever wrote the file in whatever nesting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export_tools.conversion.loaded_model import Wanted
from export_tools.conversion.weights_files import load_weights_file
from export_tools.networks.architectures import parse_head
from hematodesk.domain.errors import ModelError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

pytestmark = pytest.mark.filterwarnings("ignore")

NAMED = ("--labels", "a,b,c", "--architecture", "mobilenetv2", "--alpha", "0.35", "--size", "32")


def test_names_of_heads() -> None:
    assert parse_head("pooled128").hidden == (128,)
    assert (parse_head("flatten256-64").pooling, parse_head("flatten256-64").hidden) == ("flatten", (256, 64))
    with pytest.raises(ModelError, match="poold is not known"):
        parse_head("poold")


def network(library: Any, head: str, *, nested: bool, frozen: bool = False, classes: int = 3) -> Any:
    """MobileNetV2 as a base with a head, spread out or as one layer."""
    base = library.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None
    )
    base.trainable = not frozen
    plan = parse_head(head)
    k = library.layers
    pooling = {"pooled": k.GlobalAveragePooling2D, "maxpooled": k.GlobalMaxPooling2D, "flatten": k.Flatten}
    layers = [pooling[plan.pooling](), k.Dropout(0.3)]
    layers += [k.Dense(width, activation="relu") for width in plan.hidden]
    layers.append(k.Dense(classes, activation="softmax" if classes > 1 else "sigmoid"))
    if nested:
        model = library.Sequential([library.Input((32, 32, 3)), base, *layers])
    else:
        features = base.output
        for layer in layers:
            features = layer(features)
        model = library.Model(base.input, features)
    return model


def agrees(path: Path, model: Any) -> None:
    random = np.random.default_rng(1)
    tints = ((250, 20, 30), (10, 240, 90), (60, 10, 255))
    given = [(random.random((32, 32, 3)) * tint).astype(np.uint8) for tint in tints]
    wanted = np.asarray(model(np.stack(given).astype(np.float32) / 127.5 - 1, training=False), np.float64)
    if wanted.shape[1] == 1:
        wanted = np.concatenate([1 - wanted, wanted], axis=1)
    package = read_package(path)
    assert float(np.abs(wanted - wanted[0]).max()) > 1e-3
    for row, prediction in zip(wanted, Classifier(package, "cpu").classify(given), strict=True):
        answered = dict(prediction.ranked)
        assert [answered[name] for name in package.class_ids] == pytest.approx(row.tolist(), abs=2e-4)


@pytest.mark.parametrize(
    ("make", "name", "head", "nested", "frozen"),
    [
        ("keras", "a model.weights.h5", "pooled", True, False),
        ("keras", "m.weights.h5", "flatten12", False, False),
        ("tf_keras", "old weights.h5", "pooled12", True, True),
        ("tf_keras", "old.h5", "maxpooled", False, False),
        ("tf_keras", "old.weights.h5", "flatten", True, True),
    ],
)
def test_weights_find_their_places(
    keras: Any,
    shaken: Any,
    tmp_path: Path,
    convert: Any,
    make: str,
    name: str,
    head: str,
    nested: bool,
    frozen: bool,
) -> None:
    library = keras if make == "keras" else pytest.importorskip("tf_keras")
    model = shaken(network(library, head, nested=nested, frozen=frozen))
    model.save_weights(str(tmp_path / name))
    agrees(convert(tmp_path / name, *NAMED, "--head", head), model)


@pytest.mark.parametrize("make", ["keras", "keras without names", "tf_keras"])
def test_a_branched_networks_weights_find_their_places(
    keras: Any, shaken: Any, tmp_path: Path, make: str
) -> None:
    """InceptionV3's layers are listed in another order than they were made and numbered in."""
    library = pytest.importorskip("tf_keras") if make == "tf_keras" else keras
    base = library.applications.InceptionV3(input_shape=(75, 75, 3), include_top=False, weights=None)
    pool = library.layers.GlobalAveragePooling2D()(base.output)
    model = shaken(library.Model(base.input, library.layers.Dense(3, activation="softmax")(pool)))
    path = tmp_path / "inception.weights.h5"
    model.save_weights(str(path))
    if make == "keras without names":
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "r+") as archive:
            archive.visititems(lambda _, item: item.attrs.clear())
    loaded = load_weights_file(path, Wanted(size=75, architecture="InceptionV3"))
    given = np.random.default_rng(2).uniform(-1, 1, (2, 75, 75, 3)).astype(np.float32)
    wanted = np.asarray(model(given, training=False))
    assert float(np.abs(wanted - 1 / 3).max()) > 1e-3
    assert np.asarray(loaded.model(given, training=False)) == pytest.approx(wanted, abs=1e-5)


def test_the_head_is_read_from_the_shapes(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model = shaken(network(keras, "pooled12", nested=False, classes=1))
    model.save_weights(tmp_path / "m.weights.h5")
    agrees(convert(tmp_path / "m.weights.h5", "--labels", "no,yes", *NAMED[2:]), model)
    told = capsys.readouterr().out
    assert "global average pooling, Dense(12, relu) (check it)" in told
    assert "the output is taken to be sigmoid" in told


def test_efficientnets_second_scaling_is_kept(keras: Any) -> None:
    """Published ImageNet weights come with a scaling layer that holds no weights; here it is put back."""
    from export_tools.conversion.weights_files import Unit, _assign

    layer = keras.layers.Normalization()
    layer.build((None, 4, 4, 3))
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    unit = Unit("normalization", "normalisation", {"mean": mean, "variance": deviation**2})
    assert _assign(layer, unit, Path("w.h5"))
    pixels = np.random.default_rng(0).uniform(0, 1, (1, 4, 4, 3)).astype(np.float32)
    wanted = (pixels - mean) / deviation / np.sqrt(deviation)
    assert np.asarray(layer(pixels)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), "weights_only", "--architecture MobileNetV2"),
        (("--architecture", "LeNet"), "architecture_unknown", "LeNet is not known"),
        ((*NAMED[2:], "--head", "pooled64"), "weights_mismatch", "12, 3 units, but --head pooled64"),
        ((*NAMED[2:4], "--alpha", "0.5", "--size", "32"), "weights_mismatch", "Check --architecture"),
        (("--architecture", "VGG16", "--size", "32"), "weights_mismatch", "reads 1280 values; VGG16"),
        ((*NAMED[2:], "--head", "flatten12", "--size", "64"), "weights_mismatch", "head_dense_0"),
    ],
)
def test_networks_that_do_not_fit(
    keras: Any, tmp_path: Path, convert: Any, options: tuple[str, ...], code: str, words: str
) -> None:
    path = tmp_path / "m.weights.h5"
    network(keras, "pooled12", nested=False).save_weights(path)
    with pytest.raises(ModelError) as fault:
        convert(path, "--labels", "a,b,c", *options)
    assert fault.value.code == code
    assert words in f"{fault.value.message} {fault.value.remedy}"
    assert "m.weights.h5" in fault.value.message or code == "architecture_unknown"


def test_a_base_without_a_head_is_told(keras: Any, tmp_path: Path, convert: Any) -> None:
    base = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None
    )
    base.save_weights(tmp_path / "b.weights.h5")
    with pytest.raises(ModelError, match="base without a head"):
        convert(tmp_path / "b.weights.h5", *NAMED)

"""Keras files of several makes become packages that answer as Keras does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hematodesk.domain.errors import ModelError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.preprocess import to_tensor

pytestmark = pytest.mark.filterwarnings("ignore")


def pooled(keras: Any, *, activation: str | None = "softmax", classes: int = 3, size: int = 32) -> Any:
    image = keras.Input((size, size, 3))
    features = keras.layers.Conv2D(8, 3, strides=2, activation="relu")(image)
    features = keras.layers.DepthwiseConv2D(3, strides=2)(features)
    features = keras.layers.BatchNormalization()(features)
    pool = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, keras.layers.Dense(classes, activation=activation)(pool))


def nested(keras: Any) -> Any:
    """A Sequential in a Sequential with a hidden dense layer, as Teachable Machine builds it."""
    inner = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Conv2D(6, 3), keras.layers.GlobalAveragePooling2D()]
    )
    head = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    return keras.Sequential([inner, head])


def save(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def crops(size: int = 32, count: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (size, size, 3)).astype(np.uint8) for _ in range(count)]


def outputs(path: Path, images: list[np.ndarray]) -> dict[str, np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    tensor = to_tensor(images, read_package(path).manifest.input)
    return dict(zip(names, session.run(names, {"image": tensor}), strict=True))


def test_softmax_is_taken_off_and_the_answer_stays(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = pooled(keras)
    path = convert(save(model, tmp_path / "a model.keras"), "--labels", "a,b,c", "--preprocess", "unit")
    package = read_package(path)
    assert package.manifest.outputs.kind == "logits"
    assert package.class_ids == ("a", "b", "c")
    images = crops()
    wanted = model.predict_on_batch(np.stack(images).astype(np.float32) / np.float32(255))
    for row, prediction in zip(wanted, Classifier(package, "cpu").classify(images), strict=True):
        assert dict(prediction.ranked) == pytest.approx(dict(zip("abc", row.tolist(), strict=True)), abs=1e-4)


def test_the_maps_mean_and_the_bias_are_the_logits(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = pooled(keras)
    model.layers[-1].bias.assign([0.5, -1.0, 2.0])
    path = convert(save(model, tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", "symmetric")
    found = outputs(path, crops())
    assert found["cam"].shape[1:] == (7, 7, 3)
    assert found["embedding"].shape == (3, 8)
    means = found["cam"].mean(axis=(1, 2)) + np.array([0.5, -1.0, 2.0])
    assert found["logits"] == pytest.approx(means, abs=1e-5)


def test_bare_logits_stay(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = pooled(keras, activation=None)
    path = convert(save(model, tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", "symmetric")
    images = crops()
    tensor = to_tensor(images, read_package(path).manifest.input)
    assert outputs(path, images)["logits"] == pytest.approx(model.predict_on_batch(tensor), abs=1e-4)


def test_a_hidden_layer_leaves_no_activation_map(keras: Any, tmp_path: Path, convert: Any) -> None:
    path = convert(save(nested(keras), tmp_path / "m.keras"), "--labels", "a,b", "--preprocess", "symmetric")
    outputs = read_package(path).manifest.outputs
    assert outputs.activation_map is None
    assert outputs.embedding == "embedding"


def flat(keras: Any, *, activation: str | None = "relu") -> Any:
    """A base, flattened, dropout, one dense layer: the classic recipe."""
    image = keras.Input((32, 32, 3))
    features = keras.layers.Conv2D(8, 3, strides=4, activation=activation)(image)
    dropped = keras.layers.Dropout(0.5)(keras.layers.Flatten()(features))
    return keras.Model(image, keras.layers.Dense(3, activation="softmax")(dropped))


def test_a_flattened_heads_map_is_what_each_position_adds(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = flat(keras)
    bias = np.array([0.5, -1.0, 2.0])
    model.layers[-1].bias.assign(bias)
    path = convert(save(model, tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", "symmetric")
    images = crops()
    found = outputs(path, images)
    assert found["cam"].shape == (3, 8, 8, 3)
    assert found["logits"] == pytest.approx(found["cam"].mean(axis=(1, 2)) + bias, abs=1e-4)
    # Each position by itself: Keras's features there times Keras's weights there.
    tensor = to_tensor(images, read_package(path).manifest.input)
    features = keras.Model(model.input, model.layers[1].output).predict_on_batch(tensor)
    kernel = np.asarray(model.layers[-1].kernel).reshape(8, 8, 8, 3)
    wanted = np.einsum("nhwd,hwdk->nhwk", features, kernel) * 64
    assert found["cam"] == pytest.approx(wanted, abs=1e-3)


def test_a_flattened_heads_map_is_called_exact(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = flat(keras, activation=None)
    path = convert(save(model, tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", "unit")
    evidence = Classifier(read_package(path), "cpu").evidence(crops(count=1)[0])
    assert evidence is not None and evidence.exact


def test_one_sigmoid_column_names_two_classes(keras: Any, tmp_path: Path, convert: Any) -> None:
    model = pooled(keras, activation="sigmoid", classes=1)
    path = convert(save(model, tmp_path / "m.keras"), "--labels", "a,b", "--preprocess", "unit")
    package = read_package(path)
    assert package.manifest.outputs.kind == "logits"
    assert package.manifest.outputs.activation_map == "cam"
    (prediction,) = Classifier(package, "cpu").classify(crops(count=1))
    wanted = float(model.predict_on_batch(crops(count=1)[0][None].astype(np.float32) / 255)[0, 0])
    assert dict(prediction.ranked)["b"] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    ("way", "colour", "first"),
    [("unit", "rgb", 10 / 255), ("symmetric", "rgb", 10 * 2 / 255 - 1), ("raw", "rgb", 10.0),
     ("imagenet", "bgr", 30 - 103.939), ("imagenet-torch", "rgb", (10 / 255 - 0.485) / 0.229)],
)  # fmt: skip
def test_preprocessing_constants(
    keras: Any, tmp_path: Path, convert: Any, way: str, colour: str, first: float
) -> None:
    path = convert(save(pooled(keras), tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", way)
    spec = read_package(path).manifest.input
    assert spec.colour == colour
    pixels = np.broadcast_to(np.array([10, 20, 30], np.uint8), (32, 32, 3)).copy()
    assert to_tensor([pixels], spec)[0, 0, 0, 0] == pytest.approx(first, abs=1e-5)


def test_a_scaling_layer_is_seen(
    keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    image = keras.Input((32, 32, 3))
    features = keras.layers.Conv2D(4, 3)(keras.layers.Rescaling(1 / 255, name="rescaling")(image))
    scores = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(features))
    path = convert(save(keras.Model(image, scores), tmp_path / "m.keras"), "--labels", "a,b")
    assert read_package(path).manifest.input.scale == (1.0, 1.0, 1.0)
    assert "raw: 0 to 255" in (told := capsys.readouterr().out)
    assert "GUESSED, check it: the layer 'rescaling' of type Rescaling scales inside the model" in told


def test_keras_2_files_load_through_tf_keras(keras: Any, tmp_path: Path, convert: Any) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    path = convert(
        save(pooled(tf_keras), tmp_path / "old.h5"), "--labels", "a,b,c", "--preprocess", "symmetric"
    )
    assert read_package(path).manifest.outputs.activation_map == "cam"


def test_keras_3_hdf5_files_load(keras: Any, tmp_path: Path, convert: Any) -> None:
    path = convert(save(pooled(keras), tmp_path / "new.h5"), "--labels", "a,b,c", "--preprocess", "symmetric")
    assert read_package(path).class_ids == ("a", "b", "c")


def test_familiarity_is_the_whitened_distance(keras: Any, tmp_path: Path, convert: Any) -> None:
    source = save(pooled(keras), tmp_path / "m.keras")
    random = np.random.default_rng(1)
    projection, centres = random.normal(size=(8, 4)), random.normal(size=(3, 4))
    np.savez(tmp_path / "m.familiarity.npz", projection=projection, centres=centres)
    (tmp_path / "m.calibration.json").write_text(
        '{"calibration": {"temperature": 0.7}, "abstention": {"min_confidence": 0.6, "familiarity_max": 3.5}}'
    )
    path = convert(source, "--labels", "a,b,c", "--preprocess", "symmetric")
    manifest = read_package(path).manifest
    assert (manifest.temperature, manifest.abstention.min_confidence) == (0.7, 0.6)
    assert manifest.abstention.familiarity is not None
    assert manifest.abstention.familiarity.max == 3.5
    found = outputs(path, crops())
    from hematodesk.inference.head import Centres

    wanted = Centres(projection, centres).strangeness(found["embedding"].astype(np.float64))
    assert found["familiarity"] == pytest.approx(wanted, rel=1e-4)


def test_a_graph_that_answers_differently_is_refused(
    keras: Any, tmp_path: Path, convert: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from export_tools.conversion import keras_graph

    honest = keras_graph.keras_to_onnx

    def crooked(loaded: Any) -> Any:
        graph = honest(loaded)
        kernel = max(graph.graph.initializer, key=lambda constant: len(constant.raw_data))
        bent = np.frombuffer(kernel.raw_data, np.float32) * np.float32(1.5)
        kernel.raw_data = bent.tobytes()
        return graph

    monkeypatch.setattr(keras_graph, "keras_to_onnx", crooked)
    with pytest.raises(ModelError) as fault:
        convert(save(pooled(keras), tmp_path / "m.keras"), "--labels", "a,b,c", "--preprocess", "unit")
    assert fault.value.code == "parity_failed"
    assert not (tmp_path / "converted").exists()


@pytest.mark.parametrize(
    ("labels", "code"), [("a,b", "labels_mismatch"), (None, "labels_invalid"), ("a,a,b", "labels_invalid")]
)
def test_labels_must_fit(keras: Any, tmp_path: Path, convert: Any, labels: str | None, code: str) -> None:
    options = ["--labels", labels] if labels else []
    with pytest.raises(ModelError) as fault:
        convert(save(pooled(keras), tmp_path / "m.keras"), *options)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "model_not_found"), (b"", "model_unreadable"), (b"PK\x03\x04junk", "model_unreadable")],
)
def test_files_that_are_no_models(
    keras: Any, tmp_path: Path, convert: Any, content: bytes | None, code: str
) -> None:
    path = tmp_path / "broken.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as fault:
        convert(path, "--labels", "a,b")
    assert fault.value.code == code
    assert "broken.keras" in fault.value.message


def test_weights_without_a_network_are_named_as_such(keras: Any, tmp_path: Path, convert: Any) -> None:
    path = tmp_path / "only.weights.h5"
    pooled(keras).save_weights(path)
    with pytest.raises(ModelError) as fault:
        convert(path, "--labels", "a,b,c")
    assert fault.value.code == "weights_only"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_details_that_are_no_json_object(keras: Any, tmp_path: Path, convert: Any, content: str) -> None:
    details = tmp_path / "details.json"
    details.write_text(content)
    with pytest.raises(ModelError, match=r"details\.json") as fault:
        convert(save(pooled(keras), tmp_path / "m.keras"), "--labels", "a,b,c", "--details", str(details))
    assert fault.value.code == "details_invalid"


def test_an_open_input_size_is_refused(keras: Any, tmp_path: Path, convert: Any) -> None:
    image = keras.Input((None, None, 3))
    pool = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dense(2)(pool))
    with pytest.raises(ModelError, match="size open"):
        convert(save(model, tmp_path / "m.keras"), "--labels", "a,b")


@pytest.mark.real_data
def test_a_real_teachable_machine_file(keras: Any, convert: Any) -> None:
    pytest.importorskip("tf_keras")
    folder = Path(__file__).parents[4] / "shared" / "legacy_keras"
    files = sorted(folder.glob("*.h5"))
    if not files:
        pytest.skip("the real Keras 2 file is not beside the project")
    path = convert(files[0], "--labels", "normal cell,abnormal cell", "--preprocess", "symmetric")
    package = read_package(path)
    assert package.class_ids == ("normal_cell", "abnormal_cell")
    (prediction,) = Classifier(package, "cpu").classify(crops(224, 1))
    assert sum(share for _, share in prediction.ranked) == pytest.approx(1)

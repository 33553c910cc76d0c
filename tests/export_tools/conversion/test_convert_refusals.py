"""What cannot be converted is refused in a sentence that names file or layer, and nothing is written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export_tools.__main__ import main
from hematodesk.domain.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore")

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs the command, which must fail without a traceback and write nothing; returns what it said."""

    def run(source: Path, *options: str) -> str:
        folder = tmp_path / "out"
        arguments = ["convert", str(source), "--output", str(folder / "p.onnx"), *options]
        if "--labels" not in options:
            arguments += ["--labels", "a,b"]
        assert main(arguments) == 1
        assert not folder.exists()
        told = capsys.readouterr().err
        assert "Traceback" not in told and len(told.strip().splitlines()) == 1
        return told

    return run


def network(keras: Any, *middle: Any, outputs: int = 2) -> Any:
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(4, 3, strides=4),
            *middle,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


def save(model: Any, path: Path) -> Path:
    model.save(path)
    return path


@pytest.mark.parametrize("make", ["Keras 3 .keras", "Keras 3 .h5", "Keras 2 .h5"])
def test_code_in_a_lambda_does_not_run_unasked(
    keras: Any, tmp_path: Path, refused: Refused, convert: Any, make: str
) -> None:
    library = keras if make.startswith("Keras 3") else pytest.importorskip("tf_keras")
    layer = library.layers.Lambda(lambda pixels: pixels * 2.0, name="my_scaling")
    path = save(network(library, layer), tmp_path / f"m{make.split()[-1]}")
    told = refused(path)
    assert "the layer 'my_scaling' of type Lambda holds Python code" in told and "--unsafe" in told
    assert convert(path, "--labels", "a,b", "--unsafe").is_file()


def test_a_preprocess_input_of_an_unknown_base(keras: Any, tmp_path: Path, refused: Refused) -> None:
    layer = keras.layers.Lambda(keras.applications.vgg16.preprocess_input, name="prepare")
    told = refused(save(network(keras, layer), tmp_path / "m.keras"))
    assert "the layer 'prepare' of type Lambda calls a function preprocess_input" in told


def strange_layer(library: Any) -> Any:
    class Halve(library.layers.Layer):  # type: ignore[misc]
        def call(self, values: Any) -> Any:
            return values / 2

    return Halve(name="halving")


@pytest.mark.parametrize("make", ["Keras 3 .keras", "Keras 3 .h5", "Keras 2 .h5"])
def test_custom_layers_are_named(keras: Any, tmp_path: Path, refused: Refused, make: str) -> None:
    library = keras if make.startswith("Keras 3") else pytest.importorskip("tf_keras")
    path = save(network(library, strange_layer(library)), tmp_path / f"m{make.split()[-1]}")
    told = refused(path)
    assert "the layer 'halving' of type Halve is not one of Keras's own" in told and "export" in told


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a .keras file whose last dense layer's settings were changed by hand."""
    target = path.with_name("changed.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                document = json.loads(data)
                change(document["config"]["layers"][-1]["config"])
                data = json.dumps(document).encode()
            copy.writestr(name, data)
    return target


def test_code_hidden_where_no_layer_is_expected(keras: Any, tmp_path: Path, refused: Refused) -> None:
    """In an activation, in a wrapper's other layer, and as any object of a module that is not Keras's."""
    marker = tmp_path / "ran"
    where = str(marker)
    code = keras.saving.serialize_keras_object(keras.layers.Lambda(lambda pixels: (print(where), pixels)[1]))
    source = save(network(keras), tmp_path / "m.keras")
    told = refused(rewritten(source, lambda last: last.update(activation=code["config"]["function"])))
    assert "the layer 'dense" in told and "holds Python code" in told
    told = refused(rewritten(source, lambda last: last.update(backward_layer=code)))
    assert "the layer 'dense" in told and "holds Python code" in told
    system = {"module": "os", "class_name": "system", "config": f"touch {marker}", "registered_name": None}
    told = refused(rewritten(source, lambda last: last.update(kernel_initializer=system)))
    assert "the layer 'dense" in told and "uses 'os.system'" in told
    assert not marker.exists()


@pytest.mark.parametrize("make", ["Keras 3 .keras", "Keras 3 .h5", "Keras 2 .h5"])
def test_a_function_that_keras_has_not_is_named_with_its_layer(
    keras: Any, tmp_path: Path, refused: Refused, make: str
) -> None:
    library = keras if make.startswith("Keras 3") else pytest.importorskip("tf_keras")

    def wobble(values: Any) -> Any:
        return values * 0.5

    layer = library.layers.Conv2D(4, 1, activation=wobble, name="odd_one")
    path = save(network(library, layer), tmp_path / f"m{make.split()[-1]}")
    told = refused(path)
    assert "the layer 'odd_one' of type Conv2D uses 'wobble', which is not one of Keras's own" in told


def test_one_output_behind_a_softmax_tells_nothing(keras: Any, tmp_path: Path, refused: Refused) -> None:
    assert "tells nothing apart" in refused(save(network(keras, outputs=1), tmp_path / "m.keras"))


def test_a_description_of_any_size_is_not_unpacked(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * 70_000_000)
    assert "m.keras is a damaged archive: its config.json is larger than any network's." in refused(path)


def test_a_custom_layer_converts_as_a_saved_model(keras: Any, tmp_path: Path, convert: Any) -> None:
    network(keras, strange_layer(keras)).export(tmp_path / "exported", verbose=False)
    assert convert(tmp_path / "exported", "--labels", "a,b").is_file()


def test_an_operation_that_onnx_has_not_is_named_by_its_layer(
    keras: Any, tmp_path: Path, refused: Refused
) -> None:
    image = keras.Input((32, 32, 3))
    odd = keras.ops.erfinv(keras.layers.Conv2D(4, 3, activation="tanh", name="before")(image))
    scores = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(odd))
    told = refused(save(keras.Model(image, scores), tmp_path / "m.keras"))
    assert "The layer 'erfinv' of type Erfinv cannot be converted: ONNX has no operation Erfinv" in told


@pytest.mark.parametrize("kind", ["EagerPyFunc", "ReadFile"])
def test_saved_models_that_reach_out(keras: Any, tmp_path: Path, refused: Refused, kind: str) -> None:
    import tensorflow as tf

    def answer(pixels: Any) -> Any:
        if kind == "EagerPyFunc":
            pooled = tf.py_function(lambda each: each, [pixels], tf.float32, name="my_python")
        else:
            tf.io.read_file(str(tmp_path / "secret"), name="my_python")
            pooled = pixels
        return tf.reduce_mean(pooled, axis=[1, 2])[:, :2]

    module = tf.Module()
    module.call = tf.function(answer, input_signature=[tf.TensorSpec((None, 32, 32, 3), tf.float32)])
    tf.saved_model.save(module, str(tmp_path / "m"), signatures=module.call)
    told = refused(tmp_path / "m")
    assert f"'my_python' of type {kind}" in told


def test_saved_models_with_other_inputs_and_outputs(keras: Any, tmp_path: Path, refused: Refused) -> None:
    import tensorflow as tf

    module = tf.Module()
    images = tf.TensorSpec((None, 32, 32, 3), tf.float32)
    module.call = tf.function(lambda pixels: {"one": pixels[:, 0, 0], "two": pixels[:, 1, 1]}, [images])
    tf.saved_model.save(module, str(tmp_path / "two"), signatures=module.call)
    assert "has 2 outputs (one, two)" in refused(tmp_path / "two")
    (tmp_path / "empty").mkdir()
    assert "The folder empty is no SavedModel" in refused(tmp_path / "empty")
    (tmp_path / "empty" / "saved_model.pb").write_bytes(b"no graph")
    assert "SavedModel empty" in refused(tmp_path / "empty")


def test_files_that_are_damaged_or_something_else(keras: Any, tmp_path: Path, refused: Refused) -> None:
    whole = save(network(keras), tmp_path / "whole.h5").read_bytes()
    archive = save(network(keras), tmp_path / "whole.keras").read_bytes()
    (tmp_path / "text.h5").write_text("these are my notes on the model")
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.keras").write_bytes(archive[: len(archive) // 2])
    (tmp_path / "empty.keras").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as other:
        other.writestr("letter.txt", "hello")
    with zipfile.ZipFile(tmp_path / "hollow.keras", "w") as hollow:
        hollow.writestr("config.json", "[]")
    for name, words in (
        ("text.h5", "neither a .keras archive nor an HDF5 file"),
        ("cut.h5", "cut.h5 is a damaged HDF5 file"),
        ("cut.keras", "cut.keras is a damaged archive"),
        ("empty.keras", "it is empty"),
        ("other.keras", "is an archive, but no Keras model"),
        ("hollow.keras", "its description is no model's"),
        ("nowhere.keras", "There is no model file nowhere.keras"),
    ):
        assert words in refused(tmp_path / name), name


def test_a_file_without_the_right_to_read(
    keras: Any, tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(network(keras), tmp_path / "m.keras")
    honest = Path.open

    def closed(self: Path, *args: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return honest(self, *args, **options)

    monkeypatch.setattr(Path, "open", closed)
    assert "m.keras cannot be read: Permission denied" in refused(path)


def test_shapes_that_no_package_has(keras: Any, tmp_path: Path, refused: Refused) -> None:
    k = keras.layers

    def made(name: str, shape: Any, *layers: Any) -> Path:
        return save(keras.Sequential([keras.Input(shape), *layers]), tmp_path / f"{name}.keras")

    pool, dense = k.GlobalAveragePooling2D, k.Dense
    for path, words, options in (
        (made("grey", (32, 32, 1), k.Conv2D(3, 3), pool(), dense(2)), "colour images", ()),
        (made("base", (32, 32, 3), k.Conv2D(64, 3)), "one score a class is needed", ()),
        (made("mask", (32, 32, 3), k.Conv2D(3, 3)), "a segmentation network", ()),
        (made("grid", (32, 32, 3), k.Conv2D(6, 3), k.Reshape((900, 6))), "an object detector (YOLO)", ()),
        (made("wide", (32, 48, 3), k.Conv2D(3, 3), pool(), dense(2)), "48 x 32; a package's are square", ()),
        (made("tiny", (8, 8, 3), k.Conv2D(3, 3), pool(), dense(2)), "input.width", ()),
        (made("three", (32, 32, 3), k.Conv2D(3, 3), pool(), dense(3)), "3 outputs, but 2 labels", ()),
        (made("fixed", (32, 32, 3), k.Conv2D(3, 3), pool(), dense(2)), "not 64 x 64", ("--size", "64")),
    ):
        assert words in refused(path, *options), path.name
    batches = keras.Input(batch_shape=(4, 32, 32, 3))
    model = keras.Model(batches, dense(2)(pool()(k.Conv2D(3, 3)(batches))))
    assert "takes exactly 4 images at a time" in refused(save(model, tmp_path / "four.keras"))
    image = keras.Input((32, 32, 3))
    pooled = pool()(k.Conv2D(3, 3)(image))
    two = keras.Model(image, [dense(2)(pooled), dense(2)(pooled)])
    assert "has 2 outputs" in refused(save(two, tmp_path / "two.keras"))
    boxes = k.Reshape((900, 4), name="boxes")(k.Conv2D(4, 3)(image))
    classes = k.Reshape((900, 2), name="classes")(k.Conv2D(2, 3)(image))
    boxed = keras.Model(image, [boxes, classes])
    assert "an object detector" in refused(save(boxed, tmp_path / "boxed.keras"))
    other = keras.Input((32, 32, 3))
    both = keras.Model([image, other], dense(2)(pool()(k.Add()([image, other]))))
    assert "has 2 inputs" in refused(save(both, tmp_path / "both.keras"))


def test_places_that_cannot_be_written(keras: Any, tmp_path: Path, convert: Any) -> None:
    source = save(network(keras), tmp_path / "m.keras")
    other = tmp_path / "thesis.onnx"
    other.write_bytes(b"my thesis")
    (tmp_path / "folder.onnx").mkdir()
    for target, words in (
        (other, "exists and is no model package"),
        (tmp_path / "folder.onnx", "is a folder"),
        (tmp_path / "m.keras", "does not end in .onnx"),
        (source / "inside" / "p.onnx", "no right to write"),
    ):
        with pytest.raises(ModelError) as fault:
            convert(source, "--labels", "a,b", "--output", str(target))
        assert fault.value.code == "output_refused"
        assert words in fault.value.message
    assert other.read_bytes() == b"my thesis"


def test_a_full_disk_leaves_the_old_package(
    keras: Any,
    tmp_path: Path,
    convert: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = save(network(keras), tmp_path / "m.keras")
    path = convert(source, "--labels", "a,b")
    before = path.read_bytes()
    assert "(replaced)" not in capsys.readouterr().out

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["convert", str(source), "--output", str(path), "--labels", "c,d"]) == 1
    assert "cannot be written: No space left on device" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    monkeypatch.undo()
    convert(source, "--labels", "c,d")
    assert "(replaced)" in capsys.readouterr().out


def test_options_that_are_not_known(keras: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["convert", "m.keras", "--output", "p.onnx", "--preprocess", "torch"])
    assert end.value.code == 2
    assert "imagenet-torch" in capsys.readouterr().err

"""What trainers bring: formats, bases, heads, outputs; each converted, compared with Keras and classified."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

pytestmark = pytest.mark.filterwarnings("ignore")

THREE = ("--labels", "a,b,c")


def images(size: int, count: int = 3) -> list[np.ndarray]:
    """Coarse noise of different tints: fine noise is averaged away."""
    random = np.random.default_rng(5)
    tints = ((250, 60, 30), (10, 240, 90), (60, 10, 255))
    fine = [
        np.kron(random.random((4, 4, 3)), np.ones((-(-size // 4), -(-size // 4), 1))) for _ in range(count)
    ]
    return [(fine[n][:size, :size] * tints[n % 3]).astype(np.uint8) for n in range(count)]


def agree(
    path: Path,
    model: Any,
    prepare: Any = lambda pixels: pixels / 255.0,
    tolerance: float = 1e-4,
    apart: float = 1e-3,
) -> ModelPackage:
    """The program's answers on the package are the Keras model's on the same images, prepared by hand."""
    package = read_package(path)
    given = images(package.manifest.input.width)
    tensor = np.stack([prepare(each.astype(np.float32)) for each in given]).astype(np.float32)
    wanted = np.asarray(model(tensor, training=False), np.float64)
    assert float(np.abs(wanted - wanted[0]).max()) > apart, "the images must make a difference"
    if wanted.shape[1] == 1:
        wanted = np.concatenate([1 - wanted, wanted], axis=1)
    wanted = wanted / wanted.sum(axis=1, keepdims=True)
    for row, prediction in zip(wanted, Classifier(package, "cpu").classify(given), strict=True):
        answered = dict(prediction.ranked)
        assert [answered[name] for name in package.class_ids] == pytest.approx(row.tolist(), abs=tolerance)
    return package


def small(keras: Any, *layers: Any, size: int = 32) -> Any:
    """A small base, then the head's layers."""
    return keras.Sequential(
        [
            keras.Input((size, size, 3)),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.Conv2D(6, 3, strides=2, activation="relu"),
            *layers,
        ]
    )


def save(model: Any, path: Path, **options: Any) -> Path:
    model.save(path, **options)
    return path


HEADS = {
    "pooled": lambda k: [k.layers.GlobalAveragePooling2D(), k.layers.Dense(3, activation="softmax")],
    "maximum": lambda k: [k.layers.GlobalMaxPooling2D(), k.layers.Dense(3, activation="softmax")],
    "two dense": lambda k: [
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dropout(0.3),
        k.layers.Dense(12, activation="relu"),
        k.layers.BatchNormalization(),
        k.layers.Dropout(0.3),
        k.layers.Dense(3, activation="softmax"),
    ],
    "flat, two dense": lambda k: [
        k.layers.Flatten(),
        k.layers.Dense(12, activation="relu"),
        k.layers.Dense(3, activation="softmax"),
    ],
    "average pooling, then flat": lambda k: [
        k.layers.AveragePooling2D((7, 7)),
        k.layers.Flatten(),
        k.layers.Dense(3, activation="softmax"),
    ],
    "softmax apart": lambda k: [
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dense(3),
        k.layers.Softmax(),
    ],
    "activation apart": lambda k: [
        k.layers.Flatten(),
        k.layers.Dropout(0.5),
        k.layers.Dense(3, use_bias=False),
        k.layers.Activation("softmax"),
    ],
    "sigmoids": lambda k: [k.layers.GlobalAveragePooling2D(), k.layers.Dense(3, activation="sigmoid")],
}

TOLD = {
    "pooled": ("global average pooling, 1 dense layer", "exact"),
    "maximum": ("global max pooling, 1 dense layer", "none: max pooling"),
    "two dense": ("global average pooling, 2 dense layers", "none: 2 dense layers in a row"),
    "flat, two dense": ("Flatten, 2 dense layers", "none: 2 dense layers in a row"),
    "average pooling, then flat": ("global average pooling, 1 dense layer", "exact"),
    "softmax apart": ("global average pooling, 1 dense layer", "exact"),
    "activation apart": ("Flatten, 1 dense layer", "exact: its mean plus the bias is the logit (7 x 7"),
    "sigmoids": (
        "global average pooling, 1 dense layer",
        "exact: its mean plus the bias is the logit before",
    ),
}


@pytest.mark.parametrize("head", HEADS)
def test_heads(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str], head: str
) -> None:
    model = shaken(small(keras, *HEADS[head](keras)))
    path = convert(save(model, tmp_path / "m.keras"), *THREE, "--preprocess", "unit")
    package = agree(path, model)
    words, map_words = TOLD[head]
    told = capsys.readouterr().out
    assert f"head:           {words}\n" in told
    assert f"activation map: {map_words}" in told
    assert (package.manifest.outputs.activation_map is None) == map_words.startswith("none")
    evidence = Classifier(package, "cpu").evidence(images(32)[0])
    assert (evidence is not None and evidence.exact) == map_words.startswith("exact")


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_unit_stands_for_two_classes(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any, activation: str | None
) -> None:
    model = shaken(
        small(keras, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation=activation))
    )
    package = read_package(
        convert(save(model, tmp_path / "m.keras"), "--labels", "no,yes", "--preprocess", "raw")
    )
    given = images(32)
    scores = np.asarray(model(np.stack(given).astype(np.float32), training=False), np.float64)[:, 0]
    wanted = scores if activation else 1 / (1 + np.exp(-scores))
    classifier = Classifier(package, "cpu")
    answered = [dict(each.ranked)["yes"] for each in classifier.classify(given)]
    assert answered == pytest.approx(wanted.tolist(), abs=1e-4)
    evidence = classifier.evidence(given[0])
    assert evidence is not None and evidence.exact and evidence.maps.shape[2] == 2


def test_probabilities_without_a_visible_softmax(keras: Any, tmp_path: Path, convert: Any) -> None:
    image = keras.Input((32, 32, 3))
    pool = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    shares = keras.layers.Dense(3, activation="softplus")(pool)
    model = keras.Model(image, shares / keras.ops.sum(shares, axis=-1, keepdims=True))
    package = agree(convert(save(model, tmp_path / "m.keras"), *THREE, "--preprocess", "unit"), model)
    assert package.manifest.outputs.kind == "probabilities"


def branched(library: Any) -> Any:
    """A functional model with a branch, a nested functional base and a nested Sequential head."""
    image = library.Input((32, 32, 3))
    inside = library.layers.Conv2D(6, 3, strides=2, activation="relu")(image)
    side = library.layers.Conv2D(6, 1)(inside)
    base = library.Model(image, library.layers.Add()([inside, side]), name="base")
    head = library.Sequential(
        [
            library.layers.GlobalAveragePooling2D(),
            library.layers.Dense(3),
            library.layers.Activation("softmax"),
        ]
    )
    given = library.Input((32, 32, 3))
    return library.Model(given, head(base(given)))


FORMATS = [
    "Keras 3 .keras",
    "Keras 3 .h5",
    "Keras 2 .h5",
    "Keras 2 .keras",
    "export",
    "tf-keras folder",
    "module",
]


@pytest.mark.parametrize("make", FORMATS)
def test_formats(keras: Any, shaken: Any, tmp_path: Path, convert: Any, make: str) -> None:
    import tensorflow as tf

    old = pytest.importorskip("tf_keras") if make.startswith(("Keras 2", "tf-keras")) else None
    model = shaken(branched(old or keras))
    # Spaces and letters of other alphabets, as file names have them.
    path = tmp_path / "Модель 白血球 ü" / "my model"
    path.parent.mkdir()
    if make.startswith("Keras"):
        path = save(model, path.with_suffix(make.split()[-1]))
    elif make == "export":
        model.export(path, verbose=False)
    elif make == "tf-keras folder":
        model.save(path, save_format="tf")
    else:
        module = tf.Module()
        module.model = model
        module.__call__ = tf.function(
            lambda pixels: model(pixels, training=False),
            input_signature=[tf.TensorSpec((None, 32, 32, 3), tf.float32)],
        )
        tf.saved_model.save(module, str(path), signatures=module.__call__)
    package = agree(convert(path, *THREE, "--preprocess", "unit"), model)
    assert package.manifest.outputs.activation_map == "cam"


def test_a_saved_model_that_leaves_its_size_open(keras: Any, tmp_path: Path, convert: Any) -> None:
    import tensorflow as tf

    image = keras.Input((None, None, 3))
    pool = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(pool))
    call = tf.function(model).get_concrete_function(tf.TensorSpec((None, None, None, 3), tf.float32))
    tf.saved_model.save(model, str(tmp_path / "open"), signatures=call)
    package = agree(convert(tmp_path / "open", *THREE, "--preprocess", "unit", "--size", "48"), model)
    assert package.manifest.input.width == 48


def test_one_image_at_a_time(keras: Any, tmp_path: Path, convert: Any) -> None:
    image = keras.Input(batch_shape=(1, 32, 32, 3))
    pool = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(pool))
    path = convert(save(model, tmp_path / "m.keras"), *THREE, "--preprocess", "unit")
    assert len(Classifier(read_package(path), "cpu").classify(images(32))) == 3


def test_channels_first(keras: Any, tmp_path: Path, convert: Any) -> None:
    image = keras.Input((3, 32, 32))
    features = keras.layers.Conv2D(4, 3)(keras.layers.Permute((2, 3, 1))(image))
    scores = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(features))
    model = keras.Model(image, scores)
    path = convert(save(model, tmp_path / "m.keras"), *THREE, "--preprocess", "unit")
    package = agree(path, model, lambda pixels: pixels.transpose(2, 0, 1) / 255.0)
    assert package.manifest.input.layout == "nchw"


def test_layers_that_prepare_and_augment(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    k = keras.layers
    model = shaken(
        keras.Sequential(
            [
                keras.Input((32, 32, 3)),
                k.RandomFlip("horizontal"),
                k.RandomRotation(0.2),
                k.RandomZoom(0.1),
                k.RandomContrast(0.1),
                k.Rescaling(1 / 127.5, offset=-1),
                k.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.6, 0.7]),
                k.Conv2D(4, 3),
                k.GlobalAveragePooling2D(),
                k.Dense(3, activation="softmax"),
            ]
        )
    )
    path = convert(save(model, tmp_path / "m.keras"), *THREE)
    package = agree(path, model, lambda pixels: pixels)
    assert package.manifest.input.scale == (1.0, 1.0, 1.0)
    assert "of type Rescaling scales inside" in capsys.readouterr().out


@pytest.mark.parametrize("make", ["keras", "tf_keras"])
def test_arithmetic_on_the_pixels_inside(
    keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str], make: str
) -> None:
    """preprocess_input called on the model's input leaves operations without a layer class."""
    library = keras if make == "keras" else pytest.importorskip("tf_keras")
    image = library.Input((32, 32, 3))
    scaled = library.applications.mobilenet_v2.preprocess_input(image)
    pool = library.layers.GlobalAveragePooling2D()(library.layers.Conv2D(4, 3)(scaled))
    model = library.Model(image, library.layers.Dense(3, activation="softmax")(pool))
    path = convert(save(model, tmp_path / ("m.keras" if make == "keras" else "m.h5")), *THREE)
    agree(path, model, lambda pixels: pixels)
    assert "the model begins with arithmetic on the pixels" in capsys.readouterr().out


def on_base(library: Any, name: str, size: int, **options: Any) -> Any:
    base = getattr(library.applications, name)(
        include_top=False, weights=None, input_shape=(size, size, 3), **options
    )
    pool = library.layers.GlobalAveragePooling2D()(base.output)
    return library.Model(base.input, library.layers.Dense(3, activation="softmax")(pool))


BASES = [
    ("MobileNetV2", 32, {"alpha": 0.35}, "symmetric", lambda p: p / 127.5 - 1),
    ("EfficientNetB0", 32, {}, "raw", lambda p: p),
    ("ResNet50", 32, {}, "imagenet", lambda p: p[..., ::-1] - np.array([103.939, 116.779, 123.68])),
    ("VGG16", 32, {}, "imagenet", lambda p: p[..., ::-1] - np.array([103.939, 116.779, 123.68])),
    ("InceptionV3", 75, {}, "symmetric", lambda p: p / 127.5 - 1),
]


@pytest.mark.parametrize(
    ("name", "size", "options", "way", "prepare"), BASES, ids=[base[0] for base in BASES]
)
def test_bases(
    keras: Any,
    shaken: Any,
    tmp_path: Path,
    convert: Any,
    capsys: pytest.CaptureFixture[str],
    name: str,
    size: int,
    options: dict[str, Any],
    way: str,
    prepare: Any,
) -> None:
    model = shaken(on_base(keras, name, size, **options))
    package = agree(convert(save(model, tmp_path / "m.keras"), *THREE), model, prepare, 2e-4, apart=0)
    told = capsys.readouterr().out
    assert f"architecture:   {name}\n" in told
    assert f"preprocessing:  {way}:" in told and "GUESSED, check it" in told
    assert package.manifest.outputs.activation_map == "cam"


def test_a_lambda_that_names_preprocess_input_runs_no_code_of_the_file(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    base = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None
    )
    image = keras.Input((32, 32, 3))
    scaled = keras.layers.Lambda(keras.applications.mobilenet_v2.preprocess_input)(image)
    pool = keras.layers.GlobalAveragePooling2D()(base(scaled))
    model = shaken(keras.Model(image, keras.layers.Dense(3, activation="softmax")(pool)))
    path = convert(save(model, tmp_path / "m.keras"), *THREE)
    agree(path, model, lambda pixels: pixels)
    assert "calls preprocess_input: MobileNetV2's own is taken (check it)" in capsys.readouterr().out


def test_images_read_with_opencv(keras: Any, shaken: Any, tmp_path: Path, convert: Any) -> None:
    """--colour bgr: what training gave to its preprocessing had blue first."""
    model = shaken(small(keras, *HEADS["pooled"](keras)))
    source = save(model, tmp_path / "m.keras")
    package = agree(
        convert(source, *THREE, "--preprocess", "unit", "--colour", "bgr"),
        model,
        lambda pixels: pixels[..., ::-1] / 255.0,
    )
    assert package.manifest.input.colour == "bgr"
    # preprocess_input of ResNet50 turns blue-first pixels to red first and takes blue's mean off red.
    agree(
        convert(source, *THREE, "--preprocess", "imagenet", "--colour", "bgr"),
        model,
        lambda pixels: pixels - np.array([103.939, 116.779, 123.68]),
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "0 normal cell\n1 odd cell\n2 debris\n"),
        ("class_indices.json", '{"debris": 2, "normal cell": 0, "odd cell": 1}'),
    ],
)
def test_class_names_beside_the_model(
    keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    source = save(small(keras, *HEADS["pooled"](keras)), tmp_path / "m.keras")
    (tmp_path / name).write_text(text)
    package = read_package(convert(source, "--preprocess", "unit"))
    assert [each.display for each in package.manifest.classes] == ["normal cell", "odd cell", "debris"]
    assert f"GUESSED, check it: from {name} beside the model" in capsys.readouterr().out


def test_crop_rules(keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]) -> None:
    source = save(small(keras, *HEADS["pooled"](keras)), tmp_path / "m.keras")
    assert read_package(convert(source, *THREE)).manifest.input.crop.rule == "whole"
    assert "whole: the whole image, resized" in capsys.readouterr().out
    rule = read_package(convert(source, *THREE, "--crop", "cell", "--red-cells", "2.5")).manifest.input.crop
    assert (rule.rule, rule.red_cells) == ("cell", 2.5)
    assert "2.5 red-cell diameters wide" in capsys.readouterr().out


def test_a_teachable_machine_zip_as_it_is_downloaded(
    keras: Any, shaken: Any, tmp_path: Path, convert: Any
) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    model = shaken(small(tf_keras, *HEADS["pooled"](tf_keras)))
    save(model, tmp_path / "keras_model.h5")
    path = tmp_path / "converted_keras.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "keras_model.h5", "keras_model.h5")
        archive.writestr("labels.txt", "0 Eosinophil\n1 Lymphocyte\n2 Monocyte\n")
    (tmp_path / "keras_model.h5").unlink()
    package = agree(convert(path, "--preprocess", "symmetric"), model, lambda pixels: pixels / 127.5 - 1)
    assert package.class_ids == ("eosinophil", "lymphocyte", "monocyte")


def test_a_saved_model_in_an_archive(keras: Any, shaken: Any, tmp_path: Path, convert: Any) -> None:
    model = shaken(small(keras, *HEADS["pooled"](keras)))
    model.export(tmp_path / "made")
    path = tmp_path / "converted_savedmodel.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in (tmp_path / "made").rglob("*"):
            archive.write(each, f"model.savedmodel/{each.relative_to(tmp_path / 'made').as_posix()}")
        archive.writestr("labels.txt", "0 a\n1 b\n2 c\n")
    agree(convert(path, "--preprocess", "unit"), model)


def scaling_inside(keras: Any, kind: str) -> Any:
    layers = keras.layers
    if kind == "rescaling":
        return small_with(keras, layers.Rescaling(1 / 255, name="to_unit"))
    if kind == "nested":
        inner = keras.Sequential(
            [keras.Input((32, 32, 3)), layers.Rescaling(1 / 127.5, offset=-1, name="to_unit")]
        )
        return small_with(keras, inner)
    if kind == "normalization":
        return small_with(keras, layers.Normalization(mean=[120.0] * 3, variance=[900.0] * 3, name="to_unit"))
    base = keras.applications.MobileNetV3Small(
        weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg"
    )
    return keras.Sequential([keras.Input((32, 32, 3)), base, layers.Dense(3, activation="softmax")])


def small_with(keras: Any, first: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            first,
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            *HEADS["pooled"](keras),
        ]
    )


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("rescaling", "to_unit"),
        ("nested", "to_unit"),
        ("normalization", "to_unit"),
        ("MobileNetV3", "rescaling"),
    ],
)
def test_scaling_twice_is_warned_about_by_the_layers_name(
    keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str], kind: str, layer: str
) -> None:
    path = save(scaling_inside(keras, kind), tmp_path / "m.keras")
    convert(path, *THREE, "--preprocess", "unit")
    told = capsys.readouterr().out
    assert "WARNING" in told and "scales twice" in told and f"the layer '{layer}" in told
    convert(path, *THREE, "--preprocess", "raw")
    assert "WARNING" not in capsys.readouterr().out


def test_no_warning_without_scaling_inside(
    keras: Any, tmp_path: Path, convert: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(save(small(keras, *HEADS["pooled"](keras)), tmp_path / "m.keras"), *THREE, "--preprocess", "unit")
    first = keras.layers.Normalization(mean=[0.5] * 3, variance=[0.04] * 3)
    convert(save(small_with(keras, first), tmp_path / "n.keras"), *THREE, "--preprocess", "unit")
    assert "WARNING" not in capsys.readouterr().out

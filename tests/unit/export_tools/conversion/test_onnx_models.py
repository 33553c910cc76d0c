"""Bare ONNX models, shaped and named as PyTorch, fastai and tf2onnx write them, become packages."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from export_tools.conversion import convert as command
from hematodesk.domain.errors import ModelError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package

SIDE, DEPTH, CLASSES = 32, 6, 4
LABELS = "eosinophil,lymphocyte,monocyte,neutrophil"
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

Convert = Callable[..., tuple[Path, str]]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Saves a model, converts it, and gives the package's path and the summary."""

    def run(model: onnx.ModelProto | Path, *options: str, name: str = "net.onnx") -> tuple[Path, str]:
        source = model if isinstance(model, Path) else tmp_path / name
        if not isinstance(model, Path):
            source.write_bytes(model.SerializeToString())
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        target = tmp_path / "out" / "mine.onnx"
        args = parser.parse_args(["convert", str(source), "--output", str(target), *options])
        return target, command.convert(args)

    return run


def weights(dtype: type = np.float32) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        "conv.weight": random.normal(0, 0.4, (DEPTH, 3, 3, 3)).astype(dtype),
        "conv.bias": random.normal(0, 0.1, DEPTH).astype(dtype),
        "fc.weight": random.normal(0, 1, (CLASSES, DEPTH)).astype(dtype),
        "fc.bias": random.normal(0, 0.5, CLASSES).astype(dtype),
    }


def model(
    nodes: Sequence[Any],
    given: tuple[str, int, Sequence[int | str]],
    output: tuple[str, int, Sequence[int | str]],
    constants: dict[str, np.ndarray],
    *,
    opset: int = 17,
    producer: str = "pytorch",
    **notes: str,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "main_graph",
        [helper.make_tensor_value_info(*given)],
        [helper.make_tensor_value_info(*output)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], producer_name=producer, ir_version=8
    )
    helper.set_model_props(made, notes)
    return made


def torch_like(
    *,
    head: str = "pool",
    end: str = "",
    batch: int | str = "batch",
    sides: tuple[int | str, int | str] = (SIDE, SIDE),
    kind: int = TensorProto.FLOAT,
    first: Sequence[Any] = (),
    more: dict[str, np.ndarray] | None = None,
    begin: str = "input",
    output: str = "logits",
    rows: tuple[int | str, ...] | None = None,
    **options: Any,
) -> onnx.ModelProto:
    """A network as torch.onnx.export writes it: NCHW, Conv, Relu, a head, Gemm with transB."""
    dtype = {TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16}.get(kind, np.float32)
    constants = weights(dtype) | (more or {})
    inner = first[-1].output[0] if first else begin
    nodes = [
        *first,
        helper.make_node(
            "Conv",
            [inner, "conv.weight", "conv.bias"],
            ["/conv/out"],
            name="/conv/Conv",
            strides=[2, 2],
            pads=[1, 1, 1, 1],
        ),
        helper.make_node("Relu", ["/conv/out"], ["/relu/out"], name="/relu/Relu"),
    ]
    if head == "pool":
        nodes += [
            helper.make_node(
                "GlobalAveragePool", ["/relu/out"], ["/pool/out"], name="/avgpool/GlobalAveragePool"
            ),
            helper.make_node("Flatten", ["/pool/out"], ["/flat"], axis=1),
        ]
    elif head == "mean":
        nodes.append(helper.make_node("ReduceMean", ["/relu/out"], ["/flat"], axes=[-2, -1], keepdims=0))
    elif head == "flat":
        nodes.append(helper.make_node("Flatten", ["/relu/out"], ["/flat"], axis=1))
        half = SIDE // 2
        constants["fc.weight"] = np.random.default_rng(2).normal(0, 0.05, (CLASSES, DEPTH * half * half))
        constants["fc.weight"] = constants["fc.weight"].astype(dtype)
    elif head == "fastai":
        nodes += [
            helper.make_node("GlobalMaxPool", ["/relu/out"], ["/mp"]),
            helper.make_node("GlobalAveragePool", ["/relu/out"], ["/ap"]),
            helper.make_node("Concat", ["/mp", "/ap"], ["/both"], axis=1),
            helper.make_node("Flatten", ["/both"], ["/all"]),
            helper.make_node("Gemm", ["/all", "hidden.weight"], ["/hidden"], transB=1),
            helper.make_node("Relu", ["/hidden"], ["/flat"]),
        ]
        constants["hidden.weight"] = np.random.default_rng(3).normal(0, 1, (DEPTH, 2 * DEPTH)).astype(dtype)
    last = output if not end else "/fc/out"
    nodes.append(
        helper.make_node(
            "Gemm", ["/flat", "fc.weight", "fc.bias"], [last], name="/fc/Gemm", transB=1, alpha=1.0
        )
    )
    if end:
        nodes.append(helper.make_node(end, ["/fc/out"], [output], name=f"/{end}", **_axis(end)))
    return model(
        nodes,
        (begin, kind, [batch, 3, *sides]),
        (output, kind if kind in (TensorProto.FLOAT, TensorProto.FLOAT16) else 1, rows or [batch, CLASSES]),
        constants,
        **options,
    )


def _axis(end: str) -> dict[str, int]:
    return {"axis": 1} if end in ("Softmax", "LogSoftmax", "ArgMax") else {}


def tf_like(batch: int | str = "unk__1") -> onnx.ModelProto:
    """A network as tf2onnx writes it: NHWC, a Transpose, ReduceMean, MatMul, Add, Softmax."""
    constants = weights()
    constants["dense/kernel"] = constants.pop("fc.weight").T.copy()
    nodes = [
        helper.make_node("Transpose", ["input_1"], ["model/conv/T:0"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "Conv", ["model/conv/T:0", "conv.weight", "conv.bias"], ["model/conv:0"], strides=[2, 2]
        ),
        helper.make_node("Relu", ["model/conv:0"], ["model/relu:0"]),
        helper.make_node("ReduceMean", ["model/relu:0"], ["model/gap:0"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["model/gap:0", "dense/kernel"], ["model/matmul:0"]),
        helper.make_node("Add", ["model/matmul:0", "fc.bias"], ["model/add:0"]),
        helper.make_node("Softmax", ["model/add:0"], ["dense"]),
    ]
    return model(
        nodes,
        ("input_1", TensorProto.FLOAT, [batch, SIDE, SIDE, 3]),
        ("dense", TensorProto.FLOAT, [batch, CLASSES]),
        constants,
        opset=15,
        producer="tf2onnx",
    )


def crops(count: int = 5) -> list[np.ndarray]:
    """Noise, and drawn cells on a pale ground, uint8 (SIDE, SIDE, 3) RGB."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    made = []
    for index in range(count):
        noise = random.integers(0, 256, (SIDE, SIDE, 3))
        inside = np.hypot(rows - 16, columns - 16)[..., None] < 5 + index
        cell = np.where(inside, random.integers(60, 160, 3), 225) + noise // 32
        made.append((noise if index % 2 else np.clip(cell, 0, 255)).astype(np.uint8))
    return made


def plain(original: onnx.ModelProto, pixels: np.ndarray) -> np.ndarray:
    """What plain ONNX Runtime answers to prepared images, (N, ...) float64, one or all at a time."""
    session = onnxruntime.InferenceSession(original.SerializeToString(), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    kind = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}[given.type]
    size = given.shape[0] if isinstance(given.shape[0], int) else len(pixels)
    answers = []
    for first in range(0, len(pixels), size):
        part = pixels[first : first + size]
        part = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
        (answer,) = session.run(None, {given.name: part.astype(kind)})
        answers.append(answer)
    return np.concatenate(answers)[: len(pixels)].reshape(len(pixels), -1).astype(np.float64)


def torchvision(images: Sequence[np.ndarray]) -> np.ndarray:
    """ToTensor and Normalize, written out: (N, 3, H, W)."""
    return np.stack([((image / 255 - MEAN) / DEVIATION).transpose(2, 0, 1) for image in images])


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def answers(package: Path, images: Sequence[np.ndarray]) -> np.ndarray:
    known = read_package(package)
    found = Classifier(known, "cpu").classify(list(images))
    return np.array([[dict(each.ranked)[name] for name in known.class_ids] for each in found])


TORCH = {
    "logits": torch_like(),
    "softmax": torch_like(end="Softmax"),
    "log softmax": torch_like(end="LogSoftmax"),
    "mean over the positions": torch_like(head="mean"),
    "fixed batch of one": torch_like(batch=1),
    "fixed batch of five": torch_like(batch=5),
    "names that packages use": torch_like(begin="image", output="logits"),
    "an inner value under a package's name": torch_like(begin="embedding", output="cam"),
    "old opset": torch_like(opset=11),
    "output (N, K, 1, 1)": torch_like(rows=("batch", CLASSES)),
}


@pytest.mark.parametrize("kind", TORCH)
def test_a_torch_model_answers_as_plain_onnx_runtime_with_torchvisions_preprocessing(
    convert: Convert, kind: str
) -> None:
    original = TORCH[kind]
    package, told = convert(original, "--labels", LABELS, "--preprocess", "imagenet-torch", "--crop", "cell")
    wanted = plain(original, torchvision(crops()))
    if original.graph.node[-1].op_type != "Softmax":
        wanted = softmax(wanted)
    assert answers(package, crops()) == pytest.approx(wanted, abs=1e-5)
    manifest = read_package(package).manifest
    assert (manifest.outputs.activation_map, manifest.outputs.embedding) == ("cam", "embedding")
    assert manifest.outputs.kind == "logits"
    assert manifest.input.layout == "nchw" and manifest.input.crop.rule == "cell"
    assert manifest.input.scale == pytest.approx(tuple(1 / 255 / DEVIATION))
    assert "exact" in told


def test_the_maps_mean_and_the_bias_are_the_logits(convert: Convert) -> None:
    package, _told = convert(torch_like(), "--labels", LABELS, "--preprocess", "imagenet-torch")
    session = onnxruntime.InferenceSession(str(package), providers=["CPUExecutionProvider"])
    scores, maps = session.run(["logits", "cam"], {"image": torchvision(crops()).astype(np.float32)})
    assert maps.shape == (5, SIDE // 2, SIDE // 2, CLASSES)
    assert maps.mean(axis=(1, 2)) + weights()["fc.bias"] == pytest.approx(scores, abs=1e-5)
    # Each position by itself: the features there times the last layer.
    kernel, bias = weights()["conv.weight"], weights()["conv.bias"]
    padded = np.pad(torchvision(crops())[0], ((0, 0), (1, 1), (1, 1)))
    there = np.maximum((padded[:, 6:9, 10:13] * kernel).sum(axis=(1, 2, 3)) + bias, 0)
    assert maps[0, 3, 5] == pytest.approx(weights()["fc.weight"] @ there, abs=1e-4)


def test_a_flattened_channels_first_map_has_its_positions_in_place(convert: Convert) -> None:
    original = torch_like(head="flat")
    package, _told = convert(original, "--labels", LABELS, "--preprocess", "unit")
    images = crops()
    pixels = np.stack([(image / 255).transpose(2, 0, 1) for image in images])
    assert answers(package, images) == pytest.approx(softmax(plain(original, pixels)), abs=1e-5)
    session = onnxruntime.InferenceSession(str(package), providers=["CPUExecutionProvider"])
    (maps,) = session.run(["cam"], {"image": pixels.astype(np.float32)})
    half = SIDE // 2
    padded = np.pad(pixels[1], ((0, 0), (1, 1), (1, 1)))
    there = (padded[:, 4:7, 18:21] * weights()["conv.weight"]).sum(axis=(1, 2, 3)) + weights()["conv.bias"]
    part = next(
        numpy_helper.to_array(each) for each in original.graph.initializer if each.name == "fc.weight"
    )
    part = part.reshape(CLASSES, DEPTH, half, half)[:, :, 2, 9]
    assert maps[1, 2, 9] == pytest.approx(part @ np.maximum(there, 0) * half * half, abs=1e-3)


def test_fastais_head_has_an_embedding_and_no_map(convert: Convert) -> None:
    original = torch_like(head="fastai")
    package, told = convert(original, "--labels", LABELS, "--preprocess", "imagenet-torch")
    outputs = read_package(package).manifest.outputs
    assert (outputs.activation_map, outputs.embedding) == (None, "embedding")
    assert answers(package, crops()) == pytest.approx(
        softmax(plain(original, torchvision(crops()))), abs=1e-5
    )
    assert "activation map: none" in told


def test_a_tf2onnx_model_answers_as_plain_onnx_runtime(convert: Convert) -> None:
    package, _told = convert(tf_like(), "--labels", LABELS, "--preprocess", "symmetric")
    wanted = plain(tf_like(), np.stack(crops()) / 127.5 - 1)
    assert answers(package, crops()) == pytest.approx(wanted, abs=1e-5)
    manifest = read_package(package).manifest
    assert manifest.input.layout == "nhwc" and manifest.outputs.activation_map == "cam"


def test_half_precision_is_taken_and_the_package_takes_floats(convert: Convert) -> None:
    original = torch_like(kind=TensorProto.FLOAT16)
    package, _told = convert(original, "--labels", LABELS, "--preprocess", "imagenet-torch")
    wanted = softmax(plain(original, torchvision(crops())))
    assert answers(package, crops()) == pytest.approx(wanted, abs=5e-3)
    assert read_package(package).manifest.outputs.activation_map == "cam"


def test_whole_numbers_are_taken_as_they_are(convert: Convert) -> None:
    first = [
        helper.make_node("Cast", ["input"], ["/cast"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["/cast", "c255"], ["/div"], name="/Div"),
    ]
    original = torch_like(kind=TensorProto.UINT8, first=first, more={"c255": np.array(255, np.float32)})
    package, told = convert(original, "--labels", LABELS)
    wanted = softmax(plain(original, np.stack([image.transpose(2, 0, 1) for image in crops()])))
    assert answers(package, crops()) == pytest.approx(wanted, abs=1e-5)
    assert "raw" in told
    with pytest.raises(ModelError, match="whole numbers"):
        convert(original, "--labels", LABELS, "--preprocess", "unit")


def test_open_sides_need_the_size(convert: Convert) -> None:
    original = torch_like(sides=("h", "w"))
    with pytest.raises(ModelError) as caught:
        convert(original, "--labels", LABELS)
    assert "--size" in caught.value.remedy
    package, _told = convert(original, "--labels", LABELS, "--size", str(SIDE), "--preprocess", "unit")
    assert read_package(package).manifest.input.width == SIDE
    with pytest.raises(ModelError, match="not 64 x 64"):
        convert(torch_like(), "--labels", LABELS, "--size", "64")


def test_mean_and_deviation_can_be_given(convert: Convert) -> None:
    own = ("--mean", "0.8,0.6,0.7", "--std", "0.1,0.2,0.15")
    package, told = convert(torch_like(), "--labels", LABELS, *own)
    pixels = (np.stack(crops()) / 255 - [0.8, 0.6, 0.7]) / [0.1, 0.2, 0.15]
    wanted = softmax(plain(torch_like(), pixels.transpose(0, 3, 1, 2)))
    assert answers(package, crops()) == pytest.approx(wanted, abs=1e-5)
    assert "mean 0.8, 0.6, 0.7" in told
    for wrong in (own[:2], (*own, "--preprocess", "unit"), ("--mean", "0,0,0", "--std", "1,1,0")):
        with pytest.raises(ModelError) as caught:
            convert(torch_like(), "--labels", LABELS, *wrong)
        assert caught.value.code == "details_invalid"


def test_pytorchs_usual_preprocessing_is_a_guess_that_is_marked(convert: Convert) -> None:
    _package, told = convert(torch_like(), "--labels", LABELS)
    assert "imagenet-torch" in told and "GUESSED" in told


def test_names_in_the_file_are_taken(convert: Convert) -> None:
    original = torch_like(end="Softmax", task="classify", names="{0: 'EOS', 1: 'LYM', 2: 'MON', 3: 'NEU'}")
    package, told = convert(original, "--preprocess", "unit")
    assert [each.display for each in read_package(package).manifest.classes] == ["EOS", "LYM", "MON", "NEU"]
    assert "as written in the model file" in told


def scaled(*steps: tuple[str, float | Sequence[float]]) -> onnx.ModelProto:
    """A torch network that begins with arithmetic."""
    nodes, constants, name = [], {}, "input"
    for index, (operation, value) in enumerate(steps):
        array = np.asarray(value, np.float32)
        constants[f"c{index}"] = array.reshape(1, 3, 1, 1) if array.ndim else array
        nodes.append(
            helper.make_node(operation, [name, f"c{index}"], [f"/{index}"], name=f"/norm/{operation}_{index}")
        )
        name = f"/{index}"
    return torch_like(first=nodes, more=constants)


@pytest.mark.parametrize(
    ("steps", "preprocess", "words"),
    [
        ([("Div", 255.0)], "unit", "scales twice"),
        ([("Mul", 1 / 255)], "imagenet-torch", "scales twice"),
        ([("Sub", 127.5), ("Div", 127.5)], "symmetric", "scales twice"),
        ([("Sub", [123.7, 116.3, 103.5]), ("Div", [58.4, 57.1, 57.4])], "unit", "scales twice"),
        ([("Div", 255.0), ("Sub", MEAN.tolist()), ("Div", DEVIATION.tolist())], "unit", "scales twice"),
        ([("Sub", MEAN.tolist()), ("Div", DEVIATION.tolist())], "imagenet-torch", "wants pixels of 0 to 1"),
        ([("Div", 255.0)], "raw", ""),
        ([("Sub", MEAN.tolist()), ("Div", DEVIATION.tolist())], "unit", ""),
        ([], "imagenet-torch", ""),
    ],
)
def test_scaling_twice_is_warned_about_by_the_operations_name(
    convert: Convert, steps: list[Any], preprocess: str, words: str
) -> None:
    _package, told = convert(scaled(*steps), "--labels", LABELS, "--preprocess", preprocess)
    assert ("WARNING" in told) == bool(words)
    if words:
        assert words in told and f"/norm/{steps[0][0]}_0" in told


@pytest.mark.parametrize(
    ("steps", "preprocess"),
    [([("Div", 255.0)], "raw"), ([("Sub", MEAN.tolist()), ("Div", DEVIATION.tolist())], "unit")],
)
def test_arithmetic_at_the_beginning_decides_the_guess(
    convert: Convert, steps: list[Any], preprocess: str
) -> None:
    _package, told = convert(scaled(*steps), "--labels", LABELS)
    assert f"preprocessing:  {preprocess}:" in told and "WARNING" not in told


def outside(original: onnx.ModelProto, folder: Path, location: str, **more: str) -> Path:
    """The model with its largest weight in another file, as torch.onnx.export writes large ones."""
    tensor = next(each for each in original.graph.initializer if each.name == "conv.weight")
    data = bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in ({"location": location, "offset": "16", "length": str(len(data))} | more).items():
        tensor.external_data.add(key=key, value=value)
    folder.mkdir(exist_ok=True)
    (folder / "net.onnx").write_bytes(original.SerializeToString())
    (folder / "net.onnx.data").write_bytes(bytes(16) + data)
    return folder / "net.onnx"


def test_weights_beside_the_model_are_taken_in(convert: Convert, tmp_path: Path) -> None:
    path = outside(torch_like(), tmp_path / "net", "net.onnx.data")
    package, _told = convert(path, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert answers(package, crops()) == pytest.approx(
        softmax(plain(torch_like(), torchvision(crops()))), abs=1e-5
    )


@pytest.mark.parametrize(
    ("location", "more"),
    [
        ("../secret", {}),
        ("/etc/passwd", {}),
        ("", {}),
        ("gone.data", {}),
        ("link.data", {}),
        ("net.onnx.data", {"length": "100000000"}),
        ("net.onnx.data", {"offset": "-4"}),
        ("net.onnx.data", {"offset": "4000"}),
        ("net.onnx.data", {"length": "x"}),
        (".", {}),
    ],
)
def test_weights_elsewhere_are_not_read(
    convert: Convert, tmp_path: Path, location: str, more: dict[str, str]
) -> None:
    (tmp_path / "secret").write_bytes(bytes(10_000))
    path = outside(torch_like(), tmp_path / "net", location, **more)
    (tmp_path / "net" / "link.data").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError) as caught:
        convert(path, "--labels", LABELS)
    assert caught.value.code == "external_data"
    assert not (tmp_path / "out").exists()


def test_weights_outside_count_for_the_size(
    convert: Convert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = outside(torch_like(), tmp_path / "net", "net.onnx.data")
    monkeypatch.setattr("export_tools.conversion.onnx_files.MAX_MODEL_BYTES", 100)
    with pytest.raises(ModelError, match="weights of more than"):
        convert(path, "--labels", LABELS)


def with_operation(domain: str) -> onnx.ModelProto:
    made = torch_like()
    made.graph.node[1].op_type, made.graph.node[1].domain = "Unheard", domain
    if domain:
        made.opset_import.append(helper.make_opsetid(domain, 1))
    return made


def with_input() -> onnx.ModelProto:
    made = torch_like()
    made.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 4]))
    return made


def with_output() -> onnx.ModelProto:
    made = torch_like()
    made.graph.output.append(helper.make_tensor_value_info("/flat", TensorProto.FLOAT, ["batch", DEPTH]))
    return made


def of_shape(*shape: int | str) -> onnx.ModelProto:
    node = helper.make_node("Flatten", ["x"], ["y"])
    return model([node], ("x", TensorProto.FLOAT, shape), ("y", TensorProto.FLOAT, ["n", "k"]), {})


def in_training() -> onnx.ModelProto:
    made = torch_like()
    names = ["/relu/out", "g", "b", "m", "v"]
    norm = helper.make_node("BatchNormalization", names, ["/bn"], name="/bn/BN", training_mode=1)
    made.graph.node.insert(2, norm)
    return made


def giving(shape: list[int | str], rank: int = 4) -> onnx.ModelProto:
    """A network that gives its feature map, or a reshaped one."""
    made = torch_like(batch=1)
    del made.graph.node[2:]
    if rank != 4:
        constant = numpy_helper.from_array(np.array(shape, np.int64), "shape")
        made.graph.initializer.append(constant)
        made.graph.node.append(helper.make_node("Reshape", ["/relu/out", "shape"], ["map"]))
    else:
        made.graph.node[1].output[0] = "map"
    del made.graph.output[:]
    made.graph.output.append(
        helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n"] + ["?"] * (rank - 1))
    )
    return made


@pytest.mark.parametrize(
    ("original", "code", "words"),
    [
        (with_operation("my.library"), "layer_custom", "my.library.Unheard"),
        (with_operation(""), "layer_custom", "Unheard"),
        (with_input(), "model_unsupported", "2 inputs"),
        (with_output(), "model_unsupported", "2 outputs"),
        (of_shape(3, 64, 64), "model_unsupported", "without a batch axis"),
        (of_shape("n", 12), "model_unsupported", "rows of 12 numbers"),
        (of_shape("n", 1, 64, 64), "model_unsupported", "grey images"),
        (of_shape("n", 5, 64, 64), "model_unsupported", "colour images"),
        (torch_like(opset=6), "model_unsupported", "too old"),
        (torch_like(opset=500), "model_unsupported", "too new"),
        (torch_like(end="ArgMax"), "model_unsupported", "only the number of the class"),
        (in_training(), "model_unsupported", "training mode"),
        (giving([]), "model_foreign", "a segmentation network"),
        (giving([1, -1, 6], 3), "model_foreign", "an object detector"),
        (torch_like(task="detect"), "model_foreign", "an object detector (YOLO)"),
        (torch_like(hematodesk="{}"), "model_unsupported", "a model package already"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_its_reason(
    convert: Convert, tmp_path: Path, original: onnx.ModelProto, code: str, words: str
) -> None:
    if words == "only the number of the class":
        original.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    with pytest.raises(ModelError) as caught:
        convert(original, "--labels", LABELS)
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value.message
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_other_kinds_are_refused_by_name(convert: Convert, tmp_path: Path) -> None:
    path = tmp_path / "model_unquant.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(60))
    with pytest.raises(ModelError, match="a TensorFlow Lite model") as caught:
        convert(path, "--labels", LABELS)
    assert caught.value.code == "model_foreign"


def test_a_network_that_pools_the_image_itself(convert: Convert) -> None:
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["l"]),
        helper.make_node("Softmax", ["l"], ["out"]),
    ]
    constant = {"w": np.random.default_rng(0).normal(0, 1, (3, CLASSES)).astype(np.float32)}
    given = ("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = model(nodes, given, ("out", TensorProto.FLOAT, [1, CLASSES]), constant, producer="")
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert answers(package, crops()) == pytest.approx(plain(made, torchvision(crops())), abs=1e-5)


def test_a_batch_of_one_written_into_reshapes_is_opened(convert: Convert) -> None:
    # As PyTorch's exporter of today writes flatten().
    made = torch_like(batch=1, opset=20)
    made.graph.node[3].CopyFrom(helper.make_node("Reshape", ["/pool/out", "shape"], ["/flat"], allowzero=1))
    made.graph.initializer.append(numpy_helper.from_array(np.array([1, DEPTH], np.int64), "shape"))
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)
    session = onnxruntime.InferenceSession(str(package), providers=["CPUExecutionProvider"])
    assert not isinstance(session.get_inputs()[0].shape[0], int)


def test_a_network_that_needs_one_image_at_a_time_stays_so(convert: Convert) -> None:
    # Crops in a batch would be normalised by each other's values.
    made = torch_like(batch=1)
    made.graph.node.insert(2, helper.make_node("ReduceMax", ["/relu/out"], ["/most"], keepdims=1))
    made.graph.node.insert(3, helper.make_node("Div", ["/relu/out", "/most"], ["/normed"]))
    made.graph.node[4].input[0] = "/normed"
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)
    session = onnxruntime.InferenceSession(str(package), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[0] == 1


def test_scores_that_are_means_of_a_map_have_it_as_their_map(convert: Convert) -> None:
    # SqueezeNet: a convolution with one channel a class, then pooling.
    made = torch_like()
    del made.graph.node[2:]
    kernel = weights()["fc.weight"].reshape(CLASSES, DEPTH, 1, 1)
    made.graph.initializer.append(numpy_helper.from_array(kernel, "last"))
    made.graph.node.append(helper.make_node("Conv", ["/relu/out", "last"], ["/last"]))
    made.graph.node.append(helper.make_node("GlobalAveragePool", ["/last"], ["/pool"]))
    made.graph.node.append(helper.make_node("Flatten", ["/pool"], ["logits"]))
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    outputs = read_package(package).manifest.outputs
    assert (outputs.activation_map, outputs.embedding) == ("cam", None)
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)


def gemm(made: onnx.ModelProto) -> onnx.NodeProto:
    return next(node for node in made.graph.node if node.op_type == "Gemm")


def test_the_dense_layers_factor_counts_in_the_map(convert: Convert) -> None:
    made = torch_like()
    next(each for each in gemm(made).attribute if each.name == "alpha").f = 0.5
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert read_package(package).manifest.outputs.activation_map == "cam"
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)


def test_a_map_that_does_not_explain_the_scores_is_left_out(convert: Convert) -> None:
    # What the dense layer adds is no constant but comes from the brightest pixels.
    made = torch_like()
    made.graph.node.insert(2, helper.make_node("GlobalMaxPool", ["/relu/out"], ["/max"]))
    made.graph.node.insert(3, helper.make_node("Flatten", ["/max"], ["/max/flat"]))
    made.graph.node.insert(4, helper.make_node("Gemm", ["/max/flat", "fc.weight"], ["/added"], transB=1))
    made.graph.node[-1].input[2] = "/added"
    package, told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert read_package(package).manifest.outputs.activation_map is None
    assert "activation map: none" in told
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)


def quantised() -> onnx.ModelProto:
    made = torch_like()
    kernel = next(each for each in made.graph.initializer if each.name == "fc.weight")
    value = numpy_helper.to_array(kernel)
    scale = np.abs(value).max(axis=1) / 127
    kernel.CopyFrom(numpy_helper.from_array(np.round(value / scale[:, None]).astype(np.int8), "fc.q"))
    for name, array in (("fc.s", scale.astype(np.float32)), ("fc.z", np.zeros(CLASSES, np.int8))):
        made.graph.initializer.append(numpy_helper.from_array(array, name))
    node = helper.make_node("DequantizeLinear", ["fc.q", "fc.s", "fc.z"], ["fc.weight"], axis=0)
    made.graph.node.insert(0, node)
    return made


def test_quantised_weights_are_taken_with_a_note(convert: Convert) -> None:
    package, told = convert(quantised(), "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert "quantised" in told
    wanted = softmax(plain(quantised(), torchvision(crops())))
    assert answers(package, crops()) == pytest.approx(wanted, abs=1e-5)
    assert read_package(package).manifest.outputs.activation_map == "cam"


def test_a_branch_that_reads_the_input_still_reads_it(convert: Convert) -> None:
    made = torch_like()
    inner = [
        helper.make_graph(
            [helper.make_node(kind, ["input"], [f"{kind}_out"])],
            kind,
            [],
            [helper.make_tensor_value_info(f"{kind}_out", TensorProto.FLOAT, None)],
        )
        for kind in ("Identity", "Neg")
    ]
    branch = helper.make_node("If", ["yes"], ["/branch"], then_branch=inner[0], else_branch=inner[1])
    made.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    made.graph.node.insert(0, branch)
    made.graph.node[1].input[0] = "/branch"
    package, _told = convert(made, "--labels", LABELS, "--preprocess", "imagenet-torch")
    assert answers(package, crops()) == pytest.approx(softmax(plain(made, torchvision(crops()))), abs=1e-5)

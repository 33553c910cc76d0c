"""Files of other kinds are told by their content, with what to do; nothing in them is run."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hematodesk.domain.errors import ModelError
from hematodesk.inference.package import read_package
from hematodesk.inference.store import PackageStore

HDF5 = b"\x89HDF\r\n\x1a\n"


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('the file was unpickled')",)


def archive(*names: str, content: bytes = b"x" * 50) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in names:
            opened.writestr(name, content)
    return stream.getvalue()


def message(number: int, payload: bytes) -> bytes:
    length = len(payload)
    varint = b""
    while length > 127:
        varint += bytes([length & 127 | 128])
        length >>= 7
    key = number << 3 | 2
    keys = bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])
    return keys + varint + bytes([length]) + payload


SAFETENSORS = b'{"conv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'

KINDS = {
    "keras hdf5": (HDF5 + bytes(200), "a Keras model (HDF5)"),
    "keras hdf5 behind a user block": (bytes(512) + HDF5 + bytes(200), "a Keras model (HDF5)"),
    "keras 3": (archive("metadata.json", "config.json", "model.weights.h5"), "a Keras model"),
    "teachable machine": (archive("keras_model.h5", "labels.txt"), "a Teachable Machine download (Keras)"),
    "teachable machine, savedmodel": (
        archive(
            "labels.txt", "model.savedmodel/saved_model.pb", "model.savedmodel/variables/variables.index"
        ),
        "a Teachable Machine download (SavedModel)",
    ),
    "teachable machine, tflite": (
        archive("model_unquant.tflite", "labels.txt"),
        "a Teachable Machine download (TensorFlow Lite)",
    ),
    "teachable machine, js": (
        archive("model.json", "metadata.json", "weights.bin"),
        "a Teachable Machine download (TensorFlow.js)",
    ),
    "savedmodel zip": (
        archive("net/saved_model.pb", "net/variables/x"),
        "a TensorFlow SavedModel in an archive",
    ),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(60), "a TensorFlow Lite model"),
    "pytorch": (archive("net/data.pkl", "net/version", "net/data/0"), "a PyTorch model"),
    "pytorch, exported": (archive("net/archive_format", "net/models/model.json"), "a PyTorch model"),
    "matlab": (b"MATLAB 7.3 MAT-file".ljust(512) + HDF5 + bytes(50), "a MATLAB file"),
    "pytorch, old": (
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + bytes(50),
        "a PyTorch model (old form)",
    ),
    "pickle": (pickle.dumps(Trap()), "a pickled Python object"),
    "pickle, old": (pickle.dumps(Trap(), protocol=0), "a pickled Python object"),
    "joblib, packed": (zlib.compress(pickle.dumps(Trap())), "a pickled Python object"),
    "safetensors": (
        struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + bytes(4),
        "a file of weights (safetensors)",
    ),
    "core ml": (b"\x08\x04" + message(2, b"\x0a\x00") + message(500, bytes(200)), "a Core ML model"),
    "core ml package": (archive("net.mlpackage/Manifest.json"), "a Core ML model"),
    "tensorflow.js": (
        b'{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}',
        "TensorFlow.js",
    ),
    "savedmodel graph": (b"\x08\x01" + message(2, message(1, b"\x22\x05serve")), "a TensorFlow SavedModel"),
    "frozen graph": (message(1, b"\x0a\x05input\x12\x0bPlaceholder"), "a frozen TensorFlow graph"),
    "ort": (b"\x20\0\0\0ORTM" + bytes(50), "ONNX Runtime's own form"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="x" version="11">', "OpenVINO"),
    "lfs note": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a note of Git LFS"),
    "web page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
    "gzip": (b"\x1f\x8b\x08\0" + bytes(20), "a packed file (gzip)"),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(30), "an image"),
    "zip of images": (archive("a.png", "b.png"), "an archive (ZIP)"),
}


def refused(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_package(path)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["model.onnx", "other.bin"])
def test_a_model_of_another_kind_says_what_it_is_and_what_to_do(tmp_path: Path, kind: str, name: str) -> None:
    data, words = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(data)
    error = refused(path)
    assert error.code == "model_foreign"
    assert words in error.message and name in error.message
    # What cannot be a model has no command.
    assert ("export_tools convert" in error.remedy) == (
        kind not in ("lfs note", "web page", "gzip", "image", "zip of images")
    )


@pytest.mark.parametrize("suffix", [".h5", ".pkl", ".zip", ".pt"])
def test_the_store_says_it_too_and_copies_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_bytes(KINDS["keras hdf5"][0])
    store = PackageStore(tmp_path / "shipped", tmp_path / "user")
    for use in (store.import_file, lambda each: store.find(str(each))):
        with pytest.raises(ModelError) as caught:
            use(path)
        assert caught.value.code == "model_foreign"
        assert f'convert "net{suffix}"' in caught.value.remedy
    assert not (tmp_path / "user").exists()


def test_folders_say_what_they_are(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    (saved / "variables").mkdir(parents=True)
    (saved / "saved_model.pb").write_bytes(b"\x08\x01")
    assert "SavedModel" in refused(saved).message
    other = tmp_path / "js"
    other.mkdir()
    for name in ("model.json", "group1-shard1of1.bin"):
        (other / name).write_bytes(b"{}")
    assert "TensorFlow.js" in refused(other).message


def test_a_folder_of_a_model_may_be_called_as_a_package_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net" / "variables").mkdir(parents=True)
    (tmp_path / "net" / "saved_model.pb").write_bytes(b"\x08\x01")
    (tmp_path / "plain").mkdir()
    store = PackageStore(tmp_path / "shipped", tmp_path / "user")
    for name, code in (("net", "model_foreign"), ("plain", "model_not_found"), ("gone", "model_not_found")):
        with pytest.raises(ModelError) as caught:
            store.find(name)
        assert caught.value.code == code


def test_a_large_file_is_told_by_its_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hematodesk.inference.package.MAX_MODEL_BYTES", 1_000)
    path = tmp_path / "net.pt"
    path.write_bytes(archive("net/data.pkl", "net/data/0", content=np.random.default_rng(0).bytes(90_000)))
    assert "a PyTorch model" in refused(path).message


def test_a_name_that_a_shell_would_read_is_not_in_the_command(tmp_path: Path) -> None:
    path = tmp_path / "a$(reboot)`x`.h5"
    path.write_bytes(KINDS["keras hdf5"][0])
    command = refused(path).remedy
    assert 'convert "FILE"' in command and "reboot" not in command


def bare(outputs: dict[str, tuple[int | str, ...]], operation: str = "Identity", **notes: str) -> bytes:
    """An ONNX model without a manifest; its nodes are never run here."""
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])
    told = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    node = helper.make_node(operation, ["images"], list(outputs))
    model = helper.make_model(helper.make_graph([node], "g", [given], told))
    helper.set_model_props(model, notes)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bare({"output0": (1, 84, 8400)}), "YOLO"),
        (bare({"output0": ("batch", 25200, 85)}), "YOLO"),
        (bare({"a": (1, 3, 80, 80, 85), "b": (1, 3, 40, 40, 85)}), "YOLO"),
        (bare({"output0": (1, 300, 6)}), "YOLO"),
        (bare({"output0": (1, 56, "anchors")}, task="pose"), "YOLO"),
        (bare({"output0": (1, 116, 8400), "output1": (1, 32, 160, 160)}), "YOLO"),
        (bare({"boxes": ("n", 4), "labels": ("n",), "scores": ("n",)}, "RoiAlign"), "Faster R-CNN"),
        (bare({"logits": (1, 100, 92), "pred_boxes": (1, 100, 4)}), "DETR"),
        (bare({"loc": (1, 8732, 4), "conf": (1, 8732, 21)}), "SSD or RetinaNet"),
        (bare({"detection_boxes": ("n", "m", 4), "num_detections": ("n",)}), "an object detector"),
        (bare({"x": ("n",)}, "NonMaxSuppression"), "an object detector"),
        (bare({"a": (1, 255, 13, 13), "b": (1, 255, 26, 26), "c": (1, 255, 52, 52)}), "an object detector"),
        (bare({"mask": (1, 1, 64, 64)}), "a segmentation network"),
        (bare({"mask": ("n", 64, 64, 4)}), "a segmentation network"),
        (bare({"out": ("n", 21, "h", "w"), "aux": ("n", 21, "h", "w")}), "a segmentation network"),
    ],
)
def test_networks_for_other_tasks_are_not_sent_to_the_converter(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    error = refused(path)
    assert error.code == "model_foreign"
    assert words in error.message
    assert "export_tools" not in error.remedy


@pytest.mark.parametrize(
    "outputs",
    [
        {"out": (1, 4)},
        {"malaria_detection": (1, 2)},
        {"out": ("batch", 1000)},
        {"out": (1, 4, 1, 1)},
        {"features": (1, 1280, 7, 7)},
        {"features": ("n", 20, 20, 1280)},
        {"features": ("n", 30, 30, 64)},
        {"logits": (1, 4), "embedding": (1, 512), "map": (1, 28, 28, 4)},
    ],
)
def test_a_bare_classifier_is_sent_to_the_converter(
    tmp_path: Path, outputs: dict[str, tuple[int | str, ...]]
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(bare(outputs))
    error = refused(path)
    assert error.code == "manifest_missing"
    assert 'export_tools convert "net.onnx"' in error.remedy and "--preprocess" in error.remedy


def test_a_classifier_whose_weights_lie_outside_is_sent_to_the_converter(tmp_path: Path) -> None:
    model = onnx.load_from_string(bare({"out": (1, 4)}))
    weights = model.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=[1])
    weights.data_location = TensorProto.EXTERNAL
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    error = refused(path)
    assert error.code == "external_data"
    assert 'export_tools convert "net.onnx"' in error.remedy

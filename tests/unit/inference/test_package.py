"""Packages are read without a session, and a hostile file ends in a ModelError."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from hematodesk.domain.errors import ModelError
from hematodesk.domain.limits import MAX_METADATA_BYTES, MAX_MODEL_BYTES
from hematodesk.inference import onnx_file
from hematodesk.inference.onnx_file import DamagedFile, read_onnx_facts
from hematodesk.inference.package import parse_package, read_package


def refused(path: Path) -> ModelError:
    """The error with which a file is refused; its sentence must not tell folders."""
    with pytest.raises(ModelError) as caught:
        read_package(path)
    assert str(path.parent) not in caught.value.message
    return caught.value


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def wrapped(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def test_a_package_tells_its_manifest_and_digest(save, kit) -> None:
    path = save()
    package = read_package(path)
    assert (package.name, package.version, package.class_ids) == ("tiny", "1.0.0", kit.CLASSES)
    assert package.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert package.path == path
    assert not package.shipped


def test_reading_builds_no_session_and_needs_no_onnx_library(save, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save()
    for name in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    assert read_package(path).name == "tiny"


def test_names_of_inputs_and_outputs_are_the_main_graphs(kit) -> None:
    facts = read_onnx_facts(kit.tiny_model().SerializeToString())
    assert facts.inputs == ["image"]
    assert facts.outputs == ["logits", "cam", "embedding"]
    assert not facts.external


@pytest.mark.parametrize("name", ["é ü 白血球.onnx", "with space.onnx", "no-suffix"])
def test_any_file_name_will_do(save, name: str) -> None:
    assert read_package(save(name=name)).name == "tiny"


def test_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.onnx").code == "model_not_found"


@pytest.mark.parametrize("name", ["zero\0byte.onnx", "x" * 5_000])
def test_impossible_names(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).code == "model_unreadable"


def test_a_folder_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "model_unreadable"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.onnx")
        assert refused(tmp_path / "pipe.onnx").code == "model_unreadable"


def test_the_size_is_checked_before_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hematodesk.inference.package.foreign_head", lambda _path: None)
    path = tmp_path / "huge.onnx"
    with path.open("wb") as stream:
        stream.truncate(MAX_MODEL_BYTES + 1)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("the file was opened"))
    error = refused(path)
    assert error.code == "model_too_large"
    assert "512 MB" in error.message


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"\xff" * 100, b"PK\x03\x04" + bytes(50)])
def test_files_that_are_no_models(save, data: bytes) -> None:
    assert refused(save(data)).code == "model_damaged"


def test_a_file_cut_off_anywhere_is_refused(tiny_bytes: bytes) -> None:
    path = Path("cut.onnx")
    for length in range(len(tiny_bytes)):
        with pytest.raises(ModelError) as caught:
            parse_package(tiny_bytes[:length], path)
        # A cut between two fields leaves a model that only lacks its manifest.
        assert caught.value.code in ("model_damaged", "manifest_missing"), length


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_read_or_refused(tiny_bytes: bytes, data: st.DataObject) -> None:
    broken = bytearray(tiny_bytes)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_package(bytes(broken), Path("flipped.onnx"))
    except ModelError as error:
        assert error.code in (
            "model_damaged",
            "model_foreign",
            "manifest_missing",
            "manifest_invalid",
            "external_data",
            "outputs_mismatch",
        )


@settings(max_examples=300, deadline=None)
@given(noise=st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(ModelError):
        parse_package(noise, Path("noise.onnx"))


@pytest.mark.parametrize("length", [2**31, 2**32 + 5, 2**63, 2**64 - 1])
def test_huge_lengths(length: int, tiny_bytes: bytes) -> None:
    with pytest.raises(DamagedFile, match="middle of a field"):
        read_onnx_facts(tiny_bytes + varint(7 << 3 | 2) + varint(length) + b"abc")


def test_endless_numbers(tiny_bytes: bytes) -> None:
    with pytest.raises(DamagedFile, match="too long"):
        read_onnx_facts(tiny_bytes + b"\xff" * 1_000)


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"\x00\x01", "number 0"),
        (b"\x0b", "wire type 3"),
        (b"\x3f", "wire type 7"),
        (b"\x38\x01", "wrong type"),
        (b"\x09\x00", "middle of a field"),
    ],
)
def test_fields_that_no_model_has(tiny_bytes: bytes, tail: bytes, words: str) -> None:
    with pytest.raises(DamagedFile, match=words):
        read_onnx_facts(tiny_bytes + tail)


def test_graphs_nested_without_end_are_refused_quickly(tiny_bytes: bytes) -> None:
    inner = b""
    for _ in range(3_000):
        # graph.node.attribute.g
        inner = wrapped(1, wrapped(5, wrapped(6, inner)))
    started = time.perf_counter()
    with pytest.raises(DamagedFile, match="nested too deep"):
        read_onnx_facts(tiny_bytes + wrapped(7, inner))
    assert time.perf_counter() - started < 5


def test_a_flood_of_fields_is_refused(monkeypatch: pytest.MonkeyPatch, tiny_bytes: bytes) -> None:
    monkeypatch.setattr(onnx_file, "_MOST_FIELDS", 2_000)
    assert read_onnx_facts(tiny_bytes).inputs == ["image"]
    with pytest.raises(DamagedFile, match="more fields"):
        read_onnx_facts(tiny_bytes + b"\x08\x01" * 2_000)


def outside(name: str = "w") -> onnx.TensorProto:
    """A tensor whose data stand in another file."""
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"
    return tensor


def hide(model: onnx.ModelProto, where: str) -> None:
    """Put an outside tensor into one of the places that a model has for tensors."""
    graph = model.graph
    if where == "initializer":
        graph.initializer.append(outside())
    elif where == "location only":
        graph.initializer.append(outside())
        del graph.initializer[-1].external_data[:]
    elif where == "external_data only":
        graph.initializer.append(outside())
        graph.initializer[-1].ClearField("data_location")
    elif where == "sparse":
        sparse = graph.sparse_initializer.add()
        sparse.values.CopyFrom(outside())
    elif where == "sparse indices":
        sparse = graph.sparse_initializer.add()
        sparse.indices.CopyFrom(outside())
    elif where == "attribute":
        graph.node.append(helper.make_node("Constant", [], ["c"], value=outside()))
    elif where == "attribute tensors":
        attribute = graph.node.add(op_type="Odd").attribute.add(name="many")
        attribute.tensors.append(outside())
    elif where == "attribute sparse":
        attribute = graph.node.add(op_type="Odd").attribute.add(name="s")
        attribute.sparse_tensor.values.CopyFrom(outside())
    elif where == "subgraph":
        inner = helper.make_graph([], "inner", [], [], [outside()])
        deeper = helper.make_graph(
            [helper.make_node("If", ["b"], ["o"], then_branch=inner)], "deeper", [], []
        )
        graph.node.append(helper.make_node("If", ["b"], ["o"], then_branch=deeper))
    elif where == "subgraphs":
        attribute = graph.node.add(op_type="Odd").attribute.add(name="g")
        attribute.graphs.append(helper.make_graph([], "inner", [], [], [outside()]))
    elif where == "function":
        function = model.functions.add(name="f", domain="d")
        function.node.append(helper.make_node("Constant", [], ["c"], value=outside()))
    elif where == "function attribute":
        attribute = model.functions.add(name="f", domain="d").attribute_proto.add(name="a")
        attribute.t.CopyFrom(outside())
    elif where == "training":
        model.training_info.add().initialization.CopyFrom(helper.make_graph([], "t", [], [], [outside()]))
    else:
        raise AssertionError(where)


@pytest.mark.parametrize(
    "where",
    [
        "initializer",
        "location only",
        "external_data only",
        "sparse",
        "sparse indices",
        "attribute",
        "attribute tensors",
        "attribute sparse",
        "subgraph",
        "subgraphs",
        "function",
        "function attribute",
        "training",
    ],
)
def test_data_in_other_files_is_refused_wherever_it_hides(save, kit, where: str) -> None:
    model = kit.tiny_model()
    hide(model, where)
    error = refused(save(model))
    assert error.code == "external_data"
    assert "passwd" not in error.message


def test_a_model_without_a_manifest(save, kit) -> None:
    error = refused(save(kit.packed(kit.tiny_model().graph, None)))
    assert error.code == "manifest_missing"
    assert "convert" in error.remedy


def test_two_manifests(save, kit) -> None:
    model = kit.tiny_model()
    model.metadata_props.append(model.metadata_props[0])
    assert refused(save(model)).code == "manifest_invalid"


def test_a_manifest_beyond_the_limit(save, kit) -> None:
    model = kit.tiny_model()
    model.metadata_props[0].value = " " * (MAX_METADATA_BYTES + 1)
    error = refused(save(model))
    assert (error.code, "larger than 1 MB" in error.message) == ("manifest_invalid", True)


def test_a_manifest_that_is_no_text(tiny_bytes: bytes) -> None:
    entry = wrapped(14, wrapped(1, b"hematodesk") + wrapped(2, b"\xff\xfe{}"))
    model = wrapped(7, b"") + entry
    with pytest.raises(ModelError, match="not UTF-8") as caught:
        parse_package(model, Path("m.onnx"))
    assert caught.value.code == "manifest_invalid"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("input__name", "no input 'other', which its manifest names in input.name"),
        ("outputs__scores", "no output 'other'"),
        ("outputs__activation_map", "no output 'other'"),
        ("outputs__embedding", "no output 'other'"),
        ("abstention__familiarity", "no output 'other'"),
    ],
)
def test_names_that_the_graph_does_not_have(save, kit, field: str, words: str) -> None:
    value = {"output": "other", "max": 1} if field.endswith("familiarity") else "other"
    model = kit.packed(kit.tiny_model().graph, kit.document(**{field: value}))
    error = refused(save(model))
    assert error.code == "outputs_mismatch"
    assert words in error.message

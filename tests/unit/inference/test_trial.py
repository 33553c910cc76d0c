"""Unknown models are tried in a child: what it survives, what it says, and what is remembered."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import psutil
import pytest
from onnx import TensorProto, helper, numpy_helper

from hematodesk.child import launch
from hematodesk.domain.errors import ModelError
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import model_process
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import parse_package
from hematodesk.inference.trial import ModelTrial
from hematodesk.inference.verdicts import Verdicts

sys.path.append(str(Path(__file__).parents[2] / "fuzz"))
from models import hostile_models, tried

LINUX = sys.platform.startswith("linux")


def package_of(data: bytes) -> ModelPackage:
    return parse_package(data, Path("somebody's.onnx"))


def refused(trial: ModelTrial, data: bytes, **more: Any) -> str:
    with pytest.raises(ModelError) as caught:
        trial.check(package_of(data), data, **more)
    assert "somebody's.onnx" in caught.value.message and caught.value.remedy
    return caught.value.code


def no_child(*_given: object) -> None:
    raise AssertionError("a child was started")


def test_a_good_model_is_tried_once_and_known_from_then_on(tiny_bytes, tmp_path, monkeypatch):
    kept = tmp_path / "data" / "verdicts.json"
    ModelTrial(Verdicts(kept, "1.2")).check(package_of(tiny_bytes), tiny_bytes)
    assert not psutil.Process().children()
    monkeypatch.setattr(model_process, "start_child", no_child)
    ModelTrial(Verdicts(kept, "1.2")).check(package_of(tiny_bytes))
    assert json.loads(kept.read_text())["models"] == {hashlib.sha256(tiny_bytes).hexdigest(): ""}
    with pytest.raises(AssertionError):
        ModelTrial(Verdicts(kept, "1.3")).check(package_of(tiny_bytes), tiny_bytes)


def test_a_shipped_model_needs_no_trial(tiny_bytes, monkeypatch):
    monkeypatch.setattr(model_process, "start_child", no_child)
    shipped = ModelPackage(Path("x.onnx"), "0" * 64, package_of(tiny_bytes).manifest, shipped=True)
    ModelTrial(Verdicts(None, "")).check(shipped)


def test_other_bytes_than_those_that_were_chosen_are_refused(tiny_bytes, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(tiny_bytes)
    package = parse_package(tiny_bytes, path)
    path.write_bytes(tiny_bytes + b"\0")
    with pytest.raises(ModelError) as caught:
        ModelTrial(Verdicts(None, "")).check(package)
    assert caught.value.code == "digest_mismatch"


SAY = (
    "import json, os; words = json.dumps(['model_damaged', dict(template='{template}', data=dict()), "
    "dict(template='', data=dict())]).encode(); "
    "os.write(1, b'hmR1' + bytes(8) + b'\\2' + len(words).to_bytes(4, 'little') + words)"
)
"""A refusal of a known code in a sentence that no child's own code says."""


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("import ctypes; ctypes.string_at(0)", "model_trial_failed"),
        ("import os; os._exit(0)", "model_trial_failed"),
        ("print('x' * 99)", "model_trial_failed"),
        (
            "import os; os.write(1, b'hmR1' + bytes(9) + (4_000_000_000).to_bytes(4, 'little'))",
            "model_trial_failed",
        ),
        ("import os; os.write(1, b'hmR1' + bytes(9) + b'\\x09\\0\\0\\0[\"a\",1,2]')", "model_trial_failed"),
        (SAY.format(template="All is well."), "model_trial_failed"),
        (SAY.format(template="{name.__class__}"), "model_trial_failed"),
        ("while True: pass", "model_trial_stuck"),
    ],
)
def test_a_child_that_crashes_hangs_or_lies_is_a_refused_model(
    tiny_bytes, monkeypatch, tmp_path, behaviour, code
):
    started: list[str] = []

    def command(kind: str, arguments: list[str]) -> list[str]:
        started.append(kind)
        return [sys.executable, "-I", "-S", "-c", behaviour]

    monkeypatch.setattr(launch, "child_command", command)
    kept = tmp_path / "verdicts.json"
    patience = ModelLimits(start_s=1.0 if code == "model_trial_stuck" else 60.0)
    for times, again in ((1, False), (1, False), (2, True)):
        assert refused(ModelTrial(Verdicts(kept, "1"), limits=patience), tiny_bytes, again=again) == code
        assert len(started) == times
    assert not psutil.Process().children()


def test_without_a_child_nothing_unknown_is_loaded(tiny_bytes, monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "child_command", lambda kind, arguments: ["/no/such/program"])
    kept = tmp_path / "verdicts.json"
    assert refused(ModelTrial(Verdicts(kept, "1")), tiny_bytes) == "model_trial_missing"
    assert not kept.exists()


def graph_with(kit: Any, nodes: list[Any], weights: list[Any]) -> bytes:
    """A package of our usual input and output whose graph is this."""
    manifest = kit.document(outputs__activation_map=None, outputs__embedding=None)
    side = manifest["input"]["width"]
    graph = helper.make_graph(
        nodes,
        "hostile",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", side, side, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 4])],
        weights,
    )
    return bytes(kit.packed(graph, manifest).SerializeToString())


def huge_tensor(kit: Any) -> bytes:
    """Asks for 64 GB in a run."""
    shape = numpy_helper.from_array(np.array([4_000_000, 4_000], np.int64), "shape")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Add", ["mean", "sum"], ["one"]),
        helper.make_node("Concat", ["one", "one", "one", "one"], ["four"], axis=1),
        helper.make_node("Flatten", ["four"], ["logits"]),
    ]
    return graph_with(kit, nodes, [shape])


def endless_loop(kit: Any) -> bytes:
    """Runs 2^62 times around."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["held"], ["kept"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("kept", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Loop", ["turns", "always", "mean"], ["after"], body=body),
        helper.make_node("Concat", ["after", "after", "after", "after"], ["four"], axis=1),
        helper.make_node("Flatten", ["four"], ["logits"]),
    ]
    turns = numpy_helper.from_array(np.array(2**62, np.int64), "turns")
    return graph_with(kit, nodes, [turns, numpy_helper.from_array(np.array(True), "always")])


@pytest.mark.skipif(not LINUX, reason="other systems than Linux need not hold the limit")
def test_a_model_that_wants_more_memory_than_there_is(kit):
    code = refused(ModelTrial(Verdicts(None, "")), huge_tensor(kit))
    assert code in ("model_unsupported", "model_trial_failed")


def test_a_model_that_never_ends(kit):
    trial = ModelTrial(Verdicts(None, ""), limits=ModelLimits(start_s=4.0))
    assert refused(trial, endless_loop(kit)) == "model_trial_stuck"
    assert not psutil.Process().children()


@pytest.mark.parametrize("opset", [1, 9_999])
def test_an_opset_that_nobody_knows(tiny_bytes, opset):
    model = onnx.load_from_string(tiny_bytes)
    model.opset_import[0].version = opset
    assert refused(ModelTrial(Verdicts(None, "")), model.SerializeToString()) == "model_unsupported"


def test_mutated_packages_are_fine_or_refused_in_words(tiny_bytes):
    """The first dozen of an endless supply; `python tests/fuzz/models.py` takes more."""
    outcomes: Counter[str] = Counter()
    for data in hostile_models(tiny_bytes, seed=7, count=400):
        outcomes[tried(data, children=sum(outcomes.values()) - outcomes["told before"] < 10)] += 1
        if sum(outcomes.values()) >= 60:
            break
    assert "fault" not in outcomes


def test_a_file_of_verdicts_that_is_damaged_holds_nothing(tmp_path):
    kept = tmp_path / "verdicts.json"
    digest = "ab" * 32
    for text in (
        "",
        "[]",
        "[" * 9_000,
        '{"runtime": "1", "models": []}',
        '{"runtime": "1", "models": {"x": ""}}',
    ):
        kept.write_text(text)
        assert Verdicts(kept, "1").of(digest) is None
    kept.write_text(json.dumps({"runtime": "1", "models": {digest: 5, "cd" * 32: "model_trial_stuck"}}))
    assert Verdicts(kept, "1").of(digest) is None
    assert Verdicts(kept, "1").of("cd" * 32) == "model_trial_stuck"


def test_the_oldest_of_very_many_verdicts_are_forgotten(tmp_path):
    verdicts = Verdicts(tmp_path / "verdicts.json", "1")
    verdicts._known = {f"{number:064x}": "" for number in range(500)}
    verdicts.remember("ff" * 32, "")
    again = Verdicts(tmp_path / "verdicts.json", "1")
    assert again.of(f"{0:064x}") is None
    assert again.of(f"{1:064x}") == again.of("ff" * 32) == ""

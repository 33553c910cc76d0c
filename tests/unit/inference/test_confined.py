"""Foreign models: the same answers from a child, and what becomes of hostile ones."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from onnx import helper, numpy_helper

from hematodesk.child import launch
from hematodesk.child.wire import BadReply
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import Cancelled, ModelError
from hematodesk.inference import confined as confined_module
from hematodesk.inference import model_wire as wire
from hematodesk.inference.classify import Classifier
from hematodesk.inference.confined import ConfinedModel, Confinement
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import parse_package, read_package

LINUX = sys.platform.startswith("linux")


@pytest.fixture
def confined(save: Callable[..., Path]) -> Iterator[Callable[..., Classifier]]:
    made: list[Classifier] = []

    def make(model: onnx.ModelProto | None = None, requested: str = "cpu", **limits: float) -> Classifier:
        opener = Confinement(ModelLimits(threads=2, **limits)).open  # type: ignore[arg-type]
        made.append(Classifier(read_package(save(model)), requested, opener=opener))
        return made[-1]

    yield make
    for each in made:
        each._open.session._model.close()  # type: ignore[attr-defined]
    assert not psutil.Process().children()


def test_answers_maps_and_embeddings_are_those_of_the_program_itself(kit, save, confined):
    crops = [np.random.default_rng(each).integers(0, 256, (16, 16, 3), np.uint8) for each in range(6)]
    plain, child = Classifier(read_package(save()), "cpu"), confined()
    for sparing in (False, True):
        assert [each.ranked for each in child.classify(crops, sparing=sparing)] == [
            each.ranked for each in plain.classify(crops, sparing=sparing)
        ]
    ours, theirs = child.evidence(crops[0]), plain.evidence(crops[0])
    assert (ours.maps == theirs.maps).all() and (ours.scores == theirs.scores).all()
    assert ours.exact == theirs.exact
    assert (child.embed(crops)[0] == plain.embed(crops)[0]).all()


def test_a_graph_for_one_crop_at_a_time_is_given_one(kit, confined):
    child = confined(kit.tiny_model(batch=1))
    assert child.crops_a_run == 1 and len(child.classify([kit.crop(1, 2, 3)] * 3)) == 3


@pytest.mark.skipif(not LINUX, reason="the limits are Linux's")
def test_every_limit_is_in_force_and_only_the_processors_files_can_be_opened(tiny_bytes):
    model = ConfinedModel(tiny_bytes, parse_package(tiny_bytes, Path("x.onnx")), ModelLimits())
    assert set(model.in_force) >= {"system_calls", "memory", "processor_time", "file_writing", "parent"}
    model.close()


@pytest.mark.skipif(not LINUX, reason="other systems than Linux need not hold the limit")
def test_an_image_that_makes_a_model_ask_for_8_gb_is_one_failed_run(kit, confined):
    child = confined(kit.hungry_model())
    before = psutil.Process().memory_info().rss
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            child.classify([kit.crop(255, 255, 255)])
        assert caught.value.code in ("model_unsupported", "model_run_failed")
        assert len(child.classify([kit.crop(9, 9, 9)])) == 1
    assert psutil.Process().memory_info().rss < before + 200 * 1024**2


def test_a_run_without_end_is_ended_in_words_and_the_next_image_is_answered(kit, confined):
    child = confined(kit.slow_model(), run_s=1.0)
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(ModelError) as caught:
            child.classify([kit.crop(255, 255, 255)])
        assert caught.value.code == "model_run_stuck" and "tiny.onnx" in caught.value.message
        assert time.monotonic() - started < 10
        assert len(child.classify([kit.crop(9, 9, 9)])) == 1


def test_a_model_that_ends_again_and_again_is_given_up(kit, confined):
    child = confined(kit.slow_model(), run_s=0.3)
    codes = []
    for _ in range(4):
        with pytest.raises(ModelError) as caught:
            child.classify([kit.crop(255, 255, 255)])
        codes.append(caught.value.code)
    assert codes == ["model_run_stuck"] * 3 + ["model_given_up"]


def test_a_killed_child_is_one_failed_run(kit, confined):
    child = confined()
    for each in psutil.Process().children():
        each.kill()
        each.wait()
    with pytest.raises(ModelError) as caught:
        child.classify([kit.crop(9, 9, 9)])
    assert caught.value.code == "model_run_failed"
    assert len(child.classify([kit.crop(9, 9, 9)])) == 1


def test_a_run_is_cancelled_inside(kit, confined):
    child = confined(kit.slow_model())
    cancel = CancelToken()
    threading.Timer(0.3, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        child.classify([kit.crop(255, 255, 255)], cancel)
    assert time.monotonic() - started < 5
    assert len(child.classify([kit.crop(9, 9, 9)], CancelToken())) == 1


def test_several_threads_at_once_get_their_own_answers(kit, save, confined):
    child, plain = confined(), Classifier(read_package(save()), "cpu")
    crops = [kit.crop(each * 7, 255 - each * 7, each) for each in range(30)]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda crop: child.classify([crop], sparing=True)[0].ranked, crops))
    assert told == [each.ranked for each in plain.classify(crops)]
    assert len(psutil.Process().children()) <= 2


@pytest.mark.parametrize("requested", ["auto", "cuda"])
def test_a_graphics_card_is_not_for_foreign_models_and_that_is_said(confined, monkeypatch, requested):
    monkeypatch.setattr(confined_module, "available_providers", lambda: ("cuda", "cpu"))
    child = confined(requested=requested)
    assert child.active == "cpu" and "confined" in child.fallback_reason


def test_numbers_that_are_none_are_refused(kit, confined):
    model = kit.tiny_model()
    # 0 / 0 for a black crop only.
    for place, node in enumerate(
        [
            helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "one"], ["shifted"]),
            helper.make_node("Div", ["shifted", "shifted"], ["ones"]),
            helper.make_node("Mul", ["image", "ones"], ["late"]),
        ]
    ):
        model.graph.node.insert(place, node)
    model.graph.initializer.append(numpy_helper.from_array(np.float32(1), "one"))
    model.graph.node[4].input[0] = "late"
    child = confined(model)
    for call in (child.classify, child.embed, lambda crops: child.evidence(crops[0])):
        with pytest.raises(ModelError) as caught:
            call([kit.crop(0, 0, 0)])
        assert caught.value.code == "outputs_mismatch"


@pytest.mark.parametrize("kind", ["sequence", "optional"])
def test_an_output_that_is_no_tensor_is_refused_in_words(kit, kind):
    data = kit.no_tensor_model(kind).SerializeToString()
    with pytest.raises(ModelError) as caught:
        ConfinedModel(data, parse_package(data, Path("x.onnx")), ModelLimits())
    assert caught.value.code in ("outputs_mismatch", "model_unsupported")


def test_metadata_of_any_size_is_refused_in_words_or_harmless(kit, confined):
    model = kit.tiny_model()
    model.metadata_props.add(key="more", value="x" * 30_000_000)
    for number in range(20_000):
        model.metadata_props.add(key=f"key {number}", value="v")
    assert len(confined(model).classify([kit.crop(9, 9, 9)])) == 1
    model.metadata_props[0].value += " " * 2_000_000
    with pytest.raises(ModelError) as caught:
        parse_package(model.SerializeToString(), Path("x.onnx"))
    assert caught.value.code == "manifest_invalid"


def test_an_answer_to_another_question_is_not_believed():
    said = wire.reply(5, wire.VALUES, wire.shapes([(1, 4)]))
    assert wire.checked_reply(said[: wire.REPLY.size], 5) == (wire.VALUES, wire.SHAPE.size)
    with pytest.raises(BadReply):
        wire.checked_reply(said[: wire.REPLY.size], 6)


@pytest.mark.parametrize(
    "words",
    [
        b"",
        wire.SHAPE.pack(5, 1, 1, 1, 1),
        wire.SHAPE.pack(1, 4, 4, 0, 0),
        wire.SHAPE.pack(4, 2**31, 2**31, 1, 1),
        wire.SHAPE.pack(1, wire.OUTPUT_BYTES // 4 + 1, 0, 0, 0),
    ],
)
def test_shapes_that_no_output_can_have_are_not_believed(words):
    with pytest.raises(BadReply):
        wire.checked_shapes(words, 1)


@pytest.mark.parametrize("words", [b"", b"[]", b"[1]", b'[true, "omnipotence"]', b"[" * 4_000, b"{}"])
def test_greetings_that_no_child_says_are_not_believed(words):
    with pytest.raises(BadReply):
        wire.checked_greeting(words)


@pytest.mark.skipif(not LINUX, reason="priorities are asked as on Linux")
def test_a_model_in_its_child_does_not_stand_back(confined):
    confined()
    (child,) = psutil.Process().children()
    assert child.nice() == psutil.Process().nice()


_TAKEN_OVER = """
import ctypes, importlib, os, socket, sys, threading
from pathlib import Path
from hematodesk.child.confine import Limits, begin, confine
from hematodesk.child.landlock import landlock_version
from hematodesk.child.seccomp import Allowed
from hematodesk.inference import model_child
from hematodesk.inference.runtime import OnnxRuntime

parent = int(sys.argv[1])
begin(parent)
OnnxRuntime()
importlib.import_module("numpy.random")
print("threads", len(os.listdir("/proc/self/task")))
libc = ctypes.CDLL(None, use_errno=True)
mask = ctypes.create_string_buffer(b"\\x01", 128)
confine(
    Limits(2**31, 60),
    Allowed((0,), (1, 2), threads=True, files=landlock_version() > 0),
    model_child._PROCESSOR,
)
ways = {
    "pin the parent": lambda: libc.sched_setaffinity(parent, 128, mask) == 0,
    "memory of the parent": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
    "status of the parent": lambda: os.open(f"/proc/{parent}/status", os.O_RDONLY),
    "files of the parent": lambda: os.listdir(f"/proc/{parent}/fd"),
    "somebody's file": lambda: os.open(sys.argv[2], os.O_RDONLY),
    "its folder": lambda: os.listdir(os.path.dirname(sys.argv[2])),
    "a new file": lambda: os.open(sys.argv[2] + "x", os.O_RDWR | os.O_CREAT),
    "a socket": lambda: socket.socket(),
    "another process": lambda: os.fork(),
    "end the parent": lambda: libc.kill(parent, 0) == 0,
    "a program": lambda: libc.execve(b"/bin/true", None, None) == 0,
}
for name, way in ways.items():
    try:
        if way() is not False:
            print("did", name)
    except OSError:
        pass
thread = threading.Thread(target=lambda: print("a thread"))
thread.start()
thread.join()
"""


@pytest.mark.skipif(not LINUX, reason="a system call filter is had on Linux alone")
def test_a_child_that_its_model_took_over_can_do_nothing_but_compute(tmp_path):
    file = tmp_path / "somebody's.txt"
    file.write_bytes(b"private")
    done = subprocess.run(
        [sys.executable, "-c", _TAKEN_OVER, str(os.getpid()), str(file)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | launch._OWN_VARIABLES,
    )
    # No thread runs before the limits are in force, since they would not hold it.
    assert done.stdout.splitlines() == ["threads 1", "a thread"], done.stderr

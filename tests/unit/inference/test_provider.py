"""Providers are proved, faults become sentences, and nothing is printed."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from hematodesk.domain.errors import ModelError, ProviderError
from hematodesk.inference import contract
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.provider import available_providers, cpu_options, default_threads, open_session
from hematodesk.inference.runtime import OnnxRuntime


class PretendCuda:
    """A session that says it runs on CUDA, over a real CPU session, with its answers bent."""

    def __init__(self, real: Any, *, name: str, bend: Any) -> None:
        self._real, self._name, self._bend = real, name, bend

    def get_inputs(self) -> Any:
        return self._real.get_inputs()

    def get_outputs(self) -> Any:
        return self._real.get_outputs()

    def get_providers(self) -> list[str]:
        return [self._name]

    def run(self, names: Sequence[str], feed: Mapping[str, Any], options: Any = None) -> Any:
        return [self._bend(value) for value in self._real.run(names, feed, options)]


class PretendRuntime:
    """ONNX Runtime as it would be with a graphics card, or without any provider at all."""

    def __init__(
        self,
        available: Sequence[str] = ("CUDAExecutionProvider", "CPUExecutionProvider"),
        *,
        name: str = "CUDAExecutionProvider",
        bend: Any = lambda value: value,
        fault: Exception | None = None,
    ) -> None:
        self._available, self._name, self._bend, self._fault = available, name, bend, fault
        self.made: list[tuple[dict[str, Any], list[Any]]] = []
        self.sessions_before_cuda: list[int] = []

    def available_providers(self) -> Sequence[str]:
        return self._available

    def load_cuda(self) -> None:
        self.sessions_before_cuda.append(len(self.made))

    def make_session(self, model: bytes, options: Mapping[str, Any], providers: Sequence[Any]) -> Any:
        self.made.append((dict(options), list(providers)))
        real = OnnxRuntime().make_session(model, cpu_options(1), ["CPUExecutionProvider"])
        if providers == ["CPUExecutionProvider"]:
            return real
        if self._fault is not None:
            raise self._fault
        return PretendCuda(real, name=self._name, bend=self._bend)


@pytest.fixture
def package(save):
    """The tiny package, read."""
    return read_package(save())


def fails(value: Any) -> Any:
    """An answer that never comes."""
    raise RuntimeError("cudaErrorNoDevice at /build/ort/x.cc")


def test_the_cpu_runs_and_its_options_are_recorded(package) -> None:
    opened = open_session(package, "cpu")
    assert (opened.requested, opened.active, opened.fallback_reason) == ("cpu", "cpu", "")
    assert opened.options == cpu_options()
    assert opened.options["intra_op_num_threads"] == default_threads()
    assert opened.session.get_providers() == ["CPUExecutionProvider"]


def test_the_options_reach_onnx_runtime(package) -> None:
    session: Any = open_session(package, "cpu").session
    options = session.get_session_options()
    assert options.intra_op_num_threads == default_threads()
    assert options.inter_op_num_threads == 1
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.graph_optimization_level.name == "ORT_ENABLE_ALL"
    assert options.execution_mode.name == "ORT_SEQUENTIAL"


def test_another_request_is_a_mistake(package) -> None:
    with pytest.raises(ValueError, match="auto, cpu, cuda"):
        open_session(package, "gpu")


def test_what_is_built_in() -> None:
    assert "cpu" in available_providers()
    assert available_providers(PretendRuntime()) == ("cuda", "cpu")
    assert available_providers(PretendRuntime(["CPUExecutionProvider"])) == ("cpu",)


def test_without_any_provider(package) -> None:
    with pytest.raises(ProviderError) as caught:
        open_session(package, "auto", runtime=PretendRuntime([]))
    assert caught.value.code == "provider_unavailable"


@pytest.mark.parametrize(("requested", "told"), [("auto", False), ("cuda", True)])
def test_without_cuda_built_in_only_a_request_for_it_is_a_fall_back(
    package, requested: str, told: bool
) -> None:
    opened = open_session(package, requested, runtime=PretendRuntime(["CPUExecutionProvider"]))
    assert (opened.requested, opened.active) == (requested, "cpu")
    assert bool(opened.fallback_reason) is told


@pytest.mark.parametrize("requested", ["auto", "cuda"])
def test_cuda_is_active_when_its_answers_agree(package, requested: str) -> None:
    runtime = PretendRuntime(bend=lambda value: value + np.float32(1e-4))
    opened = open_session(package, requested, runtime=runtime)
    assert (opened.requested, opened.active, opened.fallback_reason) == (requested, "cuda", "")
    options, providers = runtime.made[1]
    assert options["session.disable_cpu_ep_fallback"] == "1"
    assert providers == [("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"})]
    assert opened.options["session.disable_cpu_ep_fallback"] == "1"
    assert opened.options["cuda.use_tf32"] == "0"


def test_a_request_for_the_cpu_never_touches_cuda(package) -> None:
    runtime = PretendRuntime(fault=RuntimeError("touched"))
    assert open_session(package, "cpu", runtime=runtime).fallback_reason == ""
    assert len(runtime.made) == 1


@pytest.mark.parametrize("requested", ["auto", "cuda"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "CPUExecutionProvider"}, "chose another provider"),
        ({"bend": lambda value: value + np.float32(0.05)}, "differ from the CPU's by 0.05"),
        ({"bend": lambda value: value * np.float32(np.nan)}, "differ from the CPU's by nan"),
        ({"bend": lambda value: value[..., :1]}, "another shape"),
        ({"bend": fails}, "failed in a trial run (RuntimeError)"),
        (
            {"fault": RuntimeError("libcublas.so at /usr/lib/secret")},
            "could not load the model (RuntimeError)",
        ),
    ],
)
def test_cuda_that_does_not_prove_right_falls_back_and_says_so(
    package, requested: str, changes: dict[str, Any], words: str
) -> None:
    opened = open_session(package, requested, runtime=PretendRuntime(**changes))
    assert (opened.requested, opened.active) == (requested, "cpu")
    assert words in opened.fallback_reason
    assert "/" not in opened.fallback_reason
    assert opened.options == cpu_options()


def test_on_cuda_crops_run_together(package, kit) -> None:
    batches: list[int] = []

    def bend(value: Any) -> Any:
        batches.append(len(value))
        return value

    runtime = PretendRuntime(bend=bend)
    classifier = Classifier(package, "cuda", opener=lambda p, r: open_session(p, r, runtime=runtime))
    batches.clear()
    predictions = classifier.classify([kit.crop(index, 0, 0) for index in range(40)])
    assert batches == [32, 8]
    assert len(predictions) == 40
    assert (predictions[0].provenance.requested, predictions[0].provenance.provider) == ("cuda", "cuda")


def test_a_file_changed_after_it_was_read_is_refused(package) -> None:
    package.path.write_bytes(package.path.read_bytes() + b"\x08\x08")
    with pytest.raises(ModelError) as caught:
        open_session(package)
    assert caught.value.code == "digest_mismatch"


def test_a_file_that_went_away(package) -> None:
    package.path.unlink()
    with pytest.raises(ModelError) as caught:
        open_session(package)
    assert caught.value.code == "model_not_found"


def mismatch(path: Any) -> ModelError:
    """The error with which a readable package is refused on loading."""
    package = read_package(path)
    with pytest.raises(ModelError) as caught:
        open_session(package)
    assert str(path.parent) not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": [{"id": "a", "display": "A"}, {"id": "b", "display": "B"}]}, "shape (1, 4), not (1, 2)"),
        (
            {"input__width": 32, "input__height": 32},
            "takes the input shape (N, 16, 16, 3), not (1, 32, 32, 3)",
        ),
        ({"input__layout": "nchw"}, "not (1, 3, 16, 16)"),
        ({"outputs__activation_map": "embedding", "outputs__embedding": None}, "'embedding' in shape (1, 3)"),
        ({"outputs__activation_map": None, "outputs__embedding": "cam"}, "'cam' in shape (1, 16, 16, 4)"),
        (
            {"outputs__embedding": None, "abstention__familiarity": {"output": "embedding", "max": 1}},
            "'embedding' in shape (1, 3), not (1,)",
        ),
    ],
)
def test_what_the_model_does_must_be_what_the_manifest_says(
    save, kit, changes: dict[str, Any], words: str
) -> None:
    error = mismatch(save(kit.packed(kit.tiny_model().graph, kit.document(**changes))))
    assert error.code == "outputs_mismatch"
    assert words in error.message


def test_a_batch_that_is_not_one(save, kit) -> None:
    assert "takes the input shape (8, 16, 16, 3)" in mismatch(save(kit.tiny_model(batch=8))).message


def test_a_second_input(save, kit) -> None:
    model = kit.tiny_model()
    model.graph.input.append(helper.make_tensor_value_info("extra", TensorProto.FLOAT, [1]))
    error = mismatch(save(model))
    assert (error.code, "'image', 'extra'" in error.message) == ("outputs_mismatch", True)


def test_an_input_of_another_type(save, kit) -> None:
    model = kit.tiny_model()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    model.graph.node[0].input[0] = "single"
    model.graph.node.insert(0, helper.make_node("Cast", ["image"], ["single"], to=TensorProto.FLOAT))
    assert "takes tensor(double) as input 'image'" in mismatch(save(model)).message


def test_an_output_of_another_type(save, kit) -> None:
    model = kit.tiny_model()
    model.graph.node[-1].output[0] = "numbers"
    model.graph.node.append(helper.make_node("SequenceConstruct", ["numbers"], ["embedding"]))
    model.graph.output[-1].CopyFrom(
        helper.make_tensor_sequence_value_info("embedding", TensorProto.FLOAT, None)
    )
    error = mismatch(save(model))
    assert error.code == "outputs_mismatch"
    assert "gives output 'embedding' as seq(tensor(float))" in error.message


def test_scores_that_are_no_numbers(save, kit) -> None:
    model = kit.tiny_model()
    bias = next(each for each in model.graph.initializer if each.name == "bias")
    bias.raw_data = np.full(4, math.nan, np.float32).tobytes()
    assert "no finite numbers" in mismatch(save(model)).message


def unknown_operator(model: Any) -> None:
    model.graph.node[0].op_type = "Sorcery"


def unknown_opset(model: Any) -> None:
    model.opset_import[0].version = 999


def broken_graph(model: Any) -> None:
    model.graph.node[1].input[0] = "nobody"


def wrong_shapes(model: Any) -> None:
    weights = next(each for each in model.graph.initializer if each.name == "weights")
    weights.dims[:] = [4, 3]


@pytest.mark.parametrize("spoil", [unknown_operator, unknown_opset, broken_graph, wrong_shapes])
def test_models_that_onnx_runtime_refuses(save, kit, spoil: Any, capfd: pytest.CaptureFixture[str]) -> None:
    model = kit.tiny_model()
    spoil(model)
    error = mismatch(save(model))
    assert error.code == "model_unsupported"
    assert "/" not in error.message
    assert capfd.readouterr() == ("", "")


def test_a_model_that_fails_only_when_it_runs(save, kit, capfd: pytest.CaptureFixture[str]) -> None:
    model = kit.tiny_model()
    # Gather beyond the end is found out only at run time.
    far = helper.make_tensor("far", TensorProto.INT64, [1], [99])
    model.graph.initializer.append(far)
    model.graph.node.insert(1, helper.make_node("Gather", ["planes", "far"], ["picked"], axis=0))
    model.graph.node[2].input[0] = "picked"
    error = mismatch(save(model))
    assert (error.code, "cannot run it" in error.message) == ("model_unsupported", True)
    assert capfd.readouterr() == ("", "")


def test_a_model_that_never_ends_is_refused(save, kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "TRIAL_SECONDS", 0.3)
    started = time.perf_counter()
    assert mismatch(save(kit.slow_model(-2.0))).code == "model_unsupported"
    assert time.perf_counter() - started < 30


def test_names_in_the_graph_that_are_no_text(save, tiny_bytes: bytes) -> None:
    # The batch axis is named N; protobuf's own library would not let the name be damaged.
    assert b"\x12\x01N" in tiny_bytes
    assert mismatch(save(tiny_bytes.replace(b"\x12\x01N", b"\x12\x01\xed"))).code == "model_unsupported"


def test_flipped_bytes_load_or_are_refused(
    save, tiny_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(11)
    end = tiny_bytes.index(b'{"schema"')
    outcomes = set()
    for _ in range(60):
        broken = bytearray(tiny_bytes)
        broken[int(rng.integers(end))] = int(rng.integers(256))
        path = save(bytes(broken))
        try:
            outcomes.add(open_session(read_package(path), "cpu").active)
        except ModelError as error:
            outcomes.add(error.code)
    assert {"cpu", "model_damaged", "model_unsupported"} <= outcomes
    assert capfd.readouterr() == ("", "")


def test_cudas_libraries_are_loaded_before_its_session_and_only_then(package) -> None:
    runtime = PretendRuntime()
    assert open_session(package, "auto", runtime=runtime).active == "cuda"
    assert runtime.sessions_before_cuda == [1]
    for without in (PretendRuntime(["CPUExecutionProvider"]), PretendRuntime()):
        open_session(package, "auto" if len(without.available_providers()) == 1 else "cpu", runtime=without)
        assert without.sessions_before_cuda == []


def test_loading_cuda_says_nothing_and_raises_nothing(capsys, monkeypatch) -> None:
    def preload(**_given: object) -> None:
        print("Failed to load libcublas")
        raise RuntimeError("no such directory")

    monkeypatch.setattr("onnxruntime.preload_dlls", preload)
    OnnxRuntime().load_cuda()
    assert capsys.readouterr().out == ""

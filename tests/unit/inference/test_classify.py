"""Answers are the model's, calibrated, ranked and signed; and the work can be stopped."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import UncertainReason
from hematodesk.domain.errors import Cancelled, ModelError
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.preprocess import to_tensor
from hematodesk.inference.provider import open_session


@pytest.fixture
def classifier(save, kit):
    """Makes a classifier of the tiny model with manifest fields changed."""

    def make(**changes: Any) -> Classifier:
        manifest = kit.document(**changes)
        return Classifier(read_package(save(kit.tiny_model(manifest))), "cpu")

    return make


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def by_class(prediction: Any, kit: Any) -> np.ndarray:
    """The probabilities in the manifest's order."""
    found = dict(prediction.ranked)
    return np.array([found[each] for each in kit.CLASSES])


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
@pytest.mark.parametrize("colour", ["rgb", "bgr"])
@pytest.mark.parametrize("scale", [0.00784313725490196, [0.01, 0.02, 0.03]])
def test_golden_answers(classifier, kit, layout: str, colour: str, scale: Any) -> None:
    """Against arithmetic written out here, from the pixel to the probability."""
    made = classifier(input__layout=layout, input__colour=colour, input__scale=scale)
    red, green, blue = 250, 120, 30
    channels = [red, green, blue] if colour == "rgb" else [blue, green, red]
    scales = scale if isinstance(scale, list) else [scale] * 3
    values = [channel * factor - 1.0 for channel, factor in zip(channels, scales, strict=True)]
    logits = [sum(values[c] * kit.WEIGHTS[c, k] for c in range(3)) + kit.BIAS[k] for k in range(4)]
    (prediction,) = made.classify([kit.crop(red, green, blue)])
    np.testing.assert_allclose(by_class(prediction, kit), softmax(np.array(logits)), atol=1e-5)


def test_ranked_most_probable_first_and_summing_to_one(classifier, kit) -> None:
    rng = np.random.default_rng(3)
    crops = [rng.integers(0, 256, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8) for _ in range(5)]
    made = classifier()
    for crop, prediction in zip(crops, made.classify(crops), strict=True):
        shares = [share for _, share in prediction.ranked]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-12)
        logits = kit.expected_logits(to_tensor([crop], made.package.manifest.input))[0]
        assert prediction.class_id == kit.CLASSES[int(np.argmax(logits))]
        np.testing.assert_allclose(by_class(prediction, kit), softmax(logits), atol=1e-5)


def test_provenance(classifier, kit) -> None:
    made = classifier()
    (prediction,) = made.classify([kit.crop(1, 2, 3)])
    signed = prediction.provenance
    assert (signed.model, signed.version, signed.sha256) == ("tiny", "1.0.0", made.package.sha256)
    assert (signed.requested, signed.provider) == ("cpu", "cpu")
    assert 0 < signed.elapsed_ms < 5_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", signed.created_at)


def test_what_the_classifier_tells_of_itself(classifier) -> None:
    made = classifier()
    assert (made.requested, made.active, made.fallback_reason) == ("cpu", "cpu", "")
    assert made.input_size == 16
    assert (made.crop_rule.rule, made.crop_rule.red_cells, made.crop_rule.context) == ("cell", 3.0, 1.6)
    made.session_options["intra_op_num_threads"] = 99
    assert made.session_options["intra_op_num_threads"] != 99


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_temperature_means_the_same_for_logits_and_probabilities(
    classifier, kit, kind: str, temperature: float
) -> None:
    made = classifier(outputs__kind=kind, calibration__temperature=temperature)
    crop = kit.crop(200, 90, 140)
    logits = kit.expected_logits(to_tensor([crop], made.package.manifest.input))[0]
    (prediction,) = made.classify([crop])
    np.testing.assert_allclose(by_class(prediction, kit), softmax(logits / temperature), atol=1e-5)


def test_sigmoids_of_every_class_are_made_to_sum_to_one(classifier, kit) -> None:
    made = classifier(outputs__kind="sigmoid")
    crop = kit.crop(200, 90, 140)
    logits = kit.expected_logits(to_tensor([crop], made.package.manifest.input))[0]
    each = 1 / (1 + np.exp(-logits))
    (prediction,) = made.classify([crop])
    np.testing.assert_allclose(by_class(prediction, kit), each / each.sum(), atol=1e-5)


def one_column(kit: Any, tmp_path: Path) -> Classifier:
    """Keras's binary recipe: Dense(1, sigmoid), the probability of the second class."""
    manifest = kit.document(
        classes=[{"id": "normal", "display": "Normal"}, {"id": "abnormal", "display": "Abnormal"}],
        outputs={"scores": "p", "kind": "sigmoid", "activation_map": None, "embedding": None},
    )
    weights = numpy_helper.from_array(np.array([[0.5], [0.25], [-1.0]], np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["image"], ["means"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["means", "w"], ["raw"]),
            helper.make_node("Sigmoid", ["raw"], ["p"]),
        ],
        "binary",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", kit.SIDE, kit.SIDE, 3])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["N", 1])],
        [weights],
    )
    path = tmp_path / "binary.onnx"
    path.write_bytes(kit.packed(graph, manifest).SerializeToString())
    return Classifier(read_package(path), "cpu")


def test_one_sigmoid_is_the_second_classs_probability(kit, tmp_path: Path) -> None:
    (prediction,) = one_column(kit, tmp_path).classify([kit.crop(255, 255, 0)])
    # (0.5 + 0.25 + 1) for values of 1, 1 and -1.
    assert dict(prediction.ranked)["abnormal"] == pytest.approx(1 / (1 + np.exp(-1.75)), abs=1e-6)
    assert prediction.class_id == "abnormal"


def test_a_tie_goes_to_the_class_named_first(classifier, kit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = classifier()
    monkeypatch.setattr(made, "_run", lambda *_: [np.zeros((1, 4), np.float32)])
    (prediction,) = made.classify([kit.crop(0, 0, 0)])
    assert [class_id for class_id, _ in prediction.ranked] == list(kit.CLASSES)


@pytest.mark.parametrize(("least", "uncertain"), [(0.0, False), (0.9999, True)])
def test_low_confidence_is_uncertain(classifier, kit, least: float, uncertain: bool) -> None:
    (prediction,) = classifier(abstention__min_confidence=least).classify([kit.crop(120, 130, 125)])
    assert prediction.uncertain is (UncertainReason.LOW_CONFIDENCE if uncertain else None)


def test_the_threshold_itself_is_certain_enough(classifier, kit) -> None:
    crop = kit.crop(120, 130, 125)
    (prediction,) = classifier(abstention__min_confidence=0.0).classify([crop])
    (again,) = classifier(abstention__min_confidence=prediction.confidence).classify([crop])
    assert again.uncertain is None


def test_unfamiliar_cells_are_uncertain_however_confident(classifier, kit) -> None:
    # The tiny model's familiarity output is the largest channel mean, -1 to 1.
    made = classifier(
        abstention={"min_confidence": 0.99999, "familiarity": {"output": "strange", "max": 0.5}}
    )
    strange, known = made.classify([kit.crop(255, 0, 0), kit.crop(100, 0, 0)])
    assert strange.uncertain is UncertainReason.UNFAMILIAR
    assert known.uncertain is UncertainReason.LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("kind", "scores", "words"),
    [
        ("logits", [[np.nan, 0, 0, 0]], "no finite numbers"),
        ("logits", [[np.inf, 0, 0, 0]], "no finite numbers"),
        ("logits", [[0, 0, 0]], "shape (1, 3)"),
        ("logits", [[0, 0, 0, 0]] * 2, "shape (2, 4)"),
        ("probabilities", [[4.0, -1, 0, 0]], "outside 0 to 1"),
        ("sigmoid", [[1.5, 0, 0, 0]], "outside 0 to 1"),
    ],
)
def test_answers_that_make_no_sense_are_refused(
    classifier, kit, monkeypatch: pytest.MonkeyPatch, kind: str, scores: Any, words: str
) -> None:
    made = classifier(outputs__kind=kind)
    monkeypatch.setattr(made, "_run", lambda *_: [np.array(scores, np.float32)])
    with pytest.raises(ModelError) as caught:
        made.classify([kit.crop(0, 0, 0)])
    assert caught.value.code == "outputs_mismatch"
    assert words in caught.value.message


def test_familiarity_of_another_count_is_refused(classifier, kit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = classifier(abstention__familiarity={"output": "strange", "max": 0.5})
    answers = [np.zeros((1, 4), np.float32), np.zeros(3, np.float32)]
    monkeypatch.setattr(made, "_run", lambda *_: answers)
    with pytest.raises(ModelError, match=r"3 values of familiarity for 1 crop\."):
        made.classify([kit.crop(0, 0, 0)])


def test_certain_probabilities_stay_finite(classifier, kit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = classifier(outputs__kind="probabilities")
    monkeypatch.setattr(made, "_run", lambda *_: [np.array([[1, 0, 0, 0]], np.float32)])
    (prediction,) = made.classify([kit.crop(0, 0, 0)])
    assert prediction.confidence == pytest.approx(1)
    assert np.isfinite([share for _, share in prediction.ranked]).all()


def test_nothing_gives_nothing(classifier) -> None:
    assert classifier().classify([]) == []


def test_a_crop_of_the_wrong_size_is_a_mistake(classifier) -> None:
    with pytest.raises(ValueError, match="a crop must be uint8"):
        classifier().classify([np.zeros((20, 16, 3), np.uint8)])


def test_a_cells_answer_does_not_depend_on_its_neighbours(classifier, kit) -> None:
    rng = np.random.default_rng(5)
    crops = [rng.integers(0, 256, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8) for _ in range(9)]
    made = classifier()
    alone = [made.classify([crop])[0].ranked for crop in crops]
    assert [each.ranked for each in made.classify(crops)] == alone


def test_the_activation_map_is_the_classs_own_and_raw(classifier, kit) -> None:
    made = classifier()
    crop = kit.crop(0, 0, 0)
    crop[2:4, 5:9] = (255, 0, 0)
    found = made.evidence(crop).maps[:, :, made.package.class_ids.index("monocyte")]
    assert (found.dtype, found.shape) == (np.float32, (kit.SIDE, kit.SIDE))
    tensor = to_tensor([crop], made.package.manifest.input)[0]
    np.testing.assert_allclose(found, tensor @ kit.WEIGHTS[:, 2], atol=1e-5)


def test_without_an_activation_map_there_is_no_explanation(classifier, kit) -> None:
    made = classifier(outputs__activation_map=None)
    assert made.evidence(kit.crop(0, 0, 0)) is None


class CountingToken(CancelToken):
    """Cancels itself when it is looked at for the nth time."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def check(self) -> None:
        self._looks -= 1
        if self._looks == 0:
            self.cancel()
        super().check()


def test_cancelled_before_it_starts(classifier, kit) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        classifier().classify([kit.crop(0, 0, 0)], token)


def test_cancelled_between_two_runs(classifier, kit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = classifier()
    runs = []
    real = made._run
    monkeypatch.setattr(made, "_run", lambda *given: (runs.append(1), real(*given))[1])
    with pytest.raises(Cancelled):
        # Looked at before and after every run: the fifth look is before the third run.
        made.classify([kit.crop(0, 0, 0)] * 20, CountingToken(5))
    assert len(runs) == 2
    assert len(made.classify([kit.crop(0, 0, 0)] * 2, CancelToken())) == 2


def test_cancelled_inside_a_run_and_usable_afterwards(save, kit, capfd: pytest.CaptureFixture[str]) -> None:
    made = Classifier(read_package(save(kit.slow_model())), "cpu")
    before = made.classify([kit.crop(10, 20, 30)])[0].ranked
    token = CancelToken()
    ended: list[Any] = []

    def work() -> None:
        try:
            ended.append(made.classify([kit.crop(255, 255, 255)], token))
        except Cancelled:
            ended.append("cancelled")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    started = time.perf_counter()
    token.cancel()
    thread.join(10)
    assert ended == ["cancelled"]
    assert time.perf_counter() - started < 5
    assert made.classify([kit.crop(10, 20, 30)], CancelToken())[0].ranked == before
    assert capfd.readouterr() == ("", "")


def test_a_cancel_without_a_run_leaves_nothing_behind(classifier, kit) -> None:
    made = classifier()
    token = CancelToken()
    made.classify([kit.crop(0, 0, 0)] * 3, token)
    assert token._callbacks == []


def test_a_run_that_fails_is_told_without_the_runtimes_words(
    classifier, kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = classifier()

    class Failing:
        def run(self, *_: Any) -> Any:
            raise RuntimeError("out of memory at /build/ort/allocator.cc")

    monkeypatch.setattr(made, "_open", replace(made._open, session=Failing()))
    with pytest.raises(ModelError) as caught:
        made.classify([kit.crop(0, 0, 0)])
    assert caught.value.code == "model_unsupported"
    assert "/" not in caught.value.message


def test_several_threads_may_ask_at_once(classifier, kit) -> None:
    made = classifier()
    crops = [kit.crop(index * 20, 255 - index * 20, 90) for index in range(12)]
    wanted = [each.ranked for each in made.classify(crops)]
    found: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda place=place: found.update({place: made.classify(crops)}))
        for place in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [[each.ranked for each in found[place]] for place in range(4)] == [wanted] * 4


def test_a_graph_made_for_one_crop_takes_many_one_by_one(save, kit) -> None:
    made = Classifier(read_package(save(kit.tiny_model(batch=1))), "cpu")
    assert len(made.classify([kit.crop(0, 0, 0)] * 3)) == 3


@pytest.mark.parametrize(("threads", "opened"), [(2, [2, 1]), (1, [1])], ids=["two", "one"])
def test_a_sparing_run_takes_one_thread_and_changes_no_answer(save, kit, threads: int, opened: list[int]):
    """In a session of its own, made once; with one thread anyway there is nothing to spare."""
    seen: list[int] = []

    def opener(package: Any, requested: str, *, threads: int = threads) -> Any:
        seen.append(threads)
        return open_session(package, requested, threads=threads)

    made = Classifier(read_package(save()), "cpu", opener=opener)
    crops = [kit.crop(level, 255 - level, 7) for level in range(0, 250, 25)]
    usual = [prediction.ranked for prediction in made.classify(crops)]
    for _ in range(2):
        assert [each.ranked for each in made.classify(crops, sparing=True)] == usual
    assert seen == opened


def test_without_its_file_a_package_goes_on_in_its_usual_session(save, kit):
    package = read_package(save())
    made = Classifier(
        package, "cpu", opener=lambda *wanted, threads=2: open_session(*wanted, threads=threads)
    )
    crops = [kit.crop(level, 0, 0) for level in range(0, 250, 25)]
    usual = [prediction.ranked for prediction in made.classify(crops)]
    package.path.unlink()
    assert [each.ranked for each in made.classify(crops, sparing=True)] == usual

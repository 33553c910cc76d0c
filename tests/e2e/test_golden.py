"""Same image, same answer: against stored numbers, and however the work is arranged.

Tolerances: probabilities within 0.001 and boxes within a pixel of the stored answers, which another
processor or version of ONNX Runtime may round differently; on one machine, whatever the size of a
run, its neighbours, their order and the threads, within 0.00001.
"""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import classify
from hematodesk.inference.classify import Classifier
from hematodesk.inference.provider import open_session
from hematodesk.inference.runtime import OnnxRuntime
from hematodesk.workflow.analysis import pipeline as stages
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.batch import run_batch
from hematodesk.workflow.analysis.image_files import gather_images

FOLDER = Path(__file__).parent / "golden"
_spec = importlib.util.spec_from_file_location("regenerate_golden", FOLDER / "regenerate.py")
assert _spec is not None
assert _spec.loader is not None
regenerate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(regenerate)

ELSEWHERE, HERE = 1e-3, 1e-5
PACKAGES = regenerate.shipped()


def stored(package: ModelPackage) -> dict[str, Any]:
    golden = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))
    assert package.sha256 in golden, (
        f"{package.name} {package.version} has no golden answers: "
        "run `python tests/e2e/golden/regenerate.py`, look at them and commit them"
    )
    return golden[package.sha256]["answers"]


def compare(got: dict[str, Any], wanted: dict[str, Any], tolerance: float, pixels: int) -> None:
    assert got["status"] == wanted["status"]
    assert len(got["cells"]) == len(wanted["cells"])
    for cell, other in zip(got["cells"], wanted["cells"], strict=True):
        assert cell["box"] == pytest.approx(other["box"], abs=pixels)
        assert cell["class"] == other["class"]
        assert cell["probabilities"] == pytest.approx(other["probabilities"], abs=tolerance)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: f"{package.name}-{package.version}")
def test_the_shipped_packages_give_their_golden_answers(package: ModelPackage) -> None:
    golden = stored(package)
    present = regenerate.answers_of(package)
    assert present.keys() == golden.keys()
    for name, answer in present.items():
        compare(answer, golden[name], ELSEWHERE, 1)


@pytest.mark.parametrize(
    ("threads", "crops", "workers", "backwards"), [(1, 1, 1, False), (2, 8, 3, True), (1, 4, 2, False)]
)
def test_answers_do_not_depend_on_how_the_work_is_arranged(
    threads: int, crops: int, workers: int, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Also the session of one thread that a long batch takes.
    monkeypatch.setattr(stages, "_SPARING_AFTER", 3)
    package = PACKAGES[0]
    alone = regenerate.answers_of(package)
    monkeypatch.setitem(classify._CROPS_A_RUN, "cpu", crops)
    classifier = Classifier(package, "cpu", opener=partial(open_session, threads=threads))
    assert classifier.crops_a_run == crops
    images = list(gather_images([regenerate.SAMPLES]))
    work = (images[::-1] if backwards else images) * 2
    results: list[Any] = []
    run_batch(work, Analyser(classifier, keep_thumbnails=False), results.extend, workers=workers)
    assert [result.name for result in results] == [path.name for path in work]
    for result in results:
        compare(regenerate.answer(result), alone[result.name], HERE, 0)


@pytest.mark.skipif(
    "CUDAExecutionProvider" not in OnnxRuntime().available_providers(), reason="ONNX Runtime without CUDA"
)
def test_the_graphics_card_gives_the_same_answers() -> None:
    package = PACKAGES[0]
    classifier = Classifier(package, "cuda")
    if classifier.active != "cuda":
        pytest.skip(classifier.fallback_reason)
    analyser = Analyser(classifier, keep_thumbnails=False)
    for path in gather_images([regenerate.SAMPLES]):
        compare(regenerate.answer(analyser.analyse(path).result), stored(package)[path.name], ELSEWHERE, 1)

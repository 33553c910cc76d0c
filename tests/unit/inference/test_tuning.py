"""The choice of threads and crops a run, and that answers do not depend on it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import tuning
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.provider import open_session
from hematodesk.inference.tuning import CROPS, Plan, best, measure


@pytest.fixture
def package(save) -> ModelPackage:
    return read_package(save())


@pytest.fixture
def crops(kit) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [rng.integers(0, 256, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8) for _ in range(7)]


def test_a_larger_run_or_more_threads_must_be_worth_it():
    assert best({Plan(1, 1): 2.0, Plan(1, 4): 1.95, Plan(2, 8): 1.91}) == Plan(1, 1)
    assert best({Plan(1, 1): 2.0, Plan(2, 1): 1.8, Plan(1, 4): 1.2, Plan(1, 8): 1.19}) == Plan(1, 4)
    assert best({Plan(2, 1): 2.0}) == Plan(2, 1)


def test_every_plan_is_measured_for_a_small_network(package):
    measured = measure(package).quickest
    assert {plan.crops for plan in measured} == set(CROPS)
    assert all(took > 0 for took in measured.values())


@pytest.mark.parametrize(
    ("before", "after", "disturbed"), [(1.0, 0.97, False), (0.7, 1.0, True), (1.0, 0.7, True)]
)
def test_it_is_told_when_others_kept_the_cores_busy_before_or_after(
    monkeypatch, package, before, after, disturbed
):
    shares = iter([before, after])
    monkeypatch.setattr(tuning, "_share_of_cores", lambda: next(shares))
    assert measure(package).disturbed is disturbed


def test_the_share_of_the_cores_is_processor_time_by_wall_time(monkeypatch):
    ticks = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: 0.01 * next(ticks), thread_time=lambda: 0.0)
    monkeypatch.setattr(tuning, "time", clock)
    assert tuning._share_of_cores() == 0
    clock.thread_time = clock.perf_counter
    assert 0.5 < tuning._share_of_cores() < 1.5


def test_a_plan_holds_for_the_classifier_and_changes_no_answer(package, crops):
    plain = Classifier(package, "cpu")
    tuned = Classifier(package, "cpu", plan=Plan(1, 4))
    assert (plain.crops_a_run, tuned.crops_a_run) == (1, 4)
    assert tuned.session_options["intra_op_num_threads"] == 1
    for one, other in zip(plain.classify(crops), tuned.classify(crops), strict=True):
        assert [class_id for class_id, _ in one.ranked] == [class_id for class_id, _ in other.ranked]
        assert [p for _, p in one.ranked] == pytest.approx([p for _, p in other.ranked], abs=1e-6)


def test_a_sparing_run_takes_one_thread_in_a_session_of_its_own_and_changes_no_answer(package, crops):
    opened: list[int] = []

    def opener(package, requested, *, threads):
        opened.append(threads)
        return open_session(package, requested, threads=threads)

    classifier = Classifier(package, "cpu", plan=Plan(2, 4), opener=opener)
    usual = [prediction.ranked for prediction in classifier.classify(crops)]
    assert opened == [2]
    for _ in range(2):
        assert [each.ranked for each in classifier.classify(crops, sparing=True)] == usual
    assert opened == [2, 1]
    # With one thread anyway there is nothing to spare.
    del opened[:]
    single = Classifier(package, "cpu", plan=Plan(1, 4), opener=opener)
    assert [each.ranked for each in single.classify(crops, sparing=True)] == usual
    assert opened == [1]


def test_without_its_file_a_package_goes_on_in_its_usual_session(package, crops):
    classifier = Classifier(package, "cpu", plan=Plan(2, 4))
    usual = [prediction.ranked for prediction in classifier.classify(crops)]
    package.path.unlink()
    assert [each.ranked for each in classifier.classify(crops, sparing=True)] == usual

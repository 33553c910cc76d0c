from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.errors import HistoryError, ModelError
from hematodesk.workflow import batch as batch_module
from hematodesk.workflow.analyse import Analyser
from hematodesk.workflow.batch import run_batch


class Sink:
    """Keeps what comes, and when."""

    def __init__(self) -> None:
        self.groups: list[list] = []
        self.times: list[float] = []
        self.progress: list[tuple] = []

    def __call__(self, results: list) -> None:
        self.groups.append(results)
        self.times.append(time.monotonic())

    def tell(self, *values) -> None:
        self.progress.append(values)

    @property
    def results(self) -> list:
        return [result for group in self.groups for result in group]


@pytest.fixture
def sink() -> Sink:
    return Sink()


def test_results_come_in_order_and_a_bad_image_stops_nothing(images, classifier, sink):
    order = ["smear", "broken", "blank", "missing", "smear"]
    summary = run_batch([images[name] for name in order], Analyser(classifier), sink, sink.tell)
    assert [result.name for result in sink.results] == [f"{name}.png" for name in order]
    assert [result.status.value for result in sink.results] == ["ok", "error", "no_cell", "error", "ok"]
    assert (summary.done, summary.failed, summary.reused, summary.cancelled) == (5, 2, 0, False)
    assert sink.progress[-1][:3] == (5, 5, 2)


def test_an_empty_batch_ends_at_once(classifier, sink):
    summary = run_batch([], Analyser(classifier), sink, sink.tell)
    assert summary.done == 0
    assert sink.groups == []


def test_inference_stays_in_the_calling_thread_and_decoding_does_not(images, classifier, sink, monkeypatch):
    decoding = set()
    real = batch_module.open_image

    def watched(source, reader):
        decoding.add(threading.current_thread().name)
        return real(source, reader)

    monkeypatch.setattr(batch_module, "open_image", watched)
    run_batch([images["smear"]] * 4, Analyser(classifier), sink)
    assert classifier.threads == {threading.current_thread().name}
    assert decoding
    assert threading.current_thread().name not in decoding


def test_a_lazy_listing_is_read_only_a_little_ahead(images, classifier, sink):
    taken = 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            yield images["blank"]

    token = CancelToken()

    def stop_after_some(results: list) -> None:
        sink(results)
        if len(sink.results) >= 5:
            token.cancel()

    summary = run_batch(endless(), Analyser(classifier), stop_after_some, sink.tell, token, workers=2)
    assert summary.cancelled
    assert summary.done == len(sink.results)
    assert taken <= summary.done + 2 * 2 + 2
    assert all(total is None and left is None for _, total, _, left in sink.progress)


def test_results_reach_the_sink_within_a_quarter_second_while_the_next_is_slow(
    images, classifier, sink, monkeypatch
):
    """The second image takes a second to decode: the first must not wait for it."""
    real = batch_module.open_image
    made = []

    def slow(source, reader):
        if source.name == "blank.png":
            time.sleep(1.0)
        opened = real(source, reader)
        made.append(time.monotonic())
        return opened

    monkeypatch.setattr(batch_module, "open_image", slow)
    run_batch([images["smear"], images["blank"]], Analyser(classifier), sink, workers=2)
    assert [len(group) for group in sink.groups] == [1, 1]
    assert sink.times[0] < made[1]


def test_a_cancel_keeps_what_is_done_and_stops_inside_an_image(images, classifier, sink):
    token = CancelToken()
    done = 0

    def before() -> None:
        nonlocal done
        done += 1
        if done == 3:
            token.cancel()

    classifier.before = before
    summary = run_batch([images["smear"]] * 50, Analyser(classifier), sink, cancel=token)
    assert summary.cancelled
    assert summary.done == len(sink.results) == 2
    assert all(result.status is ImageStatus.OK for result in sink.results)


def test_no_thread_is_left_behind(images, classifier, sink):
    run_batch([images["smear"]] * 3, Analyser(classifier), sink)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_known_images_are_answered_by_the_history(images, classifier, sink, history, made_result):
    analyser = Analyser(classifier)
    digest = analyser.analyse(images["smear"]).result.digest
    known = history.save_result(history.begin_session("op"), made_result(digest=digest))
    classifier.crops.clear()
    reused = []
    summary = run_batch(
        [images["smear"], images["blank"], images["smear"]],
        analyser,
        sink,
        sink.tell,
        earlier=lambda asked: known if asked == digest else None,
        reused=reused.extend,
    )
    assert (summary.done, summary.reused) == (3, 2)
    assert [image.id for image in reused] == [known.id, known.id]
    assert [result.name for result in sink.results] == ["blank.png"]
    assert classifier.crops == []
    assert sink.progress[-1][0] == 3


def test_a_history_that_cannot_be_asked_ends_the_batch(images, classifier, sink):
    def refuse(digest: str) -> None:
        raise HistoryError("history_closed", "The history is closed.")

    with pytest.raises(HistoryError):
        run_batch([images["smear"]] * 3, Analyser(classifier), sink, earlier=refuse)


def test_a_bug_in_one_image_fails_that_image_only(images, classifier, sink, monkeypatch):
    real = Analyser.prepare

    def spoilt(self, opened, whole_image=None):
        if opened.image is not None and opened.source.name == "smear.png":
            raise ZeroDivisionError
        return real(self, opened, whole_image)

    monkeypatch.setattr(Analyser, "prepare", spoilt)
    summary = run_batch([images["smear"], images["blank"]], Analyser(classifier), sink)
    assert (summary.done, summary.failed) == (2, 1)
    assert [result.fault.code if result.fault else None for result in sink.results] == [
        "internal_error",
        None,
    ]


def test_a_model_that_fails_lets_the_batch_go_on(images, classifier, sink):
    classifier.fault = ModelError("model_unsupported", "It cannot.")
    summary = run_batch([images["smear"], images["blank"]], Analyser(classifier), sink)
    assert (summary.done, summary.failed) == (2, 1)


def test_a_sink_that_fails_ends_the_batch(images, classifier):
    def refuse(results: list) -> None:
        raise HistoryError("history_full", "The disk is full.")

    with pytest.raises(HistoryError):
        run_batch([images["smear"]] * 3, Analyser(classifier), refuse)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_the_time_left_follows_the_pace(images, classifier, sink):
    classifier.before = lambda: time.sleep(0.06)
    run_batch([images["smear"]] * 12, Analyser(classifier), sink, sink.tell)
    known = [(done, left) for done, _, _, left in sink.progress if left is not None]
    assert known
    done, left = known[-2] if known[-1][0] == 12 else known[-1]
    assert 0.03 * (12 - done) < left < 1.0 * (12 - done)

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import CellOrigin, ImageStatus, Localisation, LocatedCell
from hematodesk.domain.errors import HistoryError, ModelError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.operators import Operator
from hematodesk.domain.pause import Pause
from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.reader import LocalReader
from hematodesk.workflow.analysis import pipeline as stages_module
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.batch import BatchProgress, run_batch
from hematodesk.workflow.analysis.known_results import find_earlier
from hematodesk.workflow.analysis.pipeline import PixelRoom

SHA = "ab" * 32


class Sink:
    """Keeps what comes, and when."""

    def __init__(self) -> None:
        self.groups: list[list] = []
        self.times: list[float] = []
        self.progress: list[tuple] = []

    def __call__(self, results: list) -> None:
        self.groups.append(results)
        self.times.append(time.monotonic())

    def tell(self, progress: BatchProgress) -> None:
        self.progress.append(progress)

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
    last = sink.progress[-1]
    assert (last.done, last.total, last.failed) == (5, 5, 2)


def test_an_empty_batch_ends_at_once(classifier, sink):
    summary = run_batch([], Analyser(classifier), sink, sink.tell)
    assert summary.done == 0
    assert sink.groups == []


def test_each_stage_has_threads_of_its_own(images, classifier, monkeypatch):
    decoding = set()
    real = stages_module.open_image

    def watched(source, reader, **how):
        decoding.add(threading.current_thread().name)
        return real(source, reader, **how)

    monkeypatch.setattr(stages_module, "open_image", watched)
    committing = set()
    run_batch(
        [images["smear"]] * 4,
        Analyser(classifier),
        lambda results: committing.add(threading.current_thread().name),
        workers=2,
    )
    assert classifier.threads == {"infer"}
    assert decoding <= {"decode-0", "decode-1"}
    assert committing == {threading.current_thread().name}


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
    assert taken <= summary.done + 2 * 2 + 2 + 2 * 64
    assert all(each.total is None and each.seconds_left is None for each in sink.progress)


def test_results_reach_the_sink_within_a_quarter_second_while_the_next_is_slow(
    images, classifier, sink, monkeypatch
):
    """The second image takes a second to decode: the first must not wait for it."""
    real = stages_module.open_image
    made = []

    def slow(source, reader, **how):
        if source.name == "blank.png":
            time.sleep(1.0)
        opened = real(source, reader, **how)
        made.append(time.monotonic())
        return opened

    monkeypatch.setattr(stages_module, "open_image", slow)
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
    known = history.save_result(history.begin_session(Operator.named("op")), made_result(digest=digest))
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
    assert sink.progress[-1].done == 3


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
    known = [(each.done, each.seconds_left) for each in sink.progress if each.seconds_left is not None]
    assert known
    done, left = known[-2] if known[-1][0] == 12 else known[-1]
    assert 0.03 * (12 - done) < left < 1.0 * (12 - done)


def test_crops_of_several_images_share_a_run_and_answers_stay_with_their_images(images, classifier, sink):
    alone = [Analyser(classifier).analyse(images[name]).result for name in ("smear", "blank")]
    classifier.crops_a_run = 4
    runs = []
    real = classifier.classify
    classifier.classify = lambda crops, cancel=None, sparing=False: (
        runs.append(len(crops)) or time.sleep(0.05) or real(crops)
    )
    order = ["smear", "smear", "blank", "smear", "broken", "smear", "smear", "smear"]
    run_batch([images[name] for name in order], Analyser(classifier), sink, workers=2)
    assert [result.name for result in sink.results] == [f"{name}.png" for name in order]
    assert max(runs) > 1
    assert sum(runs) == order.count("smear")
    for result in sink.results:
        if result.name != "broken.png":
            wanted = alone[0] if result.name == "smear.png" else alone[1]
            assert [cell.prediction.ranked for cell in result.cells] == [
                cell.prediction.ranked for cell in wanted.cells
            ]


def test_the_inference_spares_the_cores_while_it_waits_for_decoding(images, classifier, sink, monkeypatch):
    monkeypatch.setattr(stages_module, "_SPARING_AFTER", 2)
    real = stages_module.open_image

    def slow(source, reader, **how):
        time.sleep(0.03)
        return real(source, reader, **how)

    monkeypatch.setattr(stages_module, "open_image", slow)
    run_batch([images["smear"]] * 8, Analyser(classifier), sink, workers=1)
    assert classifier.sparing[:2] == [False] * 2
    assert classifier.sparing[2:].count(True) >= 4


def test_the_inference_takes_all_its_threads_while_decoding_waits_for_it(
    images, classifier, sink, monkeypatch
):
    monkeypatch.setattr(stages_module, "_SPARING_AFTER", 2)
    analyser, prepared, changed = Analyser(classifier), [0], threading.Condition()
    real = analyser.prepare

    def watched(*arguments):
        done = real(*arguments)
        with changed:
            prepared[0] += 1
            changed.notify_all()
        return done

    def decoded_ahead() -> None:
        """Wait until two threads have decoded all that they may: six images from the one being named."""
        ahead = min(20, len(classifier.sparing) + 6)
        with changed:
            assert changed.wait_for(lambda: prepared[0] >= ahead, 10)

    monkeypatch.setattr(analyser, "prepare", watched)
    classifier.before = decoded_ahead
    run_batch([images["smear"]] * 20, analyser, sink, workers=2)
    # Towards the end there is less than half a window left to wait.
    assert classifier.sparing[:16] == [False] * 16


def test_a_run_that_fails_fails_only_the_image_whose_crop_it_is(images, classifier, sink):
    classifier.crops_a_run = 4
    real = classifier.classify

    def picky(crops, cancel=None, *, sparing=False):
        time.sleep(0.03)
        if len(crops) > 1:
            raise ModelError("model_unsupported", "Not so many.")
        return real(crops, cancel)

    classifier.classify = picky
    summary = run_batch([images["smear"]] * 6, Analyser(classifier), sink, workers=2)
    assert (summary.done, summary.failed) == (6, 0)


def test_known_images_make_no_pace_and_no_time_left(images, classifier, sink, history, made_result):
    analyser = Analyser(classifier)
    digest = analyser.analyse(images["smear"]).result.digest
    known = history.save_result(history.begin_session(Operator.named("op")), made_result(digest=digest))

    def slowly(asked: str) -> HistoryImage | None:
        time.sleep(0.002)
        return known if asked == digest else None

    order = [images["smear"]] * 400 + [images["blank"]]
    summary = run_batch(order, analyser, sink, sink.tell, earlier=slowly)
    assert (summary.done, summary.reused) == (401, 400)
    passed_over = [told for told in sink.progress if 64 <= told.done <= 400]
    assert passed_over[-1].done == 400
    assert {(told.rate, told.seconds_left) for told in passed_over} == {(None, None)}


def test_a_pause_begins_nothing_and_keeps_what_is_done_and_a_cancel_ends_it(images, classifier, sink):
    pause, token = Pause(), CancelToken()

    def stop_soon(results: list) -> None:
        sink(results)
        pause.set(True)

    ended = []
    work = threading.Thread(
        target=lambda: ended.append(
            run_batch([images["smear"]] * 400, Analyser(classifier), stop_soon, sink.tell, token, pause=pause)
        )
    )
    work.start()
    quiet = 0
    while quiet < 4:
        before = len(sink.results)
        time.sleep(0.15)
        quiet = quiet + 1 if len(sink.results) == before and pause.paused else 0
    assert 0 < len(sink.results) < 400
    pause.set(False)
    kept = len(sink.results)
    deadline = time.monotonic() + 10
    while len(sink.results) == kept and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(sink.results) > kept
    pause.set(True)
    token.cancel()
    work.join(5)
    assert ended[0].cancelled
    assert ended[0].done == len(sink.results)


def test_a_cancel_does_not_wait_for_an_image_in_the_middle_of_its_decoding(
    images, classifier, sink, monkeypatch
):
    real, begun, go_on = stages_module.open_image, threading.Event(), threading.Event()
    kept = threading.Event()

    def slow(source, reader, **how):
        if source.name == "blank.png":
            begun.set()
            go_on.wait(10)
        return real(source, reader, **how)

    monkeypatch.setattr(stages_module, "open_image", slow)
    token = CancelToken()
    took = []

    def stop() -> None:
        begun.wait(10)
        kept.wait(10)
        took.append(time.monotonic())
        token.cancel()

    def keep(results: list) -> None:
        sink(results)
        kept.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    summary = run_batch(
        [images["smear"], images["blank"]], Analyser(classifier), keep, cancel=token, workers=2
    )
    assert time.monotonic() - took[0] < 1.0
    assert (summary.done, summary.cancelled) == (1, True)
    go_on.set()
    stopper.join()
    for thread in threading.enumerate():
        if thread.name.startswith("decode"):
            thread.join(5)


def test_images_with_the_same_bytes_are_counted_exactly(images, classifier, history):
    """Whether the first is kept already when the second is decoded must not change the counts."""
    copies = []
    for number in range(30):
        copy = images["smear"].with_name(f"copy_{number}.png")
        copy.write_bytes(images["smear"].read_bytes())
        copies.append(copy)
    session = history.begin_session(Operator.named("ada"))
    reused = []
    summary = run_batch(
        copies,
        Analyser(classifier),
        lambda results: history.save_results(session, results),
        earlier=lambda digest: find_earlier(history, digest, SHA, whole_image=False),
        reused=reused.extend,
        workers=4,
    )
    assert (summary.done, summary.reused, history.count()) == (30, 29, 1)
    assert {image.result.name for image in reused} == {"copy_0.png"}


def test_one_large_image_goes_alone_and_small_ones_together():
    room = PixelRoom(100, CancelToken())
    inside, let_go, large_in = threading.Barrier(3), threading.Event(), threading.Event()
    held = []

    def small() -> None:
        with room.taken(40):
            inside.wait(10)
            let_go.wait(10)
            held.append("small")

    def large() -> None:
        with room.taken(900):
            held.append("large")
            large_in.set()

    threads = [threading.Thread(target=small) for _ in range(2)]
    for thread in threads:
        thread.start()
    # Both small ones are inside at the same time.
    inside.wait(10)
    threads.append(threading.Thread(target=large))
    threads[-1].start()
    assert not large_in.wait(0.2)
    let_go.set()
    assert large_in.wait(10)
    for thread in threads:
        thread.join(10)
    assert held == ["small", "small", "large"]


class Locating(LocalReader):
    """A reader that locates the same cell in every picture, where it is asked to."""

    found = Localisation((LocatedCell(Box(3, 4, 20, 21), 0.75),), 31.5)

    def read(self, path: Path, *, locate: bool = False, page: int | None = None) -> ReadImage:
        return replace(super().read(path, page=page), located=self.found if locate else None)


def test_cells_that_the_reader_has_located_are_taken(images, classifier, sink):
    run_batch([images["blank"]] * 2, Analyser(classifier, reader=Locating()), sink)
    for result in sink.results:
        assert result.red_cell_diameter == 31.5
        assert [(cell.box, cell.score) for cell in result.cells] == [(Box(3, 4, 20, 21), 0.75)]


def test_no_cells_are_located_for_whole_images(images, classifier, sink):
    run_batch([images["blank"]], Analyser(classifier, reader=Locating()), sink, whole_image=True)
    ((cell,),) = (result.cells for result in sink.results)
    assert cell.origin is CellOrigin.WHOLE_IMAGE

"""Runs many images: pipeline.py does the work on its own threads; results are committed here in groups."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import Cancelled
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.pause import Pause
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.pipeline import Known, Pipeline, Step, Twin
from hematodesk.workflow.analysis.sources import Source
from hematodesk.workflow.system.log import log_event

GROUP_SECONDS = 0.2
"""A finished result waits no longer than this for its group (the budget is 0.25)."""

GROUP_SIZE = 64
"""Results in one group at most: one transaction of the history."""

_RATE_WINDOW_S = 8.0

Sink = Callable[[list[ImageResult]], None]


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """The progress of a batch.

    Attributes:
        done, failed, reused: as in BatchSummary.
        total: how many there are; None while the listing is under way.
        rate: recent images a second; None before there is a pace, and while known images follow one
            another: how quickly those are skipped says nothing of the rest.
        seconds_left: None while it is not known.
    """

    done: int
    total: int | None
    failed: int
    reused: int
    rate: float | None
    seconds_left: float | None


Progress = Callable[[BatchProgress], None]


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How a batch ended.

    Attributes:
        done: images answered, failed and reused ones included.
        failed: of those, how many ended with an error.
        reused: of those, how many were answered by an earlier result.
        cancelled: whether it was stopped before its end; what was done is kept.
        elapsed_s: seconds.
        gone: the folder that vanished and so stopped it before its end; what was done is kept.
    """

    done: int
    failed: int
    reused: int
    cancelled: bool
    elapsed_s: float
    gone: Path | None = None

    @property
    def cut_short(self) -> bool:
        """Whether there is more to do."""
        return self.cancelled or self.gone is not None


def run_batch(
    sources: Iterable[Source],
    analyser: Analyser,
    sink: Sink,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    *,
    pause: Pause | None = None,
    whole_image: bool | None = None,
    page: int | None = None,
    earlier: Callable[[str], HistoryImage | None] | None = None,
    reused: Callable[[list[HistoryImage]], None] | None = None,
    total: int | Callable[[], int | None] | None = None,
    workers: int | None = None,
    gone: Callable[[ImageResult], Path | None] | None = None,
) -> BatchSummary:
    """Analyse every source; blocks until the end. `sink`, `progress` and `reused` run in the calling thread.

    Args:
        sources: files and pictures; may be lazy and slow, it is read only a little ahead, on another thread.
        analyser: with the loaded model.
        sink: gets results in the order of the sources, in groups, a quarter of a second after
            they were made at the latest. An exception of the sink ends the batch and is passed on.
        progress: called after each group.
        cancel: stops it, also inside an image; what is finished still goes to the sink.
        pause: while it is set no image is begun; what is under way is finished.
        whole_image: see Analyser.
        page: see RunRequest.
        earlier: asked with each image's digest, in a decoding thread; an answer is used instead of
            analysing, a HematodeskError ends the batch and is passed on. With it an image whose
            bytes came before in this batch is answered by that one's result.
        reused: gets those answers, in groups like the sink's, in their order.
        total: how many sources there are, or a question for it, where `sources` cannot say it.
        workers: decoding threads; by default `default_workers` and three more: while some cut out, there is
            always one to give a child the next image.
        gone: asked with each failed result; a folder stops the batch there, and the sink does not get it.
    """
    count = total if total is not None else len(sources) if isinstance(sources, Sequence) else None
    asked = count if callable(count) else lambda: count
    run = _Run(sink, reused, progress, cancel or CancelToken(), pause or Pause(), asked, earlier, gone)
    return run.over(sources, analyser, workers or default_workers() + 3, whole_image, page)


def default_workers() -> int:
    """Threads that decoding keeps busy: one a core, four at most."""
    return max(1, min(4, os.cpu_count() or 1))


class _Run:
    """One batch under way: takes what the stages have done, and commits it in groups."""

    def __init__(
        self,
        sink: Sink,
        reused: Callable[[list[HistoryImage]], None] | None,
        progress: Progress | None,
        cancel: CancelToken,
        pause: Pause,
        total: Callable[[], int | None],
        earlier: Callable[[str], HistoryImage | None] | None,
        gone: Callable[[ImageResult], Path | None] | None,
    ) -> None:
        self._sink = sink
        self._reused = reused
        self._progress = progress
        self._cancel = cancel
        self._pause = pause
        self._total = total
        self._earlier = earlier
        self._ask_gone = gone
        self._gone: Path | None = None
        self._results: list[ImageResult] = []
        self._found: list[HistoryImage] = []
        self._oldest: float | None = None
        self._done = self._failed = self._reused_count = self._known_in_a_row = 0
        self._codes: Counter[str] = Counter()
        self._started = time.monotonic()
        self._pace = Pace(self._started)

    def over(
        self,
        sources: Iterable[Source],
        analyser: Analyser,
        threads: int,
        whole_image: bool | None,
        page: int | None,
    ) -> BatchSummary:
        """Run to the end, to the cancel, or until the images' folder is gone."""
        coming = iter(sources)
        stages = Pipeline(
            coming,
            analyser,
            self._cancel,
            self._pause,
            threads=threads,
            earlier=self._earlier,
            whole_image=whole_image,
            page=page,
        )
        try:
            while self._gone is None:
                steps = stages.take(self._patience())
                if steps is None:
                    self._rest()
                    continue
                if not steps:
                    break
                for step in steps:
                    if self._is_gone(step):
                        break
                    self._take(step)
        except Cancelled:
            pass
        finally:
            # Before the threads are waited for: an image may be in the middle of a long decoding.
            self._flush()
            stages.close()
            _close(coming)
        summary = BatchSummary(
            self._done,
            self._failed,
            self._reused_count,
            self._cancel.cancelled,
            self._elapsed(),
            self._gone,
        )
        log_event(
            "batch_ended",
            done=summary.done,
            failed=summary.failed,
            reused=summary.reused,
            cancelled=summary.cancelled,
            folder_gone=summary.gone is not None,
            seconds=summary.elapsed_s,
            **self._codes,
        )
        return summary

    def _patience(self) -> float:
        """Seconds until the waiting group must be committed."""
        if self._oldest is None:
            return 0.5
        return max(0.0, self._oldest + GROUP_SECONDS / 2 - time.monotonic())

    def _rest(self) -> None:
        """Nothing arrived in time: commit what waits; while paused the pace does not count."""
        self._flush()
        if self._pause.paused:
            self._pace.restart(time.monotonic(), self._done)

    def _is_gone(self, step: Step) -> bool:
        """Whether an image could not be read because its folder has vanished, as all later ones will."""
        if self._ask_gone is not None and isinstance(step, ImageResult) and step.fault is not None:
            self._gone = self._ask_gone(step)
        return self._gone is not None

    def _take(self, step: Step) -> None:
        if isinstance(step, Twin):
            step = self._of_twin(step)
        if isinstance(step, Known):
            if self._results:
                # The sink must get the answers in order: the waiting ones first.
                self._flush()
            self._reused_count += 1
            self._known_in_a_row += 1
            self._found.append(step.image)
        else:
            if self._found:
                self._flush()
            self._known_in_a_row = 0
            self._results.append(step)
            self._failed += step.status is ImageStatus.ERROR
            if step.fault is not None:
                self._codes[step.fault.code] += 1
        self._done += 1
        if self._oldest is None:
            self._oldest = time.monotonic()
        held = len(self._results) + len(self._found)
        if held >= GROUP_SIZE or time.monotonic() - self._oldest >= GROUP_SECONDS / 2:
            self._flush()

    def _of_twin(self, step: Twin) -> ImageResult | Known:
        """The kept answer of the image with the same bytes, which came before; else this one's own."""
        self._flush()
        found = self._earlier(step.digest) if self._earlier is not None else None
        return step.result if found is None else Known(found)

    def _flush(self) -> None:
        if self._oldest is None:
            return
        results, self._results = self._results, []
        found, self._found = self._found, []
        self._oldest = None
        if found and self._reused is not None:
            self._reused(found)
        if results:
            self._sink(results)
        if self._progress is not None:
            total = self._total()
            if self._known_in_a_row < GROUP_SIZE:
                self._pace.mark(time.monotonic(), self._done)
            else:
                self._pace.restart(time.monotonic(), self._done)
            self._progress(
                BatchProgress(
                    self._done, total, self._failed, self._reused_count, self._pace.rate, self._left(total)
                )
            )

    def _left(self, total: int | None) -> float | None:
        """Seconds left by the pace of the last seconds; None before there is a pace or without a total."""
        if total is None or self._pace.rate is None:
            return None
        return max(0.0, (total - self._done) / self._pace.rate)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started


class Pace:
    """Images a second, over the last seconds."""

    def __init__(self, now: float) -> None:
        self._marks: deque[tuple[float, int]] = deque([(now, 0)])

    def mark(self, now: float, done: int) -> None:
        """Record that many images were done at that moment."""
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] < now - _RATE_WINDOW_S:
            self._marks.popleft()

    def restart(self, now: float, done: int) -> None:
        """Forget earlier records: the work was paused."""
        self._marks = deque([(now, done)])

    @property
    def rate(self) -> float | None:
        """Images a second; None before there is a pace."""
        (since, done_then), (now, done) = self._marks[0], self._marks[-1]
        if done == done_then or now - since < 0.2:
            return None
        return (done - done_then) / (now - since)


def _close(coming: Iterator[Source]) -> None:
    """End a lazy listing, so that it holds no folder open."""
    close = getattr(coming, "close", None)
    if close is not None:
        close()

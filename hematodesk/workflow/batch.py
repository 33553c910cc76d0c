"""Many images: decoding and locating run ahead on their own threads, inference follows in order."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.errors import Cancelled, HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.workflow.analyse import Analyser, OpenedImage, PreparedImage, open_image
from hematodesk.workflow.faults import code_trace
from hematodesk.workflow.log import log_bug, log_event
from hematodesk.workflow.sources import Source

GROUP_SECONDS = 0.2
"""A finished result waits no longer than this for its group (the budget is 0.25)."""

GROUP_SIZE = 64
"""Results in one group at most: one transaction of the history."""

_MANY_CROPS = 12
"""Classifying more cells than this may itself take as long as a group may wait."""

_RATE_WINDOW_S = 8.0

Sink = Callable[[list[ImageResult]], None]
Progress = Callable[[int, int | None, int, float | None], None]


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How a batch ended.

    Attributes:
        done: images answered, failed and reused ones included.
        failed: of those, how many ended with an error.
        reused: of those, how many were answered by an earlier result.
        cancelled: whether it was stopped before its end; what was done is kept.
        elapsed_s: seconds.
    """

    done: int
    failed: int
    reused: int
    cancelled: bool
    elapsed_s: float


def run_batch(
    sources: Iterable[Source],
    analyser: Analyser,
    sink: Sink,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    *,
    whole_image: bool | None = None,
    earlier: Callable[[str], HistoryImage | None] | None = None,
    reused: Callable[[list[HistoryImage]], None] | None = None,
    total: int | None = None,
    workers: int | None = None,
) -> BatchSummary:
    """Analyse every source; blocks until the end. All callbacks run in the calling thread.

    Args:
        sources: files and pictures; may be lazy, it is read only a little ahead.
        analyser: with the loaded model.
        sink: gets results in the order of the sources, in groups, a quarter of a second after
            they were made at the latest. An exception of the sink ends the batch and is passed on.
        progress: called after each group with (done, total, failed, seconds left); total and
            seconds left are None while they are not known.
        cancel: stops it, also inside an image; what is finished still goes to the sink.
        whole_image: see Analyser.
        earlier: asked with each image's digest, in a decoding thread; an answer is used instead of
            analysing, a HematodeskError ends the batch and is passed on.
        reused: gets those answers, in groups like the sink's, in their order.
        total: how many sources there are, where `sources` cannot say it.
        workers: decoding threads; by default one a core, four at most.
    """
    count = total if total is not None else len(sources) if isinstance(sources, Sequence) else None
    run = _Run(analyser, sink, reused, progress, cancel or CancelToken(), count)
    threads = workers or max(1, min(4, os.cpu_count() or 1))
    return run.over(sources, threads, earlier, whole_image)


class _Run:
    """One batch under way."""

    def __init__(
        self,
        analyser: Analyser,
        sink: Sink,
        reused: Callable[[list[HistoryImage]], None] | None,
        progress: Progress | None,
        cancel: CancelToken,
        total: int | None,
    ) -> None:
        self._analyser = analyser
        self._sink = sink
        self._reused = reused
        self._progress = progress
        self._cancel = cancel
        self._total = total
        self._results: list[ImageResult] = []
        self._found: list[HistoryImage] = []
        self._oldest: float | None = None
        self._done = self._failed = self._reused_count = 0
        self._codes: Counter[str] = Counter()
        self._started = time.monotonic()
        self._marks: deque[tuple[float, int]] = deque([(self._started, 0)])

    def over(
        self,
        sources: Iterable[Source],
        threads: int,
        earlier: Callable[[str], HistoryImage | None] | None,
        whole_image: bool | None,
    ) -> BatchSummary:
        """Run to the end or to the cancel."""
        pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        waiting: deque[Future[PreparedImage | HistoryImage]] = deque()
        coming = iter(sources)

        def refill() -> None:
            for source in itertools.islice(coming, 2 * threads + 2 - len(waiting)):
                waiting.append(pool.submit(self._ahead, source, earlier, whole_image))

        try:
            refill()
            while waiting and not self._cancel.cancelled:
                ready = self._wait_for(waiting[0])
                if ready is None:
                    continue
                waiting.popleft()
                refill()
                self._take(ready)
        except Cancelled:
            pass
        finally:
            for future in waiting:
                future.cancel()
            pool.shutdown(wait=True, cancel_futures=True)
            _close(coming)
            self._flush()
        summary = BatchSummary(
            self._done, self._failed, self._reused_count, self._cancel.cancelled, self._elapsed()
        )
        log_event(
            "batch_ended",
            done=summary.done,
            failed=summary.failed,
            reused=summary.reused,
            cancelled=summary.cancelled,
            seconds=summary.elapsed_s,
            **self._codes,
        )
        return summary

    def _ahead(
        self,
        source: Source,
        earlier: Callable[[str], HistoryImage | None] | None,
        whole_image: bool | None,
    ) -> PreparedImage | HistoryImage:
        """Decode, and locate unless the history knows the answer: runs in a decoding thread."""
        self._cancel.check()
        opened = open_image(source, self._analyser.reader)
        self._cancel.check()
        try:
            if earlier is not None and opened.image is not None:
                known = earlier(opened.image.digest)
                if known is not None:
                    return known
            return self._analyser.prepare(opened, whole_image)
        except (Cancelled, HematodeskError):
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a thread: one image must not end the batch
            log_bug("image_bug", code_trace(error))
            return self._analyser.prepare(_with_bug(opened))

    def _wait_for(self, future: Future[PreparedImage | HistoryImage]) -> PreparedImage | HistoryImage | None:
        """The next prepared image, or None after a flush when it is not ready in time."""
        try:
            return future.result(timeout=self._patience())
        except TimeoutError:
            if future.done():
                # Ready in the last moment, or the work itself timed out and says so here.
                return future.result()
            if self._oldest is not None and self._patience() <= 0.01:
                self._flush()
            return None

    def _patience(self) -> float:
        """Seconds that may pass before the waiting group must go, never more than a cancel may wait."""
        if self._oldest is None:
            return 0.1
        return min(0.1, max(0.0, self._oldest + GROUP_SECONDS - time.monotonic()))

    def _take(self, ready: PreparedImage | HistoryImage) -> None:
        if isinstance(ready, HistoryImage):
            self._reused_count += 1
            self._found.append(ready)
            failed = False
        else:
            if len(ready.crops) > _MANY_CROPS:
                self._flush()
            result = self._analyser.finish(ready, self._cancel)
            self._results.append(result)
            failed = result.status is ImageStatus.ERROR
            if result.fault is not None:
                self._codes[result.fault.code] += 1
        self._done += 1
        self._failed += failed
        if self._oldest is None:
            self._oldest = time.monotonic()
        held = len(self._results) + len(self._found)
        if held >= GROUP_SIZE or time.monotonic() - self._oldest >= GROUP_SECONDS / 2:
            self._flush()

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
            self._progress(self._done, self._total, self._failed, self._seconds_left())

    def _seconds_left(self) -> float | None:
        """By the pace of the last seconds; None before there is a pace or without a total."""
        now = time.monotonic()
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and self._marks[1][0] < now - _RATE_WINDOW_S:
            self._marks.popleft()
        since, done_then = self._marks[0]
        if self._total is None or self._done == done_then or now - since < 0.2:
            return None
        return max(0.0, (self._total - self._done) * (now - since) / (self._done - done_then))

    def _elapsed(self) -> float:
        return time.monotonic() - self._started


def _with_bug(opened: OpenedImage) -> OpenedImage:
    name = opened.source.name
    fault = Fault(
        "internal_error",
        f"{name} could not be analysed: a fault of the program.",
        "The log in the data folder says where; please report it.",
    )
    return OpenedImage(opened.source, None, fault, opened.elapsed_ms)


def _close(coming: Iterator[Source]) -> None:
    """End a lazy listing, so that it holds no folder open."""
    close = getattr(coming, "close", None)
    if close is not None:
        close()

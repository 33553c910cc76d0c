"""The stages of a batch before its results are kept: read and decode, locate and crop, infer.

Reading, decoding, locating and cropping of one image run on one of n threads, without a queue in
between, and so an image's pixels never leave the thread that made them. The decoder's process locates the
cells, too, where the reader has one: in this one, locating (two thirds of the work before the inference)
waited for the interpreter with the other threads, and they for it. On two cores a batch took 12 % less time
so, 3 % less again with a third child and thread, which cuts out while two decode, and 2 % less with two
threads more, of which one is always there to give a child the next image. Inference has a thread of its own
and takes the images in their order, as many at once as the classifier wants in one run; results wait for the
caller, who commits them. Every queue is bounded, and what is decoded at one moment is bounded by bytes.

Images are decoded once and in full. JPEG could be decoded at half its scale, but on drawn fields of
2560x1920 that moved the located boxes by up to 15 pixels and saved 4 of 15 ms: another answer for a
little time, so it is not done.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.errors import Cancelled, HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.pause import Pause
from hematodesk.imaging.files import page_digest
from hematodesk.workflow.analysis.analyser import Analyser, OpenedImage, PreparedImage, open_image
from hematodesk.workflow.analysis.sources import Picture, Source, digest_of
from hematodesk.workflow.system.faults import code_trace
from hematodesk.workflow.system.log import log_bug

PIXEL_BYTES = 64 * 1024 * 1024
"""Decoded at one moment at most, all threads together, three bytes a pixel; one larger image goes alone.

While an image is decoded up to four times as much is held (the file, the codec's picture, the RGB
one): 64 MB keep a batch under its 400 MB with the program's own 130.
"""

_RESULTS_WAITING = 256
"""Results that wait for the commit at most, before inference waits for it."""

_SPARING_AFTER = 64
"""Images after which the inference takes one thread while decoding keeps the cores busy: a few are not worth
the session that it needs for that."""

_JOIN_S, _JOIN_CANCELLED_S = 10.0, 0.05

Earlier = Callable[[str], HistoryImage | None]


@dataclass(frozen=True, slots=True)
class Known:
    """An image whose answer the history has."""

    image: HistoryImage


@dataclass(frozen=True, slots=True)
class Twin:
    """An image with the same bytes as one before it in this batch, whose answer is being made or kept."""

    digest: str
    result: ImageResult


Step = ImageResult | Known | Twin


class Pipeline:
    """A batch under way. `take` and `close` are for the caller's thread.

    Args:
        sources: read a little ahead, in a decoding thread; what it raises ends the batch.
        threads: decoding threads.
        earlier: see batch.run_batch.
        pause: no image is begun while it is set.
        page: see RunRequest.
    """

    def __init__(
        self,
        sources: Iterator[Source],
        analyser: Analyser,
        cancel: CancelToken,
        pause: Pause,
        *,
        threads: int,
        earlier: Earlier | None,
        whole_image: bool | None,
        page: int | None = None,
    ) -> None:
        self._sources = sources
        self._analyser = analyser
        self._cancel = cancel
        self._pause = pause
        self._earlier = earlier
        self._whole_image = whole_image
        self._page = page
        self._locate = not analyser.takes_whole_image(whole_image)
        self._batch = max(1, analyser.classifier.crops_a_run)
        self.window = 2 * threads + 2 + (self._batch if self._batch > 1 else 0)
        self._feeding = threading.Lock()
        self._changed = threading.Condition()
        self._room = PixelRoom(PIXEL_BYTES, cancel)
        self._begun = 0
        self._last: int | None = None
        self._named = 0
        self._ready: dict[int, PreparedImage | Known] = {}
        self._steps: deque[Step] = deque()
        self._digests: set[str] = set()
        # Whether the last image was known: then the next one's digest is looked up before it is decoded.
        self._lately_known = True
        self._error: BaseException | None = None
        self._ended = False
        self._forget = cancel.on_cancel(self._wake)
        self._threads = [
            threading.Thread(target=self._guard, args=(self._decode,), name=f"decode-{number}", daemon=True)
            for number in range(threads)
        ]
        self._threads.append(
            threading.Thread(target=self._guard, args=(self._infer,), name="infer", daemon=True)
        )
        for thread in self._threads:
            thread.start()

    # The caller's side

    def take(self, timeout_s: float) -> list[Step] | None:
        """What is done, in order: None when that takes longer, nothing at the end.

        Raises Cancelled, and what ended a stage, once everything done before it was taken.
        """
        with self._changed:
            self._changed.wait_for(self._has_news, timeout_s)
            steps = list(self._steps)
            self._steps.clear()
            self._changed.notify_all()
            if steps:
                return steps
            if self._cancel.cancelled:
                raise Cancelled
            if self._error is not None:
                raise self._error
            return [] if self._ended else None

    def _has_news(self) -> bool:
        return bool(self._steps) or self._ended or self._error is not None or self._cancel.cancelled

    def close(self) -> None:
        """Let the threads end. After a cancel an image in the middle of its decoding is not waited for."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._forget()
        patience = _JOIN_CANCELLED_S if self._cancel.cancelled else _JOIN_S
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
        self._room.wake()

    # The threads

    def _guard(self, stage: Callable[[], None]) -> None:
        try:
            stage()
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: told by `take`
            with self._changed:
                if self._error is None:
                    self._error = error
                self._changed.notify_all()

    def _over(self) -> bool:
        return self._ended or self._error is not None or self._cancel.cancelled

    def _decode(self) -> None:
        while True:
            job = self._next()
            if job is None:
                return
            number, source = job
            done = self._prepare(source)
            with self._changed:
                self._ready[number] = done
                self._changed.notify_all()

    def _next(self) -> tuple[int, Source] | None:
        """The next source with its number; None at the end. One thread at a time asks for it."""
        with self._feeding:
            self._pause.wait(self._cancel)
            with self._changed:
                self._changed.wait_for(lambda: self._over() or self._begun - self._named < self.window)
                if self._over() or self._last is not None:
                    return None
            # A listing may still be under way: nothing else is held meanwhile.
            source = next(self._sources, None)
            with self._changed:
                if source is None:
                    self._last = self._begun
                    self._changed.notify_all()
                    return None
                self._begun += 1
                return self._begun - 1, source

    def _prepare(self, source: Source) -> PreparedImage | Known:
        """Decode and locate, unless the history knows the answer."""
        self._cancel.check()
        if self._lately_known and self._earlier is not None and isinstance(source, Path):
            # Where one image was known the next one mostly is too, and needs no decoding.
            digest = digest_of(source)
            known = self._ask(page_digest(digest, self._page or 1) if digest else "")
            if known is not None:
                return known
        with self._room.taken(_pixel_bytes(source)):
            self._cancel.check()
            opened = open_image(source, self._analyser.reader, locate=self._locate, page=self._page)
            self._cancel.check()
            known = self._ask(opened.image.digest) if opened.image is not None else None
            if known is not None:
                return known
            try:
                return self._analyser.prepare(opened, self._whole_image)
            except (Cancelled, HematodeskError):
                raise
            except Exception as error:  # noqa: BLE001 - the edge of a stage: one image must not end the batch
                log_bug("image_bug", code_trace(error))
                return self._analyser.prepare(_with_bug(opened))

    def _ask(self, digest: str) -> Known | None:
        if self._earlier is None or not digest:
            return None
        found = self._earlier(digest)
        self._lately_known = found is not None
        return None if found is None else Known(found)

    def _infer(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._may_infer)
                if self._over():
                    raise Cancelled
                if self._named == self._last:
                    self._ended = True
                    self._changed.notify_all()
                    return
                # Where more than half of what may be decoded waits here, the inference holds the batch up.
                held_up = len(self._ready) > self.window // 2
                sparing = self._named >= _SPARING_AFTER and not held_up
                group = self._next_group()
            steps = self._name(group, sparing)
            with self._changed:
                self._named += len(group)
                self._steps.extend(steps)
                self._changed.notify_all()

    def _may_infer(self) -> bool:
        if self._over() or self._named == self._last:
            return True
        return self._named in self._ready and len(self._steps) < _RESULTS_WAITING

    def _next_group(self) -> list[PreparedImage | Known]:
        """The images that are ready, in order, until their crops fill a run."""
        group: list[PreparedImage | Known] = []
        crops = 0
        while crops < self._batch and self._named + len(group) in self._ready:
            each = self._ready.pop(self._named + len(group))
            group.append(each)
            crops += len(each.crops) if isinstance(each, PreparedImage) else 0
            if isinstance(each, Known) or not each.crops:
                # Nothing to compute: its answer need not wait for the others' run.
                break
        return group

    def _name(self, group: list[PreparedImage | Known], sparing: bool) -> list[Step]:
        prepared = [each for each in group if isinstance(each, PreparedImage)]
        results = iter(self._analyser.finish_many(prepared, self._cancel, sparing=sparing))
        steps: list[Step] = []
        for each in group:
            if isinstance(each, Known):
                steps.append(each)
                continue
            result = next(results)
            twin = self._earlier is not None and result.digest in self._digests
            steps.append(Twin(result.digest, result) if twin else result)
            if result.digest and result.status is not ImageStatus.ERROR:
                self._digests.add(result.digest)
        return steps


class PixelRoom:
    """Bounds what is decoded at one moment, in bytes; one larger piece goes when it is alone."""

    def __init__(self, limit: int, cancel: CancelToken) -> None:
        self._limit = limit
        self._cancel = cancel
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Hold room for so many bytes within the block. Raises Cancelled."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._taken or self._taken + size <= self._limit or self._cancel.cancelled
            )
            self._cancel.check()
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def wake(self) -> None:
        """Let those who wait look at the cancel."""
        with self._changed:
            self._changed.notify_all()


def _pixel_bytes(source: Source) -> int:
    from hematodesk.imaging.header import stated_pixels

    data = source.data if isinstance(source, Picture) else source
    return 3 * stated_pixels(data)


def _with_bug(opened: OpenedImage) -> OpenedImage:
    name = opened.source.name
    fault = Fault(
        "internal_error",
        Message(N_("Errors", "{name} could not be analysed: a fault of the program."), name=name),
        Message(N_("Errors", "The log in the data folder says where; please report it.")),
    )
    return OpenedImage(opened.source, None, fault, opened.elapsed_ms)

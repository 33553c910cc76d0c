"""`hematodesk watch`: answers for the images of a folder as they come, until it is stopped."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hematodesk.cli.output import TextSink
from hematodesk.cli.result_format import ResultFormat, shown_path
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageResult
from hematodesk.domain.history import HistoryImage
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.batch import run_batch
from hematodesk.workflow.analysis.watched_folder import WatchedFolder

_MOST_REMEMBERED = 100_000
_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """How a watch ended: images answered, and of those failed."""

    done: int
    failed: int


def watch_folder(
    folder: WatchedFolder,
    analyser: Analyser,
    answers: ResultFormat,
    output: TextSink,
    cancel: CancelToken,
    *,
    interval_s: float,
    whole_image: bool | None = None,
    save: Callable[[list[ImageResult]], object] | None = None,
    earlier: Callable[[str], HistoryImage | None] | None = None,
    tell_away: Callable[[bool], object] = lambda away: None,
) -> WatchSummary:
    """Answer every image of the folder once, new ones as they come; returns after the cancel.

    Args:
        save: keeps results in the history before they are written.
        earlier: the history's answers by digest; without it the images answered since the start
            are remembered, so that a renamed or copied one is not answered again.
        tell_away: told when the folder goes away (True) and is back (False).

    Raises what the output and the history raise.
    """
    answered: OrderedDict[str, HistoryImage] = OrderedDict()
    done = failed = 0
    away = False

    def sink(results: list[ImageResult]) -> None:
        nonlocal done, failed
        kept = [result for result in results if not folder.comes_again(result)]
        if not kept:
            return
        if save is not None:
            save(kept)
        for result in kept:
            output.write(answers.line(shown_path(Path(result.path)), result))
            if result.digest:
                answered[result.digest] = HistoryImage(0, 0, replace(result, thumbnail=b""), "")
        while len(answered) > _MOST_REMEMBERED:
            answered.popitem(last=False)
        output.flush()
        done += len(kept)
        failed += sum(result.fault is not None for result in kept)

    output.write(answers.head)
    output.flush()
    while not cancel.cancelled:
        look = folder.look()
        if look.away != away:
            away = look.away
            tell_away(away)
        if look.ready:
            run_batch(
                look.ready,
                analyser,
                sink,
                cancel=cancel,
                whole_image=whole_image,
                earlier=earlier or answered.get,
            )
        rest = time.monotonic() + interval_s
        while not cancel.cancelled and time.monotonic() < rest:
            time.sleep(min(_STEP_S, max(0.0, rest - time.monotonic())))
    return WatchSummary(done, failed)

"""`hematodesk classify`: files and folders in, one answer an image out, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageResult
from hematodesk.workflow.analyse import Analyser
from hematodesk.workflow.answers import AnswerFormat, shown_path
from hematodesk.workflow.batch import BatchSummary, Progress, run_batch
from hematodesk.workflow.output import TextSink

if TYPE_CHECKING:
    from hematodesk.storage.history import History


def classify_files(
    images: Sequence[Path],
    analyser: Analyser,
    answers: AnswerFormat,
    output: TextSink,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    whole_image: bool | None = None,
    save: Callable[[Sequence[ImageResult]], None] | None = None,
) -> BatchSummary:
    """Classify the images and write each answer, in their order, as soon as its group is done.

    Args:
        images: as the person named them: so they stand in the answers.
        save: called with each group before it is written, for the history.

    Raises what the output and `save` raise; the batch ends then.
    """
    named = deque(shown_path(path) for path in images)

    def sink(results: list[ImageResult]) -> None:
        if save is not None:
            save(results)
        for result in results:
            output.write(answers.line(named.popleft(), result))
        output.flush()

    output.write(answers.head)
    output.flush()
    return run_batch(images, analyser, sink, progress, cancel, whole_image=whole_image)


def saver(
    history: History, operator: str
) -> tuple[Callable[[Sequence[ImageResult]], None], Callable[[], None]]:
    """(save, end): save results in a session of its own, begun with the first ones."""
    session: list[int] = []

    def save(results: Sequence[ImageResult]) -> None:
        if not session:
            session.append(history.begin_session(operator))
        history.save_results(session[0], results)

    def end() -> None:
        if session:
            history.end_session(session[0])

    return save, end

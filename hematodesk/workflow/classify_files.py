"""`hematodesk classify`: files and folders in, one answer an image out, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageResult
from hematodesk.workflow.analyse import Analyser
from hematodesk.workflow.answers import AnswerFormat, shown_path
from hematodesk.workflow.batch import BatchSummary, Progress, run_batch
from hematodesk.workflow.output import TextSink


def classify_files(
    images: Sequence[Path],
    analyser: Analyser,
    answers: AnswerFormat,
    output: TextSink,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    whole_image: bool | None = None,
    save: Callable[[Sequence[ImageResult]], object] | None = None,
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

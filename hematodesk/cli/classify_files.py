"""`hematodesk classify`: files and folders in, one answer an image out, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hematodesk.cli.output import TextSink
from hematodesk.cli.result_format import ResultFormat, shown_path
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus
from hematodesk.domain.history import HistoryImage, RunState
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.batch import BatchProgress, BatchSummary, Progress, run_batch
from hematodesk.workflow.analysis.named_folders import NamedFolders
from hematodesk.workflow.analysis.run_recorder import RunRecorder


def classify_files(
    images: Sequence[Path],
    analyser: Analyser,
    answers: ResultFormat,
    output: TextSink,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    whole_image: bool | None = None,
    record: RunRecorder | None = None,
    earlier: Callable[[str], HistoryImage | None] | None = None,
) -> BatchSummary:
    """Classify the images and write each answer, in their order, as soon as its group is done.

    Args:
        images: as the person named them: so they stand in the answers.
        record: keeps each group in the history before it is written. With it the run ends where the folder
            of its images vanishes, and can be gone on with.
        earlier: see run_batch; what a person did to such an answer since is left out.

    Raises what the output and the history raise; the batch ends then.
    """
    named = deque(shown_path(path) for path in images)

    def write(results: Sequence[ImageResult]) -> None:
        for result in results:
            output.write(answers.line(named.popleft(), result))
        output.flush()

    def sink(results: list[ImageResult]) -> None:
        if record is not None:
            record.save(results)
        write(results)

    def reused(found: list[HistoryImage]) -> None:
        if record is not None:
            record.add_known(found)
        write([machine_answer(image.result) for image in found])

    def tell(state: BatchProgress) -> None:
        if record is not None:
            record.tell(state)
        if progress is not None:
            progress(state)

    output.write(answers.head)
    output.flush()
    gone = NamedFolders(record.options.root_paths).gone if record is not None else None
    try:
        summary = run_batch(
            images,
            analyser,
            sink,
            tell,
            cancel,
            whole_image=whole_image,
            earlier=earlier,
            reused=reused,
            gone=gone,
        )
    except BaseException:
        if record is not None:
            record.let_go()
        raise
    if record is not None:
        state = RunState.STOPPED if summary.cancelled else RunState.DONE
        if summary.gone is not None:
            # Nobody stopped it: the window's next start offers to go on.
            state = RunState.GOING
        record.end(state, len(images), summary.done, summary.failed)
    return summary


def machine_answer(result: ImageResult) -> ImageResult:
    """A result as the model gave it: without cells that a person added, reviews and notes."""
    cells = tuple(
        replace(cell, review=None, note="", removed=False)
        for cell in result.cells
        if cell.origin is not CellOrigin.ADDED
    )
    return replace(result, cells=cells, status=_status(result, cells))


def _status(result: ImageResult, cells: tuple[Cell, ...]) -> ImageStatus:
    if result.status is ImageStatus.ERROR:
        return result.status
    return ImageStatus.OK if cells else ImageStatus.NO_CELL

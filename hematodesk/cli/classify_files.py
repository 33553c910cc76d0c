"""`hematodesk classify` and `watch`: one answer an image out, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hematodesk.cli.output import TextSink
from hematodesk.cli.result_format import ResultFormat, shown_path
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus
from hematodesk.workflow.analysis.batch import BatchProgress, Progress
from hematodesk.workflow.analysis.run_job import Answers, Begun, RunEvent


class AnswerWriter:
    """Writes the answers of a run, in their order, as soon as their group is done.

    Args:
        images: as the user named them, for the answers.
        progress: called with the progress of the run.
    """

    def __init__(
        self,
        images: Sequence[Path],
        answers: ResultFormat,
        output: TextSink,
        progress: Progress | None = None,
    ) -> None:
        self._named = deque(shown_path(path) for path in images)
        self._answers = answers
        self._output = output
        self._progress = progress
        self._headed = False

    def write_head(self) -> None:
        """Write what stands above the answers, if it is not there yet. Raises what the output raises."""
        if not self._headed:
            self._headed = True
            self._output.write(self._answers.head)
            self._output.flush()

    def __call__(self, event: RunEvent) -> None:
        """Handle an event of the run. Raises what the output raises."""
        if isinstance(event, Begun):
            self.write_head()
        elif isinstance(event, Answers):
            for answer in event.answers:
                result = machine_answer(answer.result) if answer.known else answer.result
                self._output.write(self._answers.line(self._named.popleft(), result))
            self._output.flush()
        elif isinstance(event, BatchProgress) and self._progress is not None:
            self._progress(event)


class WatchWriter:
    """Writes the new answers of a watched folder, as long as it is watched, and counts them.

    Known images have an answer already: they were in the folder before, or under another name.
    """

    def __init__(self, answers: ResultFormat, output: TextSink) -> None:
        self._answers = answers
        self._output = output
        self.done = self.failed = 0
        output.write(answers.head)
        output.flush()

    def __call__(self, event: RunEvent) -> None:
        """Handle an event of one of its runs. Raises what the output raises."""
        if not isinstance(event, Answers):
            return
        new = [answer for answer in event.answers if not answer.known]
        for answer in new:
            result = answer.result
            self._output.write(self._answers.line(shown_path(Path(result.path)), result))
            self.done += 1
            self.failed += answer.failed
        if new:
            self._output.flush()


def machine_answer(result: ImageResult) -> ImageResult:
    """A result as the model gave it: without added cells, reviews and notes."""
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

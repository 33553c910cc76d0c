"""The request of an export, and the input of its writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.separators import Separator
from hematodesk.workflow.exports.class_folders import FolderOptions

if TYPE_CHECKING:
    from hematodesk.domain.report import Report
    from hematodesk.workflow.services import Services

Item = TypeVar("Item")
Selection = HistoryFilter | Sequence[int] | None
Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


class Paper(StrEnum):
    """The pages of a report; AUTO follows the country."""

    AUTO = "auto"
    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Options of the export formats.

    Attributes:
        thumbnails: JSON carries the history's small pictures.
        pictures: the workbook shows a small picture of each cell.
        folders: what is copied into class folders.
        paper: the report's pages.
        separator: what parts the columns of CSV.
    """

    thumbnails: bool = True
    pictures: bool = False
    folders: FolderOptions = field(default_factory=FolderOptions)
    paper: Paper = Paper.AUTO
    separator: Separator = Separator.COMMA


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, as what (an id of EXPORT_FORMATS), and where to: a file, or a folder of folders."""

    target: Path
    format: str
    selection: Selection = None
    options: ExportOptions = field(default_factory=ExportOptions)


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """How many images were exported, and messages about anything unexpected in the result."""

    images: int
    notices: tuple[str, ...] = ()


class ReportRenderer(Protocol):
    """Renders a report as a PDF file; implemented where fonts and pages are available."""

    def __call__(
        self, report: Report, target: Path, paper: Paper, cancel: CancelToken | None, scratch: Path | None
    ) -> list[str]:
        """Write the file atomically; returns messages about what could not be shown. Raises Cancelled.

        Args:
            scratch: the folder in which it is drawn.
        """
        ...


class Counted:
    """Counts the images that pass, reports progress, and stops when cancelled."""

    def __init__(self, total: int, cancel: CancelToken | None, progress: Progress | None) -> None:
        self.count = 0
        self.cancel = cancel
        self._total = total
        self._progress = progress

    def begin(self) -> None:
        """Report that nothing is done yet."""
        if self.cancel is not None:
            self.cancel.check()
        if self._progress is not None:
            self._progress(0, self._total)

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items; one is done when the next is asked for."""
        for item in items:
            if self.cancel is not None:
                self.cancel.check()
            yield item
            self.count += 1
            if self._progress is not None:
                self._progress(self.count, self._total)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """The input of a writer: the request, its images in order, and the renderer of pages, if any."""

    services: Services
    request: ExportRequest
    ids: Sequence[int]
    counted: Counted
    render: ReportRenderer | None

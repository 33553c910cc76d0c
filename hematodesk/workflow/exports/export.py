"""Exports of the history or a part of it, in every format, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ExportError
from hematodesk.domain.history import HistoryFilter, HistoryImage
from hematodesk.domain.limits import MAX_REPORT_IMAGES
from hematodesk.domain.messages import N_
from hematodesk.workflow.exports.class_folders import (
    CutRules,
    FolderOptions,
    FolderWriter,
    PackageCut,
    newest_of_each,
)

if TYPE_CHECKING:
    from hematodesk.domain.report import Report
    from hematodesk.storage.history import History
    from hematodesk.workflow.services import Services

Item = TypeVar("Item")
Selection = HistoryFilter | Sequence[int] | None
Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""

_CROP_EDGE = 64


class ExportFormat(StrEnum):
    """The formats of an export."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"
    FOLDERS = "folders"


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
    """

    thumbnails: bool = True
    pictures: bool = False
    folders: FolderOptions = field(default_factory=FolderOptions)
    paper: Paper = Paper.AUTO


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, as what, and where to (a folder for class folders, else a file)."""

    target: Path
    format: ExportFormat
    selection: Selection = None
    options: ExportOptions = field(default_factory=ExportOptions)


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """How many images were exported, and messages about anything unexpected in the result."""

    images: int
    notices: tuple[str, ...] = ()


class ReportRenderer(Protocol):
    """Renders a report as a PDF file; implemented where fonts and pages are available."""

    def __call__(self, report: Report, target: Path, paper: Paper, cancel: CancelToken | None) -> list[str]:
        """Write the file whole or not at all; sentences about what could not be shown. Raises Cancelled."""
        ...


def run_export(
    services: Services,
    request: ExportRequest,
    *,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
    render: ReportRenderer | None = None,
) -> ExportOutcome:
    """Write images oldest first (chosen ids in their order), whole or not at all.

    Args:
        render: needed for PDF.

    Raises ExportError, HistoryError, ModelError, PolicyError, Cancelled (the target is then untouched).
    """
    services.policy.require("export")
    history = services.history
    _refuse_history_itself(history, request.target)
    ids = history.image_ids(request.selection)
    counted = _Counted(len(ids), cancel, progress)
    counted.begin()
    if request.format is ExportFormat.PDF:
        return _write_report(services, request, ids, counted, render)
    if request.format is ExportFormat.FOLDERS:
        return _copy_folders(services, request, ids, counted)
    notices: list[str] = []
    if request.format is ExportFormat.CSV:
        from hematodesk.reporting.table import write_csv

        write_csv(counted.over(history.export_rows(ids)), request.target)
    elif request.format is ExportFormat.JSON:
        from hematodesk.reporting.json_export import write_json

        records = counted.over(history.records(ids))
        thumbnails = request.options.thumbnails
        write_json(history.sessions_of_images(ids), records, request.target, thumbnails=thumbnails)
    else:
        notices = _write_workbook(services, request, ids, counted)
    return ExportOutcome(counted.count, tuple(notices))


def _write_workbook(
    services: Services, request: ExportRequest, ids: Sequence[int], counted: _Counted
) -> list[str]:
    from hematodesk.reporting.workbook import write_workbook
    from hematodesk.workflow.exports.cell_pictures import small_pictures

    history, reader = services.history, services.reader

    def pictures(image: HistoryImage) -> list[bytes]:
        return small_pictures(image, reader, _CROP_EDGE)

    return write_workbook(
        history.sessions_of_images(ids),
        counted.over(history.export_rows(ids)),
        request.target,
        pictures if request.options.pictures else None,
    )


def _write_report(
    services: Services,
    request: ExportRequest,
    ids: Sequence[int],
    counted: _Counted,
    render: ReportRenderer | None,
) -> ExportOutcome:
    from hematodesk.workflow.exports.report_job import make_report

    if render is None:
        raise ExportError(
            "export_unsupported",
            N_("Errors", "A PDF cannot be made without Qt."),
            N_("Errors", "Choose another format."),
        )
    if len(ids) > MAX_REPORT_IMAGES:
        raise ExportError(
            "report_too_large",
            N_("Errors", "A report of {count} images is too long; at most {most} are laid out."),
            N_("Errors", "Choose a session or a filter, or export a table."),
            count=f"{len(ids):,}",
            most=f"{MAX_REPORT_IMAGES:,}",
        )
    report = make_report(services, ids, counted.over)
    notices = render(report, request.target, request.options.paper, counted.cancel)
    return ExportOutcome(len(report.images), tuple(notices))


def _copy_folders(
    services: Services, request: ExportRequest, ids: Sequence[int], counted: _Counted
) -> ExportOutcome:
    history, options = services.history, request.options.folders
    writer = FolderWriter(
        request.target,
        options,
        services.reader,
        _cut_rules(services) if options.crops else None,
        newest_of_each(lambda: history.export_rows(ids)),
    )
    outcome = writer.write(counted.over(history.export_rows(ids)), counted.cancel)
    return ExportOutcome(counted.count, outcome.notices())


def _cut_rules(services: Services) -> CutRules:
    """How each available package crops; cells of another package are cropped for the chosen one."""
    from hematodesk.domain.packages import ModelPackage

    def rule(package: ModelPackage) -> PackageCut:
        return PackageCut(package.manifest.input.width, package.manifest.input.crop)

    known = [each for each in services.models.packages() if isinstance(each, ModelPackage)]
    return CutRules({each.sha256: rule(each) for each in known}, rule(services.models.chosen()[0]))


def _refuse_history_itself(history: History, target: Path) -> None:
    """Refuse a target that is the history or one of SQLite's files beside it."""
    own = history.path
    if target.name.startswith(own.name) and target.parent.resolve() == own.parent.resolve():
        raise ExportError(
            "export_unwritable",
            N_("Errors", "{name} belongs to the history itself."),
            N_("Errors", "Choose another name or folder."),
            name=target.name,
        )


class _Counted:
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

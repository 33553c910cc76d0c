"""The writers of the export formats; each writes atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hematodesk.domain.errors import ExportError
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.limits import MAX_REPORT_IMAGES
from hematodesk.domain.messages import N_
from hematodesk.workflow.exports.class_folders import CutRules, FolderWriter, PackageCut, newest_of_each
from hematodesk.workflow.exports.export_request import ExportJob, ExportOutcome

if TYPE_CHECKING:
    from hematodesk.workflow.services import Services

_CROP_EDGE = 64


def write_csv(job: ExportJob) -> ExportOutcome:
    """CSV, one row a cell."""
    from hematodesk.reporting import table

    rows = job.counted.over(job.services.history.export_rows(job.ids))
    table.write_csv(rows, job.request.target, job.request.options.separator, job.counted.cancel)
    return ExportOutcome(job.counted.count)


def write_json(job: ExportJob) -> ExportOutcome:
    """JSON, to be imported again."""
    from hematodesk.reporting import json_export

    history = job.services.history
    json_export.write_json(
        history.sessions_of_images(job.ids),
        job.counted.over(history.records(job.ids)),
        job.request.target,
        thumbnails=job.request.options.thumbnails,
        cancel=job.counted.cancel,
    )
    return ExportOutcome(job.counted.count)


def write_workbook(job: ExportJob) -> ExportOutcome:
    """XLSX."""
    from hematodesk.reporting import workbook
    from hematodesk.workflow.exports.cell_pictures import small_pictures

    history, reader = job.services.history, job.services.reader

    def pictures(image: HistoryImage) -> list[bytes]:
        return small_pictures(image, reader, _CROP_EDGE)

    notices = workbook.write_workbook(
        history.sessions_of_images(job.ids),
        job.counted.over(history.export_rows(job.ids)),
        job.request.target,
        pictures if job.request.options.pictures else None,
        scratch=job.services.paths.scratch,
        cancel=job.counted.cancel,
    )
    return ExportOutcome(job.counted.count, tuple(notices))


def write_report(job: ExportJob) -> ExportOutcome:
    """PDF."""
    from hematodesk.workflow.exports.report_job import make_report

    if job.render is None:
        raise ExportError(
            "export_unsupported",
            N_("Errors", "A PDF cannot be made without Qt."),
            N_("Errors", "Choose another format."),
        )
    if len(job.ids) > MAX_REPORT_IMAGES:
        raise ExportError(
            "report_too_large",
            N_("Errors", "A report of {count} images is too long; at most {most} are laid out."),
            N_("Errors", "Choose a session or a filter, or export a table."),
            count=f"{len(job.ids):,}",
            most=f"{MAX_REPORT_IMAGES:,}",
        )
    report = make_report(job.services, job.ids, job.counted.over)
    request = job.request
    scratch = job.services.paths.scratch
    notices = job.render(report, request.target, request.options.paper, job.counted.cancel, scratch)
    return ExportOutcome(len(report.images), tuple(notices))


def copy_folders(job: ExportJob) -> ExportOutcome:
    """Class folders."""
    history, options = job.services.history, job.request.options.folders
    writer = FolderWriter(
        job.request.target,
        options,
        job.services.reader,
        _cut_rules(job.services) if options.crops else None,
        newest_of_each(lambda: history.export_rows(job.ids)),
    )
    outcome = writer.write(job.counted.over(history.export_rows(job.ids)), job.counted.cancel)
    return ExportOutcome(job.counted.count, outcome.notices())


def _cut_rules(services: Services) -> CutRules:
    """How each available package crops; cells of another package are cropped for the chosen one."""
    from hematodesk.domain.packages import ModelPackage

    def rule(package: ModelPackage) -> PackageCut:
        return PackageCut(package.manifest.input.width, package.manifest.input.crop)

    known = [each for each in services.models.packages() if isinstance(each, ModelPackage)]
    return CutRules({each.sha256: rule(each) for each in known}, rule(services.models.chosen()[0]))

"""Exports of the history or a part of it, in every format, with progress and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.targets import check_target
from hematodesk.workflow.exports.export_formats import EXPORT_FORMATS
from hematodesk.workflow.exports.export_request import (
    Counted,
    ExportJob,
    ExportOptions,
    ExportOutcome,
    ExportRequest,
    Paper,
    Progress,
    ReportRenderer,
    Selection,
)

if TYPE_CHECKING:
    from hematodesk.workflow.services import Services

__all__ = [
    "EXPORT_FORMATS",
    "ExportOptions",
    "ExportOutcome",
    "ExportRequest",
    "Paper",
    "Progress",
    "ReportRenderer",
    "Selection",
    "run_export",
]


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
    # Before the work, not only when the file is begun.
    check_target(request.target)
    ids = history.image_ids(request.selection)
    counted = Counted(len(ids), cancel, progress)
    counted.begin()
    return EXPORT_FORMATS[request.format].write(ExportJob(services, request, ids, counted, render))

"""`hematodesk history`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hematodesk.cli.console import OK, SOME_FAILED, USAGE, say, shown_progress, with_history
from hematodesk.domain.errors import ExportError
from hematodesk.domain.history import CellFilter, CellOrder, HistoryFilter, ReviewState
from hematodesk.domain.messages import N_
from hematodesk.domain.words import number_of

if TYPE_CHECKING:
    from hematodesk.workflow.exports.export import ReportRenderer
    from hematodesk.workflow.services import Services


def list_history(options: argparse.Namespace) -> int:
    """`hematodesk history list`."""
    from hematodesk.cli.listings import write_cells, write_history
    from hematodesk.cli.output import standard_output

    if options.cells and options.review in ("none", "partly"):
        say(f"hematodesk: --review {options.review} is said of images, not of cells.")
        return USAGE
    services = with_history(options)
    try:
        if options.cells:
            cells = services.all_cells(_cell_filter(options), CellOrder(options.order))
            write_cells(cells, standard_output(), limit=options.limit, as_json=options.json)
        else:
            images = services.all_images(_filter(options))
            write_history(images, standard_output(), limit=options.limit, as_json=options.json)
    finally:
        services.close()
    return OK


def export(options: argparse.Namespace) -> int:
    """`hematodesk history export`."""
    from hematodesk.cli.export_options import export_request
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.exports.export import EXPORT_FORMATS, run_export
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    services = with_history(options)
    cancel = CancelToken()
    try:
        request = export_request(options, _filter(options))
        render = _report_renderer(services) if EXPORT_FORMATS[options.format].drawn else None
        with cancelled_by_interrupt(cancel), shown_progress() as progress:
            outcome = run_export(services, request, cancel=cancel, progress=progress, render=render)
    finally:
        services.close()
    for words in outcome.notices:
        say(words)
    say(f"{number_of(outcome.images, 'image')} written to {options.output}")
    return OK


def maintain(options: argparse.Namespace) -> int:
    """`hematodesk history check|repair|backup|restore`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli import history_commands
    from hematodesk.cli.output import standard_output

    services, output = build(options.data_dir), standard_output()
    try:
        match options.command:
            case "history check":
                return OK if history_commands.check(services, output) else SOME_FAILED
            case "history repair":
                history_commands.repair(services, output)
            case "history backup":
                history_commands.backup(services, options.target, output)
            case _:
                history_commands.restore(services, options.backup, output)
    finally:
        services.close()
    return OK


def _report_renderer(services: Services) -> ReportRenderer:
    """The renderer of PDFs. Raises ExportError when Qt is missing."""
    from hematodesk.bootstrap import report_renderer
    from hematodesk.cli.display import qt_fault

    try:
        return report_renderer(services)
    except ImportError as error:
        fault = qt_fault(error)
        raise ExportError(
            fault.code,
            N_("Errors", "A PDF is drawn by Qt, which is not there. {words}"),
            fault.remedy,
            words=fault.message,
        ) from error


def import_document(options: argparse.Namespace) -> int:
    """`hematodesk history import`."""
    from hematodesk.bootstrap import build
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.exports.history_import import import_history
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    services = build(options.data_dir)
    cancel = CancelToken()
    try:
        history = services.open_history()
        with cancelled_by_interrupt(cancel), shown_progress() as progress:
            done = import_history(history, options.file, services.reader, cancel=cancel, progress=progress)
    finally:
        services.close()
    there = f", {done.known} were there already" if done.known else ""
    say(f"{number_of(done.added, 'image')} imported{there}")
    return OK


def _cell_filter(options: argparse.Namespace) -> CellFilter:
    """The same options, said of cells."""
    images = HistoryFilter(
        text=options.name, since=options.since, until=options.until, session_id=options.session
    )
    reviewed = options.review == "done" if options.review else None
    return CellFilter(images, options.class_id, options.uncertain, reviewed)


def _filter(options: argparse.Namespace) -> HistoryFilter:
    return HistoryFilter(
        text=options.name,
        names_only=True,
        class_id=options.class_id,
        since=options.since,
        until=options.until,
        review_state=ReviewState(options.review) if options.review else None,
        uncertain_only=options.uncertain,
        session_id=options.session,
    )

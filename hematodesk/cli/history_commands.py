"""`hematodesk history check|repair|backup|restore`: output and exit codes."""

from __future__ import annotations

from pathlib import Path

from hematodesk.cli.output import TextSink
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.messages import N_
from hematodesk.domain.words import number_of
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance, backup_line, report_lines
from hematodesk.workflow.services import Services


def check(services: Services, output: TextSink) -> bool:
    """Print every problem, a line each; whether there is none. Raises HistoryError."""
    problems = HistoryMaintenance(services).problems()
    for problem in problems:
        output.write(f"{problem}\n")
    output.write("The history is whole.\n" if not problems else f"problems: {len(problems)}\n")
    output.flush()
    return not problems


def repair(services: Services, output: TextSink) -> None:
    """Repair and print what was saved and lost. Raises HistoryError."""
    maintenance = HistoryMaintenance(services)
    report = maintenance.repair()
    for line in report_lines(report):
        output.write(f"{line}\n")
    if not report.lost_nothing and maintenance.folder.kept():
        output.write("A backup may hold more: `hematodesk history restore` lists them.\n")
    output.flush()


def backup(services: Services, target: Path | None, output: TextSink) -> None:
    """Back up to a file or folder, or among the kept ones; prints the file.

    Raises HistoryError, and PolicyError for another place where exporting is not allowed.
    """
    services.open_history(must_exist=True)
    maintenance = HistoryMaintenance(services)
    output.write(f"{maintenance.back_up().path if target is None else maintenance.back_up_to(target)}\n")
    output.flush()


def restore(services: Services, which: str | None, output: TextSink) -> None:
    """Restore `latest`, a kept backup by its number or name, or a file; prints where the old one is kept.

    Without a name it prints the kept backups. Raises HistoryError.
    """
    maintenance = HistoryMaintenance(services)
    if which is None:
        for each in maintenance.folder.kept():
            output.write(backup_line(each.path.name.split("-")[1].lstrip("0"), each) + "\n")
        output.flush()
        return
    found = maintenance.folder.find(which) or Path(which)
    if not found.is_file():
        raise HistoryError(
            "backup_absent",
            N_("Errors", "There is no backup {which}."),
            N_(
                "Errors",
                "`hematodesk history restore` lists the kept ones; a path to any other file will do as well.",
            ),
            which=which,
        )
    kept = maintenance.restore(found)
    # Opening migrates an older format, or reports why that is impossible.
    history = services.open_history()
    output.write(f"{number_of(history.count(), 'image')} restored from {found.name}.\n")
    if kept is not None:
        output.write(f"The history as it was is kept as {kept.name}.\n")
    output.flush()

"""A repair and the kept backups in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from hematodesk.domain.history import RepairReport
from hematodesk.workflow.exports.history_maintenance import report_lines


@pytest.mark.parametrize(
    ("lost", "days", "told"),
    [
        (1, 1, "Lost: at least 1 image, of 2026-11-01."),
        (11, 11, "and 1 more day."),
        (12, 12, "and 2 more days."),
        (3, 0, "Lost: at least 3 images."),
    ],
)
def test_what_was_lost_is_told_with_its_days(lost: int, days: int, told: str) -> None:
    named = tuple(f"2026-11-{day:02}" for day in range(1, days + 1))
    report = RepairReport(Path("old.sqlite3"), 1, 1, 1, lost_images=lost, lost_days=named)
    lines = list(report_lines(report))
    assert lines[0] == "Saved: 1 image, 1 cell, 1 review."
    assert lines[1].endswith(told)

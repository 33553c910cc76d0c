"""Reads the tables that come with data sets."""

from __future__ import annotations

import csv
from pathlib import Path

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.geometry import Box


class SourceError(HematodeskError):
    """A data set that cannot be read. Codes: source_not_found, source_unknown, source_damaged."""


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a heading. Raises SourceError `source_damaged` when there are none."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise SourceError("source_damaged", f"{path} cannot be read: {fault}.") from fault
    if not rows:
        raise SourceError("source_damaged", f"{path} has no rows.")
    return rows


def box_of(row: dict[str, str]) -> Box | None:
    """The box of a row; None for one without area, as in some hand-drawn sets."""
    left, top, right, bottom = (int(row[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None

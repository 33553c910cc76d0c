"""An answer as rows of a CSV table, as `classify --format csv` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.history import HistoryImage


def csv_rows(file: str, result: ImageResult, columns: Sequence[str]) -> Iterator[list[str]]:
    """One row a cell, the file's name first, in the words that no spreadsheet takes for a formula.

    `columns` are names of reporting.rows.COLUMNS.
    """
    from hematodesk.reporting.rows import image_rows
    from hematodesk.reporting.table import csv_safe

    for row in image_rows(HistoryImage(0, 0, result, "")):
        yield [csv_safe(file), *(csv_safe(row[column]) for column in columns)]

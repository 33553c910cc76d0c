"""An answer as lines of a CSV table, as `classify --format csv` prints them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.separators import Separator


def csv_head(columns: Sequence[str], separator: Separator) -> str:
    """The line above the answers, its end included: the file's name first."""
    from hematodesk.reporting.table import write_rows

    text = io.StringIO()
    write_rows((), ("file", *columns), text, separator)
    return text.getvalue()


def csv_lines(file: str, result: ImageResult, columns: Sequence[str], separator: Separator) -> str:
    """One line a cell, the file's name first, in words that no spreadsheet takes for a formula.

    `columns` are names of reporting.rows.COLUMNS, and `notices`: the codes of the image's notices.
    """
    from hematodesk.reporting.rows import image_rows
    from hematodesk.reporting.table import write_lines

    notices = " ".join(result.notices)
    rows = (row | {"file": file, "notices": notices} for row in image_rows(HistoryImage(0, 0, result, "")))
    text = io.StringIO()
    write_lines(rows, ("file", *columns), text, separator)
    return text.getvalue()

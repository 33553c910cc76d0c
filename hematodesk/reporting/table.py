"""CSV for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from hematodesk.domain.history import HistoryImage
from hematodesk.domain.text_file import replacing
from hematodesk.reporting.rows import COLUMNS, Value, table_rows

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_safe(value: Value) -> str:
    """A value as CSV text that no spreadsheet evaluates: text that looks like a formula gets an apostrophe.

    Text that begins with an apostrophe gets one too, so that taking one away always gives the
    original back. Numbers are written plainly. NUL, which no CSV reader takes, becomes U+FFFD.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "\ufffd")
    if text.lstrip(" ").startswith(_FORMULA_STARTS) or text.startswith("'"):
        return "'" + text
    return text


def write_rows(rows: Iterable[dict[str, Value]], columns: tuple[str, ...], stream: IO[str]) -> None:
    """Write a header line and the rows; every line ends with CR LF as RFC 4180 wants it."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([csv_safe(row.get(column)) for column in columns])


def write_table(rows: Iterable[dict[str, Value]], columns: tuple[str, ...], target: Path) -> None:
    """Any rows as a file; UTF-8 with a byte order mark, without which Excel guesses the encoding wrongly.

    Raises ExportError.
    """
    with replacing(target, encoding="utf-8-sig", newline="") as stream:
        write_rows(rows, columns, stream)


def write_csv(images: Iterable[HistoryImage], target: Path) -> None:
    """One row a cell. Raises ExportError."""
    write_table(table_rows(images), COLUMNS, target)

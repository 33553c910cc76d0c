"""CSV for spreadsheets."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.separators import Separator
from hematodesk.domain.text_file import replacing
from hematodesk.reporting.rows import COLUMNS, Value, table_rows

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); wide, small and raised
# variants are taken for these signs as well, and the minus of mathematics.
_FORMULA_STARTS = "=+-@\u2212"
_CUT_STARTS = ("\t", "\r", "\n")
# Letters and signs that show as nothing though Unicode does not class them so.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"


def csv_safe(value: Value, decimal: str = ".") -> str:
    """A value as CSV text that no spreadsheet evaluates: text that looks like a formula gets an apostrophe.

    What cannot be seen in front of the formula (control characters, spaces of every kind, marks of
    direction) does not hide it: some programs drop that. Text that begins with an apostrophe gets one
    too, so that taking one away always gives the original back. Numbers are written plainly, with this
    mark before their decimals. NUL, which no CSV reader takes, becomes U+FFFD.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(value).replace(".", decimal)
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "\ufffd")
    if text.startswith(("'", *_CUT_STARTS)) or _is_formula(text):
        return "'" + text
    return text


def _is_formula(text: str) -> bool:
    """Whether the first character that shows would begin one."""
    for character in text:
        # C: control, format, unassigned; Z: spaces and line ends; M: marks upon nothing.
        if character not in _BLANKS and unicodedata.category(character)[0] not in "CZM":
            return unicodedata.normalize("NFKC", character)[0] in _FORMULA_STARTS
    return False


def write_lines(
    rows: Iterable[Mapping[str, Value]], columns: Sequence[str], stream: IO[str], separator: Separator
) -> None:
    """Write the rows; every line ends with CR LF as RFC 4180 wants it."""
    writer = csv.writer(stream, delimiter=separator.character, lineterminator="\r\n")
    for row in rows:
        writer.writerow([csv_safe(row.get(column), separator.decimal) for column in columns])


def write_rows(
    rows: Iterable[Mapping[str, Value]],
    columns: Sequence[str],
    stream: IO[str],
    separator: Separator = Separator.COMMA,
) -> None:
    """Write a header line and the rows."""
    write_lines([{column: column for column in columns}], columns, stream, separator)
    write_lines(rows, columns, stream, separator)


def write_table(
    rows: Iterable[Mapping[str, Value]],
    columns: Sequence[str],
    target: Path,
    separator: Separator = Separator.COMMA,
    cancel: CancelToken | None = None,
) -> None:
    """Any rows as a file; UTF-8 with a byte order mark, without which Excel guesses the encoding wrongly.

    Raises ExportError.
    """
    with replacing(target, encoding="utf-8-sig", newline="", cancel=cancel) as stream:
        write_rows(rows, columns, stream, separator)


def write_csv(
    images: Iterable[HistoryImage],
    target: Path,
    separator: Separator = Separator.COMMA,
    cancel: CancelToken | None = None,
) -> None:
    """One row a cell. Raises ExportError."""
    write_table(table_rows(images), COLUMNS, target, separator, cancel)

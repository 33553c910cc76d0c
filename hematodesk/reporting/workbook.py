"""Excel workbooks: cells, images and sessions on separate sheets, numbers and times as such.

Written in constant memory; text is always text and never a formula or a link. Excel's limits
(rows of a sheet, characters of a field) are respected, and what was changed for them is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.workbook import Workbook

from hematodesk import __version__
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import now_utc
from hematodesk.domain.errors import ExportError
from hematodesk.domain.files import scratch_folder
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.limits import MAX_EMBEDDED_PICTURES
from hematodesk.domain.messages import N_, Message, counted
from hematodesk.domain.tallies import by_session
from hematodesk.domain.text_file import replacing_bytes, worded
from hematodesk.domain.words import number_of
from hematodesk.reporting.rows import COLUMNS, Value, image_rows

# https://support.microsoft.com/office/excel-specifications-and-limits
EXCEL_ROWS = 1_048_576
EXCEL_CHARACTERS = 32_767
_CUT = " … [cut]"
_UNFIT = re.compile("[\0\ud800-\udfff\ufffe\uffff]")
_TIMES = frozenset({"analysed_at", "reviewed_at", "started_at", "ended_at"})
_WIDTHS = {"image": 28, "path": 24, "probabilities": 40, "analysed_at": 19, "reviewed_at": 19, "models": 40}
_EDGE = 64
"""Device independent pixels of a small picture's row and column."""
_FIRST_DAY = datetime(1900, 3, 1)
"""Excel takes 1900 for a leap year; its earlier days are off by one."""

_IMAGE_COLUMNS = (
    "image",
    "path",
    "image_sha256",
    "width",
    "height",
    "session",
    "analysed_at",
    "status",
    "error_code",
    "error_message",
    "error_remedy",
    "image_note",
    "cells",
    "uncertain",
    "reviewed",
    "labels",
    "notices",
    "red_cell_diameter",
    "image_ms",
)
_SESSION_COLUMNS = (
    "session",
    "operator",
    "started_at",
    "ended_at",
    "images",
    "failed",
    "without_cell",
    "cells",
    "uncertain",
    "reviewed",
    "rejected",
)

Pictures = Callable[[HistoryImage], Sequence[bytes]]
"""PNG or JPEG bytes for each cell of an image that is not removed, empty where there is none."""


def write_workbook(
    sessions: Sequence[Session],
    images: Iterable[HistoryImage],
    target: Path,
    pictures: Pictures | None = None,
    rows_a_sheet: int = EXCEL_ROWS,
    *,
    scratch: Path | None = None,
    cancel: CancelToken | None = None,
) -> list[str]:
    """Write the workbook; returns messages about changes due to Excel's limits.

    Args:
        pictures: gives the small pictures that stand before the cells' rows; none without.
        scratch: where rows wait until the sheets are written; the system's temporary folder without.

    Raises ExportError.
    """
    with worded(target), scratch_folder(scratch) as folder:
        with replacing_bytes(target, cancel) as stream:
            writer = _Writer(stream, folder, pictures, rows_a_sheet)
            try:
                writer.fill(sessions, images)
                writer.book.close()
            except XlsxWriterException as error:
                cause = error.args[0] if error.args else None
                if isinstance(cause, OSError):
                    raise cause from None
                raise ExportError(
                    "export_unwritable",
                    N_("Errors", "“{name}” cannot be written: {reason}."),
                    N_("Errors", "Export fewer images."),
                    name=target.name,
                    reason=error,
                ) from error
            finally:
                writer.abandon()
        return writer.notices()


class _Writer:
    def __init__(self, stream: Any, scratch: Path, pictures: Pictures | None, rows_a_sheet: int) -> None:
        self.book = Workbook(
            stream,
            {
                "constant_memory": True,
                "tmpdir": str(scratch),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.rows_a_sheet = rows_a_sheet
        self.head = self.book.add_format({"bold": True, "bottom": 1})
        self.time = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.cut_fields = 0
        self._pictures = pictures
        self._embedded = 0
        self._left_out = 0
        self._continued: list[str] = []

    def fill(self, sessions: Sequence[Session], images: Iterable[HistoryImage]) -> None:
        picture_column = ("picture",) if self._pictures is not None else ()
        cells = _Sheet(self, "Cells", (*picture_column, *COLUMNS))
        fields = _Sheet(self, "Images", _IMAGE_COLUMNS)
        counted = by_session(sessions)
        for image in images:
            small = self._pictures(image) if self._pictures is not None else ()
            for place, values in enumerate(image_rows(image)):
                cells.write(values, self._taken(small[place] if place < len(small) else b""))
            fields.write(_image_row(image))
            if image.session_id in counted:
                counted[image.session_id][1].add(image)
        classes = sorted({class_id for _, tally in counted.values() for class_id in tally.classes})
        # With the word before it no class can be taken for another column.
        columns = (*_SESSION_COLUMNS, *(f"class {class_id}" for class_id in classes), "models")
        summary = _Sheet(self, "Sessions", columns)
        for session, tally in counted.values():
            row = dict[str, Value]({f"class {class_id}": tally.classes[class_id] for class_id in classes})
            row |= {name: getattr(tally, name) for name in _SESSION_COLUMNS[4:]}
            row |= {"session": session.id, "operator": session.operator.name}
            row |= {"started_at": session.started_at, "ended_at": session.ended_at or None}
            row["models"] = "\n".join(
                f"{name} {version} (SHA-256 {digest}): {number_of(count, 'cell')}"
                for (name, version, digest), count in tally.makers.most_common()
            )
            summary.write(row)
        self._continued = [sheet.title for sheet in (cells, fields, summary) if sheet.number > 1]
        self._write_about()
        for sheet in (cells, fields, summary):
            sheet.finish()

    def _taken(self, picture: bytes) -> bytes:
        if picture and self._embedded >= MAX_EMBEDDED_PICTURES:
            self._left_out += 1
            return b""
        self._embedded += bool(picture)
        return picture

    def notices(self) -> list[str]:
        told: list[str] = []
        if self._continued:
            sheets: str = self._continued[0]
            for name in self._continued[1:]:
                sheets = Message(N_("Errors", "{first} and {second}"), first=sheets, second=name)
            told.append(
                Message(
                    N_("Errors", "Excel's sheets end at {most} rows: {sheets} go on in further sheets."),
                    most=f"{self.rows_a_sheet:,}",
                    sheets=sheets,
                )
            )
        if self.cut_fields:
            one = N_(
                "Errors",
                "One text is longer than Excel's {most} characters and was cut; CSV and JSON hold it whole.",
            )
            many = N_(
                "Errors",
                "{count} texts are longer than Excel's {most} characters and were cut; CSV and JSON hold "
                "them whole.",
            )
            most = f"{EXCEL_CHARACTERS:,}"
            told.append(counted(self.cut_fields, one, many, count=f"{self.cut_fields:,}", most=most))
        if self._left_out:
            one = N_("Errors", "Only the first {most} cells have a picture; one has none.")
            many = N_("Errors", "Only the first {most} cells have a picture; {count} have none.")
            most = f"{MAX_EMBEDDED_PICTURES:,}"
            told.append(counted(self._left_out, one, many, count=f"{self._left_out:,}", most=most))
        return told

    def _write_about(self) -> None:
        sheet = self.book.add_worksheet("About")
        sheet.set_column(0, 0, 110)
        lines = [
            f"hematodesk {__version__}, exported at {now_utc()}.",
            "All times are UTC. Boxes are in pixels from the image's top left corner.",
            "The program names cells; people diagnose.",
            "A confidence is the probability that the model beside it gives its first class.",
            *self.notices(),
        ]
        for row, words in enumerate(lines):
            sheet.write_string(row, 0, words)

    def abandon(self) -> None:
        """Close the files of an unfinished workbook; else does nothing."""
        for sheet in self.book.worksheets():
            handle = getattr(sheet, "row_data_fh", None)
            if handle is not None:
                handle.close()

    def fitted(self, text: str) -> str:
        """The text as a sheet can hold it: Excel counts UTF-16 units, and XML has no half characters."""
        text = _UNFIT.sub("\ufffd", text)
        units = text.encode("utf-16-le")
        if len(units) // 2 <= EXCEL_CHARACTERS:
            return text
        self.cut_fields += 1
        kept = units[: 2 * (EXCEL_CHARACTERS - len(_CUT))]
        return kept.decode("utf-16-le", "ignore") + _CUT


class _Sheet:
    """One table, over as many sheets as its rows need."""

    def __init__(self, writer: _Writer, title: str, columns: Sequence[str]) -> None:
        self.title = title
        self.number = 0
        self._writer = writer
        self._columns = columns
        self._begin()

    def _begin(self) -> None:
        self.number += 1
        name = self.title if self.number == 1 else f"{self.title} {self.number}"
        self._sheet = self._writer.book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            width = _EDGE / 7 if column == "picture" else _WIDTHS.get(column, max(10, len(column) + 3))
            self._sheet.set_column(place, place, width)
            words = f"{column} (UTC)" if column in _TIMES else self._writer.fitted(column)
            self._sheet.write_string(0, place, words, self._writer.head)
        self._row = 1

    def write(self, values: dict[str, Value], picture: bytes = b"") -> None:
        """Write one row."""
        if self._row >= self._writer.rows_a_sheet:
            self.finish()
            self._begin()
        if picture:
            self._sheet.set_row_pixels(self._row, _EDGE + 4)
            self._sheet.insert_image(
                self._row,
                0,
                "cell.jpg",
                {"image_data": BytesIO(picture), "x_offset": 2, "y_offset": 2, "object_position": 1},
            )
        for place, column in enumerate(self._columns):
            self._write_value(place, column, values.get(column))
        self._row += 1

    def _write_value(self, place: int, column: str, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self._sheet.write_string(self._row, place, "yes" if value else "no")
        elif isinstance(value, int | float):
            self._sheet.write_number(self._row, place, value)
        elif column in _TIMES and (when := _excel_time(value)) is not None:
            self._sheet.write_datetime(self._row, place, when, self._writer.time)
        else:
            self._sheet.write_string(self._row, place, self._writer.fitted(value))

    def finish(self) -> None:
        """Add filters to the written columns."""
        self._sheet.autofilter(0, 0, self._row - 1, len(self._columns) - 1)


def _image_row(image: HistoryImage) -> dict[str, Value]:
    result = image.result
    row = next(image_rows(image))
    cells = [cell for cell in result.cells if not cell.removed]
    counts: dict[str, int] = {}
    for cell in cells:
        if cell.label is not None:
            counts[cell.label] = counts.get(cell.label, 0) + 1
    return {name: row.get(name) for name in _IMAGE_COLUMNS} | {
        "cells": len(cells),
        "uncertain": sum(cell.uncertain for cell in cells),
        "reviewed": sum(cell.review is not None for cell in cells),
        "labels": ", ".join(f"{class_id} {count}" for class_id, count in counts.items()),
        "notices": ", ".join(result.notices),
        "red_cell_diameter": result.red_cell_diameter,
    }


def _excel_time(text: str) -> datetime | None:
    """The time without its zone, in UTC; None for what Excel has no number for."""
    try:
        when = datetime.fromisoformat(text)
        when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo is not None else when
    except (ValueError, OverflowError):
        return None
    return when if when >= _FIRST_DAY else None

"""Renders a report as PDF with this computer's fonts. Runs on any one thread, after `load_plugins` on the
application's; needs a QGuiApplication.

Pictures are drawn one after the other, so that a report of thousands of images holds one of them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from PySide6.QtCore import QLocale, QRectF
from PySide6.QtGui import QColor, QImageWriter, QPainter, QPdfWriter

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell
from hematodesk.domain.errors import ExportError
from hematodesk.domain.files import scratch_folder
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.messages import N_
from hematodesk.domain.operators import Operator
from hematodesk.domain.report import Pixels, Report, ReportPictures
from hematodesk.domain.text_file import replacing_bytes, worded
from hematodesk.ui.exports.report_page import FAINT, Block, Pages, Type, mm, set_up
from hematodesk.ui.exports.report_picture import draw_picture, qimage
from hematodesk.ui.exports.report_words import (
    image_lines,
    isolated,
    note_line,
    prediction_words,
    review_line,
    session_line,
    straight,
    tally_words,
    uncertain_line,
    when,
    zone,
)
from hematodesk.ui.kit.cell_words import label_words
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.theme import class_colour
from hematodesk.ui.kit.translation import Context, translate
from hematodesk.workflow.exports.export import Paper

_PICTURE_WIDTH, _PICTURE_HEIGHT = 84.0, 63.0
_CROP = 15.0
ReportWords = Context("ReportWords")
_GAP = 4.0
_COLUMN_GAP = 4.0
_TAIL = 128
_END = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF\s*$")
_MOST_NAMED = 40
"""Letters without a font that are named one by one."""

_LETTER_LANDS = frozenset(
    {
        QLocale.Country.UnitedStates,
        QLocale.Country.Canada,
        QLocale.Country.Mexico,
        QLocale.Country.Philippines,
        QLocale.Country.Colombia,
        QLocale.Country.Venezuela,
        QLocale.Country.Chile,
        QLocale.Country.PuertoRico,
    }
)


def is_letter(paper: Paper, locale: QLocale | None = None) -> bool:
    """Whether the pages are Letter, as chosen or as the country has it; else A4."""
    if paper is Paper.AUTO:
        return (locale or QLocale.system()).territory() in _LETTER_LANDS
    return paper is Paper.LETTER


def load_plugins() -> None:
    """Called on the application's thread before a report is rendered on another.

    Qt's PDF engine asks for the formats that images can be written in, and loads their plugins then. That
    is not safe beside the thread that Qt's objects live on; once they are loaded it only looks them up.
    """
    QImageWriter.supportedImageFormats()


def render_report(
    report: Report, target: Path, paper: Paper, cancel: CancelToken | None, scratch: Path | None = None
) -> list[str]:
    """Write the PDF atomically; returns messages about what could not be shown.

    Raises ExportError (export_unwritable), Cancelled, and what `report.pictures` raises.
    """
    with worded(target), scratch_folder(scratch) as folder:
        drawn = folder / "report.pdf"
        missing = _draw(report, drawn, paper, cancel)
        if not _is_whole(drawn):
            raise ExportError(
                "export_full",
                N_(
                    "Errors",
                    "The report could not be drawn to its end: there is no room left for temporary files.",
                ),
                N_("Errors", "Make room on the disk, or report fewer images."),
            )
        with replacing_bytes(target, cancel) as stream, drawn.open("rb") as source:
            shutil.copyfileobj(source, stream)
    return [] if not missing else [_missing_words(missing)]


def _is_whole(path: Path) -> bool:
    """Whether all was written: Qt's PDF engine does not check, and reports no full disk.

    A PDF ends with the place of its table of contents (ISO 32000-1, 7.5.5).
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            found = _END.search(stream.read())
            if found is None:
                return False
            stream.seek(int(found[1]))
            return stream.read(4) == b"xref"
    except OSError:
        return False


def _missing_words(missing: set[str]) -> str:
    named = sorted(f"U+{ord(sign):04X}" for sign in missing)
    listed = ", ".join(named[:_MOST_NAMED]) + (" …" if len(named) > _MOST_NAMED else "")
    return translate(
        "Report",
        "This computer has no font for some letters of names and notes; the report gives their code "
        "points instead: {points}.",
    ).format(points=listed)


def _draw(report: Report, path: Path, paper: Paper, cancel: CancelToken | None) -> set[str]:
    writer = QPdfWriter(str(path))
    set_up(writer, letter=is_letter(paper))
    writer.setTitle(translate("Report", "Report of cells"))
    writer.setCreator(report.program)
    kind = Type(writer)
    counted = _Layout(report, writer, kind, None, 0, cancel).run()
    painter = QPainter()
    if not painter.begin(writer):
        raise ExportError(
            "export_unwritable",
            N_("Errors", "The PDF could not be begun."),
            N_("Errors", "Choose another folder."),
        )
    try:
        _Layout(report, writer, kind, painter, counted, cancel).run()
    finally:
        painter.end()
    return kind.glyphs.missing


class _Layout:
    """One run over the report: counting pages, or drawing them."""

    def __init__(
        self,
        report: Report,
        writer: QPdfWriter,
        kind: Type,
        painter: QPainter | None,
        count: int,
        cancel: CancelToken | None,
    ) -> None:
        def page_words(number: int) -> str:
            return translate("Report", "Page {number} of {count}").format(number=number, count=count)

        foot = translate("Report", "The program names cells; people diagnose. {program}").format(
            program=report.program
        )
        self._report = report
        self._type = kind
        self._painter = painter
        self._cancel = cancel
        self._pages = Pages(writer, kind, painter, foot, page_words)
        self._operators = {session.id: session.operator for session, _ in report.sessions}

    def run(self) -> int:
        """Go through the whole report; the number of pages."""
        self._head()
        # Counting reads no file: a picture's height follows from its size.
        pictures: Iterator[ReportPictures | None] = (
            self._report.pictures() if self._painter is not None else repeat(None)
        )
        for image, shown in zip(self._report.images, pictures, strict=False):
            if self._cancel is not None:
                self._cancel.check()
            self._image(image, shown)
        if self._type.glyphs.missing:
            self._pages.y += mm(_GAP)
            self._pages.say(_missing_words(self._type.glyphs.missing), self._type.small, FAINT)
        return self._pages.number

    # The first page

    def _head(self) -> None:
        pages, kind, report = self._pages, self._type, self._report
        pages.say(translate("Report", "Report of cells"), kind.title, gap=mm(1))
        made = translate("Report", "Made by {operator} with {program}, {time} ({zone}).")
        pages.say(
            made.format(
                operator=isolated(report.operator.name),
                program=report.program,
                time=when(report.made_at),
                zone=zone(report.made_at),
            ),
            kind.body,
        )
        diagnosis = translate(
            "Report",
            "The program names cells; people diagnose. A confidence is the probability that the model "
            "named beside it gives its class; “uncertain” means that the model abstains.",
        )
        pages.say(diagnosis, kind.body, gap=mm(_GAP))
        self._sessions()
        self._classes()
        self._makers()

    def _sessions(self) -> None:
        pages, kind = self._pages, self._type
        pages.say(translate("Report", "Sessions"), kind.head, gap=mm(1))
        for session, tally in self._report.sessions:
            pages.say(session_line(session), kind.strong)
            pages.say(tally_words(tally), kind.body, gap=mm(1))
        if len(self._report.sessions) > 1:
            pages.say(translate("Report", "All together"), kind.strong)
            pages.say(tally_words(self._report.total), kind.body, gap=mm(1))
        pages.y += mm(_GAP - 1)

    def _classes(self) -> None:
        pages, kind, total = self._pages, self._type, self._report.total
        pages.say(translate("Report", "Classes that stand"), kind.head, gap=mm(1))
        if not total.classes:
            pages.say(translate("Report", "No cell has a class."), kind.body)
        named = sum(total.classes.values())
        for class_id, count in total.classes.most_common():
            name = kind.paragraph(class_name(class_id), kind.body, mm(70))
            pages.need(name.height)
            pages.square(class_colour(class_id), mm(0.5), pages.y + mm(0.8), mm(2.6))
            share = translate("Report", "{count} of {all} ({share} %)").format(
                count=count, all=named, share=QLocale().toString(100 * count / named, "f", 1)
            )
            if self._painter is not None:
                kind.paragraph(share, kind.body, mm(60)).draw(self._painter, mm(80), pages.y)
            pages.put(name, mm(5))
        pages.y += mm(_GAP)

    def _makers(self) -> None:
        pages, kind, total = self._pages, self._type, self._report.total
        pages.say(translate("Report", "Model packages"), kind.head, gap=mm(1))
        if not total.makers:
            pages.say(translate("Report", "No cell was named by a model."), kind.body)
        for (name, version, digest), count in total.makers.most_common():
            words = ReportWords.tr("{model}: {count} cell(s)", "", count).format(
                model=f"{isolated(name)} {version}", count=count
            )
            pages.say(words, kind.strong)
            pages.say(translate("Report", "SHA-256: {digest}").format(digest=digest), kind.small, FAINT)
        if total.providers:
            listed = ", ".join(f"{name.upper()} ({count})" for name, count in total.providers.most_common())
            pages.say(translate("Report", "Computed on: {providers}").format(providers=listed), kind.body)
        pages.y += mm(_GAP)

    # An image

    def _image(self, image: HistoryImage, shown: ReportPictures | None) -> None:
        pages, kind, result = self._pages, self._type, image.result
        name = kind.paragraph(straight(result.name), kind.head, pages.width)
        picture = _fitted(result.width, result.height)
        beside = mm(_PICTURE_WIDTH + _COLUMN_GAP)
        lines = image_lines(image, self._operators.get(image.session_id, Operator.named("")))
        # What does not fit beside the picture goes below it.
        facts = [kind.paragraph(line, kind.small, pages.width - beside) for line in lines]
        held, more = _held(facts, mm(_PICTURE_HEIGHT))
        height = max(picture.height(), sum(block.height for block in held))
        pages.need(min(pages.full, name.height + mm(_GAP) + height))
        pages.rule(mm(1.5))
        pages.put(name, gap=mm(1))
        top = pages.y
        if self._painter is not None:
            area = QRectF(0, top, picture.width(), picture.height())
            self._draw_image(area, image, shown)
            y = top
            for block in held:
                block.draw(self._painter, beside, y)
                y += block.height
        pages.y = top + height + mm(2)
        for block in more:
            pages.put(block)
        for number, cell in enumerate((cell for cell in result.cells if not cell.removed), start=1):
            crops = shown.crops if shown is not None else ()
            self._cell(image, number, cell, crops[number - 1] if number <= len(crops) else None)
        pages.y += mm(_GAP)

    def _draw_image(self, area: QRectF, image: HistoryImage, shown: ReportPictures | None) -> None:
        if self._painter is None or shown is None or area.isEmpty():
            return
        words = straight(error_words(shown.reason))
        if shown.picture is not None:
            draw_picture(self._painter, area, shown.picture, image, self._type)
            if words:
                words += " " + translate("Report", "This is the small picture that the history keeps.")
        # Pages are counted before any file is read, so that what is wrong with one may take no room.
        reason = self._type.paragraph(words, self._type.small, area.width() - mm(2))
        if words:
            strip = QRectF(area.left(), area.bottom() - reason.height, area.width(), reason.height)
            self._painter.fillRect(strip, QColor("#ffffff"))
            reason.draw(self._painter, strip.left() + mm(1), strip.top())

    def _cell(self, image: HistoryImage, number: int, cell: Cell, crop: Pixels | None) -> None:
        pages, kind = self._pages, self._type
        left, middle = mm(_CROP + _COLUMN_GAP), mm(112)
        says = [kind.paragraph(f"{number}  {label_words(cell)}", kind.strong, middle - left - mm(8))]
        if cell.prediction is not None:
            says.append(kind.paragraph(prediction_words(cell.prediction), kind.small, middle - left - mm(3)))
            if reason := uncertain_line(cell.prediction):
                says.append(kind.paragraph(reason, kind.small, middle - left - mm(3)))
        reviewed = [kind.paragraph(review_line(cell.review), kind.small, pages.width - middle)]
        if cell.note:
            reviewed.append(kind.paragraph(note_line(cell.note), kind.small, pages.width - middle))
        held, more = _held(reviewed, pages.full / 2)
        height = max(mm(_CROP), *(sum(block.height for block in blocks) for blocks in (says, held)))
        if pages.need(height + mm(1.5)):
            again = translate("Report", "{name} (continued)").format(name=isolated(image.result.name))
            pages.say(again, kind.strong, FAINT, gap=mm(1))
        if self._painter is not None:
            self._draw_cell(cell, crop, (left, says), (middle, held))
        pages.y += height + mm(1.5)
        for block in more:
            pages.put(block, middle)

    def _draw_cell(self, cell: Cell, crop: Pixels | None, *columns: tuple[float, list[Block]]) -> None:
        assert self._painter is not None
        top = self._pages.y
        if crop is not None:
            self._painter.drawImage(QRectF(0, top, mm(_CROP), mm(_CROP)), qimage(crop))
        if cell.label is not None:
            self._pages.square(class_colour(cell.label), columns[0][0], top + mm(0.8), mm(2.6))
        for place, (x, blocks) in enumerate(columns):
            y = top
            for row, block in enumerate(blocks):
                block.draw(self._painter, x + (mm(4.5) if place == row == 0 else 0.0), y)
                y += block.height


def _fitted(width: int, height: int) -> QRectF:
    """The room of a picture on the page, with its proportions."""
    if width <= 0 or height <= 0:
        return QRectF()
    factor = min(mm(_PICTURE_WIDTH) / width, mm(_PICTURE_HEIGHT) / height)
    return QRectF(0, 0, width * factor, height * factor)


def _held(blocks: list[Block], height: float) -> tuple[list[Block], list[Block]]:
    """The paragraphs that fit into that height, and those that do not."""
    used = 0.0
    for place, block in enumerate(blocks):
        used += block.height
        if used > height:
            return blocks[:place], blocks[place:]
    return blocks, []

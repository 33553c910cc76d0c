"""Reports: what they say, on which pages, with which letters, and how they are stopped."""

from __future__ import annotations

import errno
import re
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QFont

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Fault, ImageResult, ImageStatus, Verdict
from hematodesk.domain.errors import Cancelled, ExportError
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.domain.report import Report, ReportPictures
from hematodesk.reporting.report import compose_report
from hematodesk.ui.exports.report_glyphs import Glyphs
from hematodesk.ui.exports.report_page import Type
from hematodesk.ui.exports.report_pdf import _is_whole, is_letter, render_report
from hematodesk.workflow.exports.export import Paper

NOW = "2026-11-21T03:00:00.000Z"


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """Every paragraph that a report lays out."""
    texts: list[str] = []
    lay_out = Type.paragraph

    def listen(self, text, *rest):
        texts.append(self.glyphs.shown(text))
        return lay_out(self, text, *rest)

    monkeypatch.setattr(Type, "paragraph", listen)
    return texts


def make(images: list[ImageResult], *, missing: bool = False, drawn: list[int] | None = None) -> Report:
    kept = [HistoryImage(number, 1, image, "stained twice") for number, image in enumerate(images)]

    def pictures(chosen):
        for number, image in enumerate(chosen):
            if drawn is not None:
                drawn.append(number)
            crop = np.full((20, 20, 3), 90, np.uint8)
            shown = None if missing else np.full((48, 64, 3), 180, np.uint8)
            yield ReportPictures(shown, "It is gone." if missing else "", (crop,) * len(image.result.cells))

    return compose_report(
        [Session(1, Operator.named("Dr. Ñ"), NOW, NOW, 0)],
        kept,
        pictures,
        operator=Operator.named("ada"),
        program="hematodesk 1",
        made_at=NOW,
    )


def image(name: str = "smear.jpg", *cells) -> ImageResult:
    return ImageResult(name, f"/x/{name}", "ab" * 32, 640, 480, ImageStatus.OK, cells, created_at=NOW)


def pages(path: Path) -> int:
    return len(re.findall(rb"/Type /Page\b", path.read_bytes()))


def test_a_report_says_all_that_it_should(qapp, samples, said, tmp_path) -> None:
    review = replace(samples.review(Verdict.CORRECTED, "monocyte"), operator=Operator.named("bo"))
    cells = (
        samples.cell(prediction=samples.unsure),
        samples.cell(review=review, note="asked a colleague"),
        samples.cell(removed=True, note="not told"),
        samples.unnamed(),
    )
    failed = replace(image("b.png"), status=ImageStatus.ERROR, fault=Fault("image_damaged", "It is damaged."))
    assert render_report(make([image("a.jpg", *cells), failed]), tmp_path / "r.pdf", Paper.A4, None) == []
    told = "\n".join(said)
    for words in (
        "people diagnose",
        "Made by ada with hematodesk 1",
        "Session 1, \u2068Dr. Ñ\u2069",
        "Images: 2 (not read: 1, without a cell: 0). Cells: 3 (uncertain: 1, reviewed: 1",
        "wbc4 1.0.0: 2 cell(s)",
        "SHA-256: " + "ab" * 32,
        "Computed on: CPU (2)",
        "1  Lymphocyte?",
        "wbc4 1.0.0 on CPU: Lymphocyte, 47 %; Monocyte 41 %, Neutrophil 8 %",
        "Uncertain: The model is not sure enough of any class.",
        "2  Monocyte",
        "✓ Corrected by bo, ",
        "Note: asked a colleague",
        "Note: stained twice",
        "3  Not named",
        "It is damaged.",
        "[image_damaged]",
        "Page 2 of 2",
    ):
        assert words in told, words
    assert "not told" not in told
    assert pages(tmp_path / "r.pdf") == 2


def test_pages_are_counted_before_they_are_drawn(qapp, samples, said, tmp_path) -> None:
    many = [image(f"{number}.jpg", *(samples.cell(),) * (number % 9)) for number in range(12)]
    drawn: list[int] = []
    render_report(make(many, drawn=drawn), tmp_path / "r.pdf", Paper.LETTER, None)
    count = pages(tmp_path / "r.pdf")
    assert count > 4
    shown = [words for words in said if words.startswith("Page ")]
    assert shown == [f"Page {number} of {count}" for number in range(1, count + 1)]
    # Each picture was asked for once, in order: never more than one is held.
    assert drawn == list(range(12))
    assert "5.jpg (continued)" in said or "8.jpg (continued)" in said or "7.jpg (continued)" in said
    assert b"/MediaBox [0 0 612" in _plain(tmp_path / "r.pdf")


def _plain(path: Path) -> bytes:
    """The file with its streams unpacked where they can be."""
    data = path.read_bytes()
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            data += zlib.decompress(packed)
        except zlib.error:
            continue
    return data.replace(b".000000", b"")


def test_letters_without_a_font_are_written_as_code_points_and_told(qapp, said, tmp_path) -> None:
    # Two of the private use area, which no font of a system should have.
    (notice,) = render_report(make([image("a\U0010fffd\uf123.jpg")]), tmp_path / "r.pdf", Paper.A4, None)
    assert "U+10FFFD" in notice and "U+F123" in notice
    assert "a[U+10FFFD][U+F123].jpg" in said
    assert any("no font" in words for words in said)


def test_signs_that_turn_or_hide_text_are_shown(qapp, said, tmp_path) -> None:
    render_report(make([image("\u202egpj.exe\n\x01.jpg")]), tmp_path / "r.pdf", Paper.A4, None)
    assert any(words.startswith("[U+202E]gpj.exe") and "[U+0001]" in words for words in said)


def test_known_letters_stay_as_they_are(qapp) -> None:
    glyphs = Glyphs(QFont())
    assert glyphs.shown("Ñandú – 3 × µ") == "Ñandú – 3 × µ"
    assert glyphs.missing == set()


def test_a_picture_that_is_gone_is_said_and_the_report_goes_on(qapp, samples, said, tmp_path) -> None:
    render_report(make([image("a.jpg", samples.cell())], missing=True), tmp_path / "r.pdf", Paper.A4, None)
    assert "It is gone." in said
    assert "1  Neutrophil" in said


def test_it_runs_on_a_worker_and_can_be_stopped(qapp, samples, tmp_path) -> None:
    target = tmp_path / "r.pdf"
    target.write_text("old")
    token = CancelToken()
    report = make([image(f"{number}.jpg", samples.cell()) for number in range(5)])
    pictures = report.pictures

    def stopping():
        for place, each in enumerate(pictures()):
            if place == 2:
                token.cancel()
            yield each

    caught: list[BaseException] = []

    def work() -> None:
        try:
            render_report(replace(report, pictures=stopping), target, Paper.A4, token)
        except Cancelled as error:
            caught.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert len(caught) == 1
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.pdf"]


def test_what_cannot_be_written_is_told(qapp, tmp_path) -> None:
    with pytest.raises(ExportError, match=r"r\.pdf"):
        render_report(make([image()]), tmp_path / "none" / "r.pdf", Paper.A4, None)


def test_a_full_disk_leaves_the_old_report_and_is_told(qapp, tmp_path, monkeypatch) -> None:
    target = tmp_path / "r.pdf"
    target.write_text("old")

    def cut_off(source, stream) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", cut_off)
    with pytest.raises(ExportError, match="No space left"):
        render_report(make([image()]), target, Paper.A4, None)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.pdf"]


def test_a_report_that_was_not_written_to_its_end_is_noticed(qapp, tmp_path) -> None:
    render_report(make([image()]), tmp_path / "r.pdf", Paper.A4, None)
    whole = (tmp_path / "r.pdf").read_bytes()
    assert _is_whole(tmp_path / "r.pdf")
    # As Qt leaves it when the disk is full: an end that is missing, or bytes that went astray before it.
    for spoilt in (whole[:-200], whole[:500] + whole[900:], b""):
        (tmp_path / "r.pdf").write_bytes(spoilt)
        assert not _is_whole(tmp_path / "r.pdf")


@pytest.mark.parametrize(
    ("country", "letter"), [("en_US", True), ("en_CA", True), ("de_DE", False), ("ja_JP", False)]
)
def test_the_paper_follows_the_country(country, letter) -> None:
    assert is_letter(Paper.AUTO, QLocale(country)) is letter
    assert is_letter(Paper.LETTER, QLocale(country)) is True
    assert is_letter(Paper.A4, QLocale(country)) is False

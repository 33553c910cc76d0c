"""Workbooks within Excel's limits; what they hold is compared with the window in tests/ui."""

from __future__ import annotations

import re
import zipfile
from xml.etree import ElementTree

import pytest

from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus, Prediction, Provenance
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.reporting.workbook import EXCEL_CHARACTERS, write_workbook

NOW = "2026-03-01T10:00:00.500Z"
SESSIONS = [Session(3, Operator.named("ada"), NOW, "", 0)]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300" + "08" * 64 + "ffc0000b080001000101011100"
    "ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f00d2cf20ffd9"
)  # fmt: skip


def image(count: int = 1, note: str = "", when: str = NOW) -> HistoryImage:
    made = Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 4.25, NOW)
    prediction = Prediction((("monocyte", 0.75), ("lymphocyte", 0.25)), None, made)
    cells = (Cell(Box(1, 2, 30, 40), CellOrigin.LOCATED, 0.9, prediction, note=note),) * count
    result = ImageResult("=a.png", "/x", "cd" * 32, 640, 480, ImageStatus.OK, cells, created_at=when)
    return HistoryImage(1, 3, result, note)


def sheets(path) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(path) as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        return {
            name: ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            for number, name in enumerate(names, start=1)
        }


def rows(sheet) -> list[list[str | float]]:
    found = []
    for row in sheet.iter(f"{MAIN}row"):
        found.append([])
        for cell in row.iter(f"{MAIN}c"):
            text = cell.find(f".//{MAIN}t")
            value = cell.find(f"{MAIN}v")
            found[-1].append((text.text or "") if text is not None else float(value.text))
    return found


def test_numbers_and_times_are_such_and_the_first_row_stays(tmp_path):
    assert write_workbook(SESSIONS, [image()], tmp_path / "a.xlsx") == []
    book = sheets(tmp_path / "a.xlsx")
    assert list(book) == ["Cells", "Images", "Sessions", "About"]
    head, row = rows(book["Cells"])
    values = dict(zip([name for name in head if name not in EMPTY], row, strict=True))
    assert values["image"] == "=a.png"
    assert values["confidence"] == 0.75
    # Days since 1899-12-30, as Excel counts.
    assert values["analysed_at (UTC)"] == pytest.approx(46082 + (10 * 3600 + 0.5) / 86400)
    for name in ("Cells", "Images", "Sessions"):
        assert book[name].find(f".//{MAIN}pane").attrib["state"] == "frozen"
        assert book[name].find(f"{MAIN}autoFilter") is not None
        assert book[name].find(f".//{MAIN}f") is None
    (head, summary) = rows(book["Sessions"])
    told = dict(zip([name for name in head if name != "ended_at (UTC)"], summary, strict=True))
    assert (told["operator"], told["images"], told["class monocyte"]) == ("ada", 1, 1)
    assert told["models"] == f"wbc4 1.0.0 (SHA-256 {'ab' * 32}): 1 cell"


EMPTY = {
    "error_code", "error_message", "error_remedy", "image_note", "uncertain_reason", "review", "reviewer",
    "reviewed_at (UTC)", "cell_note",
}  # fmt: skip


def test_more_rows_than_a_sheet_holds_go_on_in_another_and_it_is_told(tmp_path):
    told = write_workbook(SESSIONS, [image(3), image(2)], tmp_path / "a.xlsx", rows_a_sheet=4)
    book = sheets(tmp_path / "a.xlsx")
    assert [len(rows(book[name])) - 1 for name in ("Cells", "Cells 2")] == [3, 2]
    assert told == ["Excel's sheets end at 4 rows: Cells go on in further sheets."]
    assert told[0] in rows(book["About"])[-1][0]


@pytest.mark.parametrize("sign", ["x", "😀"])
def test_texts_longer_than_a_field_are_cut_and_it_is_told(tmp_path, sign):
    (told,) = write_workbook(SESSIONS, [image(note=sign * 40_000)], tmp_path / "a.xlsx")
    assert told.startswith("3 texts are longer")
    notes = [
        value for row in rows(sheets(tmp_path / "a.xlsx")["Cells"]) for value in row if sign in str(value)
    ]
    assert all(value.endswith("… [cut]") for value in notes if len(value) > 100)
    assert max(len(value.encode("utf-16-le")) // 2 for value in notes) in (
        EXCEL_CHARACTERS,
        EXCEL_CHARACTERS - 1,
    )


def test_a_time_before_excels_calendar_stays_text(tmp_path):
    write_workbook(SESSIONS, [image(when="1850-01-01T00:00:00.000Z")], tmp_path / "a.xlsx")
    assert "1850-01-01T00:00:00.000Z" in rows(sheets(tmp_path / "a.xlsx")["Cells"])[1]


def test_pictures_stand_in_their_rows_up_to_a_stated_number(tmp_path, monkeypatch):
    monkeypatch.setattr("hematodesk.reporting.workbook.MAX_EMBEDDED_PICTURES", 2)
    told = write_workbook(SESSIONS, [image(3)], tmp_path / "a.xlsx", lambda each: [JPEG, b"", JPEG])
    assert told == []
    told = write_workbook(SESSIONS, [image(3)], tmp_path / "b.xlsx", lambda each: [JPEG] * 3)
    assert told == ["Only the first 2 cells have a picture; one has none."]
    with zipfile.ZipFile(tmp_path / "b.xlsx") as book:
        drawing = book.read("xl/drawings/drawing1.xml").decode()
        assert any(name.startswith("xl/media/") for name in book.namelist())
    assert re.findall(r"<xdr:from><xdr:col>0</xdr:col>.*?<xdr:row>(\d+)<", drawing) == ["1", "2"]


def test_what_fails_leaves_the_old_file_and_no_scratch_files(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    (tmp_path / "a.xlsx").write_text("old")

    def images():
        yield image()
        raise RuntimeError("the history went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_workbook(SESSIONS, images(), tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a.xlsx", "scratch"}
    assert list(scratch.iterdir()) == []

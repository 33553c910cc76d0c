"""A format that is added to the table is in the window and in its manual."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from hematodesk.domain.image_formats import IMAGE_FORMATS, ImageFormat
from hematodesk.ui.kit.mime import brought
from hematodesk.ui.manual.manual_words import manual_words


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ImageFormat(
        "dicom", "DICOM", (".dcm",), "application/dicom", "org.nema.dicom", re.compile(b"made up")
    )
    monkeypatch.setitem(IMAGE_FORMATS, row.id, row)


def test_the_file_dialog_offers_it(bench, qtbot: QtBot) -> None:
    window = bench.show()
    window.actions_["open_files"].trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    patterns = dialog.nameFilters()[0]
    assert patterns.startswith("Images (*.avif ")
    # Beside the image formats, in one order with them: whole slides.
    assert {"*.bmp", "*.dcm", "*.dib", "*.gif", "*.webp", "*.svs"} <= set(patterns.strip("Images ()").split())
    dialog.close()


def test_the_window_and_the_manual_name_it(bench) -> None:
    (bench.folder / "nothing").mkdir()
    window = bench.show(start=[bench.folder / "nothing"])
    (notice,) = [each for each in window.banners.notices() if each.code == "no_images"]
    assert re.fullmatch("JPEG, PNG, .*WebP.*DICOM files are taken.", notice.remedy)
    assert re.fullmatch("JPEG, PNG, .*WebP.*DICOM", manual_words("formats", "image"))


def test_the_clipboard_gives_its_bytes(qapp: object) -> None:
    mime = QMimeData()
    mime.setData("application/dicom", b"made up")
    assert brought(mime).data == b"made up"

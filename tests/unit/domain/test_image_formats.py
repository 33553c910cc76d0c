"""The table of image formats, and what the systems are told from it."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hematodesk.domain.image_formats import IMAGE_FORMATS, ImageFormat, image_suffixes, sniff_format
from hematodesk.imaging import faults, header
from hematodesk.workflow.analysis.image_files import gather_images
from hematodesk.workflow.analysis.sources import suffix_of

ROOT = Path(__file__).parents[3]
DICOM = ImageFormat(
    "dicom", "DICOM", (".dcm",), "application/dicom", "org.nema.dicom", re.compile(rb"made up")
)


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that is nowhere but in the table."""
    monkeypatch.setitem(IMAGE_FORMATS, DICOM.id, DICOM)


@pytest.fixture
def packaging(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The modules of the packaging folder, which is no package."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "packaging"), *sys.path])
    made = {
        name: importlib.import_module(name) for name in ("linux_packages", "systems", "build", "archives")
    }
    for name in made:
        sys.modules.pop(name, None)
    return made


def test_every_format_has_its_reader_and_no_more() -> None:
    assert header._READERS.keys() == IMAGE_FORMATS.keys()


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\r", "png"),
        (b"II*\x00\x08\x00\x00\x00", "tiff"),
        (b"MM\x00+\x00\x08\x00\x00", "tiff"),
        (b"II+\x00\x08\x00\x00\x00", "tiff"),
        (b"MM\x00*\x00\x08\x00\x00", "tiff"),
        (b"BM\x00\x00", "bmp"),
        (b"RIFF\n\n\n\nWEBP", "webp"),
        (b"RIFF\x00\x00\x00\x00AVI ", ""),
        (b"GIF89a", "gif"),
        (b"GIF80a", ""),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
        (b"\xff\x4f\xff\x51", "jp2"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf", "avif"),
        (b"\0\0\0\x20ftypavis\0\0\0\0avifmsf1", "avif"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0miafavif", "avif"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1heic", ""),
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell_the_format(head: bytes, found: str) -> None:
    told = sniff_format(head)
    assert (told.id if told is not None else "") == found


def test_endings_are_lower_case_and_belong_to_one_format() -> None:
    endings = [suffix for each in IMAGE_FORMATS.values() for suffix in (*each.suffixes, *each.rare_suffixes)]
    assert len(endings) == len(set(endings)) == len(image_suffixes())
    assert all(re.fullmatch(r"\.[a-z0-9]+", ending) for ending in endings)


def test_a_new_format_is_listed_and_kept_under_its_ending(one_more: None, tmp_path: Path) -> None:
    scan = tmp_path / "scan.DCM"
    scan.write_bytes(b"made up")
    assert list(gather_images([tmp_path])) == [scan]
    assert suffix_of(b"made up, and more") == ".dcm"


def test_a_new_format_is_told_to_linux(one_more: None, packaging: dict[str, ModuleType]) -> None:
    entry = packaging["linux_packages"].desktop_entry()
    (line,) = [line for line in entry.splitlines() if line.startswith("MimeType=")]
    kinds = ("jpeg", "png", "tiff", "bmp", "webp", "gif", "jp2", "avif")
    assert line == f"MimeType={''.join(f'image/{kind};' for kind in kinds)}application/dicom;"


def test_a_new_format_is_told_to_windows(one_more: None, packaging: dict[str, ModuleType]) -> None:
    assert packaging["systems"].installer_formats().splitlines() == [
        f'#emit Offer("{suffix}")'
        for suffix in (
            ".jpg",
            ".jpeg",
            ".png",
            ".tif",
            ".tiff",
            ".bmp",
            ".webp",
            ".gif",
            ".jp2",
            ".avif",
            ".dcm",
        )
    ]


def test_a_new_format_is_told_to_macos(one_more: None, packaging: dict[str, ModuleType]) -> None:
    images = packaging["systems"].information("1.0.0")["CFBundleDocumentTypes"][0]
    assert images["LSItemContentTypes"] == [
        *("public.jpeg", "public.png", "public.tiff", "com.microsoft.bmp", "org.webmproject.webp"),
        *("com.compuserve.gif", "public.jpeg-2000", "public.avif"),
        "org.nema.dicom",
    ]


@pytest.mark.parametrize("name", ["README.md", "packaging/vulnerabilities.md"])
def test_papers_that_list_the_formats_name_them_all(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [each.name for each in IMAGE_FORMATS.values() if each.name not in text] == []


def test_a_file_of_no_format_is_told_all_of_them(one_more: None) -> None:
    remedy = faults.not_an_image("a.gif").remedy
    names = "JPEG, PNG, TIFF, BMP, WebP, GIF, JPEG 2000, AVIF or DICOM"
    assert remedy == f"Save the picture as {names} and open that."

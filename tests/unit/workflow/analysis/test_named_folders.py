"""A folder that vanishes while a batch reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.workflow.analysis.named_folders import NamedFolders


def missing(path: Path, code: str = "file_not_found") -> ImageResult:
    fault = Fault(code, "It is not there.")
    return ImageResult(path.name, str(path), "", 0, 0, ImageStatus.ERROR, fault=fault)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick" / "smears"
    folder.mkdir(parents=True)
    (folder / "a.png").touch()
    return folder


def test_an_image_that_vanished_alone_is_no_vanished_folder(stick):
    assert NamedFolders([stick]).gone(missing(stick / "b.png")) is None
    assert NamedFolders([stick / "b.png"]).gone(missing(stick / "b.png")) is None
    (stick / "a.png").unlink()
    assert NamedFolders([stick]).gone(missing(stick / "a.png")) is None


def test_the_folder_is_named_whether_it_was_chosen_or_its_files(stick):
    whole, single = NamedFolders([stick.parent]), NamedFolders([stick / "a.png", stick / "b.png"])
    (stick / "a.png").unlink()
    stick.rmdir()
    assert single.gone(missing(stick / "b.png")) == stick
    # What was named is still there: somebody did away with a folder in it.
    assert whole.gone(missing(stick / "b.png")) is None
    stick.parent.rmdir()
    assert whole.gone(missing(stick / "b.png", "file_unreadable")) == stick.parent
    assert whole.gone(missing(stick / "b.png", "image_damaged")) is None
    assert whole.gone(missing(stick.parent.parent / "other" / "b.png")) is None


def test_a_place_where_nothing_is_mounted_any_more_is_a_vanished_folder(stick, monkeypatch):
    folders = NamedFolders([stick])
    real = os.stat

    def another_device(path, **options):
        status = real(path, **options)
        numbers = list(status)
        numbers[2] = 77
        return os.stat_result(numbers) if path == stick else status

    monkeypatch.setattr(os, "stat", another_device)
    assert folders.gone(missing(stick / "b.png")) == stick


def test_what_the_system_refuses_to_look_at_stops_nothing(stick, monkeypatch):
    # A network drive whose rights have run out refuses even to say what a folder is.
    folders = NamedFolders([stick, Path("n" * 300)])
    real = os.stat

    def refused(path, **options):
        if path == stick:
            raise PermissionError(13, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(os, "stat", refused)
    assert folders.gone(missing(stick / "a.png", "file_unreadable")) == stick


def test_what_was_gone_at_the_beginning_stops_nothing(stick):
    other = stick.with_name("other")
    assert NamedFolders([stick, other]).gone(missing(other)) is None
    assert NamedFolders([stick, other / "a.png"]).gone(missing(other / "a.png")) is None

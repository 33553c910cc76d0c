from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hematodesk.domain.errors import PathError
from hematodesk.workflow.system import paths
from hematodesk.workflow.system.paths import PORTABLE_MARKER, data_dir, find_paths


def test_the_override_wins_over_a_marker(tmp_path, monkeypatch):
    (tmp_path / PORTABLE_MARKER).touch()
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "hematodesk")])
    found = find_paths(tmp_path / "elsewhere")
    assert found.data == tmp_path / "elsewhere"
    assert not found.portable


def test_a_marker_beside_the_started_program_keeps_the_data_there(tmp_path, monkeypatch):
    (tmp_path / PORTABLE_MARKER).touch()
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "hematodesk")])
    found = find_paths()
    assert found.portable
    assert found.data == tmp_path / paths.PORTABLE_FOLDER


def test_a_frozen_program_looks_beside_its_executable(tmp_path, monkeypatch):
    (tmp_path / PORTABLE_MARKER).touch()
    monkeypatch.setattr(sys, "argv", ["elsewhere/hematodesk"])
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "hematodesk.exe"))
    assert data_dir() == tmp_path / paths.PORTABLE_FOLDER


def test_a_marker_in_the_working_folder_alone_counts_for_nothing(tmp_path, monkeypatch):
    (tmp_path / PORTABLE_MARKER).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/hematodesk"])
    assert not find_paths().portable


def test_the_platforms_folder_otherwise(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/hematodesk"])
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)
    assert data_dir() == tmp_path / "hematodesk"


def test_a_relative_override_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_dir(Path("here")) == tmp_path / "here"


def test_a_frozen_program_finds_what_it_brought(tmp_path, monkeypatch):
    brought = tmp_path / "hematodesk" / "_data" / "models"
    brought.mkdir(parents=True)
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.models_dir() == brought
    assert paths.resources_dir() == tmp_path / "resources"


def test_the_source_trees_folders_are_found():
    root = Path(paths.__file__).resolve().parents[3]
    assert paths.models_dir() in (root / "models", root / "hematodesk" / "_data" / "models")


def test_preparing_makes_a_private_folder(tmp_path):
    found = find_paths(tmp_path / "a" / "b")
    found.prepare()
    assert found.data.is_dir()
    if os.name == "posix":
        assert found.data.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_told_by_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PathError, match="file") as caught:
        find_paths(tmp_path / "file" / "data").prepare()
    assert caught.value.code == "data_folder_unusable"
    assert "--data-dir" in caught.value.remedy

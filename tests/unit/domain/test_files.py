"""A file is the old one or the new one, with the rights asked for, and its name on the disk."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from hematodesk.domain import files
from hematodesk.domain.files import Rights, make_folder, replacing, sweep_left_over, write_whole


def test_a_refusing_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "settings.json"
    target.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        write_whole(target, b"new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.csv"
    write_whole(target, b"old")
    with pytest.raises(RuntimeError), replacing(target) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="rights are set the POSIX way")
def test_rights_are_as_asked(tmp_path):
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "own", b"")
        write_whole(tmp_path / "shared", b"", Rights.USUAL)
        assert (mode(tmp_path / "own"), mode(tmp_path / "shared")) == (0o600, 0o640)
        (tmp_path / "shared").chmod(0o604)
        write_whole(tmp_path / "shared", b"", Rights.USUAL)
        assert mode(tmp_path / "shared") == 0o604
        make_folder(tmp_path / "data" / "models")
        assert mode(tmp_path / "data" / "models") == 0o700
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked for it")
def test_content_is_on_the_disk_before_the_name_and_the_name_before_it_is_told(tmp_path, monkeypatch):
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        done.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_whole(tmp_path / "a", b"x")
    assert done == ["file", "replace", "folder"]
    done.clear()
    make_folder(tmp_path / "b" / "c")
    assert done == ["folder", "folder"]


def test_only_old_half_files_of_ours_are_swept(tmp_path):
    for name in (".hematodesk-old.part", ".hematodesk-new.part", "mine.part"):
        (tmp_path / name).write_bytes(b"half")
    ago = time.time() - files._LEFT_OVER_S - 60
    os.utime(tmp_path / ".hematodesk-old.part", (ago, ago))
    os.utime(tmp_path / "mine.part", (ago, ago))
    assert sweep_left_over(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hematodesk-new.part", "mine.part"]
    assert sweep_left_over(tmp_path / "absent") == 0

"""A lock that one process holds, and what happens when it is handed on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hematodesk.domain import file_lock as hold_module
from hematodesk.domain.file_lock import FileLock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")


def test_who_opened_the_file_before_it_was_released_holds_what_others_see(tmp_path: Path, monkeypatch):
    first, second, third = (FileLock(tmp_path / "it.lock") for _ in range(3))
    assert first.take()
    real = hold_module.fcntl.flock

    def late(handle, how):
        # The file is open here, and is removed by who held it before it is locked.
        first.release()
        real(handle, how)

    with monkeypatch.context() as patch:
        patch.setattr(hold_module.fcntl, "flock", late)
        assert second.take()
    assert second.held
    assert not third.take()
    second.release()
    assert third.take()
    third.release()


def test_where_the_file_is_another_one_each_time_it_is_locked_all_the_same(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(hold_module.os.path, "samestat", lambda _one, _two: False)
    lock = FileLock(tmp_path / "it.lock")
    assert lock.take()
    assert lock.held
    lock.release()


def test_who_only_looks_whether_it_is_free_keeps_nobody_from_it(tmp_path: Path, monkeypatch):
    looking, wanting = FileLock(tmp_path / "it.lock"), FileLock(tmp_path / "it.lock")
    assert looking.take()
    waited = []

    def later(seconds: float) -> None:
        waited.append(seconds)
        looking.release()

    monkeypatch.setattr(hold_module.time, "sleep", later)
    assert wanting.take(patience_s=0.5)
    assert len(waited) == 1
    wanting.release()


def test_sharing_keeps_out_who_wants_it_alone_and_the_last_one_removes_the_file(tmp_path: Path):
    file = tmp_path / "it.lock"
    one, other, alone = (FileLock(file) for _ in range(3))
    assert one.take(shared=True) and other.take(shared=True)
    assert not alone.take()
    one.release()
    assert file.exists() and not alone.take()
    other.release()
    assert not file.exists()
    assert alone.take() and not one.take(shared=True)
    alone.release()


def test_why_a_lock_cannot_be_opened_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    lock = FileLock(tmp_path / "file" / "it.lock")
    assert lock.take() and not lock.held
    assert isinstance(lock.fault, OSError)

"""A backup is whole or the one before stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage import backup
from hematodesk.storage.history import History


def test_a_backup_holds_everything_and_replaces_an_older_one(history, tmp_path, result, cell):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a", cell()))
    target = tmp_path / "b" / "Sicherung ä.sqlite3"
    history.backup(target)
    later = history.save_result(history.begin_session(Operator.named("Ada")), result("b", cell()))
    history.backup(target)
    assert [found.name for found in target.parent.iterdir()] == [target.name]
    copy = History.open(target)
    assert copy.image(saved.id) == saved
    assert copy.image(later.id) == later
    copy.close()


def test_a_copy_that_differs_is_refused_and_the_older_one_stays(history, tmp_path, result, monkeypatch):
    history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    target = tmp_path / "copy.sqlite3"
    history.backup(target)
    before = target.read_bytes()
    answers = iter([{"image": 1}, {"image": 0}])
    monkeypatch.setattr(backup, "_counts", lambda connection: next(answers))
    with pytest.raises(HistoryError) as caught:
        history.backup(target)
    assert caught.value.code == "backup_failed"
    assert target.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["copy.sqlite3", "data"]


def test_the_history_itself_is_no_target(history, path, result):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    for target in (path, path.parent / "." / path.name):
        with pytest.raises(HistoryError) as caught:
            history.backup(target)
        assert caught.value.code == "backup_failed"
    assert history.image(saved.id) == saved


def test_a_place_that_cannot_be_written(history, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(HistoryError) as caught:
        history.backup(tmp_path / "file" / "copy.sqlite3")
    assert caught.value.code == "history_unwritable"
    assert "copy.sqlite3" in caught.value.message


def test_writing_goes_on_after_a_backup(history, tmp_path: Path, result):
    history.backup(tmp_path / "copy.sqlite3")
    history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    assert copy.execute("SELECT count(*) FROM image").fetchone() == (0,)
    copy.close()
    assert history.count() == 1

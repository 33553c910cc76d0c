"""Backups, restoring and repair from the window, and the sign of a history that cannot be written."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter, RunState
from hematodesk.storage.backups import BackupFolder
from hematodesk.storage.history import History
from hematodesk.ui.history.restore_dialog import RestoreDialog
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.main_window import MainWindow


@pytest.fixture
def filled(bench) -> Path:
    """A data folder with three images in its history and no backup."""
    window = bench.show(start=bench.plain(3))
    bench.close(window)
    shutil.rmtree(bench.folder / "data" / "backups")
    return bench.folder / "data"


def names(window: MainWindow) -> list[str]:
    model = window.panel.model
    rows = [model.index(row).data(Role.SUMMARY) for row in range(model.rowCount())]
    return [row.name for row in rows if row is not None]


def count(data: Path) -> int:
    with closing(History.open(data / "history.sqlite3")) as history:
        assert history.check(values=True) == []
        return history.count()


def test_the_history_is_backed_up_when_the_window_rests(bench, filled: Path, qtbot: QtBot) -> None:
    folder = BackupFolder(filled / "backups")
    assert folder.kept() == []
    window = bench.show()
    qtbot.waitUntil(lambda: len(folder.kept()) == 1)
    bench.rest(window)
    assert folder.kept()[0].images == 3
    assert window.banners.notices() == []
    window.maintenance._want_backup()
    bench.rest(window)
    assert len(folder.kept()) == 1


def test_a_backup_that_cannot_be_made_is_told_quietly(bench, filled: Path, qtbot: QtBot) -> None:
    (filled / "backups").write_text("in the way")
    window = bench.show()
    qtbot.waitUntil(lambda: window.banners.banner("daily_backup_failed") is not None)
    window.opener.open_paths(bench.plain(4))
    bench.rest(window)
    assert window.panel.model.rowCount() >= 4


def test_a_backup_is_restored_from_the_menu(bench, filled: Path, qtbot: QtBot) -> None:
    window = bench.show()
    folder = BackupFolder(filled / "backups")
    qtbot.waitUntil(lambda: len(folder.kept()) == 1)
    window.opener.open_paths(bench.plain(5))
    bench.rest(window)
    assert window.services.history.count() == 5
    window.actions_["run_summary"].trigger()
    bench.rest(window)
    window.dialogs.open_now["run_summary"].filter_wanted.emit(HistoryFilter(run_id=2), "All images")
    window.actions_["restore"].trigger()
    dialog = window.dialogs.open_now["restore"]
    assert isinstance(dialog, RestoreDialog)
    qtbot.waitUntil(lambda: dialog.list.topLevelItemCount() == 1)
    item = dialog.list.topLevelItem(0)
    assert (item.text(1), item.text(2)) == ("3", "1")
    assert item.text(3).endswith("MB")
    dialog.restore_button.click()
    qtbot.waitUntil(lambda: window.banners.banner("history_restored") is not None)
    bench.rest(window)
    assert window.services.history.count() == 3
    assert window.viewer.image_id is None
    assert len(names(window)) == 3
    # The run of the history as it was is not in this one.
    assert window.banners.banner("run_done") is None
    assert "run_summary" not in window.dialogs.open_now
    assert not window.actions_["run_summary"].isEnabled()
    # Work goes on in the history as it is now.
    window.opener.open_paths(bench.plain(4)[3:])
    bench.rest(window)
    assert window.services.history.count() == 4
    window.reviews.agree()
    bench.rest(window)
    bench.close(window)
    assert count(filled) == 4
    (kept,) = filled.glob("history.before-restore.*.sqlite3")
    with closing(History.open(kept)) as before:
        assert before.count() == 5


def test_a_batch_that_a_restore_stopped_goes_on_in_the_restored_history(
    bench, filled: Path, qtbot: QtBot
) -> None:
    window = bench.show()
    folder = BackupFolder(filled / "backups")
    qtbot.waitUntil(lambda: len(folder.kept()) == 1)
    window.opener.open_paths([bench.plain(300)[0].parent])
    qtbot.waitUntil(lambda: window.runs.progress is not None and window.runs.progress.done > 10)
    window.maintenance.restore(folder.kept()[0].path)
    qtbot.waitUntil(lambda: window.banners.banner("run_left") is not None, timeout=20_000)
    bench.rest(window)
    assert window.banners.banner("history_closed") is None
    assert window.banners.banner("batch_stopped") is None
    assert window.services.history.count() == 3
    banner = window.banners.banner("run_left")
    assert banner is not None
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    assert window.services.history.count() == 300
    (kept,) = filled.glob("history.before-restore.*.sqlite3")
    with closing(History.open(kept)) as before:
        assert [run.state for run in before.unfinished_runs()] == [RunState.STOPPED]
    bench.close(window)


@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_a_backup_that_is_refused_disturbs_nothing(bench, filled: Path, qtbot: QtBot, damage: str) -> None:
    window = bench.show()
    folder = BackupFolder(filled / "backups")
    qtbot.waitUntil(lambda: len(folder.kept()) == 1)
    bad = bench.folder / "bad.sqlite3"
    if damage == "cut":
        bad.write_bytes(folder.kept()[0].path.read_bytes()[:8192])
    else:
        with closing(sqlite3.connect(bad)) as connection:
            connection.execute("CREATE TABLE song (name TEXT)")
    window.opener.open_paths([bench.field()])
    bench.rest(window)
    window.opener.open_paths([bench.plain(120)[0].parent])
    qtbot.waitUntil(lambda: window.runs.progress is not None and window.runs.progress.done > 10)
    shown, swaps = window.viewer.image_id, []
    window.maintenance.swapping.connect(lambda: swaps.append(shown))
    window.maintenance.restore(bad)
    code = "backup_damaged" if damage == "cut" else "history_foreign"
    qtbot.waitUntil(lambda: window.banners.banner(code) is not None)
    assert window.banners.banner(code).notice.remedy == "Choose another backup."
    assert window.banners.banner("history_restored") is None
    bench.rest(window)
    assert window.banners.banner("run_left") is None
    assert not swaps
    assert window.viewer.image_id == shown
    # The three that were there before are among the 120.
    assert window.services.history.count() == 121
    # A good one is restored as ever, also where another one was being checked.
    window.maintenance.restore(bad)
    window.maintenance.restore(folder.kept()[0].path)
    bench.rest(window)
    assert window.services.history.count() == 3


def test_a_watched_folder_is_watched_on_in_a_restored_history(bench, filled: Path, qtbot: QtBot) -> None:
    scanner = bench.folder / "scanner"
    scanner.mkdir()
    services = bench.services()
    services.settings.set("watch_interval", "1")
    window = bench.show(services)
    folder = BackupFolder(filled / "backups")
    qtbot.waitUntil(lambda: len(folder.kept()) == 1)
    window.watcher.watch(scanner)
    bench.field("scanner/before.jpg", "smear_02_eosinophil.jpg")
    qtbot.waitUntil(lambda: "before.jpg" in names(window), timeout=20_000)
    saved: list[str] = []
    window.runs.saved.connect(lambda images: saved.extend(image.result.name for image in images))
    window.maintenance.restore(folder.kept()[0].path)
    # The backup does not hold it.
    qtbot.waitUntil(lambda: saved == ["before.jpg"], timeout=20_000)
    assert window.banners.banner("history_restored") is not None
    bench.field("scanner/after.jpg", "smear_03_lymphocyte.jpg")
    qtbot.waitUntil(lambda: saved == ["before.jpg", "after.jpg"], timeout=20_000)
    window.watcher.stop()
    bench.close(window)
    assert count(filled) == 5


def test_a_damaged_history_is_repaired_and_told(bench, filled: Path, qtbot: QtBot) -> None:
    path = filled / "history.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'listing'").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    window = bench.show()
    qtbot.waitUntil(lambda: window.banners.banner("history_repaired") is not None)
    bench.rest(window)
    words = window.banners.banner("history_repaired").notice.text
    assert "3 images were saved" in words or "3 image(s) were saved" in words
    assert not window.strip.sign.isVisible()
    assert window.services.history.count() == 3
    (kept,) = filled.glob("history.damaged.*.sqlite3")
    assert kept.read_bytes() == bytes(content)
    assert kept.name in window.banners.banner("history_repaired").notice.remedy


def test_a_file_that_is_no_history_makes_way_for_a_new_one(bench) -> None:
    (bench.folder / "data").mkdir()
    (bench.folder / "data" / "history.sqlite3").write_bytes(b"this is no database" * 100)
    window = bench.show(start=[bench.field()])
    notice = window.banners.banner("history_repaired").notice
    assert notice.text.startswith("The history was damaged; 0 image")
    assert window.viewer.cells
    assert window.services.history.count() == 1


def test_the_check_tells_that_all_is_well_or_offers_repair(bench, filled: Path, qtbot: QtBot) -> None:
    window = bench.show()
    bench.rest(window)
    window.actions_["check_history"].trigger()
    bench.rest(window)
    assert window.banners.banner("history_checked").notice.text == "The history is whole."
    with window.services.history._database.write() as connection:
        connection.execute("UPDATE session SET image_count = 9")
    window.actions_["check_history"].trigger()
    bench.rest(window)
    banner = window.banners.banner("history_damaged")
    assert "it counts 9, the list has 3" in banner.notice.text
    banner.button.click()
    qtbot.waitUntil(lambda: window.banners.banner("history_repaired") is not None)
    bench.rest(window)
    assert window.services.history.check(values=True) == []
    assert window.services.history.count() == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows' own locks hold there")
def test_two_windows_work_at_once_and_neither_takes_the_history_from_the_other(
    bench, filled: Path, qtbot: QtBot, monkeypatch
) -> None:
    monkeypatch.setattr("hematodesk.storage.maintenance.PATIENCE_S", 0.05)
    first, second = bench.show(), bench.show()
    folder = BackupFolder(filled / "backups")
    qtbot.waitUntil(lambda: bool(folder.kept()))
    pictures = bench.plain(7)
    first.opener.open_paths(pictures[3:5])
    second.opener.open_paths(pictures[5:])
    bench.rest(first)
    bench.rest(second)
    first.maintenance.restore(folder.kept()[0].path)
    qtbot.waitUntil(lambda: first.banners.banner("history_locked") is not None)
    bench.rest(first)
    assert first.services.history.count() == 7
    first.opener.open_paths([bench.field()])
    bench.rest(first)
    bench.close(first)
    bench.close(second)
    assert count(filled) == 8


@pytest.mark.skipif(os.name == "nt", reason="a folder in the place of the file refuses there otherwise")
def test_a_sitting_without_history_keeps_a_sign_in_sight(bench) -> None:
    (bench.folder / "data" / "history.sqlite3").mkdir(parents=True)
    window = bench.show()
    window.banners.put_all_away()
    assert window.strip.sign.isVisible()
    assert window.strip.sign.text() == "Not saved"
    assert "history.sqlite3" in window.strip.sign.toolTip()


def test_a_read_only_history_keeps_a_sign_in_sight(bench, filled: Path, monkeypatch) -> None:
    # Root may write everything, so the database is told to be so.
    monkeypatch.setattr("hematodesk.storage.database._is_read_only", lambda connection: True)
    window = bench.show()
    window.banners.put_all_away()
    assert window.strip.sign.isVisible()
    assert window.strip.sign.text() == "Read-only"
    bench.close(window)
    assert BackupFolder(filled / "backups").kept() == []


@pytest.mark.parametrize("by_closing", [False, True])
def test_what_a_full_disk_refused_is_saved_as_soon_as_it_can_be(
    bench, filled: Path, monkeypatch, by_closing: bool
) -> None:
    window = bench.show()

    def full(*_: object, **__: object) -> None:
        raise HistoryError("history_full", "history.sqlite3 could not be written: the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(History, "save_results", full)
        window.opener.open_paths([bench.field()])
        bench.rest(window)
    assert window.banners.banner("history_full") is not None
    if not by_closing:
        window.opener.open_paths(bench.plain(4)[3:])
        bench.rest(window)
    bench.close(window)
    assert count(filled) == (4 if by_closing else 5)

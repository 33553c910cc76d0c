"""Batch runs in the window: pause, the summary, going on after an end, a watched folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import CellOrigin, ImageStatus
from hematodesk.domain.history import HistoryFilter, RunOptions, RunState, RunSummary
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.kit.words import run_words
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.runs.run_summary_dialog import RunSummaryDialog
from hematodesk.ui.runs.runs_dialog import RunsDialog
from hematodesk.workflow.analysis.run_recorder import RunLock


def test_the_banner_says_that_there_are_more_classes_than_it_names(qapp) -> None:
    classes = [("neutrophil", 5, 5), ("lymphocyte", 3, 2), ("eosinophil", 2, 2), ("monocyte", 2, 1)]
    four = RunSummary(1, 9, 12, tuple(classes), 0, 0, 0, ())
    assert run_words(four, 2.0, 9) == (
        "9 image(s) in 2 s: 5 Neutrophils, 3 Lymphocytes, 2 Eosinophils, 2 Monocytes."
    )
    five = RunSummary(1, 9, 13, (*classes, ("basophil", 1, 1)), 0, 0, 0, ())
    assert run_words(five, 2.0, 9) == (
        "9 image(s) in 2 s: 5 Neutrophils, 3 Lymphocytes, 2 Eosinophils, 3 of other classes."
    )


def done(window: MainWindow) -> int:
    progress = window.runs.progress
    return progress.done if progress is not None else 0


def names(window: MainWindow) -> list[str]:
    model = window.panel.model
    rows = [model.index(row).data(Role.SUMMARY) for row in range(model.rowCount())]
    return [row.name for row in rows if row is not None]


def test_a_batch_rests_with_the_key_and_goes_on_with_the_button(bench, qtbot: QtBot) -> None:
    window = bench.show()
    paths = bench.plain(400)
    window.opener.open_paths(paths)
    qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
    qtbot.keyClick(window.centre, Qt.Key.Key_P)
    assert window.runs.paused
    assert "paused" in window.strip.progress.text()
    rested: list[int] = []

    def at_rest() -> bool:
        rested.append(window.panel.model.rowCount())
        return len(rested) > 40 and len(set(rested[-40:])) == 1

    qtbot.waitUntil(at_rest, timeout=20_000)
    assert 3 < len(names(window)) < 400
    assert window.runs.busy
    qtbot.mouseClick(window.strip.pause, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert names(window) == [path.name for path in paths]
    assert not window.runs.paused
    assert not window.strip.pause.isVisible()


def test_closing_a_resting_window_leaves_a_run_that_the_next_start_goes_on_with(bench, qtbot: QtBot) -> None:
    folder = bench.plain(400)[0].parent
    window = bench.show()
    window.opener.open_paths([folder])
    qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
    window.runs.set_paused(True)
    bench.close(window)
    again = bench.show()
    banner = again.banners.banner("run_cut_off")
    assert banner is not None
    assert "of 400" in banner.notice.text
    history = again.services.history
    before = history.count(HistoryFilter())
    assert 3 < before < 400
    assert banner.button is not None
    banner.button.click()
    bench.rest(again)
    assert history.count(HistoryFilter()) == 400
    assert history.unfinished_runs() == []
    (end,) = [again.runs.last_end]
    assert end is not None
    assert end.summary.reused == before
    assert history.run_summary(end.run_id).images == 400


def test_a_run_of_another_model_is_not_gone_on_with(bench, qtbot: QtBot) -> None:
    window = bench.show()
    window.opener.open_paths(bench.plain(400))
    qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
    window.actions_["pause"].trigger()
    qtbot.mouseClick(window.strip.cancel, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert window.services.history.unfinished_runs()[0].state is RunState.STOPPED
    bench.close(window)
    bench.ship_model("tiny", with_map=True)
    other = bench.show()
    assert other.banners.banner("run_cut_off") is None
    other.actions_["resume_run"].trigger()
    bench.rest(other)
    assert other.banners.banner("run_other_model") is not None
    assert not other.runs.busy


def test_a_batch_of_whole_images_is_gone_on_with_as_one(bench, qtbot: QtBot) -> None:
    """It was begun by `classify --whole-image --save`, and cut off."""
    folder = bench.plain(6)[0].parent
    window = bench.show()
    package = window.model_state.loaded.package
    history = window.services.history
    history.begin_run(
        RunOptions((str(folder),), package.name, package.version, package.sha256, whole_image=True)
    )
    window.actions_["resume_run"].trigger()
    bench.rest(window)
    images = [history.image(row.id) for row in history.page(HistoryFilter())]
    assert [cell.origin for image in images for cell in image.result.cells] == [CellOrigin.WHOLE_IMAGE] * 6


def test_the_summary_leads_to_its_images(bench, qtbot: QtBot) -> None:
    paths = [bench.field("s/a.jpg"), bench.field("s/b.jpg", "smear_05_several_cells.jpg"), *bench.plain(4)]
    paths[3].write_bytes(b"")
    paths[4].write_bytes(b"no image")
    window = bench.show(start=paths)
    banner = window.banners.banner("run_done")
    assert banner is not None
    assert banner.notice.text.startswith("6 image(s) in")
    assert "2 failed" in banner.notice.text
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    dialog = window.dialogs.open_now["run_summary"]
    assert isinstance(dialog, RunSummaryDialog)
    tree = dialog.tree
    lines = {
        tree.topLevelItem(row).text(0): tree.topLevelItem(row) for row in range(tree.topLevelItemCount())
    }
    assert lines["All images"].text(2) == "6"
    assert lines["No cell found"].text(2) == "2"
    failed = lines["Failed"]
    reasons = {failed.child(row).text(0) for row in range(failed.childCount())}
    assert reasons == {"Empty files", "Files that are no images"}

    def click(item: QTreeWidgetItem) -> None:
        tree.scrollToItem(item)
        place = tree.visualItemRect(item).center()
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        bench.rest(window)

    click(lines["Neutrophil"])
    assert names(window) == ["a.jpg", "b.jpg"]
    assert "Batch" in window.panel.kind.currentText()
    click(failed)
    assert names(window) == [paths[3].name, paths[4].name]
    click(failed.child(0).child(0))
    assert window.viewer.name in (paths[3].name, paths[4].name)
    dialog.reject()


def test_the_summary_counts_what_was_reviewed_since(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field("s/a.jpg"), bench.field("s/b.jpg", "smear_02_eosinophil.jpg")])
    window.reviews.choose_class("monocyte")
    bench.rest(window)
    window.actions_["run_summary"].trigger()
    bench.rest(window)
    tree = window.dialogs.open_now["run_summary"].tree
    lines = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    assert {line.text(0): line.text(2) for line in lines} == {
        "All images": "2",
        "Neutrophil": "1",
        "Monocyte": "1",
    }


def test_a_watched_folder_names_new_images_and_leaves_the_review_alone(bench, qtbot: QtBot) -> None:
    scanner = bench.folder / "scanner"
    scanner.mkdir()
    services = bench.services()
    services.settings.set("watch_interval", "1")
    window = bench.show(services, start=[bench.field()])
    shown, chosen = window.viewer.image_id, window.panel.selected_ids()
    assert not window.strip.watch.isVisible()
    window.watcher.watch(scanner)
    assert "scanner" in window.strip.watch.text()
    bench.field("scanner/new.jpg", "smear_02_eosinophil.jpg")
    qtbot.waitUntil(lambda: "new.jpg" in names(window), timeout=20_000)
    assert (window.viewer.image_id, window.panel.selected_ids()) == (shown, chosen)
    moved = scanner.rename(bench.folder / "moved")
    qtbot.waitUntil(lambda: window.watcher.away, timeout=20_000)
    assert "away" in window.strip.watch.text()
    moved.rename(scanner)
    qtbot.waitUntil(lambda: not window.watcher.away, timeout=20_000)
    (scanner / "broken.jpg").write_bytes(b"\xff\xd8\xff not yet")
    bench.field("scanner/third.jpg", "smear_03_lymphocyte.jpg")
    os.utime(scanner / "third.jpg", (time.time() + 5, time.time() + 5))
    qtbot.waitUntil(lambda: "third.jpg" in names(window), timeout=20_000)
    assert "broken.jpg" not in names(window)
    assert names(window).count("new.jpg") == 1
    window.actions_["stop_watching"].trigger()
    assert not window.strip.watch.isVisible()
    assert window.banners.banner("run_done") is None


def test_what_came_into_a_watched_folder_is_counted_and_followed_if_wanted(bench, qtbot: QtBot) -> None:
    scanner = bench.folder / "scanner"
    scanner.mkdir()
    services = bench.services()
    services.settings.set("watch_interval", "1")
    window = bench.show(services, start=[bench.field()])
    first, sign, follow = window.viewer.image_id, window.strip.watch, window.actions_["follow_watched"]
    assert follow.isCheckable() and not follow.isChecked()
    window.watcher.watch(scanner)
    assert "came" not in sign.text()
    bench.field("scanner/a.jpg", "smear_02_eosinophil.jpg")
    (scanner / "b.heic").touch()
    qtbot.waitUntil(lambda: "1 came, newest" in sign.text(), timeout=20_000)
    assert sign.accessibleName().startswith("Watching scanner: 1 came, newest")
    assert window.viewer.image_id == first
    banner = window.banners.banner("left_out_watched")
    assert (
        banner is not None
        and banner.notice.text.startswith("Left out of scanner: 1")
        and "HEIC" in sign.toolTip()
    )
    qtbot.keyClick(
        window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert follow.isChecked()
    qtbot.waitUntil(lambda: window.viewer.name == "a.jpg", timeout=20_000)
    (scanner / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    bench.field("scanner/c.jpg", "smear_03_lymphocyte.jpg")
    qtbot.waitUntil(lambda: window.viewer.name == "c.jpg", timeout=20_000)
    assert "2 came" in sign.text()
    window.panel.search.setFocus()
    bench.field("scanner/d.jpg", "smear_04_monocyte.jpg")
    qtbot.waitUntil(lambda: "d.jpg" in names(window), timeout=20_000)
    assert window.viewer.name == "c.jpg"
    window.actions_["stop_watching"].trigger()
    bench.rest(window)
    bench.close(window)
    again = bench.show()
    assert again.actions_["follow_watched"].isChecked()


def cut_off(bench, qtbot: QtBot, *folders: Path) -> None:
    """Leave a batch over each folder unfinished."""

    def begin(folder: Path) -> None:
        window = bench.show()
        window.opener.open_paths([folder])
        qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
        window.runs.set_paused(True)
        bench.close(window)

    for folder in folders:
        begin(folder)


def many(bench, name: str, count: int = 60) -> Path:
    """A folder of images, none of them known by another one's bytes."""
    folder = bench.plain(1)[0].parent.parent / name
    folder.mkdir()
    data = bench.field(f"{name}.jpg").read_bytes()
    for number in range(count):
        (folder / f"{name}_{number:03}.jpg").write_bytes(data + f"{name} {number}".encode())
    return folder


def test_every_unfinished_batch_can_be_gone_on_with_or_dropped(bench, qtbot: QtBot) -> None:
    one, two, three = (many(bench, name) for name in ("one", "two", "three"))
    cut_off(bench, qtbot, one, two, three)
    window = bench.show()
    banner = window.banners.banner("run_cut_off")
    assert banner is not None
    assert "three" in banner.notice.text
    assert "2 more" in banner.notice.text
    assert banner.more_button is not None
    banner.more_button.click()
    bench.rest(window)
    dialog = window.dialogs.open_now["runs"]
    assert isinstance(dialog, RunsDialog)
    rows = [dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount())]
    assert [row.text(0) for row in rows] == [str(three), str(two), str(one)]
    assert all(row.text(2).endswith("of 60") for row in rows)
    # Another window has begun to go on with one since the list was made.
    lock = RunLock(window.services.paths.runs, rows[0].data(0, Qt.ItemDataRole.UserRole).id)
    assert lock.take()
    dialog.list.setCurrentItem(rows[0])
    dialog.drop_button.click()
    bench.rest(window)
    assert window.banners.banner("run_held") is not None
    lock.release()
    dialog.list.setCurrentItem(rows[1])
    dialog.drop_button.click()
    dialog.list.setCurrentItem(rows[2])
    dialog.go_button.click()
    bench.rest(window)
    history = window.services.history
    assert [run.options.roots for run in history.unfinished_runs()] == [(str(three),)]
    assert history.count(HistoryFilter(text="one_")) == 60
    window.actions_["resume_run"].trigger()
    bench.rest(window)
    assert history.unfinished_runs() == []
    assert history.count(HistoryFilter(text="three_")) == 60
    window.actions_["resume_run"].trigger()
    bench.rest(window)
    assert window.banners.banner("nothing_to_resume") is not None


def test_a_batch_whose_drive_is_gone_waits_for_it(bench, qtbot: QtBot) -> None:
    folder = many(bench, "share")
    cut_off(bench, qtbot, folder)
    folder.rename(folder.with_name("elsewhere"))
    window = bench.show()
    history = window.services.history
    before = history.count(HistoryFilter())
    for empty in (False, True):
        # A place where nothing is mounted may be there, and empty.
        if empty:
            folder.mkdir()
        window.actions_["resume_run"].trigger()
        bench.rest(window)
        banner = window.banners.banner("run_images_gone")
        assert banner is not None
        assert history.count(HistoryFilter()) == before
        assert len(history.unfinished_runs()) == 1
        window.banners.put_all_away()
    folder.rmdir()
    folder.with_name("elsewhere").rename(folder)
    window.actions_["resume_run"].trigger()
    bench.rest(window)
    assert history.count(HistoryFilter()) == 60
    assert history.unfinished_runs() == []


def test_a_drive_that_is_pulled_out_stops_the_batch_until_it_is_back(bench, qtbot: QtBot) -> None:
    folder = many(bench, "stick", 80)
    away = folder.with_name("elsewhere")
    window = bench.show()
    window.opener.open_paths([folder])
    qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
    folder.rename(away)
    bench.rest(window)
    history = window.services.history
    failed = HistoryFilter(status=ImageStatus.ERROR)
    assert history.count(failed) == 0
    assert 3 < history.count(HistoryFilter()) < 80
    banner = window.banners.banner("run_folder_gone")
    assert banner is not None
    assert str(folder) in banner.notice.text
    assert "of 80 image(s); what is done is kept" in banner.notice.text
    assert window.banners.banner("run_done") is None
    (run,) = history.unfinished_runs()
    assert (run.state, run.done) == (RunState.GOING, history.count(HistoryFilter()))
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    assert window.banners.banner("run_images_gone") is not None
    away.rename(folder)
    # Somebody took one image away meanwhile.
    (folder / "stick_079.jpg").unlink()
    window.actions_["resume_run"].trigger()
    bench.rest(window)
    assert history.count(HistoryFilter()) == 79
    assert history.count(failed) == 0
    assert history.unfinished_runs() == []


def test_a_single_image_that_vanishes_fails_alone(bench, qtbot: QtBot) -> None:
    folder = many(bench, "stick", 80)
    window = bench.show()
    window.opener.open_paths([folder])
    qtbot.waitUntil(lambda: done(window) > 3, timeout=20_000)
    (folder / "stick_079.jpg").unlink()
    bench.rest(window)
    assert window.services.history.count(HistoryFilter(status=ImageStatus.ERROR)) == 1
    assert window.services.history.count(HistoryFilter()) == 80
    assert window.services.history.unfinished_runs() == []
    assert window.banners.banner("some_failed") is not None

"""The window from start to end: batches and cancel, closing, errors, dialogs, what is remembered."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import HistoryError, ModelError
from hematodesk.domain.history import HistoryFilter
from hematodesk.storage.history import History
from hematodesk.ui.kit.actions import ACTIONS, CLASS_KEYS
from hematodesk.ui.kit.dialog_size import fit_to_screen
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.models.models_dialog import ModelsDialog
from hematodesk.ui.shell.error_report import ErrorReporter, report_text
from hematodesk.workflow.system.settings import DECLARED


def saved_count(bench) -> int:
    services = bench.services()
    try:
        return services.open_history().count(HistoryFilter())
    finally:
        services.close()


def under_way(window: MainWindow) -> int:
    """How many images of the running batch are done."""
    state = window.runs.progress
    return state.done if state is not None else 0


def test_a_batch_can_be_cancelled_keeps_what_is_done_and_goes_on(bench, qtbot: QtBot) -> None:
    window = bench.show()
    # Enough that a quick machine is not through before the click.
    window.opener.open_paths(bench.plain(400))
    qtbot.waitUntil(lambda: under_way(window) > 3, timeout=20_000)
    assert window.strip.bar.isVisible()
    assert "400" not in window.strip.progress.text().split(" of ")[0]
    qtbot.mouseClick(window.strip.cancel, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert not window.strip.bar.isVisible()
    done = saved_count(bench)
    assert 3 < done < 400
    assert window.panel.model.rowCount() == done + 1
    banner = window.banners.banner("batch_stopped")
    assert banner is not None
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    assert saved_count(bench) == 400


def test_the_window_answers_during_a_batch(bench, qtbot: QtBot) -> None:
    window = bench.show()
    beats: list[float] = []
    timer = QTimer()
    timer.setInterval(0)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    window.opener.open_paths(bench.plain(40))
    qtbot.waitUntil(lambda: window.runs.progress is not None)
    timer.start()
    bench.rest(window)
    timer.stop()
    timer.deleteLater()
    stalls = [later - sooner for sooner, later in pairwise(beats)]
    # The budget of 50 ms is measured in tests/benchmarks; here a busy machine must not fail the test.
    assert max(stalls) < 0.5


def test_closing_during_a_batch_keeps_what_is_done_and_ends_the_session(bench, qtbot: QtBot) -> None:
    window = bench.show()
    window.opener.open_paths(bench.plain(400))
    qtbot.waitUntil(lambda: under_way(window) > 3, timeout=20_000)
    bench.close(window)
    services = bench.services()
    (session,) = services.open_history().sessions()
    services.close()
    assert session.ended_at
    assert 3 < session.image_count < 400


def test_a_note_being_written_is_kept_when_the_window_closes(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    qtbot.keyClick(window.centre.view, Qt.Key.Key_N)
    note = window.answer.focusWidget()
    assert note is not None
    qtbot.keyClicks(note, "at the last moment")
    image_id = window.viewer.image_id
    assert image_id is not None
    bench.close(window)
    services = bench.services()
    image = services.open_history().image(image_id)
    services.close()
    assert "at the last moment" in [cell.note for cell in image.result.cells]


@pytest.mark.parametrize("room_again", [True, False])
def test_a_note_that_cannot_be_saved_keeps_the_window_open(
    bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, room_again: bool
) -> None:
    asked: list[str] = []

    def full(self: History, cell_id: int, note: str) -> None:
        asked.append(note)
        raise HistoryError("history_full", "There is no room.")

    def rest() -> None:
        qtbot.waitUntil(lambda: not window.lanes.busy)

    window = bench.show(start=[bench.field()])
    image_id = window.viewer.image_id
    qtbot.keyClick(window.centre.view, Qt.Key.Key_N)
    qtbot.keyClicks(window.answer.focusWidget(), "at the last moment")
    with monkeypatch.context() as patch:
        patch.setattr(History, "set_cell_note", full)
        window.close()
        rest()
        assert window.isVisible()
        assert not window.session.over
        banner = window.banners.banner("note_unsaved")
        assert banner is not None
        assert "could not be saved" in banner.notice.text
        # The note of another image is what is told of and led to.
        window.viewer.clear()
        window.banners.banner("note_unsaved").button.click()
        qtbot.waitUntil(lambda: window.viewer.image_id == image_id and window.viewer.settled)
        rest()
        tries = len(asked)
        if not room_again:
            with qtbot.waitSignal(window.closed, timeout=30_000):
                window.close()
            assert not window.isVisible()
            # It is tried in the background all the same.
            assert len(asked) == tries + 1
    bench.close(window)
    services = bench.services()
    image = services.open_history().image(image_id)
    services.close()
    assert ("at the last moment" in [cell.note for cell in image.result.cells]) == room_again


def test_every_action_does_something_and_has_its_place(bench) -> None:
    window = bench.show()
    for spec in ACTIONS:
        action = window.actions_[spec.id]
        assert action.receivers("2triggered(bool)") or action.receivers("2toggled(bool)"), spec.id
    in_menus = {action.objectName() for menu in window.menus.values() for action in menu.actions()}
    assert {spec.id for spec in ACTIONS} <= in_menus
    keys = [keys for spec in ACTIONS for keys in spec.shortcuts]
    assert len(keys) == len(set(keys))
    assert all(not QKeySequence(key).isEmpty() for key in keys)
    assert sum(window.actions_[f"class_{key}"].isVisible() for key in range(1, CLASS_KEYS + 1)) == 4


def test_the_overlay_lists_every_key(bench, qtbot: QtBot) -> None:
    window = bench.show()
    qtbot.keyClick(window.centre.view, Qt.Key.Key_Question)
    assert window.overlay.isVisible()
    told = {keys for _, section in window.actions_.overlay_rows() for keys, _ in section}
    assert "Ctrl+Z" in told
    assert "1" in told
    qtbot.keyClick(window.overlay, Qt.Key.Key_Escape)
    assert not window.overlay.isVisible()


def test_every_control_has_a_name_for_screen_readers(bench) -> None:
    window = bench.show(start=[bench.field()])
    nameless = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
    ]
    assert nameless == []


def test_the_settings_are_drawn_from_their_declaration_and_hold_at_once(bench) -> None:
    window = bench.show()
    window.actions_["settings"].trigger()
    dialog = window.dialogs.open_now["settings"]
    editors = dialog.editors  # type: ignore[attr-defined]
    assert set(editors) == {setting.key for setting in DECLARED if setting.shown}
    go_on, theme = editors["advance_after_review"], editors["theme"]
    assert isinstance(go_on, QCheckBox)
    assert isinstance(theme, QComboBox)
    go_on.click()
    assert not window.services.settings.flag("advance_after_review")
    theme.setCurrentIndex(theme.findData("dark"))
    theme.activated.emit(theme.currentIndex())
    assert window.palette().window().color().lightness() < 128
    theme.setCurrentIndex(theme.findData("light"))
    theme.activated.emit(theme.currentIndex())
    dialog.reject()
    bench.rest(window)
    assert not bench.services().settings.flag("advance_after_review")


def test_another_model_is_chosen_in_the_dialog_and_remembered(bench, qtbot: QtBot) -> None:
    bench.ship_model("other")
    window = bench.show()
    assert window.model_state.name == "other 1.0.0" or window.model_state.name == "tiny 1.0.0"
    wanted = "tiny 1.0.0" if window.model_state.name.startswith("other") else "other 1.0.0"
    window.strip.model.click()
    dialog = window.dialogs.open_now["models"]
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    (item,) = dialog.list.findItems(wanted, Qt.MatchFlag.MatchStartsWith)
    dialog.list.setCurrentItem(item)
    assert "Tests of the window" in dialog.card.toPlainText()
    dialog.use_button.click()
    bench.rest(window)
    assert window.model_state.name == wanted
    assert window.strip.model.text() == wanted
    dialog.verify()
    bench.rest(window)
    assert "2" in dialog.status.text()
    dialog.reject()
    bench.close(window)
    assert bench.show().model_state.name == wanted


def test_a_file_that_is_no_package_is_refused_with_its_reason(bench) -> None:
    window = bench.show()
    bad = bench.folder / "bad.onnx"
    bad.write_bytes(b"no model at all")
    window.models.import_model(str(bad))
    bench.rest(window)
    (notice,) = window.banners.notices()
    assert "bad.onnx" in notice.text
    assert notice.code


def test_a_model_imported_into_an_empty_house_is_used_at_once(empty_bench, bench) -> None:
    window = empty_bench.show()
    assert window.model_state.loaded is None
    window.models.import_model(str(bench.folder / "models" / "tiny.onnx"))
    empty_bench.rest(window)
    assert window.model_state.name == "tiny 1.0.0"
    window.opener.open_paths([empty_bench.field()])
    empty_bench.rest(window)
    assert window.viewer.saved


def test_cuda_that_is_not_there_falls_back_and_says_so(bench) -> None:
    window = bench.show()
    window.model_state.choose_provider("cuda")
    bench.rest(window)
    assert window.model_state.loaded is not None
    if window.model_state.loaded.active == "cuda":
        pytest.skip("this machine has CUDA")
    assert "CPU" in window.strip.provider.text()
    assert "CUDA" in window.strip.provider.text()
    assert window.banners.banner("provider_fallback") is not None


def test_a_history_that_cannot_be_opened_is_told_and_images_are_still_named(bench) -> None:
    # A folder in the place of the file.
    (bench.folder / "data" / "history.sqlite3").mkdir(parents=True)
    window = bench.show(start=[bench.field()])
    codes = [notice.code for notice in window.banners.notices()]
    assert "nothing_saved" in codes
    assert any(code.startswith("history_") for code in codes)
    assert "not kept" in window.panel.empty.findChild(QLabel).text()
    assert window.viewer.cells
    assert not window.viewer.saved
    assert "not saved" in window.strip.cells.text()
    assert not window.actions_["agree"].isEnabled()


def test_a_warning_told_at_the_start_stays_in_sight_when_an_image_opens(bench) -> None:
    # A folder in the place of the file.
    (bench.folder / "data" / "history.sqlite3").mkdir(parents=True)
    window = bench.show()
    banner = window.banners.banner("nothing_saved")
    assert banner is not None
    window.opener.open_paths([bench.field()])
    bench.rest(window)
    assert window.viewer.cells
    middle = banner.mapTo(window.centre, banner.rect().center())
    on_top = window.centre.childAt(middle)
    assert on_top is banner or banner.isAncestorOf(on_top)


def test_an_unexpected_error_opens_one_report_without_patient_data(bench, qtbot: QtBot) -> None:
    window = bench.show()
    reporter = ErrorReporter(window)
    reporter.set_window(window)
    window.lanes.unexpected.connect(reporter.report)

    def bug(_ticket: object) -> None:
        raise ValueError("smear of Jane Roe in /home/jane/roe.png")

    from hematodesk.ui.state.task_lanes import Lane

    window.lanes.run(Lane.DECODING, bug)
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    assert reporter.dialog is not None
    bench.bugs.clear()
    text = reporter.dialog.text.toPlainText()
    assert "ValueError" in text
    assert "Jane" not in text
    assert "roe" not in text
    assert "hematodesk/ui/state/task_lanes.py" in text
    reporter.dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == text
    reporter.dialog.reject()
    QGuiApplication.clipboard().clear()
    window.opener.open_paths([bench.field()])
    bench.rest(window)
    assert window.viewer.saved


def test_a_report_keeps_the_words_of_the_program_and_the_chain() -> None:
    try:
        try:
            raise ModelError("model_damaged", "Jane's model is damaged.")
        except ModelError as error:
            raise TypeError("int() argument must not be NoneType") from error
    except TypeError as error:
        text = report_text(error)
    assert "int() argument must not be NoneType" in text
    assert "ModelError (model_damaged)" in text
    assert "Jane" not in text


def test_columns_fold_by_keys_and_the_window_comes_back_as_it_was(bench, qtbot: QtBot) -> None:
    window = bench.show()
    qtbot.keyClick(window, Qt.Key.Key_F9)
    assert not window.panel.isVisible()
    window.resize(770, 560)
    bench.close(window)
    again = MainWindow(bench.services(), bench._theme)
    bench._windows.append(again)
    again.show()
    qtbot.waitExposed(again)
    assert again.panel.isHidden()
    assert not again.actions_["fold_history"].isChecked()
    assert (again.width(), again.height()) == (770, 560)
    again.actions_["fold_history"].trigger()
    assert again.panel.isVisible()


@pytest.mark.parametrize("size", [(1366, 768), (683, 384)])
def test_the_window_fits_a_small_screen_also_at_twice_the_scale(bench, size: tuple[int, int]) -> None:
    window = bench.show(start=[bench.field()])
    window.resize(*size)
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    for column in (window.panel, window.centre, window.answer):
        assert column.width() >= 150
        assert column.mapTo(window, column.rect().bottomRight()).x() <= size[0]


def test_a_dialog_never_outgrows_the_screen(qtbot: QtBot) -> None:
    dialog = QDialog()
    qtbot.addWidget(dialog)
    dialog.resize(320, 200)
    fit_to_screen(dialog)
    assert (dialog.width(), dialog.height()) == (320, 200)
    dialog.resize(320, 9000)
    fit_to_screen(dialog)
    assert dialog.width() == 320
    assert dialog.height() < dialog.screen().availableSize().height()


def test_no_row_of_about_is_squeezed(bench) -> None:
    window = bench.show()
    window.actions_["about"].trigger()
    dialog = window.dialogs.open_now["about"]
    QApplication.processEvents()
    for label in dialog.findChildren(QLabel):
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        assert label.height() >= needed > 0, label.text()
    dialog.reject()


def test_f6_walks_through_the_columns(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    window.centre.view.setFocus()
    visited = []
    for _ in range(4):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_F6)
        focused = QApplication.focusWidget()
        visited.append(
            next(
                name
                for name, pane in (
                    ("answer", window.answer),
                    ("strip", window.strip),
                    ("panel", window.panel),
                    ("centre", window.centre),
                )
                if focused is not None and pane.isAncestorOf(focused)
            )
        )
    assert visited == ["answer", "strip", "panel", "centre"]

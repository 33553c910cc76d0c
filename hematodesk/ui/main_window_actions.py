"""What each action does: the one table of names and deeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from hematodesk.ui.kit.actions import CLASS_KEYS
from hematodesk.ui.kit.translation import translate
from hematodesk.ui.settings.policy_words import forbid_actions

if TYPE_CHECKING:
    from hematodesk.ui.main_window import MainWindow


def bind_actions(window: MainWindow) -> None:
    """Give every action its deed; what the policy forbids has none."""
    view, actions, run_controls = window.centre.view, window.actions_, window.run_controls
    actions.bind(
        {
            "open_files": window.opener.ask_files,
            "open_folder": window.opener.ask_folder,
            "open_samples": window.opener.open_samples,
            "live": lambda: window.dialogs.show_live(window.opener.open_frame),
            "export": window.export,
            "export_selection": lambda: window.export(chosen_first=True),
            "import_history": window.exports.ask_import,
            "watch_folder": window.watcher.ask,
            "stop_watching": window.watcher.stop,
            "pause": run_controls.toggle_pause,
            "resume_run": run_controls.choose_run,
            "run_summary": run_controls.show_summary,
            "backup": window.exports.ask_backup,
            "restore": window.maintenance.ask_restore,
            "check_history": window.maintenance.check,
            "quit": window.close,
            "undo": window.reviews.undo,
            "redo": window.reviews.redo,
            "paste": window.opener.paste,
            "delete_images": window.delete_images,
            "find": window.find_image,
            "settings": window.dialogs.show_settings,
            "previous_image": window.browser.previous_image,
            "next_image": window.browser.next_image,
            "zoom_in": view.zoom_in,
            "zoom_out": view.zoom_out,
            "zoom_fit": view.fit,
            "zoom_actual": view.zoom_actual,
            "fold_history": window.window_state.fold_history,
            "fold_answer": window.window_state.fold_answer,
            "full_screen": window.window_state.toggle_full_screen,
            "next_pane": window.go_to_next_pane,
            "put_away": window.banners.put_all_away,
            "next_cell": lambda: view.focusNextPrevChild(True),
            "previous_cell": lambda: view.focusNextPrevChild(False),
            "next_open": window.browser.next_open,
            "agree": window.reviews.agree,
            "reject": window.reviews.reject,
            "clear_review": window.reviews.clear,
            "note": window.answer.focus_note,
            "add_cell": window.toggle_add,
            "remove_cell": window.reviews.remove_cell,
            "models": window.dialogs.show_models,
            "import_model": window.dialogs.ask_import,
            "compare_models": lambda: window.dialogs.show_compare(window.viewer),
            "adapt": window.dialogs.show_adapt,
            "model_card": window.dialogs.show_card,
            "manual": window.dialogs.show_manual,
            "shortcuts": window.show_shortcuts,
            "about": window.dialogs.show_about,
            **{f"class_{key}": _class_key(window, key) for key in range(1, CLASS_KEYS + 1)},
        }
    )
    forbid_actions(actions, window.services.policy)


def fill_menus(window: MainWindow) -> dict[str, QMenu]:
    """The menu bar; returned by name."""
    actions = window.actions_
    menus = actions.fill_menus(window.menuBar())
    recent = QMenu(translate("MainWindow", "Open &recent"), menus["file"])
    menus["file"].insertMenu(actions["open_samples"], recent)
    menus["file"].aboutToShow.connect(lambda: window.opener.fill_recent(recent))
    return menus


def tell_keys(window: MainWindow) -> None:
    """Buttons say the keys of their actions."""
    actions = window.actions_
    hint = {
        name: actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        for name in ("agree", "reject", "clear_review", "next_open", "open_files", "open_folder")
    }
    window.answer.set_key_hints(
        agree=hint["agree"],
        reject=hint["reject"],
        clear=hint["clear_review"],
        next_open=hint["next_open"],
    )
    why = actions["show_why"]
    window.answer.why.follow(why, why.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
    window.centre.zone.set_key_hints(files=hint["open_files"], folder=hint["open_folder"])


def _class_key(window: MainWindow, key: int) -> Callable[[], None]:
    def choose() -> None:
        # Those that are on show, also where the next image is on its way.
        if key <= len(window.answer.class_ids):
            window.reviews.choose_class(window.answer.class_ids[key - 1])

    return choose

"""Every action of the window says whether a prohibition covers it, and rests where it does."""

from __future__ import annotations

from hematodesk.ui.kit.actions import ACTIONS
from hematodesk.workflow.system.prohibitions import PROHIBITIONS

FREE = {
    "open_files", "open_folder", "open_samples", "watch_folder", "stop_watching", "follow_watched",
    "pause", "resume_run",
    "run_summary", "import_history", "restore", "check_history", "quit", "undo", "redo", "paste",
    "delete_images", "find", "settings", "previous_image", "next_image", "zoom_in", "zoom_out", "zoom_fit",
    "zoom_actual", "fold_history", "fold_answer", "full_screen", "put_away", "next_pane", "previous_pane",
    "next_cell", "previous_cell", "next_open", "agree", "reject", "clear_review", "show_why", "note",
    "add_cell", "remove_cell", "models", "compare_models", "model_card", "manual", "shortcuts", "about",
}  # fmt: skip
"""Actions that no prohibition covers; `models` shows what may not be used, and says why."""


def test_every_action_says_what_it_needs_to_be_allowed() -> None:
    covered = {action for each in PROHIBITIONS for action in each.actions}
    numbered = {f"class_{key}" for key in range(1, 10)}
    assert covered | FREE | numbered == {each.id for each in ACTIONS}, "declare it in prohibitions.py"
    assert not covered & FREE

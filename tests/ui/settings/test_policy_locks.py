"""What the administrator forbids rests in the window, and the settings say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hematodesk.bootstrap import build_at
from hematodesk.workflow.system.paths import AppPaths
from hematodesk.workflow.system.policy import Policy


@pytest.fixture
def strict(bench):
    """A window under a policy that forbids what can be forbidden."""
    policy = Policy(
        file=Path("/etc/hematodesk/policy.json"),
        packages=("tiny",),
        provider="cpu",
        export=False,
        camera=False,
        model_import=False,
    )
    paths = AppPaths(bench.folder / "data", False, bench.folder / "models", bench.samples.parent)
    return bench.show(build_at(paths, policy), start=[bench.field()])


def test_forbidden_actions_rest_and_say_why(bench, qtbot: QtBot, strict) -> None:
    assert strict.viewer.image_id is not None, "an allowed package works as ever"
    for name in ("export", "export_selection", "backup", "live", "import_model", "adapt"):
        action = strict.actions_[name]
        assert not action.isEnabled()
        assert "administrator" in action.toolTip()
        strict.actions_.set_enabled(True, name)
        assert not action.isEnabled()
    assert strict.actions_["open_files"].isEnabled()


def test_the_settings_show_what_is_locked(bench, qtbot: QtBot, strict) -> None:
    strict.actions_["settings"].trigger()
    dialog = strict.dialogs.open_now["settings"]
    assert not dialog.editors["provider"].isEnabled()
    assert dialog.editors["provider"].currentData() == "cpu"
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Exporting is not allowed." in words
    assert "Models that may be used: tiny." in words
    dialog._reset()
    assert strict.services.settings.text("provider") == "cpu"


def test_the_models_dialog_neither_imports_nor_changes_the_provider(bench, qtbot: QtBot, strict) -> None:
    strict.actions_["models"].trigger()
    dialog = strict.dialogs.open_now["models"]
    bench.rest(strict)
    assert not dialog.import_button.isEnabled()
    assert not dialog.provider.isEnabled()

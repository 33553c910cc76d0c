"""The rooms' contracts hold, and they bite."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code, to be spoilt."""
    for name in ("hematodesk", "export_tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("domain/geometry.py", "import hematodesk.storage", "Rooms"),
        ("imaging/crop.py", "import hematodesk.inference", "Rooms"),
        ("storage/__init__.py", "import hematodesk.workflow", "Rooms"),
        ("workflow/__init__.py", "import hematodesk.ui", "Rooms"),
        (
            "ui/kit/theme.py",
            "import hematodesk.storage.history",
            "ui, cli and api know workflow and domain only",
        ),
        ("ui/kit/theme.py", "import hematodesk.child", "ui, cli and api know workflow and domain only"),
        (
            "ui/kit/theme.py",
            "if TYPE_CHECKING:\n    from hematodesk.storage.history import History",
            "ui, cli and api know workflow and domain only",
        ),
        ("cli/output.py", "import hematodesk.imaging.read", "ui, cli and api know workflow and domain only"),
        ("api.py", "import hematodesk.imaging.read", "ui, cli and api know workflow and domain only"),
        ("api.py", "import hematodesk.ui.kit.theme", "cli and api never import ui"),
        ("cli/output.py", "import hematodesk.ui.kit.theme", "cli and api never import ui"),
        ("ui/kit/theme.py", "import hematodesk.bootstrap", "Rooms"),
        ("ui/runs/runs_dialog.py", "import hematodesk.ui.history.words", "Rooms of the window"),
        ("ui/exports/__init__.py", "import hematodesk.ui.shell", "Rooms of the window"),
        ("ui/shell/panes.py", "import hematodesk.ui.main_window", "Rooms of the window"),
        ("ui/state/__init__.py", "import hematodesk.ui.review", "Rooms of the window"),
        ("ui/kit/theme.py", "import hematodesk.ui.state.task_lanes", "Rooms of the window"),
        ("ui/somewhere.py", "import hematodesk.ui.shell", "Rooms of the window"),
        ("storage/text.py", "import hematodesk.storage.history", "No circles"),
        ("workflow/system/log.py", "import hematodesk.workflow.services", "No circles"),
        ("workflow/__init__.py", "from PySide6 import QtCore", "Qt only in ui"),
        ("ui/__init__.py", "import cv2", "Decoders only in imaging"),
        ("workflow/__init__.py", "import onnxruntime", "onnxruntime only in inference"),
        ("ui/__init__.py", "import sqlite3", "sqlite3 only in storage"),
        ("workflow/__init__.py", "import export_tools", "The program never imports the export tools"),
        ("imaging/__init__.py", "import urllib.request", "The program opens no network"),
    ],
)
def test_a_violation_is_found(tree, room, line, contract):
    spoilt = tree / "hematodesk" / room
    text = spoilt.read_text("utf-8") if spoilt.exists() else ""
    # Behind the module's docstring and __future__ lines an import is legal anywhere.
    spoilt.write_text(text + f"\n{line}\n", "utf-8")
    result = _lint(tree)
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(contract in row for row in broken), result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("phantom/style.py", "import export_tools.data.labels", "Rooms of the export tools"),
        ("data/labels.py", "import export_tools.networks.network", "Rooms of the export tools"),
        ("networks/network.py", "import export_tools.training.fit", "Rooms of the export tools"),
        ("conversion/parity.py", "import export_tools.training.fit", "Rooms of the export tools"),
        ("training/fit.py", "import export_tools.evaluation.judging", "Rooms of the export tools"),
        ("data/records.py", "import export_tools.data.sources", "No circles"),
    ],
)
def test_a_violation_in_the_export_tools_is_found(tree, module, line, contract):
    spoilt = tree / "export_tools" / module
    spoilt.write_text(spoilt.read_text("utf-8") + f"\n{line}\n", "utf-8")
    result = _lint(tree)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout


def test_the_window_only_puts_together():
    tree = ast.parse((ROOT / "hematodesk" / "ui" / "main_window.py").read_text("utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} - {"__future__"}
    assert len([each for each in modules if each is not None and each.startswith("hematodesk.")]) < 15


def test_no_module_mentions_qt_network():
    """The import linter does not look below PySide6, so the text is searched."""
    modules = [path for path in (ROOT / "hematodesk").rglob("*.py") if "QtNetwork" in path.read_text("utf-8")]
    assert modules == []

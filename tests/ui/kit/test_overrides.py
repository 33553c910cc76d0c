"""No override of Qt's lets an exception out: every class's are guarded, and a guarded one answers."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

import hematodesk.ui
from hematodesk.ui.kit.overrides import guard_overrides, is_guarded, overrides_of

WINDOWS = "hematodesk.ui.tests"


def below(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def unguarded() -> list[str]:
    """Overrides of the window's classes that could let an exception out."""
    return sorted(
        {
            f"{kind.__module__}.{kind.__qualname__}.{name}"
            for kind in below(Shiboken.Object)
            if kind.__module__.startswith("hematodesk.ui")
            for name, method in overrides_of(kind).items()
            if not is_guarded(method)
        }
    )


def test_every_override_of_the_window_is_guarded() -> None:
    for module in pkgutil.walk_packages(hematodesk.ui.__path__, "hematodesk.ui."):
        importlib.import_module(module.name)
    classes = [kind for kind in below(Shiboken.Object) if kind.__module__.startswith("hematodesk.ui.")]
    assert sum(len(overrides_of(kind)) for kind in classes) > 70
    assert unguarded() == []


def test_an_override_that_escapes_the_guard_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shiboken.Object, "__init_subclass__", classmethod(lambda _kind, **_options: None))

    class Escaped(QWidget):
        __module__ = WINDOWS

        def sizeHint(self) -> QSize:
            return QSize(1, 1)

    assert [each.rpartition(".")[2] for each in unguarded()] == ["sizeHint"]
    # Gone from Qt's list of subclasses before another test looks.
    Escaped.__module__ = __name__
    monkeypatch.undo()
    guard_overrides()


class Model(QAbstractListModel):
    __module__ = WINDOWS

    def rowCount(self, parent: Any = None) -> int:
        return [].pop()

    def data(self, index: Any, role: int = 0) -> Any:
        return [].pop()


class Mixed:
    def minimumSizeHint(self) -> QSize:
        raise ValueError("minimum")


class Label(Mixed, QLabel):
    __module__ = WINDOWS

    def sizeHint(self) -> QSize:
        raise ValueError("size")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        raise ValueError("filter")

    def event(self, event: QEvent) -> bool:
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        [].pop()


def test_a_guarded_override_answers_and_tells(qtbot: QtBot) -> None:
    label, plain = Label("some words"), QLabel("some words")
    qtbot.addWidget(label)
    qtbot.addWidget(plain)
    other = QObject(label)
    with qtbot.captureExceptions() as told:
        assert label.sizeHint() == plain.sizeHint()
        assert label.minimumSizeHint() == plain.minimumSizeHint()
        assert label.eventFilter(other, QEvent(QEvent.Type.None_)) is False
        other.installEventFilter(label)
        assert QApplication.sendEvent(other, QEvent(QEvent.Type.User)) is True
        other.removeEventFilter(label)
        qtbot.keyClick(label, Qt.Key.Key_A)
        assert Model().data(QModelIndex()) is None
    assert [str(error) for _, error, _ in told] == [
        "size",
        "minimum",
        "filter",
        "filter",
        "pop from empty list",
        "pop from empty list",
    ]


CHILD = """
import sys
import hematodesk.ui
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

class Field(QWidget):
    __module__ = sys.argv[1]
    def event(self, event):
        return super().event(event)
    def keyPressEvent(self, event):
        [].pop()

told = []
sys.excepthook = lambda _kind, error, _trace: told.append(str(error))
application = QApplication([])
field = Field()
QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier))
print(told)
"""


def test_an_exception_below_another_override_ends_no_program() -> None:
    """In a process of its own: without the guard it ends with a segmentation fault (PySide 6.11)."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, WINDOWS],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "['pop from empty list']"

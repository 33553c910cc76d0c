"""An unexpected error opens one copyable report without patient data, and the program goes on."""

from __future__ import annotations

import platform
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

import hematodesk
from hematodesk.ui.kit.whole_texts import WholeTexts
from hematodesk.workflow.system.faults import code_trace
from hematodesk.workflow.system.log import log_bug
from hematodesk.workflow.system.versions import library_versions

_SAFE_MESSAGES = (
    AttributeError,
    ImportError,
    IndexError,
    MemoryError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ZeroDivisionError,
)
"""Exceptions whose messages only name things of the program. Others may quote a file's name or a person's."""


def part_versions() -> list[tuple[str, str]]:
    """(part, version) of the program, Python and the libraries that do the work."""
    rows = [("hematodesk", hematodesk.__version__), ("Python", platform.python_version())]
    rows += [(name, version or "-") for name, version in reversed(library_versions())]
    return rows


def report_text(error: BaseException) -> str:
    """The report's text: error and code lines, without a path, name or value of patient data.

    Exception messages are left out unless their kind can only speak of the program, and files are
    named from their package on.
    """
    lines = ["hematodesk error report", ""]
    lines += [f"{part} {version}" for part, version in part_versions()]
    lines += [f"{platform.system()} {platform.release()} {platform.machine()}", ""]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(_title(current))
        for frame in traceback.extract_tb(current.__traceback__):
            lines.append(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}")
        following = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if following is not None:
            lines += ["", "caused by" if current.__cause__ else "while handling"]
        current = following
    return "\n".join(lines) + "\n"


def _title(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, _SAFE_MESSAGES) and str(error):
        return f"{name}: {error}"
    code = getattr(error, "code", None)
    return f"{name} ({code})" if isinstance(code, str) else f"{name} (message left out)"


def _short(filename: str) -> str:
    parts = Path(filename).parts
    for root in ("site-packages", "hematodesk"):
        if root in parts:
            start = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[start + (root == "site-packages") :])
    return Path(filename).name


class ErrorReport(QDialog):
    """The report's window: read it, copy it, close it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("errorReport")
        self.setWindowTitle(self.tr("Something unexpected happened"))
        self.resize(640, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        words = QLabel(
            self.tr(
                "hematodesk met an error of its own and goes on; what was saved is safe. "
                "The report below holds no image, name or path. Copy it to whoever looks after the program."
            ),
            self,
        )
        words.setWordWrap(True)
        column.addWidget(words)
        self.text = QPlainTextEdit(text, self)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("Error report"))
        column.addWidget(self.text, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy_button = QPushButton(self.tr("&Copy the report"), self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        WholeTexts(self)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy_button.setText(self.tr("Copied"))


class ErrorReporter(QObject):
    """Catches unexpected exceptions of slots and lanes.

    One report at a time: while it is open, further errors are added below it.
    """

    reported = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dialog: ErrorReport | None = None
        self._window: QWidget | None = None

    def set_window(self, window: QWidget | None) -> None:
        """The window that reports open over."""
        self._window = window

    def install(self) -> None:
        """Take over sys.excepthook, where PySide brings exceptions of slots."""
        sys.excepthook = self._hook

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        self.report(error.with_traceback(trace))

    def report(self, error: BaseException) -> None:
        """Open the report, or add to the one that is open; also into the log and to standard error."""
        text = report_text(error)
        log_bug("unexpected_error", code_trace(error))
        if sys.stderr is not None:
            sys.stderr.write(text)
        self.reported.emit(text)
        if self.dialog is not None and isValid(self.dialog) and self.dialog.isVisible():
            if text not in self.dialog.text.toPlainText():
                self.dialog.text.appendPlainText("\n" + text)
            return
        self.dialog = ErrorReport(text, self._window)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.open()

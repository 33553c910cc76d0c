"""The dialog About: purpose, version, licences."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import hematodesk
from hematodesk.ui.shell.error_report import part_versions

_LICENCES = {
    "hematodesk": "MIT",
    "Python": "PSF-2.0",
    "PySide6-Essentials": "LGPL-3.0",
    "onnxruntime": "MIT",
    "opencv-python-headless": "Apache-2.0",
    "numpy": "BSD-3-Clause",
}


class AboutDialog(QDialog):
    """Versions, licences and intended use."""

    def __init__(self, model: str, parent: QWidget | None = None) -> None:
        """`model` is the model in use, in words; empty when there is none."""
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle(self.tr("About hematodesk"))
        self.setMinimumWidth(480)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        title = QLabel(f"hematodesk {hematodesk.__version__}", self)
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        column.addWidget(title)
        use = QLabel(
            self.tr(
                "Names the white cells in blood-cell microscopy images, on this computer and without a "
                "network. It names cells; it does not diagnose. People do, and every name it gives is "
                "theirs to check."
            ),
            self,
        )
        use.setWordWrap(True)
        column.addWidget(use)
        if model:
            named = QLabel(self.tr("Model in use: {model}").format(model=model), self)
            named.setWordWrap(True)
            column.addWidget(named)
        parts = QFormLayout()
        parts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        parts.setHorizontalSpacing(24)
        parts.setVerticalSpacing(8)
        self._rows = part_versions()
        for part, version in self._rows:
            value = QLabel(f"{version}    {_LICENCES.get(part, '')}".rstrip(), self)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            parts.addRow(part, value)
        column.addLayout(parts)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy_button = QPushButton(self.tr("&Copy the versions"), self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(f"{part} {version}" for part, version in self._rows))
        self.copy_button.setText(self.tr("Copied"))

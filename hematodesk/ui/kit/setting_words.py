"""The settings' texts in the person's language; workflow.system.settings declares them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def tr_setting(text: str) -> str:
    """A text of the declaration in the person's language."""
    return QCoreApplication.translate("Settings", text) if text else ""

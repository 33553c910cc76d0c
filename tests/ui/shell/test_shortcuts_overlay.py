"""Every key, laid over the window."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from hematodesk.ui.shell.shortcuts_overlay import ShortcutsOverlay


def test_long_names_of_keys_leave_room_for_the_words(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1366, 768)
    overlay = ShortcutsOverlay(window)
    words = "Eliminar imágenes del historial"
    rows = [("Control+Mayúsculas+Z, Control+Y", "Rehacer"), ("Mayúsculas+Suprimir", words)]
    window.show()
    overlay.show_sections([("Edición", rows), ("Ver", rows), ("Revisión", rows)])
    shown = [label for label in overlay.findChildren(QLabel) if label.text() == words]
    assert len(shown) == 3
    qtbot.waitUntil(lambda: all(label.width() > 0 for label in shown))
    for label in shown:
        assert label.heightForWidth(label.width()) <= 2 * QFontMetrics(label.font()).lineSpacing() + 4
    keys = [label for label in overlay.findChildren(QLabel) if label.text() == "Control+Y"]
    assert all(label.width() >= label.sizeHint().width() for label in keys)

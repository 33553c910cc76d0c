"""The list of a dialog in which one thing of several is chosen: the first column takes the room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHeaderView, QTreeWidget, QWidget


def choice_list(parent: QWidget, name: str, columns: Sequence[str]) -> QTreeWidget:
    """An empty list with these columns; `name` is what a screen reader calls it."""
    made = QTreeWidget(parent)
    made.setRootIsDecorated(False)
    made.setUniformRowHeights(True)
    made.setAllColumnsShowFocus(True)
    made.setAccessibleName(name)
    made.setHeaderLabels(list(columns))
    header = made.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return made

"""The settings dialog, built from the declarations. Changes apply at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.errors import SettingsError
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.setting_words import tr_setting
from hematodesk.ui.kit.theme import emphasis_font, set_role
from hematodesk.ui.settings.policy_words import policy_lines
from hematodesk.workflow.system.policy import NO_POLICY, Policy
from hematodesk.workflow.system.settings import Setting, SettingKind, SettingsStore, SettingValue, declared


class SettingsDialog(QDialog):
    """One row a setting: its label, its widget, one sentence beneath.

    Signals:
        changed(str): the setting with this key has another value; the receiver saves the settings.
    """

    changed = Signal(str)

    def __init__(
        self,
        store: SettingsStore,
        settings: Sequence[Setting],
        parent: QWidget | None = None,
        policy: Policy = NO_POLICY,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settings")
        self.setWindowTitle(self.tr("Settings"))
        self._store = store
        self._show_value: dict[str, Callable[[SettingValue], None]] = {}
        self.editors: dict[str, QWidget] = {}
        body = QWidget(self)
        grid = QGridLayout(body)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._add_policy(grid, policy)
        section = ""
        for setting in settings:
            if not setting.shown:
                continue
            if setting.section != section:
                section = setting.section
                self._add_heading(grid, tr_setting(section))
            self._add_row(grid, setting)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea(self)
        area.setWidget(body)
        # It follows the control that has the keyboard.
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        defaults = QPushButton(self.tr("&Defaults"), self)
        defaults.setAutoDefault(False)
        buttons.addButton(defaults, QDialogButtonBox.ButtonRole.ResetRole)
        defaults.clicked.connect(self._reset)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area, 1)
        buttons.setContentsMargins(24, 8, 24, 16)
        column.addWidget(buttons)
        self.resize(560, 600)

    def _add_policy(self, grid: QGridLayout, policy: Policy) -> None:
        lines = policy_lines(policy)
        if not lines:
            return
        self._add_heading(grid, self.tr("Set by the administrator"))
        words = QLabel("\n".join(lines), self)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setToolTip(plain_tooltip(str(policy.file)))
        words.setContentsMargins(0, 0, 0, 12)
        grid.addWidget(words, grid.rowCount(), 0, 1, 2)

    def _add_heading(self, grid: QGridLayout, text: str) -> None:
        heading = QLabel(text, self)
        heading.setFont(emphasis_font(heading.font()))
        heading.setContentsMargins(0, 16 if grid.count() else 0, 0, 4)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)

    def _add_row(self, grid: QGridLayout, setting: Setting) -> None:
        editor = self._editor(setting)
        self.editors[setting.key] = editor
        words = tr_setting(setting.help)
        if self._store.is_locked(setting.key):
            words = self.tr("Set by the administrator of this computer.")
            editor.setEnabled(False)
        editor.setAccessibleName(tr_setting(setting.text))
        editor.setAccessibleDescription(words)
        row = grid.rowCount()
        if isinstance(editor, QCheckBox):
            grid.addWidget(editor, row, 0, 1, 2)
        else:
            label = QLabel(tr_setting(setting.text), self)
            label.setBuddy(editor)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(editor, row, 1)
        explained = QLabel(words, self)
        explained.setWordWrap(True)
        explained.setContentsMargins(0, 0, 0, 12)
        set_role(explained, "muted")
        column = 0 if isinstance(editor, QCheckBox) else 1
        grid.addWidget(explained, row + 1, column, 1, 2 - column)
        self._show_value[setting.key](self._store.get(setting.key))

    def _editor(self, setting: Setting) -> QWidget:
        key = setting.key
        if setting.kind is SettingKind.FLAG:
            box = QCheckBox(tr_setting(setting.text), self)
            self._show_value[key] = lambda value: box.setChecked(bool(value))
            box.toggled.connect(lambda value: self._change(key, value))
            return box
        if setting.kind is SettingKind.CHOICE:
            combo = QComboBox(self)
            for choice in setting.choices:
                combo.addItem(tr_setting(choice.text), choice.value)
            self._show_value[key] = lambda value: combo.setCurrentIndex(combo.findData(value))
            combo.activated.connect(lambda _index: self._change(key, combo.currentData()))
            return combo
        if setting.kind is SettingKind.TEXT:
            line = QLineEdit(self)
            self._show_value[key] = lambda value: line.setText(str(value))
            line.editingFinished.connect(lambda: self._change(key, line.text()))
            return line
        raise ValueError(f"the dialog has no widget for {setting.kind} ({setting.key})")

    def _change(self, key: str, value: SettingValue) -> None:
        if self._store.get(key) == value:
            return
        try:
            self._store.set(key, value, save=False)
        except SettingsError:
            # Longer than a setting may be: the field returns to the present value.
            self._show_value[key](self._store.get(key))
            return
        self.changed.emit(key)

    def _reset(self) -> None:
        for key, show in self._show_value.items():
            self._change(key, declared(key).default)
            show(self._store.get(key))

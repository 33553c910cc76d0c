"""Every action, declared once: the menus, the shortcuts and the shortcuts overlay come from this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from hematodesk.domain.marking import QT_TRANSLATE_NOOP

CLASS_KEYS = 9
"""Classes that have a key of their own: the digits 1 to 9."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        id: what the code calls it.
        text: the menu's text, source language, with its mnemonic.
        menu: id of the menu it stands in.
        shortcuts: portable key sequences; the first is shown.
        group: actions of one menu are parted by a line where the group changes.
        checkable: whether it is on or off.
    """

    id: str
    text: str
    menu: str
    shortcuts: tuple[str, ...] = ()
    group: int = 0
    checkable: bool = False


MENUS: tuple[tuple[str, str], ...] = (
    ("file", QT_TRANSLATE_NOOP("Actions", "&File")),
    ("edit", QT_TRANSLATE_NOOP("Actions", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("Actions", "&View")),
    ("review", QT_TRANSLATE_NOOP("Actions", "&Review")),
    ("models", QT_TRANSLATE_NOOP("Actions", "&Models")),
    ("help", QT_TRANSLATE_NOOP("Actions", "&Help")),
)


SUBMENUS: tuple[tuple[str, str, str], ...] = (("history", QT_TRANSLATE_NOOP("Actions", "&History"), "file"),)
"""(id, title, id of the menu at whose end it stands, before the last group)."""


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_files", QT_TRANSLATE_NOOP("Actions", "&Open images…"), "file", ("Ctrl+O",), 0),
    ActionSpec("open_folder", QT_TRANSLATE_NOOP("Actions", "Open &folder…"), "file", ("Ctrl+Shift+O",), 0),
    ActionSpec("open_samples", QT_TRANSLATE_NOOP("Actions", "Open the &samples"), "file", (), 0),
    ActionSpec("live", QT_TRANSLATE_NOOP("Actions", "&Live picture…"), "file", ("Ctrl+L",), 0),
    ActionSpec(
        "watch_folder", QT_TRANSLATE_NOOP("Actions", "&Watch a folder…"), "file", ("Ctrl+Shift+W",), 1
    ),
    ActionSpec(
        "follow_watched",
        QT_TRANSLATE_NOOP("Actions", "Show the &newest when it comes"),
        "file",
        ("Ctrl+Shift+N",),
        1,
        checkable=True,
    ),
    ActionSpec("stop_watching", QT_TRANSLATE_NOOP("Actions", "Stop wa&tching"), "file", (), 1),
    ActionSpec("pause", QT_TRANSLATE_NOOP("Actions", "&Pause the batch"), "file", ("P",), 1, checkable=True),
    ActionSpec("resume_run", QT_TRANSLATE_NOOP("Actions", "&Go on with a batch…"), "file", (), 1),
    ActionSpec("run_summary", QT_TRANSLATE_NOOP("Actions", "Su&mmary of the last batch"), "file", (), 1),
    ActionSpec("export", QT_TRANSLATE_NOOP("Actions", "&Export…"), "file", ("Ctrl+E",), 2),
    ActionSpec(
        "export_selection",
        QT_TRANSLATE_NOOP("Actions", "Export se&lection…"),
        "file",
        ("Ctrl+Shift+E",),
        2,
    ),
    ActionSpec("import_history", QT_TRANSLATE_NOOP("Actions", "I&mport history…"), "history", (), 0),
    ActionSpec("backup", QT_TRANSLATE_NOOP("Actions", "&Back up the history…"), "history", (), 1),
    ActionSpec("restore", QT_TRANSLATE_NOOP("Actions", "&Restore from a backup…"), "history", (), 1),
    ActionSpec("check_history", QT_TRANSLATE_NOOP("Actions", "&Check the history"), "history", (), 2),
    ActionSpec("quit", QT_TRANSLATE_NOOP("Actions", "&Quit"), "file", ("Ctrl+Q",), 3),
    ActionSpec("undo", QT_TRANSLATE_NOOP("Actions", "&Undo"), "edit", ("Ctrl+Z",), 0),
    ActionSpec("redo", QT_TRANSLATE_NOOP("Actions", "&Redo"), "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), 0),
    ActionSpec("paste", QT_TRANSLATE_NOOP("Actions", "&Paste image or files"), "edit", ("Ctrl+V",), 1),
    ActionSpec(
        "delete_images",
        QT_TRANSLATE_NOOP("Actions", "&Delete images from the history"),
        "edit",
        ("Shift+Delete",),
        1,
    ),
    ActionSpec("find", QT_TRANSLATE_NOOP("Actions", "&Search the history"), "edit", ("Ctrl+F",), 2),
    ActionSpec("settings", QT_TRANSLATE_NOOP("Actions", "Se&ttings…"), "edit", ("Ctrl+,",), 2),
    ActionSpec("previous_image", QT_TRANSLATE_NOOP("Actions", "&Previous image"), "view", ("Left",), 0),
    ActionSpec("next_image", QT_TRANSLATE_NOOP("Actions", "&Next image"), "view", ("Right",), 0),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom &in"), "view", ("+", "="), 1),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom &out"), "view", ("-",), 1),
    ActionSpec("zoom_fit", QT_TRANSLATE_NOOP("Actions", "&Fit to window"), "view", ("F",), 1),
    ActionSpec("zoom_actual", QT_TRANSLATE_NOOP("Actions", "&Actual pixels, 1:1"), "view", ("0",), 1),
    ActionSpec(
        "fold_history",
        QT_TRANSLATE_NOOP("Actions", "&History column"),
        "view",
        ("F9",),
        2,
        checkable=True,
    ),
    ActionSpec(
        "fold_answer",
        QT_TRANSLATE_NOOP("Actions", "Ans&wer column"),
        "view",
        ("F10",),
        2,
        checkable=True,
    ),
    ActionSpec(
        "full_screen", QT_TRANSLATE_NOOP("Actions", "F&ull screen"), "view", ("F11",), 2, checkable=True
    ),
    ActionSpec("put_away", QT_TRANSLATE_NOOP("Actions", "Put &messages away"), "view", ("Esc",), 3),
    ActionSpec("next_pane", QT_TRANSLATE_NOOP("Actions", "Go to next &column"), "view", ("F6",), 3),
    ActionSpec(
        "previous_pane", QT_TRANSLATE_NOOP("Actions", "Go to the column &before"), "view", ("Shift+F6",), 3
    ),
    ActionSpec("next_cell", QT_TRANSLATE_NOOP("Actions", "&Next cell"), "review", ("Tab",), 0),
    ActionSpec("previous_cell", QT_TRANSLATE_NOOP("Actions", "&Previous cell"), "review", ("Shift+Tab",), 0),
    ActionSpec(
        "next_open",
        QT_TRANSLATE_NOOP("Actions", "Next &unreviewed cell"),
        "review",
        ("U",),
        0,
    ),
    ActionSpec("agree", QT_TRANSLATE_NOOP("Actions", "&Agree"), "review", ("Enter", "Return"), 1),
    *(ActionSpec(f"class_{key}", "", "review", (str(key),), 2) for key in range(1, CLASS_KEYS + 1)),
    ActionSpec("reject", QT_TRANSLATE_NOOP("Actions", "No &cell"), "review", ("X",), 3),
    ActionSpec("clear_review", QT_TRANSLATE_NOOP("Actions", "&Take the review back"), "review", ("C",), 3),
    ActionSpec("show_why", QT_TRANSLATE_NOOP("Actions", "Show &why"), "review", ("H",), 4, checkable=True),
    ActionSpec("note", QT_TRANSLATE_NOOP("Actions", "Write a n&ote"), "review", ("N",), 4),
    ActionSpec(
        "add_cell",
        QT_TRANSLATE_NOOP("Actions", "A&dd a cell by dragging"),
        "review",
        ("A",),
        4,
        checkable=True,
    ),
    ActionSpec("remove_cell", QT_TRANSLATE_NOOP("Actions", "&Remove the cell"), "review", ("Delete",), 4),
    ActionSpec("models", QT_TRANSLATE_NOOP("Actions", "&Choose a model…"), "models", ("Ctrl+M",), 0),
    ActionSpec("import_model", QT_TRANSLATE_NOOP("Actions", "&Import a model…"), "models", (), 0),
    ActionSpec(
        "compare_models",
        QT_TRANSLATE_NOOP("Actions", "Co&mpare two models…"),
        "models",
        ("Ctrl+Shift+M",),
        0,
    ),
    ActionSpec("adapt", QT_TRANSLATE_NOOP("Actions", "A&dapt to this lab…"), "models", (), 0),
    ActionSpec("model_card", QT_TRANSLATE_NOOP("Actions", "&About this model"), "models", (), 0),
    ActionSpec("manual", QT_TRANSLATE_NOOP("Actions", "&Manual"), "help", ("F1",), 0),
    ActionSpec("shortcuts", QT_TRANSLATE_NOOP("Actions", "&Keyboard shortcuts"), "help", ("?",), 0),
    ActionSpec("about", QT_TRANSLATE_NOOP("Actions", "&About hematodesk"), "help", (), 0),
)


CELL_MENU: tuple[str, ...] = (
    "agree",
    *(f"class_{key}" for key in range(1, CLASS_KEYS + 1)),
    "reject",
    "clear_review",
    "show_why",
    "note",
    "remove_cell",
)
"""The menu of a cell."""

BESIDE_MENU: tuple[str, ...] = (
    "add_cell",
    "note",
    "next_open",
    "previous_image",
    "next_image",
    "zoom_fit",
    "zoom_actual",
)
"""The menu of the image beside all cells."""


def tr_action(text: str) -> str:
    """A text of the table in the person's language."""
    return QCoreApplication.translate("Actions", text) if text else ""


class Actions(QObject):
    """The table as live QActions on a window.

    `actions["agree"]` is the QAction. Its text may change (class keys, undo); the spec does not.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self._forbidden: set[str] = set()
        for spec in ACTIONS:
            action = QAction(tr_action(spec.text), window)
            action.setObjectName(spec.id)
            action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
            action.setCheckable(spec.checkable)
            action.setShortcutVisibleInContextMenu(True)
            # A role guessed from the text would move items about on macOS.
            action.setMenuRole(QAction.MenuRole.NoRole)
            window.addAction(action)
            self._actions[spec.id] = action

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def bind(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Connect actions to what they do; handlers take no argument."""
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(_without_argument(handler))

    def set_enabled(self, enabled: bool, *action_ids: str) -> None:
        """Switch several actions at once; forbidden ones stay off."""
        for action_id in action_ids:
            self._actions[action_id].setEnabled(enabled and action_id not in self._forbidden)

    def set_possible(self, possible: Mapping[str, bool]) -> None:
        """Switch actions by their ids, each as it is possible now; forbidden ones stay off."""
        for action_id, enabled in possible.items():
            self._actions[action_id].setEnabled(enabled and action_id not in self._forbidden)

    def forbid(self, words: str, *action_ids: str) -> None:
        """Switch actions off for good, with the reason as their tooltip."""
        self._forbidden.update(action_ids)
        for action_id in action_ids:
            self._actions[action_id].setEnabled(False)
            self._actions[action_id].setToolTip(words)

    def fill_menus(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Build the menus into the bar; returns them by id."""
        menus: dict[str, QMenu] = {}
        for menu_id, title in MENUS:
            menus[menu_id] = self._fill_menu(QMenu(tr_action(title), bar), menu_id)
            bar.addMenu(menus[menu_id])
        for menu_id, title, within in SUBMENUS:
            parent = menus[within]
            menus[menu_id] = self._fill_menu(QMenu(tr_action(title), parent), menu_id)
            last_line = next(action for action in reversed(parent.actions()) if action.isSeparator())
            parent.insertMenu(last_line, menus[menu_id])
        return menus

    def context_menu(self, action_ids: Sequence[str], parent: QWidget) -> QMenu:
        """A menu of these actions with their keys, in the table's order; it deletes itself when it closes."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(menu, [spec for spec in ACTIONS if spec.id in action_ids])
        return menu

    def _fill_menu(self, menu: QMenu, menu_id: str) -> QMenu:
        menu.setObjectName(f"menu_{menu_id}")
        self._add(menu, [spec for spec in ACTIONS if spec.menu == menu_id])
        return menu

    def _add(self, menu: QMenu, specs: Sequence[ActionSpec]) -> None:
        # Only forbidden actions have more to say than their text.
        menu.setToolTipsVisible(bool(self._forbidden))
        for before, spec in zip((None, *specs), specs, strict=False):
            if before is not None and (spec.menu, spec.group) != (before.menu, before.group):
                menu.addSeparator()
            menu.addAction(self._actions[spec.id])

    def overlay_rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(menu title, [(keys, text)]) of every visible action with a shortcut, for the overlay."""
        sections = []
        for menu_id, title in MENUS:
            rows = []
            for spec in ACTIONS:
                action = self._actions[spec.id]
                if spec.menu != menu_id or not spec.shortcuts or not action.isVisible():
                    continue
                keys = ", ".join(
                    sequence.toString(QKeySequence.SequenceFormat.NativeText)
                    for sequence in action.shortcuts()
                )
                words = tr_action(spec.text) or action.text()
                rows.append((keys, words.replace("&", "").rstrip("…")))
            if rows:
                sections.append((tr_action(title).replace("&", ""), rows))
        return sections


def _without_argument(handler: Callable[[], object]) -> Callable[[bool], None]:
    """A slot for `triggered(bool)` that leaves the argument out."""

    def slot(_checked: bool = False) -> None:
        handler()

    return slot

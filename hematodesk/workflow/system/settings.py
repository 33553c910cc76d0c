"""The settings: declared once with kind, default and text; dialog and checks are drawn from them."""

from __future__ import annotations

import contextlib
import getpass
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from hematodesk.domain.errors import SettingsError
from hematodesk.domain.files import make_folder, write_whole
from hematodesk.domain.marking import QT_TRANSLATE_NOOP
from hematodesk.domain.messages import N_, Message, reason_of

SettingValue: TypeAlias = str | bool | int | list[str]

MAX_TEXT = 4_096
MAX_LIST = 50


class SettingKind(StrEnum):
    """What a setting holds: the dialog's widget follows from it."""

    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    LIST = "list"


_KIND_WORDS = {
    SettingKind.TEXT: N_("Errors", "a text"),
    SettingKind.CHOICE: N_("Errors", "a choice"),
    SettingKind.FLAG: N_("Errors", "a flag"),
    SettingKind.NUMBER: N_("Errors", "a number"),
    SettingKind.LIST: N_("Errors", "a list"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice and the words for it."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting.

    Attributes:
        key: its stable name in the file.
        kind: what it holds.
        default: the value when the file has none, or one that is not allowed.
        section: heading in the dialog; empty when it is not shown there.
        text: label in the dialog.
        help: one sentence beneath.
        choices: what is allowed, for a choice.
        least, most: what is allowed, for a whole number.
    """

    key: str
    kind: SettingKind
    default: SettingValue
    section: str = ""
    text: str = ""
    help: str = ""
    choices: tuple[Choice, ...] = ()
    least: int = 0
    most: int = 100

    @property
    def shown(self) -> bool:
        """Whether the dialog shows it."""
        return bool(self.section)

    def checked(self, value: object) -> SettingValue:
        """The value in the setting's kind.

        Raises SettingsError (setting_invalid) when it is not allowed.
        """
        if self.kind is SettingKind.FLAG and isinstance(value, bool):
            return value
        # A bool is an int to Python, but not a valid number here.
        number = value if isinstance(value, int) and not isinstance(value, bool) else None
        if self.kind is SettingKind.NUMBER and number is not None and self.least <= number <= self.most:
            return number
        if self.kind is SettingKind.TEXT and isinstance(value, str) and len(value) <= MAX_TEXT:
            return value
        if self.kind is SettingKind.CHOICE and value in [choice.value for choice in self.choices]:
            return str(value)
        if self.kind is SettingKind.LIST and isinstance(value, list | tuple):
            texts = [item for item in value if isinstance(item, str) and len(item) <= MAX_TEXT]
            if len(texts) == len(value):
                return texts[:MAX_LIST]
        allowed = ", ".join(choice.value for choice in self.choices)
        raise SettingsError(
            "setting_invalid",
            N_("Errors", "The setting {name} cannot be {value}; it takes {allowed}."),
            N_("Errors", "Choose one of the values offered."),
            name=self.key,
            value=repr(str(value)[:80]),
            allowed=allowed or Message(_KIND_WORDS[self.kind]),
        )


_GENERAL = QT_TRANSLATE_NOOP("Settings", "General")
_LOOK = QT_TRANSLATE_NOOP("Settings", "Appearance")
_ANALYSIS = QT_TRANSLATE_NOOP("Settings", "Analysis")

DECLARED: tuple[Setting, ...] = (
    Setting(
        "operator",
        SettingKind.TEXT,
        "",
        _GENERAL,
        QT_TRANSLATE_NOOP("Settings", "Operator"),
        QT_TRANSLATE_NOOP("Settings", "The name that reviews and sessions carry. Empty: the login name."),
    ),
    Setting(
        "advance_after_review",
        SettingKind.FLAG,
        True,
        _GENERAL,
        QT_TRANSLATE_NOOP("Settings", "Go on after a review"),
        QT_TRANSLATE_NOOP("Settings", "After a verdict the next cell that has none is chosen."),
    ),
    Setting(
        "confirm_delete",
        SettingKind.FLAG,
        False,
        _GENERAL,
        QT_TRANSLATE_NOOP("Settings", "Ask before deleting"),
        QT_TRANSLATE_NOOP("Settings", "Deleting can be undone until the program is closed."),
    ),
    Setting(
        "theme",
        SettingKind.CHOICE,
        "system",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Theme"),
        QT_TRANSLATE_NOOP("Settings", "Light or dark, or as the system has it."),
        (
            Choice("system", QT_TRANSLATE_NOOP("Settings", "As the system")),
            Choice("light", QT_TRANSLATE_NOOP("Settings", "Light")),
            Choice("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
        ),
    ),
    Setting(
        "language",
        SettingKind.CHOICE,
        "system",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Language"),
        QT_TRANSLATE_NOOP("Settings", "Used from the next start."),
        (
            Choice("system", QT_TRANSLATE_NOOP("Settings", "As the system")),
            Choice("en", QT_TRANSLATE_NOOP("Settings", "English")),
            Choice("es", QT_TRANSLATE_NOOP("Settings", "Español")),
        ),
    ),
    Setting(
        "provider",
        SettingKind.CHOICE,
        "auto",
        _ANALYSIS,
        QT_TRANSLATE_NOOP("Settings", "Compute on"),
        QT_TRANSLATE_NOOP(
            "Settings", "Automatic takes the graphics card where it works, else the processor."
        ),
        (
            Choice("auto", QT_TRANSLATE_NOOP("Settings", "Automatic")),
            Choice("cpu", QT_TRANSLATE_NOOP("Settings", "Processor (CPU)")),
            Choice("cuda", QT_TRANSLATE_NOOP("Settings", "Graphics card (CUDA)")),
        ),
    ),
    Setting(
        "reuse_results",
        SettingKind.FLAG,
        True,
        _ANALYSIS,
        QT_TRANSLATE_NOOP("Settings", "Show earlier results of the same image"),
        QT_TRANSLATE_NOOP("Settings", "An image that this model has seen before is not analysed again."),
    ),
    Setting(
        "keep_thumbnails",
        SettingKind.FLAG,
        True,
        _ANALYSIS,
        QT_TRANSLATE_NOOP("Settings", "Keep thumbnails"),
        QT_TRANSLATE_NOOP(
            "Settings", "Small pictures of the images in the history. Applies to images analysed from now on."
        ),
    ),
    Setting(
        "watch_interval",
        SettingKind.CHOICE,
        "2",
        _ANALYSIS,
        QT_TRANSLATE_NOOP("Settings", "Look into a watched folder every"),
        QT_TRANSLATE_NOOP("Settings", "Less often is easier on a network drive."),
        (
            Choice("1", QT_TRANSLATE_NOOP("Settings", "1 s")),
            Choice("2", QT_TRANSLATE_NOOP("Settings", "2 s")),
            Choice("5", QT_TRANSLATE_NOOP("Settings", "5 s")),
            Choice("10", QT_TRANSLATE_NOOP("Settings", "10 s")),
            Choice("30", QT_TRANSLATE_NOOP("Settings", "30 s")),
            Choice("60", QT_TRANSLATE_NOOP("Settings", "60 s")),
        ),
    ),
    Setting("export_folder", SettingKind.TEXT, ""),
    Setting("export_format", SettingKind.TEXT, ""),
    Setting("export_separator", SettingKind.TEXT, ""),
    Setting("backup_folder", SettingKind.TEXT, ""),
    Setting("model_folder", SettingKind.TEXT, ""),
    Setting("video_folder", SettingKind.TEXT, ""),
    Setting("watched_folder", SettingKind.TEXT, ""),
    Setting("follow_watched", SettingKind.FLAG, False),
    Setting("model", SettingKind.TEXT, ""),
    Setting("recent", SettingKind.LIST, []),
    Setting("why_opacity", SettingKind.NUMBER, 50, least=10),
    Setting("window_geometry", SettingKind.TEXT, ""),
    Setting("window_state", SettingKind.TEXT, ""),
)
"""All settings. Those without a section are stored, but not shown in the dialog."""

_BY_KEY = {setting.key: setting for setting in DECLARED}


def declared(key: str) -> Setting:
    """The declaration of a key. Raises SettingsError (setting_unknown)."""
    setting = _BY_KEY.get(key)
    if setting is None:
        raise SettingsError(
            "setting_unknown",
            N_("Errors", "There is no setting named {name}."),
            name=key,
        )
    return setting


class SettingsStore:
    """The settings of one data folder. Thread-safe.

    Keys of a newer version are kept as they are. A file that cannot be read as JSON is moved aside
    and told in `notices`; values that are not allowed are read as their default.
    """

    def __init__(self, path: Path, locked: Mapping[str, SettingValue] | None = None) -> None:
        """`locked` are values that the administrator has set: they hold, and `set` refuses others."""
        self._path = path
        self._locked = dict(locked or {})
        self._lock = threading.RLock()
        # Separate from the values' lock, so that reading a value never waits for the disk.
        self._saving = threading.Lock()
        self._changed: set[str] = set()
        self.notices: list[str] = []
        self._values = self._read_first()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def get(self, key: str) -> SettingValue:
        """The value of a declared setting. Raises SettingsError (setting_unknown)."""
        setting = declared(key)
        if key in self._locked:
            return self._locked[key]
        with self._lock:
            stored = self._values.get(key, setting.default)
        try:
            return setting.checked(stored)
        except SettingsError:
            return setting.default

    def is_locked(self, key: str) -> bool:
        """Whether the administrator has fixed this one."""
        return key in self._locked

    def text(self, key: str) -> str:
        """The value of a text or a choice."""
        value = self.get(key)
        assert isinstance(value, str), f"{key} is no text"
        return value

    def flag(self, key: str) -> bool:
        """The value of a flag."""
        value = self.get(key)
        assert isinstance(value, bool), f"{key} is no flag"
        return value

    def number(self, key: str) -> int:
        """The value of a whole number."""
        value = self.get(key)
        assert isinstance(value, int), f"{key} is no number"
        return value

    def items(self, key: str) -> list[str]:
        """The value of a list, a copy."""
        value = self.get(key)
        assert isinstance(value, list), f"{key} is no list"
        return list(value)

    def set(self, key: str, value: object, *, save: bool = True) -> None:
        """Change a setting and write the file unless told not to.

        Raises SettingsError: setting_unknown, setting_invalid, setting_locked, settings_unwritable
        (the value then applies to this process).
        """
        checked = declared(key).checked(value)
        with self._lock:
            if self.get(key) == checked:
                return
            if key in self._locked:
                raise SettingsError(
                    "setting_locked",
                    N_("Errors", "“{words}” is set by the administrator of this computer."),
                    N_("Errors", "Ask the administrator to change it."),
                    words=Message(declared(key).text),
                )
            self._values[key] = checked
            self._changed.add(key)
        if save:
            self.save()

    def reset(self, key: str) -> None:
        """Put a setting back to its default."""
        self.set(key, declared(key).default)

    def save(self) -> None:
        """Write this instance's changes; those of other instances are kept.

        Raises SettingsError (settings_unwritable).
        """
        with self._saving:
            merged = self._read_again()
            with self._lock:
                saved = {key: self._values[key] for key in self._changed}
            merged.update(saved)
            content = json.dumps(merged, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
            try:
                make_folder(self._path.parent)
                write_whole(self._path, content.encode("utf-8", "replace"))
            except OSError as fault:
                raise SettingsError(
                    "settings_unwritable",
                    N_("Errors", "The settings cannot be written to {name}: {reason}."),
                    N_(
                        "Errors",
                        "Free some space or allow writing there; until then settings hold for this run only.",
                    ),
                    name=self._path,
                    reason=reason_of(fault),
                ) from fault
            with self._lock:
                # Changes made meanwhile stay valid and are not saved yet.
                newer = {key: self._values[key] for key in self._changed}
                newer = {key: value for key, value in newer.items() if saved.get(key) != value}
                self._values = merged | newer
                self._changed = set(newer)

    def _read_first(self) -> dict[str, Any]:
        try:
            values = self._read()
        except OSError as fault:
            unread = N_("Errors", "The settings cannot be read ({reason}); defaults are used.")
            self.notices.append(Message(unread, reason=reason_of(fault)))
            return {}
        if values is None:
            self._set_aside()
        return values or {}

    def _read_again(self) -> dict[str, Any]:
        """The file's present values; the previous ones where it cannot be read at the moment."""
        with contextlib.suppress(OSError):
            values = self._read()
            if values is not None:
                return values
        with self._lock:
            return dict(self._values)

    def _read(self) -> dict[str, Any] | None:
        """The file's values, none without a file; None when it is damaged. Raises OSError."""
        try:
            values = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError):
            return None
        return values if isinstance(values, dict) else None

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            self._path.replace(aside)
            kept = N_("Errors", "The settings file was damaged; it is kept as {name}, defaults are used.")
            self.notices.append(Message(kept, name=aside.name))
        except OSError:
            self.notices.append(Message(N_("Errors", "The settings file is damaged; defaults are used.")))


def operator_name(settings: SettingsStore) -> str:
    """The operator: the name in the settings, else the login name, else "unknown"."""
    chosen = settings.text("operator").strip()
    if chosen:
        return chosen
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # No login name: a container, or a service account without an entry.
        return "unknown"


def remember_recent(settings: SettingsStore, paths: list[Path], limit: int = 12) -> list[str]:
    """Put paths at the head of the recent files, newest first; returns the new list. Saves nothing.

    Raises SettingsError setting_locked.
    """
    given = [str(path.absolute()) for path in paths][:limit]
    rest = [path for path in settings.items("recent") if path not in given]
    recent = (given + rest)[:limit]
    settings.set("recent", recent, save=False)
    return recent

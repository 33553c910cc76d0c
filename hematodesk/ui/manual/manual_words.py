"""What stands in the manual in place of its marks: the window's own words and keys."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from hematodesk.domain.image_formats import format_names
from hematodesk.ui.kit.actions import ACTIONS, MENUS, SUBMENUS, ActionSpec, tr_action
from hematodesk.ui.kit.setting_words import tr_setting
from hematodesk.ui.kit.translation import translate
from hematodesk.ui.kit.words import listed
from hematodesk.workflow.exports.export_formats import EXPORT_FORMATS
from hematodesk.workflow.system.paths import AppPaths
from hematodesk.workflow.system.prohibitions import PROHIBITIONS
from hematodesk.workflow.system.settings import DECLARED, declared

_ACTIONS = {spec.id: spec for spec in ACTIONS}
_PLACES = AppPaths(Path(), False, Path(), Path())


def manual_words(kind: str, name: str) -> str:
    """Markdown for one mark; see workflow.manual for the kinds.

    Raises LookupError, or SettingsError (setting_unknown), for something that there is not.
    """
    if kind == "action":
        return f"**{' › '.join(_path(_ACTIONS[name]))}**"
    if kind == "key":
        keys = QKeySequence(_ACTIONS[name].shortcuts[0])
        return f"`{keys.toString(QKeySequence.SequenceFormat.NativeText)}`"
    if kind == "text":
        context, _, text = name.partition("|")
        return f"**{_plain(QCoreApplication.translate(context, text))}**"
    if kind == "setting":
        return f"**{tr_setting(declared(name).text)}**"
    if kind == "place":
        return f"`{getattr(_PLACES, name).name}`"
    if kind in ("command", "tool"):
        return f"`{_typed(kind, name)}`"
    if kind == "formats":
        return listed({"image": format_names, "export": export_names}[name]())
    if kind == "table":
        return {"exports": _exports, "settings": _settings, "prohibitions": _prohibitions}[name]()
    if kind in ("code", "policy"):
        return f"`{name}`"
    raise LookupError(f"the manual knows no mark of the kind {kind}")


def export_names() -> list[str]:
    """The command line's words for the export formats."""
    return [f"`{kind}`" for kind in EXPORT_FORMATS]


def _exports() -> str:
    """What there is to export as, a row a format."""
    told = [
        _head(
            translate("ManualTables", "format"),
            translate("ManualTables", "what for"),
            translate("ManualTables", "options"),
        )
    ]
    for kind in EXPORT_FORMATS.values():
        options = [f"**{_plain(translate('ExportDialog', option.text))}**" for option in kind.options]
        about = [translate("ExportDialog", text) for text in (kind.title, kind.about)]
        told.append(_row(*about, ", ".join(options)))
    return "\n".join(told)


def _settings() -> str:
    """The settings of the dialog, a row each."""
    told = [_head(translate("ManualTables", "setting"), translate("ManualTables", "what it does"))]
    told += [_row(f"**{tr_setting(each.text)}**", tr_setting(each.help)) for each in DECLARED if each.shown]
    return "\n".join(told)


def _prohibitions() -> str:
    """What the policy's prohibitions cover, a row each."""
    told = [_head(translate("ManualTables", "forbidden by"), translate("ManualTables", "what it covers"))]
    told += [_row(f"`{each.name}`", translate("Policy", each.covers)) for each in PROHIBITIONS]
    return "\n".join(told)


def _head(*names: str) -> str:
    return f"{_row(*names)}\n{_row(*('---' for _ in names))}"


def _row(*values: str) -> str:
    return f"| {' | '.join(value.replace('|', ' ') for value in values)} |"


def _path(spec: ActionSpec) -> list[str]:
    """The menus on the way to an action, and its text."""
    menus = dict(MENUS)
    for menu, title, within in SUBMENUS:
        if spec.menu == menu:
            return [_plain(tr_action(text)) for text in (menus[within], title, spec.text)]
    return [_plain(tr_action(text)) for text in (menus[spec.menu], spec.text)]


def _plain(text: str) -> str:
    """A text as people say it: without the mnemonic's sign and the dots of a dialog to come."""
    return text.replace("&", "").rstrip("…")


def _typed(kind: str, name: str) -> str:
    """A command in full, or the option alone that stands behind one."""
    command, dashes, option = name.partition("--")
    if dashes:
        return f"--{option}"
    return f"{'hematodesk' if kind == 'command' else 'python -m export_tools'} {command}".strip()

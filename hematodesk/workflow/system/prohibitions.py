"""What the administrator can forbid, and what each prohibition covers, declared once.

The command line and the window ask this table before they begin; the workflow asks `Policy.require` once
more where the work is done. The manual's table is drawn from it, and tests walk every command and every
action.

Results on the screen and on a command's standard output are the program's answer to whoever is at work, and
no prohibition covers them, with one exception: `history list --json` hands the whole history to another
program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hematodesk.domain.marking import QT_TRANSLATE_NOOP
from hematodesk.domain.messages import N_


@dataclass(frozen=True, slots=True)
class Prohibition:
    """Something that `false` in the policy forbids.

    Attributes:
        name: the policy's field.
        title: what is forbidden, as the subject of a sentence; a marked text.
        barred: the same in the program's plain English after "no".
        covers: what it covers, for the manual; a marked text.
        commands: command to the option that makes it this; empty for the whole command.
        actions: ids of the window's actions.
    """

    name: str
    title: str
    barred: str
    covers: str
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    actions: tuple[str, ...] = ()


PROHIBITIONS: tuple[Prohibition, ...] = (
    Prohibition(
        "export",
        N_("Errors", "Exporting"),
        "export",
        QT_TRANSLATE_NOOP(
            "Policy",
            "every file of results that the program would write outside the data folder: exports in "
            "all formats, backups to other places, `classify --output`; and `history list --json`. Not the "
            "answers on the screen and on standard output.",
        ),
        {
            "history export": (),
            "history backup": ("target",),
            "history list": ("json",),
            "classify": ("output",),
        },
        ("export", "export_selection", "backup"),
    ),
    Prohibition(
        "camera",
        N_("Errors", "The live picture of a camera"),
        "camera",
        QT_TRANSLATE_NOOP(
            "Policy", "the live picture: looking for cameras, opening one, and videos shown as one."
        ),
        {},
        ("live",),
    ),
    Prohibition(
        "model_import",
        N_("Errors", "Importing and adapting models"),
        "import or adapting of models",
        QT_TRANSLATE_NOOP(
            "Policy",
            "every model that did not come with the program, unless its SHA-256 stands in `packages`: "
            "importing, adapting, `models adapt --output`, `--model FILE`, and files copied into the models "
            "folder.",
        ),
        {"models import": (), "models adapt": ()},
        ("import_model", "adapt"),
    ),
    Prohibition(
        "slides",
        N_("Errors", "Reading whole slides"),
        "whole slides",
        QT_TRANSLATE_NOOP(
            "Policy", "opening whole slides, in the window, by a command or in a watched folder."
        ),
    ),
)
"""All of them; a field of this name in the policy is true or false."""


def prohibition(name: str) -> Prohibition:
    """The one of that name. Raises KeyError."""
    return {each.name: each for each in PROHIBITIONS}[name]


def asked_by(command: str, options: Mapping[str, object]) -> tuple[str, ...]:
    """What a command with these options needs to be allowed."""
    asked = []
    for each in PROHIBITIONS:
        needed = each.commands.get(command)
        if needed is not None and (not needed or any(options.get(option) for option in needed)):
            asked.append(each.name)
    return tuple(asked)

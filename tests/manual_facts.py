"""What the manual's pages may name, told by the sources themselves; needs neither Qt nor TensorFlow."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from export_tools.__main__ import make_parser
from hematodesk.cli import arguments
from hematodesk.workflow.system.manual import Manual
from hematodesk.workflow.system.paths import AppPaths
from hematodesk.workflow.system.policy import Policy
from hematodesk.workflow.system.settings import DECLARED

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "resources" / "manual"
SETTINGS = {setting.key for setting in DECLARED if setting.shown}
POLICY = {"schema"} | {field.name for field in dataclasses.fields(Policy)} - {"file"}
FORMATS = {"image", "export"}
TABLES = {"exports", "settings", "prohibitions"}
PLACES = {name for name, part in vars(AppPaths).items() if isinstance(part, property)}
LANGUAGES = ["en", *sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and len(path.name) == 2)]


def manuals() -> list[Manual]:
    """The manual in every language that there is."""
    return [Manual(FOLDER, language) for language in LANGUAGES]


def _gather(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, set[str]]]:
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    for choice in below:
        for word, sub in choice.choices.items():
            yield from _gather(sub, f"{name} {word}".strip())
    if not below:
        yield name, {option for each in parser._actions for option in each.option_strings}


@cache
def commands() -> dict[str, set[str]]:
    """Options by the program's commands; "" is the window."""
    window = {option for each in arguments._window_parser()._actions for option in each.option_strings}
    return {"": window, **dict(_gather(arguments._command_parser(), ""))}


@cache
def tools() -> dict[str, set[str]]:
    """Options by the export tools' commands."""
    return dict(_gather(make_parser(), ""))


class _Sources:
    """What the sources hold. The syntax trees are not kept: they would burden every test to come.

    Attributes:
        codes: with which an error is raised or a fault is told.
        words: every string that stands by itself.
        texts: (context, text) of every translatable text of the window.
    """

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self.words: set[str] = set()
        self.texts: set[tuple[str, str]] = set()
        for path in sorted((ROOT / "hematodesk").rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    self.words.add(node.value)
                elif isinstance(node, ast.Call):
                    self._call(node)
                elif isinstance(node, ast.ClassDef):
                    self.texts |= {(node.name, text) for text in _own_texts(node)}

    def _call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = [str(getattr(each, "value", "")) for each in node.args[:2]]
        if (name.endswith("Error") or name == "Fault") and re.fullmatch(
            r"[a-z]+(_[a-z0-9]+)+", "".join(first[:1])
        ):
            self.codes.add(first[0])
        elif name in ("translate", "QT_TRANSLATE_NOOP") and len(first) == 2:
            self.texts.add((first[0], first[1]))


def _own_texts(part: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "tr" and node.args:
            yield str(getattr(node.args[0], "value", ""))


@cache
def sources() -> _Sources:
    """What the sources hold, read once."""
    return _Sources()

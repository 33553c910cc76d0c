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
from hematodesk.workflow import arguments
from hematodesk.workflow.manual import Manual
from hematodesk.workflow.places import Places
from hematodesk.workflow.policy import Policy
from hematodesk.workflow.settings import DECLARED

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "resources" / "manual"
SETTINGS = {setting.key for setting in DECLARED if setting.shown}
POLICY = {"schema"} | {field.name for field in dataclasses.fields(Policy)} - {"file"}
PLACES = {name for name, part in vars(Places).items() if isinstance(part, property)}
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


@cache
def _constants() -> dict[Path, list[ast.AST]]:
    return {
        path: list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted((ROOT / "hematodesk").rglob("*.py"))
    }


@cache
def error_codes() -> set[str]:
    """Every code with which the sources raise an error or tell a fault."""
    found = set()
    for nodes in _constants().values():
        for node in nodes:
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if (name.endswith("Error") or name == "Fault") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return {code for code in found if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", code)}


@cache
def words_in_sources() -> set[str]:
    """Every string that stands in the sources by itself."""
    return {
        node.value
        for nodes in _constants().values()
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def window_texts() -> set[tuple[str, str]]:
    """(context, text) of every translatable text of the window."""
    found: set[tuple[str, str]] = set()
    for path, nodes in _constants().items():
        if "ui" not in path.parts:
            continue
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                found |= {(node.name, text) for text in _own_texts(node)}
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "translate",
                "QT_TRANSLATE_NOOP",
            ):
                context, text = (getattr(each, "value", "") for each in node.args[:2])
                found.add((str(context), str(text)))
    return found


def _own_texts(part: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "tr" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)

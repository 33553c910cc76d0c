"""Every sentence of an error stands as a marked template where it is made, with just the data it names.

The program's code is read, not run: a sentence is never put together first, and never read by pattern.
"""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hematodesk.domain import errors

ROOT = Path(__file__).parents[2]
# The module that makes messages is the one that puts them together.
MESSAGES = ROOT / "hematodesk" / "domain" / "messages.py"
SOURCES = sorted((ROOT / "hematodesk").rglob("*.py"))
SPANISH = ROOT / "resources" / "translations" / "hematodesk_es.ts"

ERRORS = frozenset(
    name
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.HematodeskError)
)
MAKERS = {**dict.fromkeys(ERRORS, (1, 2)), "Message": (0,), "counted": (1, 2)}
"""What makes sentences, and which of its arguments are templates."""

NOT_DATA = {"truncated"}
"""Arguments by name that are no data of a template."""

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def marked(node: ast.AST) -> str | None:
    """The text of N_("Errors", "…"), else None."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_"):
        return None
    text = node.args[1] if len(node.args) == 2 else None
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""


def templates(node: ast.AST) -> list[str]:
    """The marked texts that an argument can be."""
    if isinstance(node, ast.IfExp):
        return templates(node.body) + templates(node.orelse)
    text = marked(node)
    return [] if text is None else [text]


def loose_words(node: ast.AST) -> bool:
    """Whether an argument is words that are not marked, or that are put together in place."""
    if isinstance(node, ast.IfExp):
        return loose_words(node.body) or loose_words(node.orelse)
    if isinstance(node, ast.Constant):
        return bool(re.search(r"[^\W\d_]", PLACEHOLDER.sub("", str(node.value))))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # "…".format(…), self.tr("…") and their like.
        return node.func.attr in ("format", "tr", "rstrip", "join", "replace")
    return isinstance(node, ast.JoinedStr | ast.BinOp)


@dataclass
class Reader(ast.NodeVisitor):
    """Walks a file; `wrong` tells what is not as it should be, and `seen` counts sentences."""

    path: Path
    wrong: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    named: dict[str, list[str]] = field(default_factory=dict)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember which name stands for which templates."""
        targets = node.targets[0]
        pairs: list[tuple[ast.expr, ast.expr]] = [(targets, node.value)]
        if isinstance(targets, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(targets.elts, node.value.elts, strict=True))
        for target, value in pairs:
            if isinstance(target, ast.Name) and templates(value):
                self.named[target.id] = templates(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        text = marked(node)
        if text is not None:
            self._check_text(node, text)
            return
        for place in MAKERS.get(name, ()):
            if place < len(node.args) and loose_words(node.args[place]):
                self._tell(node, "words that are not marked, or put together in place")
        self._check_data(node, name)
        self.generic_visit(node)

    def _check_text(self, node: ast.Call, text: str) -> None:
        self.seen.append(text)
        context = node.args[0]
        if not (text and isinstance(context, ast.Constant) and context.value == "Errors"):
            self._tell(node, "N_ takes the context Errors and a literal text")
        names = PLACEHOLDER.findall(text)
        if set("{}") & set(PLACEHOLDER.sub("", text)) or len(set(names)) != len(names):
            self._tell(node, "placeholders are plain names, each once")
        if not text.isprintable() or len(text) > 1_000:
            self._tell(node, "a template of that kind would not be read back")

    def _check_data(self, node: ast.Call, name: str) -> None:
        """The data of a call that holds templates are those that they name."""
        found = [text for each in node.args for text in self._templates_of(each, name)]
        if not found:
            return
        wanted = {placeholder for text in found for placeholder in PLACEHOLDER.findall(text)}
        given = {each.arg for each in node.keywords if each.arg is not None}
        if any(each.arg is None for each in node.keywords):
            given = wanted
        if name == "counted":
            given = given | {"count"}
        if isinstance(node.func, ast.Attribute) and node.func.attr == "_ask":
            given = {"name"}
        if wanted - given or given - wanted - NOT_DATA - ({"count"} if name == "counted" else set()):
            self._tell(node, f"{sorted(wanted)} are named, {sorted(given)} are given")

    def _templates_of(self, node: ast.expr, name: str) -> list[str]:
        if isinstance(node, ast.Name) and name in MAKERS:
            return self.named.get(node.id, [])
        if isinstance(node, ast.IfExp) and name in MAKERS:
            return self._templates_of(node.body, name) + self._templates_of(node.orelse, name)
        return templates(node)

    def _tell(self, node: ast.Call, words: str) -> None:
        self.wrong.append(f"{self.path.name}:{node.lineno}: {words}")


def read(path: Path) -> Reader:
    reader = Reader(path)
    reader.visit(ast.parse(path.read_text(encoding="utf-8")))
    return reader


def test_every_sentence_is_a_marked_template_with_its_data() -> None:
    readers = [read(path) for path in SOURCES if path != MESSAGES]
    assert [words for reader in readers for words in reader.wrong] == []
    assert len({text for reader in readers for text in reader.seen}) > 350
    assert len(ERRORS) > 9


@pytest.mark.parametrize(
    "code",
    [
        'ImageError("x", f"{name} is gone.")',
        'ImageError("x", "Gone.")',
        'ImageError("x", N_("Errors", "Gone."), "Look for it.")',
        'ImageError("x", N_("Errors", "{name} is gone."))',
        'ImageError("x", N_("Errors", "Gone."), name=name)',
        'ImageError("x", N_("Errors", "{name.size} is gone."), name=name)',
        'ImageError("x", N_("Errors", "{name:>3} is gone."), name=name)',
        'ImageError("x", N_("Errors", "{} is gone."))',
        'ImageError("x", N_("Errors", "{name} and {name}"), name=name)',
        'ImageError("x", N_("Other", "Gone."))',
        'ImageError("x", N_("Errors", words))',
        'ImageError("x", N_("Errors", "Gone.") + more)',
        'ImageError("x", self.tr("Gone."))',
        'Message("Gone.")',
        'Message(N_("Errors", "{name} is gone."), names=name)',
        'counted(n, N_("Errors", "1 file"), "{count} files")',
        'counted(n, N_("Errors", "1 file"), N_("Errors", "{count} files of {name}"))',
        'gone = N_("Errors", "{name} is gone.")\nMessage(gone)',
        'refuse(key, N_("Errors", "is {value}"))',
    ],
)
def test_what_is_not_so_is_found(tmp_path, code: str) -> None:
    path = tmp_path / "x.py"
    path.write_text(code, encoding="utf-8")
    assert read(path).wrong


def test_every_template_is_translated() -> None:
    known: dict[str | None, str | None] = {}
    for context in ElementTree.parse(SPANISH).getroot().iter("context"):
        if context.findtext("name") == "Errors":
            known = {
                each.findtext("source"): each.findtext("translation") for each in context.iter("message")
            }
    said = {text for path in SOURCES for text in read(path).seen}
    assert said == known.keys()
    for text, told in known.items():
        assert told and sorted(PLACEHOLDER.findall(told)) == sorted(PLACEHOLDER.findall(text or "")), text


def reads_of_words(tree: ast.AST) -> Iterator[int]:
    """Lines where code asks what a finished sentence says."""
    asks = {"match", "fullmatch", "search", "startswith", "endswith", "split", "partition", "find", "index"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asks:
            operands = [node.func.value, *node.args]
        else:
            continue
        # The children of a message, such as message.template, are no finished sentence.
        if any(isinstance(each, ast.Attribute) and each.attr in ("message", "remedy") for each in operands):
            yield node.lineno


def test_no_code_asks_what_a_sentence_says() -> None:
    found = [
        f"{path.name}:{line}"
        for path in SOURCES
        for line in reads_of_words(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
    assert list(reads_of_words(ast.parse("re.fullmatch(pattern, error.message)")))
    assert list(reads_of_words(ast.parse("'gone' in error.message")))
    assert list(reads_of_words(ast.parse("error.remedy == 'x'")))


def test_the_window_looks_templates_up_without_any_pattern() -> None:
    source = (ROOT / "hematodesk" / "ui" / "kit" / "error_words.py").read_text(encoding="utf-8")
    imported = {
        name.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert "re" not in imported and "fill" in imported

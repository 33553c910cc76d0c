"""The manual's pages: what they name exists, what exists is named, and a search finds it."""

from __future__ import annotations

import argparse
import re
import shlex
import struct
from pathlib import Path

import pytest

from export_tools.__main__ import make_parser
from hematodesk.cli.arguments import read_arguments
from hematodesk.workflow.system.manual import (
    INDEX,
    PICTURES,
    Hit,
    Manual,
    fill,
    find,
    folded,
    marks,
    places_of,
    words_of,
)
from tests import manual_facts as facts

PAGES = [(manual, name) for manual in facts.manuals() for name in manual.names]
IDS = [
    f"{language}-{name}"
    for language, manual in zip(facts.LANGUAGES, facts.manuals(), strict=True)
    for name in manual.names
]
EVERY_PAGE = pytest.mark.parametrize(("manual", "name"), PAGES, ids=IDS)
_FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
_MOST_BYTES = 1_200_000


def named(manual: Manual, *kinds: str) -> set[str]:
    """What the pages of a manual name by marks of these kinds."""
    return {mark for name in manual.names for kind, mark in marks(manual.source(name)) if kind in kinds}


def is_typed(known: dict[str, set[str]], name: str) -> bool:
    command, dashes, option = name.partition("--")
    return command.strip() in known and (not dashes or f"--{option}" in known[command.strip()])


def exists(kind: str, name: str) -> bool:
    """Whether there is what a mark names; actions and keys are asked of the window's own tests."""
    context, _, text = name.partition("|")
    return {
        "action": True,
        "key": True,
        "command": is_typed(facts.commands(), name),
        "tool": is_typed(facts.tools(), name),
        "setting": name in facts.SETTINGS,
        "policy": name in facts.POLICY,
        "place": name in facts.PLACES,
        "code": name in facts.sources().words,
        "formats": name in facts.FORMATS,
        "table": name in facts.TABLES,
        "text": (context, text) in facts.sources().texts,
    }.get(kind, False)


@EVERY_PAGE
def test_what_a_page_names_exists(manual: Manual, name: str) -> None:
    wrong = [f"{kind}:{mark}" for kind, mark in marks(manual.source(name)) if not exists(kind, mark)]
    assert wrong == []


@pytest.mark.parametrize(
    "mark",
    [
        ("command", "classify --sav"),
        ("command", "clasify"),
        ("tool", "convert --lables"),
        ("setting", "recent"),
        ("setting", "thme"),
        ("policy", "exports"),
        ("place", "shipped_models"),
        ("code", "history_never"),
        ("text", "LiveDialog|Freeze"),
        ("acton", "export"),
    ],
)
def test_what_does_not_exist_is_noticed(mark: tuple[str, str]) -> None:
    assert not exists(*mark)


@EVERY_PAGE
def test_options_and_codes_are_named_by_marks_or_in_examples_alone(manual: Manual, name: str) -> None:
    text = fill(_FENCE.sub("", manual.source(name)), lambda kind, mark: "")
    typed = [
        words
        for words in re.findall(r"`([^`]+)`", text)
        if words.startswith("-") or words in facts.sources().codes
    ]
    # Other programs' commands, in the page for administrators, and the one option of all tools.
    assert [words for words in typed if words not in ("--help", "-h")] == []
    assert not re.search(r"(?<![\w`-])--(?!help)\w", re.sub(r"`[^`]*`", "", text))


@EVERY_PAGE
def test_examples_are_commands_that_the_program_takes(manual: Manual, name: str) -> None:
    wrong = []
    for line in (
        line
        for kind, body in _FENCE.findall(manual.source(name))
        if kind == "sh"
        for line in body.splitlines()
    ):
        words = shlex.split(line, comments=True)
        try:
            if words[:1] == ["hematodesk"]:
                read_arguments(words[1:])
            elif words[:3] == ["python", "-m", "export_tools"]:
                make_parser().parse_args(words[3:])
            elif words[:3] != ["python", "-m", "pip"]:
                wrong.append(line)
        except SystemExit as end:
            if end.code:
                wrong.append(line)
    assert wrong == []


@EVERY_PAGE
def test_links_and_pictures_are_there_and_nothing_leads_outside(manual: Manual, name: str) -> None:
    text = manual.source(name)
    assert not re.search(r"https?:|www\.|mailto:|<a |<img", text)
    wrong = []
    for target in re.findall(r"\]\(([^)]+)\)", text):
        page, _, heading = target.partition("#")
        if page.startswith(f"{PICTURES}/"):
            found = manual.picture(Path(page).name) is not None
        else:
            headings = re.findall(r"^#+ (.+)$", manual.source(page or name), re.MULTILINE)
            anchors = {"-".join(re.findall(r"\w+", each.lower())) for each in headings}
            found = (page or name) in manual.names and (not heading or heading in anchors)
        if not found:
            wrong.append(target)
    assert wrong == []


@EVERY_PAGE
def test_a_page_is_short_and_never_diagnoses(manual: Manual, name: str) -> None:
    text = manual.source(name)
    assert manual.title(name) != name
    assert len(text.split()) < 1300
    assert not re.search(r"diagnos(?!e\b)|diagnose\b(?<!people diagnose)", text, re.IGNORECASE)


@pytest.mark.parametrize("manual", facts.manuals(), ids=facts.LANGUAGES)
def test_every_command_setting_code_and_field_is_told_somewhere(manual: Manual) -> None:
    commands = {name.partition("--")[0].strip() for name in named(manual, "command")}
    tools = {name.partition("--")[0].strip() for name in named(manual, "tool")}
    assert set(facts.commands()) - commands == set()
    assert set(facts.tools()) - tools == set()
    assert "settings" in named(manual, "table") or named(manual, "setting") >= facts.SETTINGS
    assert facts.POLICY - named(manual, "policy") == set()
    assert facts.sources().codes - named(manual, "code") == set()


def test_every_page_is_in_the_index() -> None:
    assert Manual(facts.FOLDER).names[0] == INDEX
    assert set(Manual(facts.FOLDER).names) == {path.name for path in facts.FOLDER.glob("*.md")}


def test_every_picture_is_shown_and_they_are_small() -> None:
    manual = Manual(facts.FOLDER)
    pictures = sorted((facts.FOLDER / PICTURES).glob("*"))
    shown = {
        target for name in manual.names for target in re.findall(r"\(pictures/([^)]+)\)", manual.source(name))
    }
    assert shown == {path.name for path in pictures}
    assert sum(path.stat().st_size for path in pictures) < _MOST_BYTES
    for path in pictures:
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert 200 <= width <= 1100 and height <= 800, path.name


# Languages


def test_a_page_that_is_not_translated_is_read_in_english(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / "index.md").write_text("# Manual\n\n[one](one.md) [two](two.md) [none](none.md)\n")
    (tmp_path / "one.md").write_text("# One\n")
    (tmp_path / "two.md").write_text("# Two\n")
    (tmp_path / "es" / "one.md").write_text("# Uno\n")
    spanish = Manual(tmp_path, "es_MX")
    assert spanish.names == ["index.md", "one.md", "two.md"]
    assert [spanish.title(name) for name in spanish.names] == ["Manual", "Uno", "Two"]
    assert Manual(tmp_path, "de").title("one.md") == "One"


def test_only_pictures_of_the_manual_are_given(tmp_path: Path) -> None:
    (tmp_path / PICTURES).mkdir()
    (tmp_path / PICTURES / "window.png").touch()
    (tmp_path / "secret.png").touch()
    manual = Manual(tmp_path)
    assert manual.picture("window.png") == tmp_path / PICTURES / "window.png"
    assert manual.picture("../secret.png") is None
    assert manual.picture("other.png") is None
    assert manual.source(INDEX) == "" and manual.names == []


# Searching


LINES = {
    "a.md": ["Backups", "Every day a copy is made.", "Nothing about the other word."],
    "b.md": ["Restoring", "A daily backup of the history is restored here.", "Málaga"],
}


def test_pages_with_all_words_are_found_by_their_best_lines() -> None:
    assert find(LINES, "backup") == [
        Hit("a.md", 0, "Backups"),
        Hit("b.md", 1, "A daily backup of the history is restored here."),
    ]
    assert find(LINES, "BACKUP  restored") == [Hit("b.md", 1, LINES["b.md"][1])]
    # The words stand in different lines of the page.
    assert {hit.page for hit in find(LINES, "backup copy")} == {"a.md"}
    assert find(LINES, "backup nowhere") == [] and find(LINES, "  ") == []


def test_headings_come_before_sentences() -> None:
    pages = {
        "a.md": ["About the policy, in a longer sentence than the heading of the other page."],
        "b.md": ["Another sentence that names the policy.", "Policy file", "policy"],
    }
    assert [(hit.page, hit.line) for hit in find(pages, "policy")] == [
        ("b.md", 2),
        ("b.md", 1),
        ("b.md", 0),
        ("a.md", 0),
    ]


def test_case_and_accents_do_not_count_and_places_agree() -> None:
    assert find(LINES, "malaga") == [Hit("b.md", 2, "Málaga")]
    assert places_of(words_of("málaga A"), "Málaga") == [(0, 6), (1, 1), (3, 1), (5, 1)]
    odd = "ﬁeld İstanbul ß"
    assert len(folded(odd)) == len(odd)


def test_a_long_line_is_cut_around_the_word() -> None:
    line = "first " * 40 + "needle " + "last " * 40
    (hit,) = find({"a.md": [line]}, "needle")
    assert "needle" in hit.context and len(hit.context) < 100
    assert hit.context.startswith("…") and hit.context.endswith("…")


def test_the_parser_of_the_tools_is_whole() -> None:
    assert isinstance(make_parser(), argparse.ArgumentParser)
    assert "convert" in facts.tools() and "--labels" in facts.tools()["convert"]

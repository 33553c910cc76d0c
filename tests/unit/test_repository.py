"""Documents name only what exists, and CI runs the README's own commands."""

from __future__ import annotations

import importlib.util
import re
import sys
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    name
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "packaging/README.md")
    if (ROOT / name).is_file()
]
MOST_README_BYTES = 8192
_ROOMS = ("hematodesk", "export_tools", "packaging", "tests", "resources", "models", ".ci", ".github")


def _load_readme_script():
    spec = importlib.util.spec_from_file_location("ci_readme", ROOT / ".ci" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


readme = _load_readme_script()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# README's commands


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= MOST_README_BYTES


def test_every_marked_block_that_ci_runs_is_in_the_readme():
    asked = set()
    for name in (".ci/run", ".github/workflows/ci.yml"):
        asked |= set(re.findall(r'\.ci/readme\.py"? (?:--print )?"([^"]+)"', text_of(name)))
    commands = {f"{kind} command{system}" for kind in ("main", "test") for system in ("", " on Windows")}
    assert asked == {*commands, "system libraries"}
    for marker in asked:
        assert readme.command_lines(text_of("README.md"), marker)


def test_the_windows_commands_do_what_the_others_do():
    for kind in ("main", "test"):
        (line,) = readme.command_lines(text_of("README.md"), f"{kind} command")
        lines = readme.command_lines(text_of("README.md"), f"{kind} command on Windows")
        same = line.replace("python3", "python").replace("/bin/", "/Scripts/").replace("'", "").split(" && ")
        assert [each.replace("\\", "/") for each in lines] == same


def test_a_block_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="no such thing"):
        readme.command_lines(text_of("README.md"), "no such thing")


@pytest.fixture
def own_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A README of two lines whose first is given; the second leaves a file behind."""

    def write(first: str) -> Path:
        second = f"\"{sys.executable}\" -c \"open('second', 'w')\""
        (tmp_path / "README.md").write_text(f"<!-- both -->\n```sh\n{first}\n{second}\n```\n", "utf-8")
        monkeypatch.setattr(readme, "ROOT", tmp_path)
        return tmp_path / "second"

    return write


def test_lines_run_in_turn_until_one_fails(own_readme):
    second = own_readme(f'"{sys.executable}" -c "raise SystemExit(7)"')
    assert readme.main(["both"]) == 7
    assert not second.exists()
    assert readme.main(["both", "--print"]) == 0
    assert not second.exists()
    second = own_readme(f'"{sys.executable}" -c "pass"')
    assert readme.main(["both"]) == 0
    assert second.exists()


def test_a_window_that_stays_open_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    line = f'"{sys.executable}" -c "import time; time.sleep(600)"'
    (tmp_path / "README.md").write_text(f"<!-- main -->\n```sh\n{line}\n```\n", "utf-8")
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    began = time.monotonic()
    assert readme.main(["main", "--window", "0.5"]) == 0
    assert time.monotonic() - began < 60


# What CI checks


def test_the_push_workflow_covers_three_systems_and_the_pythons():
    workflow = text_of(".github/workflows/ci.yml")
    assert re.search(r"^on:\n  push:", workflow, re.MULTILINE)
    systems = re.search(r"system: \[(.+)\]", workflow)[1]
    assert [each.split("-")[0] for each in systems.split(", ")] == ["ubuntu", "windows", "macos"]
    pythons = re.findall(r'"(3\.\d+)"', re.search(r"python: \[(.+)\]", workflow)[1])
    least = tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert pythons == [least, "3.12", "3.13"]
    assert not re.search(r"https?://|--index", workflow)
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", used) for used in re.findall(r"uses: (\S+)", workflow))


def test_what_is_checked_before_a_commit_is_what_ci_checks():
    hooks = re.findall(r"entry: (.+)", text_of(".pre-commit-config.yaml"))
    assert len(hooks) == 5
    ci = text_of(".ci/run").replace('"$python"', "python").replace(".venv-test/bin/", "")
    assert [hook for hook in hooks if f"\n{hook}\n" not in ci] == []


# Documents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text_of(name))
    assert [each for each in targets if not ((ROOT / name).parent / each).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_paths_in_backticks_exist(name: str):
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text_of(name), flags=re.DOTALL))
    named = [
        span for span in spans if re.fullmatch(rf"(?:{'|'.join(map(re.escape, _ROOMS))})/[\w./*-]*", span)
    ]
    assert [
        path for path in named if not (any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists())
    ] == []

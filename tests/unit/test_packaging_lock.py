"""The lock file: complete for every system, by hash, and naming no place."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "packaging" / "requirements.txt").read_text(encoding="utf-8")

_spec = importlib.util.spec_from_file_location("check_lock", ROOT / "packaging" / "check_lock.py")
assert _spec is not None and _spec.loader is not None
check_lock = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_lock)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", line)[0].lower() for line in requirements if not line.startswith("#")}


def test_every_dependency_of_a_release_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    other = (ROOT / "packaging" / "other-systems.in").read_text(encoding="utf-8").split("\n")
    wanted = names(project["dependencies"] + project["optional-dependencies"]["package"])
    wanted |= names([line for line in other if line])
    assert {"xlsxwriter", "cyclonedx-python-lib", "pefile", "macholib"} <= wanted
    assert wanted <= set(check_lock.locked(LOCK))


def test_every_locked_package_has_digests_and_no_line_names_a_place():
    packages = check_lock.locked(LOCK)
    assert all(digests for _, digests in packages.values())
    # Compiled ones have a file for each system and version of Python.
    assert len(packages["numpy"][1]) > 20
    assert not re.search(r"https?://|--index|--extra-index|--find-links|--trusted", LOCK)


def test_a_lock_file_is_read():
    hashes = f"    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"
    text = f"# a\nA-b==1.0 \\\n{hashes}    # via x\nc==2\n"
    assert check_lock.locked(text) == {"a-b": ("1.0", {"a" * 64, "b" * 64}), "c": ("2", set())}

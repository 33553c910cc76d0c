"""Every place that writes a file is known; what a person chose goes through `domain.files` and `targets`.

A new writer fails here until it uses `replacing`, `write_whole` or `History.backup`, or says why it need not.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_METHODS = {
    "write_bytes",
    "write_text",
    "touch",
    "hardlink_to",
    "symlink_to",
    "copyfile",
    "copy2",
    "copytree",
    "copy",
    "move",
    "imwrite",
    "savez",
    "savez_compressed",
    "rename",
    "mkstemp",
    "mkdtemp",
    "NamedTemporaryFile",
    "TemporaryFile",
    "TemporaryDirectory",
    "QPdfWriter",
    "QSaveFile",
    "Workbook",
    "ZipFile",
    "FileHandler",
    "RotatingFileHandler",
}
_MODULES = {"shutil", "os", "cv2", "np", "tempfile", "Path"}

KNOWN = {
    "domain/files.py": "the one way, and what it is made of",
    "domain/file_lock.py": "locks in the data folder",
    "domain/targets.py": "pipes and devices that a person chose",
    "cli/output.py": "the null device",
    "child/memory.py": "shared memory without a name",
    "reporting/workbook.py": "`scratch_folder`, and a stream of `replacing_bytes`",
    "ui/exports/report_pdf.py": "`scratch_folder`, then `replacing_bytes`",
    "storage/backup.py": "`targets.settle` for a person's target, then a file of `new_beside`",
    "storage/maintenance.py": "the history itself, in the data folder",
    "storage/swap.py": "the history itself, in the data folder",
    "workflow/exports/class_folders.py": "`check_target`, then within a folder of `new_folder_within`",
    "workflow/self_test.py": "probes in the data folder",
    "workflow/system/policy.py": "tries whether a user could write the policy; nothing is changed",
    "workflow/system/log.py": "the log, in the data folder",
    "workflow/system/settings.py": "damaged settings, set aside in the data folder",
}


def _writes(node: ast.Call) -> bool:
    called = node.func
    name = (
        called.attr
        if isinstance(called, ast.Attribute)
        else called.id
        if isinstance(called, ast.Name)
        else ""
    )
    words = [
        each.value
        for each in (*node.args, *(k.value for k in node.keywords))
        if isinstance(each, ast.Constant)
    ]
    if name == "open":
        if (
            isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id == "os"
        ):
            flags = {
                each.attr
                for arg in node.args[1:]
                for each in ast.walk(arg)
                if isinstance(each, ast.Attribute)
            }
            return not flags & {"O_RDONLY", "O_PATH"} or bool(flags & {"O_CREAT", "O_TRUNC"})
        modes = [word for word in words if isinstance(word, str) and set(word) <= set("rwxabt+") and word]
        return any(set(mode) & set("wxa+") for mode in modes)
    if name == "replace":
        # Of a path or a file: one argument and no text; `dataclasses.replace` has keywords.
        return len(node.args) == 1 and not node.keywords and isinstance(called, ast.Attribute)
    if name in ("copy", "rename", "move", "savez"):
        return isinstance(called, ast.Attribute) and (
            name == "rename" or (isinstance(called.value, ast.Name) and called.value.id in _MODULES)
        )
    return name in _METHODS


def writers(tree: Path) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for path in sorted(tree.rglob("*.py")):
        lines = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and _writes(node)
        ]
        if lines:
            found[path.relative_to(tree).as_posix()] = lines
    return found


def test_every_writer_of_the_program_is_known():
    found = writers(ROOT / "hematodesk")
    unknown = {place: lines for place, lines in found.items() if place not in KNOWN}
    assert set(KNOWN) <= set(found), "no longer a writer"
    assert unknown == {}, "write through hematodesk.domain.files, or say here why not"


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text('x')",
        "open(path, 'w')",
        "path.open('ab')",
        "os.open(path, os.O_WRONLY)",
        "one.replace(other)",
        "shutil.copyfile(one, other)",
        "tempfile.mkdtemp()",
        "cv2.imwrite(name, pixels)",
        "one.rename(other)",
    ],
)
def test_a_new_writer_is_found(tmp_path, line):
    (tmp_path / "new.py").write_text(line + "\n", "utf-8")
    assert writers(tmp_path) == {"new.py": [1]}

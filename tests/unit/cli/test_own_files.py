"""No command and no format writes over the program's files, the images or the model, however spelled."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from export_tools.__main__ import main as export_tools
from hematodesk.bootstrap import build
from hematodesk.cli import console as telling
from hematodesk.cli import main as cli
from hematodesk.domain.errors import ExportError
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.export_formats import EXPORT_FORMATS
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance
from hematodesk.workflow.system import paths as own_paths
from tests.unit.cli.test_main import smear, work  # noqa: F401 - fixtures

OWN = (
    "",
    "history.sqlite3",
    "history.sqlite3-wal",
    "history.sqlite3-shm",
    "history.sqlite3-journal",
    "history.sqlite3-lock",
    "settings.json",
    "import.lock",
    "model-verdicts.json",
    "hematodesk.log",
    "crash.log",
    "backups",
    "backups/history-0001-20260101T000000Z.sqlite3",
    "models",
    "models/other.onnx",
    "pictures/ab.png",
    "runs/run-1.lock",
    "scratch",
    "new.csv",
)


def plain(path: Path, _elsewhere: Path) -> Path:
    return path


def dotted(path: Path, _elsewhere: Path) -> Path:
    return path.parent / "." / ".." / path.parent.name / path.name


def by_a_linked_folder(path: Path, elsewhere: Path) -> Path:
    link = elsewhere / "way"
    link.symlink_to(path.parent, target_is_directory=True)
    return link / path.name


def by_a_link(path: Path, elsewhere: Path) -> Path:
    link = elsewhere / "out.csv"
    link.symlink_to(path)
    return link


def by_a_hard_link(path: Path, elsewhere: Path) -> Path:
    link = elsewhere / "out.csv"
    if not path.is_file():
        pytest.skip("only files have hard links")
    link.hardlink_to(path)
    return link


def by_the_root_of_the_process(path: Path, _elsewhere: Path) -> Path:
    if not Path("/proc/self/root").exists():
        pytest.skip("Linux has it")
    return Path("/proc/self/cwd", os.path.relpath(path))


SPELLINGS: tuple[Callable[[Path, Path], Path], ...] = (
    plain,
    dotted,
    by_a_linked_folder,
    by_a_link,
    by_a_hard_link,
    by_the_root_of_the_process,
)

COMMANDS: dict[str, tuple[str, ...]] = {
    "classify": ("classify", "images", "--model", "tiny.onnx", "--quiet", "--output"),
    "classify json": ("classify", "images", "--model", "tiny.onnx", "--format", "json", "--output"),
    "adapt": ("models", "adapt", "--model", "tiny.onnx", "--output"),
    "backup": ("history", "backup"),
} | {f"export {each}": ("history", "export", "--format", each, "--output") for each in EXPORT_FORMATS}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        # SQLite's index and the locks come and go while a command has the history open.
        if path.is_file() and not path.name.endswith(("-shm", "-wal", "-lock", ".lock"))
    }


@pytest.fixture
def full(work, capfd, monkeypatch) -> Iterator[Path]:  # noqa: F811
    """A data folder in which each of the program's files is, and a history with the images of `work`."""
    # Qt's application would stay for the tests after this one.
    monkeypatch.setattr("hematodesk.bootstrap.report_renderer", lambda _services: lambda *_given: [])
    code = cli.main(
        ["--data-dir", str(work / "data"), "classify", "images", "--model", "tiny.onnx", "--save", "--quiet"]
    )
    assert code == telling.OK
    for name in OWN[1:]:
        path = work / "data" / name
        if path.suffix and not path.exists() and path.name != "new.csv" and "-" not in path.suffix:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"{}" if path.suffix == ".json" else b"own")
    (work / "elsewhere").mkdir()
    yield work / "data"


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_the_programs_own_stays_byte_for_byte(full, command, spelling, capfd):
    before = contents(full)
    tried = 0
    for name in OWN if spelling is plain else OWN[:3] + OWN[6:7] + OWN[-1:]:
        elsewhere = full.parent / "elsewhere"
        for left in elsewhere.iterdir():
            left.unlink()
        with contextlib.suppress(pytest.skip.Exception):
            target = spelling(full / name, elsewhere)
            tried += 1
            code = cli.main(["--data-dir", str(full), *COMMANDS[command], str(target)])
            _, err = capfd.readouterr()
            assert code in (telling.SOME_FAILED, telling.USAGE), (name, err)
            assert "export_unwritable" in err or "backup_failed" in err, (name, err)
            assert contents(full) == before, name
    assert tried or spelling is by_the_root_of_the_process


def test_a_second_path_to_a_folder_of_the_program_is_known_by_identity(full, monkeypatch):
    """As a bind mount makes one: no link, another name, the same device and number."""
    other = full.parent / "mounted"
    other.mkdir()
    real = Path.stat

    def mounted(path: Path, **options: bool) -> os.stat_result:
        return real(full / "backups" if path == other else path, **options)

    monkeypatch.setattr(Path, "stat", mounted)
    services = build(full)
    services.open_history()
    try:
        with pytest.raises(ExportError, match="own files"):
            run_export(services, ExportRequest(other / "all.csv", "csv"))
        with pytest.raises(ExportError, match="own files"):
            HistoryMaintenance(services).back_up_to(other / "copy.sqlite3")
    finally:
        services.close()
    assert list(other.iterdir()) == []


def test_what_came_with_the_program_and_the_policy_stay(full, capfd):
    shipped = own_paths.find_paths()
    for target in (
        shipped.shipped_models / "wbc4.onnx",
        shipped.shipped_models / "new.csv",
        shipped.samples / "new.csv",
        Path(cli.__file__),
    ):
        before = target.read_bytes() if target.is_file() else None
        code = cli.main(["--data-dir", str(full), *COMMANDS["export csv"], str(target)])
        assert code == telling.SOME_FAILED and "own files" in capfd.readouterr()[1]
        assert (target.read_bytes() if target.is_file() else None) == before


def test_a_history_that_the_data_folder_only_links_to_is_spared_too(full, capfd):
    away = full.parent / "elsewhere" / "big.sqlite3"
    (full / "history.sqlite3").rename(away)
    (full / "history.sqlite3").symlink_to(away)
    before = away.read_bytes()
    for name in ("big.sqlite3", "big.sqlite3-wal", "BIG.sqlite3-journal"):
        code = cli.main(["--data-dir", str(full), *COMMANDS["export csv"], str(away.with_name(name))])
        assert code == telling.SOME_FAILED and "own files" in capfd.readouterr()[1]
    assert away.read_bytes() == before


def test_images_and_the_model_are_not_written_over(full, capfd):
    work = full.parent  # noqa: F811
    linked = work / "elsewhere" / "answers.jsonl"
    linked.hardlink_to(work / "images" / "a.png")
    before = contents(work / "images") | contents(work / "elsewhere")
    model = (work / "tiny.onnx").read_bytes()
    given = ["classify", "images", "--recursive", "--model", "tiny.onnx", "--quiet", "--output"]
    for target in (work / "images" / "a.png", work / "images" / "deep" / "c.png", linked, work / "tiny.onnx"):
        code = cli.main(["--data-dir", str(full), *given, str(target)])
        assert code == telling.USAGE, capfd.readouterr()
        assert "would be overwritten" in capfd.readouterr()[1]
    # Of an export the images are known to the history only.
    for command in COMMANDS:
        if command.startswith(("export", "backup")):
            code = cli.main(["--data-dir", str(full), *COMMANDS[command], str(work / "images" / "a.png")])
            _, err = capfd.readouterr()
            assert code == telling.SOME_FAILED, command
            assert "would be overwritten" in err, (command, err)
    assert contents(work / "images") | contents(work / "elsewhere") == before
    assert (work / "tiny.onnx").read_bytes() == model


def test_the_export_tools_spare_the_data_folder(full, monkeypatch, capfd):
    monkeypatch.setattr(own_paths, "data_dir", lambda _override=None: full)
    before = contents(full)
    for name in ("history.sqlite3", "models/new.onnx", "backups"):
        given = ["convert", "model.keras", "--output", str(full / name), "--labels", "a,b"]
        assert export_tools(given) == 1
        assert "own files" in capfd.readouterr().err
    assert contents(full) == before

"""Everything in the data folder is its owner's alone, whatever the umask was, is, or an older version did."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hematodesk.domain.files import is_shared, scratch_folder
from hematodesk.workflow.system import windows_rights
from hematodesk.workflow.system.private_folder import keep_private

posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")

WORK = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from hematodesk.bootstrap import build
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance
from hematodesk.workflow.system.log import log_event, start_log
from hematodesk.workflow.system import log
from tests.plugs.worker import fill
data = Path(sys.argv[1]) / "data"
services = build(data)
log._MAX_BYTES = 2000
start_log(services.paths)
for number in range(100): log_event("turned_over", number=number)
services.settings.set("operator", "Ada")
fill(services.open_history(), 20)
maintenance = HistoryMaintenance(services)
kept = maintenance.back_up().path
maintenance.restore(kept)
def modes(when):
    for path in (data, *data.rglob("*")):
        mode = path.lstat().st_mode
        if mode & 0o077 or not mode & 0o600: print(when, path.relative_to(data), oct(mode))
from hematodesk.reporting import workbook
real = workbook._Writer.fill
def fill_looking(*given):
    real(*given)
    print("scratch", len(list(services.paths.scratch.iterdir())))
    modes("exporting")
workbook._Writer.fill = fill_looking
run_export(services, ExportRequest(data.parent / "all.xlsx", "xlsx"))
run_export(services, ExportRequest(data.parent / "all.csv", "csv"))
maintenance.back_up_to(data.parent / "copy.sqlite3")
modes("open")
services.close()
modes("closed")
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@posix
@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_all_is_the_owners_alone_under_every_umask(tmp_path, umask):
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(tmp_path), umask],
        cwd=Path(__file__).parents[4],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split("\n") == ["scratch 1", ""]
    usual = 0o666 & ~int(umask, 8)
    for name in ("all.xlsx", "all.csv", "copy.sqlite3"):
        assert mode(tmp_path / name) == usual, "what a person chose has the usual rights"


@posix
def test_an_older_looser_folder_is_closed_and_nothing_else_in_it(tmp_path):
    data, outside = tmp_path / "data", tmp_path / "outside.txt"
    (data / "backups").mkdir(parents=True)
    (data / "pictures").mkdir()
    outside.write_text("x")
    outside.chmod(0o644)
    own = [
        data / "history.sqlite3",
        data / "settings.json",
        data / "hematodesk.log.1",
        data / "backups" / "b",
    ]
    theirs = data / "smear.png"
    for path in (*own, theirs):
        path.write_text("x")
        path.chmod(0o644)
    (data / "pictures" / "link").symlink_to(outside)
    (data / "settings.json.link").symlink_to(outside)
    data.chmod(0o755)
    keep_private(data, made=False)
    assert [mode(path) for path in own] == [0o600] * 4
    assert (mode(data), mode(data / "backups")) == (0o700, 0o700)
    assert (mode(theirs), mode(outside)) == (0o644, 0o644)


@posix
@pytest.mark.parametrize("kind", ["group", "everybody", "another owner"])
def test_a_shared_folder_and_another_owners_stay(tmp_path, monkeypatch, kind):
    data = tmp_path / "data"
    data.mkdir()
    (data / "history.sqlite3").write_text("x")
    (data / "history.sqlite3").chmod(0o664)
    data.chmod({"group": 0o2770, "everybody": 0o1777, "another owner": 0o755}[kind])
    before = mode(data)
    if kind == "another owner":
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert is_shared(data)
    keep_private(data, made=False)
    assert (mode(data), mode(data / "history.sqlite3")) == (before, 0o664)


@posix
def test_a_home_folder_keeps_its_rights(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    tmp_path.chmod(0o755)
    (tmp_path / "history.sqlite3").write_text("x")
    keep_private(tmp_path, made=False)
    assert (mode(tmp_path), mode(tmp_path / "history.sqlite3")) == (0o755, 0o600)


@posix
def test_scratch_of_a_killed_program_is_swept_and_that_of_a_running_one_stays(tmp_path):
    code = (
        "import sys; from pathlib import Path; from hematodesk.domain.files import scratch_folder\n"
        "with scratch_folder(Path(sys.argv[1])) as made:\n"
        "    (made / 'rows').write_text('patient'); print(made, flush=True); sys.stdin.read()"
    )
    data = tmp_path / "data"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(data / "scratch")], stdin=-1, stdout=-1, text=True
    )
    assert other.stdout is not None and other.stdin is not None
    made = Path(other.stdout.readline().strip())
    assert made.parent == data / "scratch" and mode(made) == 0o700
    keep_private(data, made=False)
    assert (made / "rows").exists()
    other.kill()
    other.wait()
    keep_private(data, made=False)
    assert not made.exists()
    other.stdout.close()
    other.stdin.close()


@posix
def test_scratch_lies_elsewhere_where_the_data_folder_takes_none(tmp_path, monkeypatch):
    (tmp_path / "data").write_text("a file")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder(tmp_path / "data" / "scratch") as made:
        assert made.parent == tmp_path and mode(made) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


class Windows:
    """Stands for advapi32 and kernel32: remembers what it was asked."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.freed: list[str] = []
        self.words = ""
        self.set: tuple[Any, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self._called(name, given)

    def _called(self, name: str, given: tuple[Any, ...]) -> int:
        if name in ("LocalFree", "CloseHandle"):
            self.freed.append(name)
        elif name == self.refuses:
            return 5 if name == "SetNamedSecurityInfoW" else 0
        elif name == "ConvertSidToStringSidW":
            given[1]._obj.value = "S-1-5-21-7"
        elif name == "ConvertStringSecurityDescriptorToSecurityDescriptorW":
            self.words = given[0]
            given[2]._obj.value = 1234
        elif name == "GetSecurityDescriptorDacl":
            given[2]._obj.value = 99
        elif name == "SetNamedSecurityInfoW":
            self.set = given
            return 0
        return 1


def test_windows_is_asked_for_this_user_and_the_system_alone(tmp_path):
    system = Windows()
    assert windows_rights.restrict(tmp_path, system)
    assert system.words == "D:P(A;OICI;FA;;;S-1-5-21-7)(A;OICI;FA;;;SY)"
    place, kind, what, _owner, _group, entries, _audit = system.set
    assert (place, kind, what) == (str(tmp_path), 1, 0x80000004)
    assert isinstance(entries, ctypes.c_void_p) and entries.value == 99
    assert system.freed == ["LocalFree", "CloseHandle", "LocalFree"]


@pytest.mark.parametrize(
    "name",
    [
        "OpenProcessToken",
        "GetTokenInformation",
        "ConvertSidToStringSidW",
        "ConvertStringSecurityDescriptorToSecurityDescriptorW",
        "GetSecurityDescriptorDacl",
        "SetNamedSecurityInfoW",
    ],
)
def test_what_windows_refuses_is_no_crash(tmp_path, name):
    assert not windows_rights.restrict(tmp_path, Windows(name))

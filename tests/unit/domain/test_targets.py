"""What may be written to, and that nothing waits for ever."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hematodesk.domain import files, targets
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import Cancelled, ExportError
from hematodesk.domain.files import Rights, write_whole
from hematodesk.domain.text_file import replacing, replacing_bytes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def write(target: Path, text: str = "new", cancel: CancelToken | None = None) -> None:
    with replacing(target, cancel=cancel) as stream:
        stream.write(text)


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "archive").mkdir()
    real, link = tmp_path / "archive" / "real.csv", tmp_path / "latest.csv"
    real.write_text("old")
    link.symlink_to(real)
    write(link)
    assert link.is_symlink() and real.read_text() == "new"
    assert names(tmp_path / "archive") == ["real.csv"]


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    link = tmp_path / "latest.csv"
    link.symlink_to(tmp_path / "gone.csv")
    with pytest.raises(ExportError, match="leads nowhere"):
        write(link)
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(ExportError):
        write(link)
    assert names(tmp_path) == ["latest.csv"]


def test_folders_sockets_and_block_devices_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ExportError, match="folder"):
        write(tmp_path)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with pytest.raises(ExportError, match="no file"):
            write(tmp_path / "socket")
        assert stat.S_ISSOCK((tmp_path / "socket").stat().st_mode)
    with pytest.raises(ExportError):
        write(Path("a\0b"))


@pytest.mark.parametrize("rights", list(Rights))
def test_what_is_a_files_only_never_replaces_a_pipe(tmp_path, rights):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExportError, match="no file"):
        targets.settle(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_pipe_takes_what_is_written_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    content = os.urandom(300_000)
    with replacing_bytes(tmp_path / "pipe") as stream:
        stream.write(content)
    reader.join(10)
    assert got == [content]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_pipe_that_nobody_reads_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "READER_S", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExportError, match="nobody reads"):
        write(tmp_path / "pipe")


@pytest.mark.parametrize("reads", [False, True])
def test_a_cancelled_writer_of_a_pipe_ends_at_once(tmp_path, reads):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # A reader that never takes anything: the pipe is full after 64 KB.
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) if reads else None
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        write(pipe, "x" * 10_000_000, token)
    assert time.monotonic() - begun < 2
    if held is not None:
        os.close(held)


def test_standard_output_by_its_path_is_not_replaced(tmp_path):
    """`{ echo head; hematodesk … --output /dev/stdout; } > file`, and into a pipe."""
    code = (
        "from pathlib import Path; from hematodesk.domain.text_file import replacing\n"
        "with replacing(Path('/dev/stdout')) as s: s.write('body\\n')"
    )
    with (tmp_path / "out.txt").open("w") as out:
        out.write("head\n")
        out.flush()
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True, timeout=60)
    assert (tmp_path / "out.txt").read_text() == "head\nbody\n"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"body\n"


def test_an_open_descriptor_of_the_programs_own_file_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "_own", {tmp_path / "data"})
    (tmp_path / "data").mkdir()
    own = tmp_path / "data" / "history.sqlite3"
    own.write_text("own")
    with own.open("r+") as opened:
        for path in (f"/proc/self/fd/{opened.fileno()}", f"/dev/fd/{opened.fileno()}"):
            with pytest.raises(ExportError, match="own files"):
                write(Path(path))
    assert own.read_text() == "own"


def test_a_data_folder_that_is_not_there_yet_is_spared(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "_own", {tmp_path / "data"})
    for target in (tmp_path / "data", tmp_path / "data" / "new.csv"):
        with pytest.raises(ExportError, match="own files"):
            write(target)
    write(tmp_path / "other.csv")
    monkeypatch.setattr(targets, "_own", {tmp_path / "data", tmp_path / "other"})
    (tmp_path / "other").mkdir()
    with pytest.raises(ExportError, match="own files"):
        write(tmp_path / "other" / "x.csv")


def test_names_that_differ_in_case_only_are_one_where_the_system_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "_own", {tmp_path / "Data"})
    monkeypatch.setattr(targets.sys, "platform", "darwin")
    with pytest.raises(ExportError, match="own files"):
        write(tmp_path / "dATA" / "HISTORY.SQLITE3")


def test_the_old_files_rights_are_there_before_the_content(tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("secret")
    target.chmod(0o600)
    with replacing_bytes(target) as stream:
        stream.write(b"secret")
        stream.flush()
        (beside,) = tmp_path.glob(".hematodesk-*")
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600
        assert "a.csv" not in beside.name


def test_what_a_killed_writer_left_goes_at_the_next_and_what_is_written_stays(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from hematodesk.domain.text_file import replacing\n"
        "with replacing(Path(sys.argv[1])) as s:\n"
        "    s.write('x'); s.flush(); print('there', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a.csv")], stdin=-1, stdout=-1, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "there\n"
    write(tmp_path / "b.csv")
    assert len(list(tmp_path.glob(".hematodesk-*"))) == 1, "that one is being written"
    other.kill()
    other.wait()
    assert len(list(tmp_path.glob(".hematodesk-*"))) == 1
    write(tmp_path / "b.csv")
    assert names(tmp_path) == ["b.csv"]
    other.stdout.close()
    assert other.stdin is not None
    other.stdin.close()


def test_another_computers_and_foreign_files_stay(tmp_path):
    for name in (".hematodesk-00000000-ab.part", ".hematodesk-notes.txt", ".hematodesk-x.part"):
        (tmp_path / name).write_text("x")
    (tmp_path / f".hematodesk-{files._here()}-ab.part").symlink_to(tmp_path / ".hematodesk-notes.txt")
    write_whole(tmp_path / "a", b"", Rights.USUAL)
    write(tmp_path / "b")
    assert len(names(tmp_path)) == 6

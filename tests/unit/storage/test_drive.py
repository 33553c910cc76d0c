"""A network drive is known by its file system, and keeps a rollback journal instead of shared memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.operators import Operator
from hematodesk.storage import drive
from hematodesk.storage.history import History

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/lab\\040share rw,relatime - cifs //server/lab rw,vers=3.0
31 22 0:41 / /home rw - nfs4 server:/home rw
32 31 0:42 / /home/ada/sticks rw - vfat /dev/sdb1 rw
33 22 0:43 / /media/far rw - fuse.sshfs ada@far: rw
34 22 0:44 / /mnt/over rw - ext4 /dev/sdc1 rw
35 22 0:45 / /mnt/over rw - nfs server:/over rw
"""


@pytest.mark.parametrize(
    ("folder", "kind", "network"),
    [
        ("/var/data", "ext4", False),
        ("/mnt/lab share/data", "cifs", True),
        ("/mnt/lab", "ext4", False),
        ("/home/ada/data", "nfs4", True),
        ("/home/ada/sticks/data", "vfat", False),
        ("/media/far", "fuse.sshfs", True),
        ("/mnt/over/x", "nfs", True),
    ],
)
def test_the_mount_that_covers_the_folder_decides(folder, kind, network):
    assert drive._linux_type(Path(folder), MOUNTS) == kind
    assert drive.is_network_type(kind) is network


def test_a_usual_folder_is_local_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv(drive.NETWORK_VARIABLE, raising=False)
    assert drive.on_network(tmp_path) is False
    monkeypatch.setenv(drive.NETWORK_VARIABLE, "1")
    assert drive.on_network(tmp_path) is True


def test_a_history_that_moves_to_a_network_drive_and_back(path, result, cell, monkeypatch):
    monkeypatch.setenv(drive.NETWORK_VARIABLE, "0")
    history = History.open(path)
    assert not history.on_network
    history.save_result(history.begin_session(Operator.named("Ada")), result("a", cell()))
    # As a killed program leaves it: the row is in the log alone.
    files = {found.name: found.read_bytes() for found in path.parent.iterdir() if found.suffix != ".lock"}
    history.close()
    for name, content in files.items():
        if not name.endswith("-lock"):
            (path.parent / name).write_bytes(content)
    monkeypatch.setenv(drive.NETWORK_VARIABLE, "1")
    history = History.open(path)
    other = History.open(path)
    assert history.on_network
    assert not path.with_name(path.name + "-shm").exists()
    assert not path.with_name(path.name + "-wal").exists()
    with history._database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)
    saved = other.save_result(other.begin_session(Operator.named("Bo")), result("b", cell()))
    assert history.image(saved.id) == saved
    assert [row.name for row in history.page()] == ["b", "a"]
    history.backup(path.parent / "copy.sqlite3")
    other.close()
    history.close()
    with closing(History.open(path.parent / "copy.sqlite3")) as copy:
        assert copy.count() == 2
    monkeypatch.setenv(drive.NETWORK_VARIABLE, "0")
    with closing(History.open(path)) as history:
        assert history.count() == 2
        assert history.check(values=True) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

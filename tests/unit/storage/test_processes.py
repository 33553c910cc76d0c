"""Two instances on one file, and one that is killed in the middle of writing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

WRITER = """
import sys
from pathlib import Path
from hematodesk.domain.cells import *
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

history = History.open(Path(sys.argv[1]))
operator = Operator.named(sys.argv[2])
session = history.begin_session(operator)
made = Provenance("wbc4", "1.0.0", "ab", "auto", "cpu", 1.5, now_utc())
prediction = Prediction((("neutrophil", 0.9), ("monocyte", 0.1)), None, made)
cell = Cell(Box(1, 2, 3, 4), CellOrigin.LOCATED, 0.5, prediction)
for number in range(int(sys.argv[3])):
    name = f"{sys.argv[2]} {number}"
    result = ImageResult(name, "", name, 9, 9, ImageStatus.OK, (cell, cell))
    saved = history.save_results(session, [result])[0]
    print(saved.id, name, flush=True)
    review = Review(Verdict.AGREED, "neutrophil", operator, now_utc())
    history.set_review(saved.result.cells[0].id, review)
    print("reviewed", saved.id, flush=True)
history.close()
"""


def start(path: Path, operator: str, images: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), operator, str(images)], stdout=subprocess.PIPE, text=True
    )


def test_instances_that_begin_and_write_at_once(path):
    writers = [start(path, name, 60) for name in ("Ada", "Bo", "Cy")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    history = History.open(path)
    assert history.count() == 180
    assert {session.operator.name: session.image_count for session in history.sessions()} == {
        "Ada": 60,
        "Bo": 60,
        "Cy": 60,
    }
    assert history.check() == []
    history.close()


def test_a_second_instance_sees_what_the_first_has_saved(history, path, result, cell):
    other = History.open(path)
    session = history.begin_session(Operator.named("Ada"))
    saved = history.save_result(session, result("a", cell()))
    assert other.image(saved.id) == saved
    also = other.save_result(other.begin_session(Operator.named("Bo")), result("b", cell()))
    other.set_image_note(saved.id, "seen")
    assert [row.id for row in history.page()] == [also.id, saved.id]
    assert history.image(saved.id).note == "seen"
    other.close()
    assert history.check() == []


def test_a_killed_writer_loses_nothing_that_it_reported(path):
    for round_number in range(3):
        writer = start(path, f"Ada{round_number}", 100_000)
        lines = [writer.stdout.readline() for _ in range(41 + 2 * round_number)]
        writer.kill()
        lines += writer.stdout.readlines()
        writer.wait(timeout=30)
        writer.stdout.close()
        if not lines[-1].endswith("\n"):
            lines.pop()
        history = History.open(path)
        assert history.check() == []
        for line in lines:
            first, rest = line.rstrip("\n").split(" ", 1)
            if first == "reviewed":
                assert history.image(int(rest)).result.cells[0].review is not None
            else:
                image = history.image(int(first))
                assert image.result.name == rest
                assert len(image.result.cells) == 2
                assert image.result.cells[1].prediction.confidence == 0.9
        history.close()


def test_a_backup_of_a_history_that_is_written_is_whole(path, tmp_path):
    writer = start(path, "Ada", 100_000)
    reported = [writer.stdout.readline() for _ in range(20)]
    history = History.open(path)
    target = tmp_path / "elsewhere" / "copy.sqlite3"
    history.backup(target)
    writer.kill()
    writer.communicate(timeout=30)
    history.close()
    assert [found.name for found in target.parent.iterdir()] == ["copy.sqlite3"]
    copy = History.open(target)
    assert copy.check() == []
    assert copy.count() >= 10
    assert copy.image(int(reported[0].split()[0])).result.name == "Ada 0"
    copy.close()


# What SQLite asks of another instance before it cuts the index of the log to nothing (UNIX_SHM_DMS).
IN_USE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    try:
        fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
    except OSError:
        print("in use")
    else:
        print("free")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file's locks do not end with a look at it")
def test_the_logs_index_stays_in_use_when_a_dialog_looks_at_its_file(history, path):
    index = path.with_name(path.name + "-shm")
    for _ in range(2):
        # As a file dialog does that shows the folder: every POSIX lock of this process on it is gone then.
        index.read_bytes()
        told = subprocess.run(
            [sys.executable, "-c", IN_USE, str(index)], capture_output=True, text=True, check=True
        )
        assert told.stdout == "in use\n"
        other = History.open(path)
        other.close()
    history.begin_session(Operator.named("Ada"))
    assert history.check() == []

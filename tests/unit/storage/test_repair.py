"""Of a damaged history all that can be read is saved, the old file kept, the loss told."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.cells import Review, Verdict
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryImage, RunOptions
from hematodesk.domain.operators import Operator
from hematodesk.storage import maintenance
from hematodesk.storage.history import History
from hematodesk.storage.salvage import salvage

IMAGES = 120
CLASSES = ("neutrophil", "monocyte", "lymphocyte")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A closed history of 120 images of three days, some reviewed, some with notes."""
    from tests.unit.storage.conftest import make_cell, make_result

    path = tmp_path_factory.mktemp("sound") / "history.sqlite3"
    chance = random.Random(5)
    with closing(History.open(path)) as history:
        run = history.begin_run(RunOptions(("/fields",), "wbc4", "1.0.0", "ab" * 32))
        for day in (4, 5, 6):
            session = history.begin_session(Operator.named(f"Ada {day}"))
            made = [
                dataclasses.replace(
                    make_result(
                        f"smear {day} {number}.jpg",
                        *[make_cell(chance.choice(CLASSES)) for _ in range(chance.randrange(1, 4))],
                        when=f"2026-03-{day:02}T05:06:07.008Z",
                        digest=f"{day * 1000 + number:064x}",
                    ),
                    thumbnail=b"\xff\xd8" + chance.randbytes(chance.randrange(1000, 6000)),
                )
                for number in range(IMAGES // 3)
            ]
            for image in history.save_results(session, made, run)[::2]:
                review = Review(
                    Verdict.CORRECTED, "eosinophil", Operator.named("Bo"), "2026-03-07T05:06:07.008Z"
                )
                history.set_review(image.result.cells[0].id, review)
                history.set_image_note(image.id, f"seen {image.id}")
    return path


def images(path: Path) -> dict[int, HistoryImage]:
    with closing(History.open(path)) as history:
        assert history.check(values=True) == []
        return {image.id: image for image in history.export_rows()}


def damage(content: bytearray, kind: str, chance: random.Random) -> None:
    pages = len(content) // 4096
    if kind == "flip":
        for _ in range(50):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del content[chance.randrange(1, len(content)) :]
    elif kind == "head":
        content[:4096] = chance.randbytes(4096)
    else:
        for page in chance.sample(range(pages), 4):
            filling = bytes(4096) if kind == "zero" else chance.randbytes(4096)
            content[page * 4096 : (page + 1) * 4096] = filling


@pytest.mark.parametrize("kind", ["flip", "cut", "head", "zero", "noise"])
@pytest.mark.parametrize("seed", range(1, 5))
def test_every_damage_is_survived_and_told(sound, path, kind, seed):
    before = images(sound)
    content = bytearray(sound.read_bytes())
    damage(content, kind, random.Random(f"{kind}{seed}"))
    path.parent.mkdir()
    path.write_bytes(content)
    problems = maintenance.problems_of(path)
    report = maintenance.repair(path)
    after = images(path)
    assert (report.kept is None) == (not problems)
    lost = len(before.keys() - after.keys())
    assert report.lost_images >= lost
    assert report.saved_images == len(after) or report.kept is None
    if report.kept is None:
        assert lost == 0
    else:
        assert report.kept.read_bytes() == bytes(content)
    if kind != "cut":
        assert set(report.lost_days) <= {"2026-03-04", "2026-03-05", "2026-03-06"}
        assert bool(report.lost_days) == bool(report.lost_images)
        assert len(after) >= 0.8 * IMAGES


def test_a_lost_first_page_costs_nothing(sound, path):
    content = sound.read_bytes()
    path.parent.mkdir()
    path.write_bytes(bytes(4096) + content[4096:])
    with pytest.raises(HistoryError) as caught:
        History.open(path)
    assert caught.value.code == "history_damaged"
    report = maintenance.repair(path)
    assert (report.saved_images, report.lost_images) == (IMAGES, 0)
    assert images(path) == images(sound)


def test_batch_runs_keep_their_images(sound, path):
    content = bytearray(sound.read_bytes())
    with closing(sqlite3.connect(sound)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'review'"
        page = connection.execute(query).fetchone()[0]
    content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    path.parent.mkdir()
    path.write_bytes(content)
    assert maintenance.repair(path).saved_images == IMAGES
    with closing(History.open(path)) as history, closing(History.open(sound)) as before:
        assert history.unfinished_runs() == before.unfinished_runs()
        assert history.run_summary(1).images == before.run_summary(1).images == IMAGES


def test_what_only_the_log_holds_is_saved(path, result, cell):
    history = History.open(path)
    session = history.begin_session(Operator.named("Ada"))
    history.save_results(session, [result(f"{n}", cell()) for n in range(50)])
    files = {file: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-lock")}
    before = {image.id: image for image in history.export_rows()}
    history.close()
    assert len(files[path.with_name(path.name + "-wal")]) > 100_000
    for file, content in files.items():
        file.write_bytes(content)
    path.write_bytes(b"\xa5" * 4096)
    made = path.with_name("made.sqlite3")
    loss = salvage(path, made)
    assert (loss.images, loss.incomplete) == (0, 0)
    assert images(made) == before
    # SQLite itself finds everything in the log, and the file is whole again.
    assert maintenance.problems_of(path) == []
    assert images(path) == before


def test_an_emptied_file_beside_a_log_is_no_new_history(path, result):
    history = History.open(path)
    history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    log = path.with_name(path.name + "-wal").read_bytes()
    history.close()
    path.write_bytes(b"")
    path.with_name(path.name + "-wal").write_bytes(log)
    with pytest.raises(HistoryError) as caught:
        History.open(path)
    assert caught.value.code == "history_damaged"
    assert maintenance.repair(path).saved_images == 1


def test_lost_sessions_and_models_cost_no_image(sound, path):
    path.parent.mkdir()
    path.write_bytes(sound.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM session WHERE id = 2")
        connection.execute("DELETE FROM maker")
        connection.execute("DELETE FROM image WHERE id = 7")
        connection.commit()
    report = maintenance.repair(path)
    assert (report.lost_images, report.lost_days) == (1, ("2026-03-04",))
    after = images(path)
    assert len(after) == IMAGES - 1
    assert all(cell.prediction is not None for image in after.values() for cell in image.result.cells)
    with closing(History.open(path)) as history:
        assert [session.operator.name for session in history.sessions()] == ["Ada 6", "", "Ada 4"]


def test_an_image_that_lost_a_review_is_told_as_incomplete(sound, path):
    path.parent.mkdir()
    path.write_bytes(sound.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM review WHERE id = 1")
        connection.execute("UPDATE image SET note = '' WHERE id = 5")
        connection.commit()
    assert len(maintenance.problems_of(path)) == 2
    report = maintenance.repair(path)
    assert (report.saved_images, report.lost_images, report.incomplete_images) == (IMAGES, 0, 2)
    after = images(path)
    marked = {number for number, image in after.items() if "repair_incomplete" in image.result.notices}
    assert marked == {1, 5}


def test_a_whole_history_is_left_alone(sound, path):
    path.parent.mkdir()
    path.write_bytes(sound.read_bytes())
    assert maintenance.repair(path).kept is None
    assert path.read_bytes() == sound.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["history.sqlite3"]


def test_another_programs_file_is_not_repaired(tmp_path):
    path = tmp_path / "history.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmark (id INTEGER)")
        connection.commit()
    with pytest.raises(HistoryError) as caught:
        maintenance.repair(path)
    assert caught.value.code == "history_foreign"


def test_what_a_killed_repair_left_does_not_hinder_the_next(sound, path):
    path.parent.mkdir()
    path.write_bytes(sound.read_bytes()[:300_000])
    work = path.with_name("history.sqlite3.repairing")
    work.mkdir()
    (work / "history.sqlite3").write_bytes(b"half")
    report = maintenance.repair(path)
    assert report.saved_images > 0
    assert not work.exists()


def test_a_repair_that_was_cut_off_at_its_end_is_finished_and_told(sound, path):
    path.parent.mkdir()
    path.write_bytes(b"\xa5" * 9000)
    path.with_name("history.sqlite3.repaired").write_bytes(sound.read_bytes())
    report = maintenance.repair(path)
    assert report.saved_images == IMAGES
    assert report.kept.read_bytes() == b"\xa5" * 9000

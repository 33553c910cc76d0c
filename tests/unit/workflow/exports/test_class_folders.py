"""Class folders for training: safe names, no doubles, nothing mixed up, read by the trainer's own reader."""

from __future__ import annotations

import csv
import hashlib
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from export_tools.data.sources import read_source
from hematodesk.bootstrap import build
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell, CellOrigin, Review, Verdict, now_utc
from hematodesk.domain.errors import Cancelled, ExportError
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.imaging.read import encode_png, read_image
from hematodesk.workflow.analysis.analyser import cut_cell
from hematodesk.workflow.exports.class_folders import (
    CutRules,
    FolderOptions,
    FolderWriter,
    PackageCut,
    newest_of_each,
)
from hematodesk.workflow.exports.export import ExportOptions, ExportRequest, run_export

NAMES = ("smear.png", "CON.png", "sub/smear.png", "ñ – ü.png")


@pytest.fixture
def services(tmp_path):
    made = build(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def picture(tmp_path):
    def make(name: str, shade: int):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((60, 80, 3), shade, np.uint8)
        pixels[20:40, 30:60] = 255 - shade
        path.write_bytes(encode_png(pixels))
        return path

    return make


@pytest.fixture
def save(services, made_result):
    """Save an image with cells of these classes; the first `reviewed` of them agreed."""

    def make(path, *classes: str, reviewed: int = 9):
        made = made_result(path.name, classes[0] if classes else "neutrophil")
        (shown,) = made.cells
        cells = []
        for place, class_id in enumerate(classes):
            first, other = shown.prediction.ranked[0], ("basophil", 0.0)
            prediction = replace(shown.prediction, ranked=((class_id, first[1]), other))
            review = (
                Review(Verdict.AGREED, class_id, Operator.named("ada"), now_utc())
                if place < reviewed
                else None
            )
            cells.append(Cell(Box(30, 20, 20 + place, 20), CellOrigin.LOCATED, 1.0, prediction, review))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        result = replace(
            made, path=str(path), digest=digest, width=80, height=60, cells=tuple(cells), thumbnail=b""
        )
        return services.open_history().save_result(services.session_id(), result)

    return make


RULE = PackageCut(32, SimpleNamespace(rule="cell", red_cells=3.0, context=1.6))


def copy(services, target, cancel=None, **options):
    history = services.history
    latest = newest_of_each(history.export_rows)
    writer = FolderWriter(target, FolderOptions(**options), services.reader, CutRules({}, RULE), latest)
    return writer.write(history.export_rows(), cancel)


def labels(target) -> list[dict[str, str]]:
    with (target / "labels.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_cells_are_cut_as_the_package_sees_them_and_the_trainer_reads_them(services, picture, save, tmp_path):
    for place, name in enumerate(NAMES):
        save(picture(name, 10 + place), "neutrophil", "monocyte")
    target = tmp_path / "out"
    outcome = copy(services, target)
    assert (outcome.files, dict(outcome.classes)) == (8, {"neutrophil": 4, "monocyte": 4})
    rows = labels(target)
    assert [row["image"] for row in rows[::2]] == [name.split("/")[-1] for name in NAMES]
    first = rows[0]
    image = next(services.history.export_rows()).result
    pixels = read_image(tmp_path / "images" / "smear.png").pixels
    cut = cut_cell(pixels, image.cells[0], image.red_cell_diameter, RULE)
    assert (read_image(target / first["file"]).pixels == cut.crop).all()
    assert (first["class"], first["verdict"], first["reviewer"]) == ("neutrophil", "agreed", "ada")
    records = read_source(target)
    assert {(record.class_id, record.file.relative_to(target).as_posix()) for record in records} == {
        (row["class"], row["file"]) for row in rows
    }
    # Cells of one image stay together when data are split.
    groups = {record.group for record in records}
    assert len(groups) == len(NAMES)


def test_whole_images_are_copied_byte_for_byte_and_mixed_ones_left_out(services, picture, save, tmp_path):
    one = picture("one.bmp", 10)
    save(one, "neutrophil", "neutrophil")
    save(picture("two.png", 20), "neutrophil", "monocyte")
    outcome = copy(services, tmp_path / "out", crops=False)
    (row,) = labels(tmp_path / "out")
    # The content is PNG, whatever the name says.
    assert row["file"].startswith("neutrophil/one-") and row["file"].endswith(".png")
    assert (tmp_path / "out" / row["file"]).read_bytes() == one.read_bytes()
    assert list(outcome.left_out) == ["images with cells of several classes (cells can be copied)"]
    assert [record.class_id for record in read_source(tmp_path / "out")] == ["neutrophil"]


def test_only_reviewed_cells_or_all_and_never_one_image_twice(services, picture, save, tmp_path):
    path = picture("a.png", 10)
    save(path, "monocyte")
    save(path, "neutrophil", "monocyte", reviewed=1)
    outcome = copy(services, tmp_path / "some")
    assert dict(outcome.classes) == {"neutrophil": 1}
    assert dict(outcome.left_out) == {
        "images that were analysed again later": 1,
        "cells that nobody has reviewed": 1,
    }
    assert copy(services, tmp_path / "all", reviewed_only=False).files == 2


def test_images_that_are_gone_or_changed_are_left_out_and_told(services, picture, save, tmp_path):
    save(picture("gone.png", 10), "neutrophil")
    save(picture("changed.png", 20), "neutrophil")
    (tmp_path / "images" / "gone.png").unlink()
    picture("changed.png", 30)
    for crops in (True, False):
        outcome = copy(services, tmp_path / f"out{crops}", crops=crops)
        assert outcome.files == 0
        assert sum(outcome.left_out.values()) == 2
        assert labels(tmp_path / f"out{crops}") == []


def test_a_folder_with_something_in_it_is_refused(services, picture, save, tmp_path):
    save(picture("a.png", 10), "neutrophil")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError) as caught:
        copy(services, tmp_path / "out")
    assert caught.value.code == "target_not_empty"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_no_room_and_cancel_take_away_what_was_copied(services, picture, save, tmp_path, monkeypatch):
    for place in range(3):
        save(picture(f"{place}.png", 10 + place), "neutrophil")
    rooms = iter([10**9, 10**9, 0])
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=next(rooms)))
    with pytest.raises(ExportError) as caught:
        copy(services, tmp_path / "out")
    assert caught.value.code == "export_full"
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    token = CancelToken()
    token.cancel()
    (tmp_path / "empty").mkdir()
    with pytest.raises(Cancelled):
        copy(services, tmp_path / "empty", token)
    assert list((tmp_path / "empty").iterdir()) == []


def test_the_command_copies_by_the_rules_of_the_packages_at_hand(services, picture, save, tmp_path):
    save(picture("a.png", 10), "neutrophil")
    options = ExportOptions(folders=FolderOptions())
    request = ExportRequest(tmp_path / "out", "folders", None, options)
    outcome = run_export(services, request)
    assert outcome.notices == ("1 file: neutrophil 1.",)
    save(picture("b.png", 20), "neutrophil", reviewed=0)
    again = run_export(services, ExportRequest(tmp_path / "again", "folders", None, options))
    assert again.notices == ("1 file: neutrophil 1.", "Left out: 1 cell that nobody has reviewed.")
    (row,) = labels(tmp_path / "out")
    size = services.models.chosen()[0].manifest.input.width
    assert read_image(tmp_path / "out" / row["file"]).pixels.shape == (size, size, 3)

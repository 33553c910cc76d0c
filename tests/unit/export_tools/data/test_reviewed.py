"""Hematodesk's own reviewed history as a source of labelled images."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from export_tools.data.sources import read_source
from export_tools.data.tables import SourceError
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus, Review, Verdict
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History


def reviewed(box: Box, class_id: str | None, when: str = "2026-01-01", **told) -> Cell:
    verdict = Verdict.REJECTED if class_id is None else Verdict.CORRECTED
    return Cell(
        box,
        CellOrigin.LOCATED,
        review=Review(verdict, class_id, Operator.named("ab"), f"{when}T00:00:00.000Z"),
        **told,
    )


def image(file: Path, *cells: Cell) -> ImageResult:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return ImageResult(file.name, str(file), digest, 40, 32, ImageStatus.OK, cells, red_cell_diameter=9.5)


def save(folder: Path, *images: ImageResult) -> Path:
    history = History.open(folder / "history.sqlite3")
    history.save_results(history.begin_session(Operator.named("ab")), images)
    history.close()
    return folder


def test_reviewed_cells_come_with_the_class_that_stands(tmp_path: Path, write_image) -> None:
    file = write_image(tmp_path / "images" / "a.png")
    data = save(
        tmp_path / "lab",
        image(
            file,
            reviewed(Box(1, 2, 10, 12), "monocyte"),
            reviewed(Box(20, 2, 10, 12), None),
            reviewed(Box(1, 20, 9, 9), "lymphocyte", removed=True),
            Cell(Box(20, 20, 9, 9), CellOrigin.LOCATED),
        ),
    )
    (record,) = read_source(data)
    assert (record.file, record.box, record.class_id) == (file, Box(1, 2, 10, 12), "monocyte")
    assert (record.source, record.red_cell) == ("reviewed lab", 9.5)
    assert read_source(data / "history.sqlite3") == [record]


def test_one_picture_is_one_group_and_the_later_review_of_a_cell_stands(tmp_path: Path, write_image) -> None:
    first = write_image(tmp_path / "images" / "a.png", seed=1)
    same = write_image(tmp_path / "images" / "b.png", seed=1)
    other = write_image(tmp_path / "images" / "c.png", seed=2)
    data = save(
        tmp_path / "lab",
        image(first, reviewed(Box(1, 2, 10, 12), "monocyte", "2026-01-02")),
        image(
            same,
            reviewed(Box(2, 2, 10, 12), "lymphocyte", "2026-01-05"),
            reviewed(Box(22, 2, 10, 12), "neutrophil"),
        ),
        image(other, reviewed(Box(1, 2, 10, 12), "eosinophil")),
    )
    records = read_source(data)
    assert sorted(each.class_id for each in records) == ["eosinophil", "lymphocyte", "neutrophil"]
    groups = {each.class_id: each.group for each in records}
    assert groups["lymphocyte"] == groups["neutrophil"] != groups["eosinophil"]


def test_a_whole_image_review_counts_where_no_cell_was_reviewed(tmp_path: Path, write_image) -> None:
    whole = reviewed(Box(0, 0, 40, 32), "basophil")
    whole = Cell(whole.box, CellOrigin.WHOLE_IMAGE, review=whole.review)
    alone = write_image(tmp_path / "images" / "a.png", seed=1)
    both = write_image(tmp_path / "images" / "b.png", seed=2)
    data = save(
        tmp_path / "lab", image(alone, whole), image(both, whole, reviewed(Box(1, 1, 9, 9), "monocyte"))
    )
    found = {each.file.name: (each.class_id, each.box) for each in read_source(data)}
    assert found == {"a.png": ("basophil", None), "b.png": ("monocyte", Box(1, 1, 9, 9))}


def test_pictures_that_moved_or_changed_are_named(
    tmp_path: Path, write_image, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [write_image(tmp_path / "images" / f"{name}.png", seed=n) for n, name in enumerate("abc")]
    data = save(tmp_path / "lab", *(image(file, reviewed(Box(1, 1, 9, 9), "monocyte")) for file in files))
    files[0].rename(tmp_path / "images" / "moved.png")
    write_image(files[1], seed=50)
    assert [each.file for each in read_source(data)] == [files[2]]
    assert "a.png, b.png" in capsys.readouterr().err
    files[2].unlink()
    with pytest.raises(SourceError, match="no reviewed cell"):
        read_source(data)


def test_an_empty_file_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    file.write_bytes(b"")
    with pytest.raises(SourceError, match="is empty"):
        read_source(file)
    assert file.stat().st_size == 0

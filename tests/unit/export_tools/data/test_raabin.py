"""Named white cells of the third laboratory: our names, the data set's boxes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from export_tools.data.raabin import NAMES, read_raabin
from export_tools.data.sources import read_source
from export_tools.data.tables import read_rows
from hematodesk.domain.geometry import Box

TXL = "file,source,split,pbc_class,class,xmin,ymin,xmax,ymax\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"txl/images/a.jpg,raabin,test,,RBC,{n * 10},0,{n * 10 + 8},6" for n in range(5)]
    rows.append("txl/images/a.jpg,raabin,test,,WBC,10,20,40,60")
    rows.append("pbc/x.jpg,pbc,train,eosinophil,WBC,1,1,9,9")
    rows.append("txl/images/b.jpg,raabin,train,,WBC,5,5,25,30")
    target = tmp_path / "data" / "txl"
    target.mkdir(parents=True)
    (target / "boxes.csv").write_text(TXL + "\n".join(rows) + "\n", encoding="utf-8")
    return target


def test_names_meet_their_boxes(folder: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text(
        "file,box,class\na.jpg,5,monocyte\nb.jpg,0,basophil\nb.jpg,7,neutrophil\nc.jpg,0,monocyte\n"
    )
    one, other = read_raabin(folder, names)
    assert (one.class_id, one.box, one.red_cell) == ("monocyte", Box(10, 20, 30, 40), 8)
    assert one.file == folder.parent / "txl" / "images" / "a.jpg"
    assert (one.source, one.group, one.part) == ("raabin", "raabin:txl/images/a.jpg", "")
    assert (other.class_id, other.box, other.red_cell) == ("basophil", Box(5, 5, 20, 25), None)


def test_a_published_name_stands_over_one_given_by_eye(folder: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("file,box,class\na.jpg,5,lymphocyte\n")
    (folder / "published_names.csv").write_text(
        "file,class\na.jpg,monocyte\nb.jpg,basophil\nc.jpg,basophil\n"
    )
    assert [(each.original, each.class_id) for each in read_raabin(folder, names)] == [
        ("a.jpg", "monocyte"),
        ("b.jpg", "basophil"),
    ]


def test_the_folder_is_known_by_its_table(folder: Path) -> None:
    assert read_source(folder) == []


def test_our_names_are_five_kinds_of_cells_each_named_once() -> None:
    rows = read_rows(NAMES)
    counts = Counter(row["class"] for row in rows)
    assert set(counts) == {"eosinophil", "lymphocyte", "monocyte", "neutrophil", "basophil"}
    assert min(counts.values()) > 80
    assert len({(row["file"], row["box"]) for row in rows}) == len(rows) == 469

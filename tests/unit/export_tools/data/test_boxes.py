"""Boxes drawn in fields, as records grouped by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.data.boxes import read_boxes
from export_tools.data.sources import read_source
from export_tools.data.tables import SourceError
from hematodesk.domain.geometry import Box


def txl(data: Path, write_image) -> Path:
    write_image(data / "txl" / "images" / "r.jpg")
    write_image(data / "pbc" / "neutrophil" / "BNE_1.jpg")
    (data / "txl" / "boxes.csv").write_text(
        "file,source,split,pbc_class,class,xmin,ymin,xmax,ymax\n"
        "txl/images/r.jpg,raabin,test,,WBC,1,2,11,22\n"
        "txl/images/r.jpg,raabin,test,,Platelets,5,5,5,9\n"
        "txl/images/gone.jpg,raabin,train,,WBC,1,2,11,22\n"
        "pbc/neutrophil/BNE_1.jpg,pbc,val,neutrophil,Platelets,3,4,6,8\n"
        + "".join(
            f"pbc/neutrophil/BNE_1.jpg,pbc,val,neutrophil,RBC,0,0,{n},20\n" for n in (28, 30, 34, 31, 50)
        )
    )
    return data / "txl"


def test_boxes_become_records_of_their_field(tmp_path: Path, write_image) -> None:
    records = read_boxes(txl(tmp_path, write_image))
    assert [(each.class_id, each.source, each.part) for each in records] == [
        ("white_cell", "raabin", "test"),
        ("platelet", "pbc", "valid"),
        *[("red_cell", "pbc", "valid")] * 5,
    ]
    assert records[0].box == Box(1, 2, 10, 20)
    assert records[0].file == tmp_path / "txl" / "images" / "r.jpg"
    assert (records[0].red_cell, records[1].red_cell) == (None, 31)
    assert len({each.group for each in records}) == 2


def test_a_picture_boxed_and_named_has_one_group(tmp_path: Path, write_image) -> None:
    boxed = read_boxes(txl(tmp_path, write_image))
    (tmp_path / "pbc" / "labels.csv").write_text("file,class,subtype\nneutrophil/BNE_1.jpg,neutrophil,BNE\n")
    (named,) = read_source(tmp_path / "pbc")
    (group,) = {each.group for each in boxed if each.source == "pbc"}
    assert (group, boxed[-1].original) == (named.group, named.original)


def test_the_fields_of_bccd_keep_their_groups_and_their_test(tmp_path: Path, write_image) -> None:
    for name in "abc":
        write_image(tmp_path / "images" / f"{name}.jpg")
    (tmp_path / "labels.csv").write_text(
        "original,label,kaggle_split,field_group,cell_group\n"
        'a.jpg,"NEUTROPHIL",TEST,0,0\nb.jpg,"",unused,0,1\nc.jpg,"MONOCYTE",TRAIN,2,2\n'
    )
    (tmp_path / "boxes.csv").write_text(
        "file,class,xmin,ymin,xmax,ymax\n"
        + "".join(f"{name}.jpg,RBC,0,0,9,9\n" for name in "abc")
        + "a.jpg,WBC,1,1,8,8\nc.jpg,WBC,1,1,8,8\n"
    )
    boxes = {each.file.name: each for each in read_boxes(tmp_path)}
    named = {each.file.name: each for each in read_source(tmp_path)}
    assert [boxes[f"{name}.jpg"].part for name in "abc"] == ["test", "test", "train"]
    assert boxes["a.jpg"].group == boxes["b.jpg"].group == named["a.jpg"].group
    assert boxes["c.jpg"].group == named["c.jpg"].group != boxes["a.jpg"].group


def test_a_folder_without_boxes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"boxes\.csv"):
        read_boxes(tmp_path)
    with pytest.raises(SourceError, match="no folder"):
        read_boxes(tmp_path / "nowhere")


@pytest.mark.real_data
def test_the_real_boxes_are_read_and_keep_to_their_fields() -> None:
    data = Path(__file__).parents[5] / "shared" / "data"
    if not (data / "txl").is_dir():
        pytest.skip("the real images are not beside the project")
    records = read_boxes(data / "txl") + read_boxes(data / "bccd")
    assert {each.source for each in records} == {"raabin", "pbc", "bccd"}
    assert len({each.file for each in records}) == 998 + 364
    pictures = {each.original: each.group for each in read_source(data / "pbc")}
    for each in records:
        if each.source == "pbc":
            assert pictures[each.original] == each.group

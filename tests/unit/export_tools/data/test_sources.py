"""The readers: one table whatever the layout, with groups that must not be torn apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.data.sources import only_classes, read_source
from export_tools.data.tables import SourceError
from hematodesk.domain.geometry import Box


def test_published_layout_with_parts_groups_copies_by_their_original(tmp_path: Path, write_image) -> None:
    for name in ("_0_1.jpeg", "_0_2.jpeg"):
        write_image(tmp_path / "TRAIN" / "EOSINOPHIL" / name)
    write_image(tmp_path / "TEST" / "NEUTROPHIL" / "_1_9.jpeg")
    (tmp_path / "originals.csv").write_text(
        "file,class,original\n"
        "TRAIN/EOSINOPHIL/_0_1.jpeg,EOSINOPHIL,a.jpg\n"
        "TRAIN/EOSINOPHIL/_0_2.jpeg,EOSINOPHIL,a.jpg\n"
        "TEST/NEUTROPHIL/_1_9.jpeg,NEUTROPHIL,b.jpg\n"
    )
    records = read_source(tmp_path)
    assert [(each.class_id, each.part, each.original) for each in records] == [
        ("neutrophil", "test", "b.jpg"),
        ("eosinophil", "train", "a.jpg"),
        ("eosinophil", "train", "a.jpg"),
    ]
    assert records[1].group == records[2].group != records[0].group
    # The same files read from the part's own folder keep their originals.
    inner = read_source(tmp_path / "TRAIN")
    assert {each.original for each in inner} == {"a.jpg"}


def test_sample_of_the_training_folder_finds_its_originals(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "TRAIN_sample" / "MONOCYTE" / "x.jpeg")
    (tmp_path / "originals.csv").write_text("file,class,original\nTRAIN/MONOCYTE/x.jpeg,MONOCYTE,m.jpg\n")
    (record,) = read_source(tmp_path)
    assert (record.original, record.part) == ("m.jpg", "train")


def test_train_valid_test_layout_names_the_parts(tmp_path: Path, write_image) -> None:
    for part in ("Train", "Valid", "Test"):
        write_image(tmp_path / part / "Monocytes" / "a.png")
    records = read_source(tmp_path)
    assert sorted(each.part for each in records) == ["test", "train", "valid"]
    assert {each.class_id for each in records} == {"monocyte"}
    assert len({each.group for each in records}) == 3


def test_folder_of_classes_reads_images_only(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "ig" / "a.png")
    (tmp_path / "ig" / "notes.txt").write_text("not an image")
    (tmp_path / "readme.md").write_text("not a class")
    (record,) = read_source(tmp_path)
    assert record.class_id == "immature_granulocyte"
    assert record.box is None


def test_pbc_cells_are_centred_on_one_scale(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,class,subtype\nneutrophil/SNE_1.jpg,neutrophil,SNE\n")
    (record,) = read_source(tmp_path)
    assert record.source == "pbc"
    assert record.box is not None
    assert record.box.centre == pytest.approx((180, 181.5), abs=0.5)
    assert record.red_cell == 81.0


BCCD_LABELS = """original,label,kaggle_split,field_group,cell_group
a.jpg,"NEUTROPHIL",TEST,0,0
b.jpg,"NEUTROPHIL",TRAIN,1,0
c.jpg,"MONOCYTE",TRAIN,1,2
d.jpg,"EOSINOPHIL",TRAIN,3,3
e.jpg,"NEUTROPHIL, MONOCYTE",unused,4,4
f.jpg,"",unused,5,5
g.jpg,"LYMPHOCYTE",TRAIN,6,6
"""


def bccd(folder: Path) -> Path:
    rows = [f"{name}.jpg,WBC,10,20,40,60" for name in "abcdef"]
    rows += ["g.jpg,WBC,0,0,10,10", "g.jpg,WBC,20,20,30,30"]
    rows.append("a.jpg,RBC,0,0,0,0")
    rows += [f"d.jpg,RBC,0,0,{size},50" for size in (80, 100, 102, 104, 130)]
    (folder / "boxes.csv").write_text("file,class,xmin,ymin,xmax,ymax\n" + "\n".join(rows) + "\n")
    (folder / "labels.csv").write_text(BCCD_LABELS)
    return folder


def test_bccd_keeps_what_shares_a_cell_or_field_with_the_test_out_of_training(tmp_path: Path) -> None:
    records = {each.original: each for each in read_source(bccd(tmp_path))}
    # b is the same cell as a test picture; c the same field as b.
    assert [records[name].part for name in ("a.jpg", "b.jpg", "c.jpg")] == ["test"] * 3
    assert len({records[name].group for name in ("a.jpg", "b.jpg", "c.jpg")}) == 1
    assert records["d.jpg"].part == "train"


def test_bccd_leaves_out_fields_whose_label_has_no_single_cell(tmp_path: Path) -> None:
    records = {each.original: each for each in read_source(bccd(tmp_path))}
    assert sorted(records) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert records["a.jpg"].box == Box(10, 20, 30, 40)


def test_bccd_takes_the_scale_from_the_fields_own_red_cells_where_there_are_enough(tmp_path: Path) -> None:
    records = {each.original: each for each in read_source(bccd(tmp_path))}
    assert records["d.jpg"].red_cell == 102
    assert records["a.jpg"].red_cell == 109


def test_drawn_fields_give_one_record_a_white_cell(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,seed,white_cells,red_cell_diameter\np.png,1,monocyte,85\n")
    (tmp_path / "boxes.csv").write_text(
        "file,class,xmin,ymin,xmax,ymax\np.png,monocyte,1,2,11,22\np.png,red_cell,0,0,5,5\n"
    )
    (record,) = read_source(tmp_path)
    assert (record.class_id, record.box, record.red_cell) == ("monocyte", Box(1, 2, 10, 20), None)


def test_only_classes(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "monocyte" / "a.png")
    write_image(tmp_path / "platelet" / "a.png")
    assert [each.class_id for each in only_classes(read_source(tmp_path), ["platelet"])] == ["platelet"]


@pytest.mark.parametrize("make", [False, True])
def test_a_folder_that_is_no_data_set_is_refused(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "empty"
    if make:
        folder.mkdir()
    with pytest.raises(SourceError) as fault:
        read_source(folder)
    assert fault.value.code == ("source_unknown" if make else "source_not_found")
    assert "empty" in fault.value.message


@pytest.mark.real_data
def test_the_real_sets_are_read_whole() -> None:
    data = Path(__file__).parents[5] / "shared" / "data"
    if not (data / "bccd").is_dir():
        pytest.skip("the real images are not beside the project")
    fields = read_source(data / "bccd")
    tested = {each.group for each in fields if each.part == "test"}
    assert not tested & {each.group for each in fields if each.part == "train"}
    copies = read_source(data / "kaggle4" / "TEST")
    assert len(copies) == 2487
    assert len({each.original for each in copies}) == 71
    assert not {each.original for each in copies} & {each.original for each in fields if each.part == "train"}

"""Cells of further laboratories: each layout is known by its table, and groups are not torn apart."""

from __future__ import annotations

from pathlib import Path

from export_tools.data.sources import read_source
from export_tools.data.splits import SplitRule, split_sides
from hematodesk.domain.geometry import Box


def test_parts_of_fields_with_one_named_cell_each(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file,class,xmin,ymin,xmax,ymax,parts\nimage15.jpg,eosinophil,165,74,295,210,1\n"
    )
    (cell,) = read_source(tmp_path)
    assert (cell.source, cell.class_id, cell.box) == ("krd", "eosinophil", Box(165, 74, 130, 136))
    assert cell.file == tmp_path / "images" / "image15.jpg"


def test_boxed_fields_stay_together_by_slide(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text(
        "file,class,xmin,ymin,xmax,ymax,slide,published_part\n"
        "B-30_1.jpg,basophil,65,88,149,176,B-30,train\n"
        "B-30_2.jpg,basophil,1,2,31,42,B-30,valid\n"
        "L-8_1.jpg,lymphocyte,1,2,31,42,L-8,train\n"
    )
    one, other, another = read_source(tmp_path)
    assert one.source == "chula"
    assert one.group == other.group != another.group
    # The published parts cut through slides: they decide nothing.
    assert {each.part for each in (one, other, another)} == {""}
    assert one.box == Box(65, 88, 84, 88)


def test_marrow_cells_have_a_package_s_classes_and_keep_their_own_names(tmp_path: Path, write_image) -> None:
    for name in ("myeloblast", "promyelocyte", "metamyelocyte", "neutrophil_band", "erythroblast_ortho"):
        write_image(tmp_path / name / "1_1.jpg")
    found = {each.subtype: each for each in read_source(tmp_path)}
    assert {name: each.class_id for name, each in found.items()} == {
        "myeloblast": "blast",
        "promyelocyte": "immature_granulocyte",
        "metamyelocyte": "immature_granulocyte",
        "neutrophil_band": "neutrophil",
        "erythroblast_ortho": "erythroblast",
    }
    # The same file name in two folders is two cells.
    assert (
        len({each.group for each in found.values()}) == len({each.original for each in found.values()}) == 5
    )


def test_half_of_the_marrow_cells_are_never_trained_on(tmp_path: Path, write_image) -> None:
    for name in ("myeloblast", "promyelocyte"):
        for number in range(20):
            write_image(tmp_path / name / f"{number}_1.jpg")
    found = read_source(tmp_path)
    tested = {each.original for each in found if each.part == "test"}
    assert 10 <= len(tested) <= 30
    # The rule is the name's, whatever else lies in the folder.
    (tmp_path / "myeloblast" / "0_1.jpg").unlink()
    assert {each.original for each in read_source(tmp_path) if each.part == "test"} == tested - {
        "myeloblast/0_1.jpg"
    }
    sides = split_sides(found, SplitRule(hold_out=0.2))
    assert {each.original for each in sides.test} == tested
    assert tested.isdisjoint(each.original for each in (*sides.train, *sides.held_out))


def test_a_folder_of_classes_with_blasts_alone_is_no_marrow(tmp_path: Path, write_image) -> None:
    write_image(tmp_path / "myeloblast" / "a.png")
    write_image(tmp_path / "Monocytes" / "a.png")
    assert {(each.class_id, each.source) for each in read_source(tmp_path)} == {
        ("myeloblast", tmp_path.name),
        ("monocyte", tmp_path.name),
    }

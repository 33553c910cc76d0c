"""Class names of the command line and of label files."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from export_tools.data.labels import class_id, read_labels
from hematodesk.domain.errors import ModelError


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("EOSINOPHIL", "eosinophil"),
        ("Eosinophils", "eosinophil"),
        ("ig", "immature_granulocyte"),
        ("RBC", "red_cell"),
        ("normal cells", "normal_cells"),
        ("Monocyté", "monocyte"),
        ("Zelle größer", f"zelle_groer_{zlib.crc32('Zelle größer'.encode()):08x}"),
        ("4 lobes", "class_4_lobes"),
    ],
)
def test_ids(name: str, wanted: str) -> None:
    assert class_id(name) == wanted


def test_names_from_the_command_line() -> None:
    classes = read_labels("normal cell, abnormal cell")
    assert [(each.id, each.display) for each in classes] == [
        ("normal_cell", "normal cell"),
        ("abnormal_cell", "abnormal cell"),
    ]


def test_names_from_a_file_with_leading_indexes(tmp_path: Path) -> None:
    listed = tmp_path / "labels.txt"
    listed.write_text("0 Eosinophils\n1 Lymphocytes\n\n2: Monocyte\n", encoding="utf-8")
    assert [each.id for each in read_labels(str(listed))] == ["eosinophil", "lymphocyte", "monocyte"]


@pytest.mark.parametrize(("given", "reason"), [("one", "two"), ("a,A", "twice"), ("!!,b", "class id")])
def test_labels_that_cannot_be_used(given: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as fault:
        read_labels(given)
    assert fault.value.code == "labels_invalid"


def test_a_name_with_a_comma_stands_in_quotes() -> None:
    classes = read_labels('"band, young", "segmented",')
    assert [(each.id, each.display) for each in classes] == [
        ("band_young", "band, young"),
        ("segmented", "segmented"),
    ]


def test_an_empty_name_does_not_move_the_others() -> None:
    with pytest.raises(ModelError, match="name 2 is empty"):
        read_labels("a,,b,c")


@pytest.mark.parametrize(
    ("given", "reason"),
    [(",".join(f"c{n}" for n in range(300)), "300 classes are too many"), ("a," + "b" * 65, "is too long")],
)
def test_what_no_package_can_hold(given: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        read_labels(given)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0,a\n1,b\n1,c\n", "from 0 without gaps"),
        ("a,b\nc,d\n", "neither"),
        ("a,b,c\nd,e,f\n", "two columns"),
    ],
)
def test_tables_that_say_no_order(tmp_path: Path, text: str, reason: str) -> None:
    listed = tmp_path / "labels.csv"
    listed.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=reason):
        read_labels(str(listed))


def test_a_text_file_as_windows_writes_it(tmp_path: Path) -> None:
    listed = tmp_path / "labels.txt"
    listed.write_bytes("normal cell\r\nabnormal cell\r\n".encode("utf-16"))
    assert [each.id for each in read_labels(str(listed))] == ["normal_cell", "abnormal_cell"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one_line.txt", "normal cell, abnormal cell\n"),
        ("labels.csv", "index,class\n1,abnormal cell\n0,normal cell\n"),
        ("turned.csv", "abnormal cell;1\nnormal cell;0\n"),
        ("column.csv", "normal cell\n\nabnormal cell\n"),
        ("labels.json", '["normal cell", "abnormal cell"]'),
        ("class_indices.json", '{"abnormal cell": 1, "normal cell": 0}'),
        ("indexes.json", '{"0": "normal cell", "1": "abnormal cell"}'),
        ("metadata.json", '{"modelName": "tm", "labels": ["normal cell", "abnormal cell"]}'),
        ("labels.txt", "\ufeff0 normal cell\r\n1 abnormal cell\r\n"),
    ],
)
def test_files_of_labels(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    classes = read_labels(str(tmp_path / name))
    assert [each.display for each in classes] == ["normal cell", "abnormal cell"]


def test_names_that_differ_in_letters_of_another_script_stay_apart(tmp_path: Path) -> None:
    listed = tmp_path / "labels.txt"
    listed.write_text("α cell\nβ cell\nγ, δ cell\n", encoding="utf-8")
    classes = read_labels(str(listed))
    assert len({each.id for each in classes}) == 3
    assert all(each.id.startswith("cell_") for each in classes)
    assert [each.display for each in classes] == ["α cell", "β cell", "γ, δ cell"]


def test_names_without_latin_letters_are_shown_as_given() -> None:
    classes = read_labels("嗜酸性粒细胞,лимфоцит,monocyte")
    assert [each.id for each in classes] == ["class_f76f4133", "class_18fb02dd", "monocyte"]
    assert [each.display for each in classes] == ["嗜酸性粒细胞", "лимфоцит", "Monocyte"]


@pytest.mark.parametrize("text", ["{", '{"a": 0, "b": 2}', "[1, 2]", '"a"'])
def test_label_files_that_hold_no_names(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"labels\.json") as fault:
        read_labels(str(path))
    assert fault.value.code == "labels_invalid"


def test_a_label_file_that_is_not_there_is_no_class_name() -> None:
    with pytest.raises(ModelError, match=r"no file of labels names\.txt"):
        read_labels("/nowhere/names.txt")


def test_a_long_list_of_names_is_no_path() -> None:
    names = [f"kind {index} of cell" for index in range(100)]
    assert len(read_labels(",".join(names))) == 100


def test_two_names_at_one_index_are_refused(tmp_path: Path) -> None:
    listed = tmp_path / "class_indices.json"
    listed.write_text('{"eosinophil": 0, "lymphocyte": 1, "monocyte": 1}', encoding="utf-8")
    with pytest.raises(ModelError, match="from 0 without gaps"):
        read_labels(str(listed))

"""Class names of the command line and of label files."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.labels import class_id, read_labels
from hematodesk.domain.errors import ModelError


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("EOSINOPHIL", "eosinophil"),
        ("Eosinophils", "eosinophil"),
        ("ig", "immature_granulocyte"),
        ("RBC", "red_cell"),
        ("normal cells", "normal_cells"),
        ("Zelle größer", "zelle_groer"),
        ("4 lobes", "class_4_lobes"),
    ],
)
def test_ids(name: str, wanted: str) -> None:
    assert class_id(name) == wanted


def test_names_from_the_command_line() -> None:
    classes = read_labels("normal cell, abnormal cell")
    assert [(each.id, each.display) for each in classes] == [
        ("normal_cell", "Normal cell"),
        ("abnormal_cell", "Abnormal cell"),
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

"""Archives are unpacked for the converter: the model and its labels, and nothing outside the folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from export_tools.conversion.archives import unpacked
from hematodesk.domain.errors import ModelError


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


def test_teachable_machines_keras_download(tmp_path: Path) -> None:
    path = archive(tmp_path / "converted_keras.zip", {"keras_model.h5": b"net", "labels.txt": b"0 a\n1 b"})
    with unpacked(path) as model:
        assert (model.name, model.read_bytes()) == ("keras_model.h5", b"net")
        assert (model.parent / "labels.txt").read_text() == "0 a\n1 b"
        folder = model.parent
    assert not folder.exists()


@pytest.mark.parametrize("place", ["model.savedmodel/", "a/b/", ""])
def test_a_saved_model_is_unpacked_with_its_variables_and_labels(tmp_path: Path, place: str) -> None:
    members = {
        f"{place}saved_model.pb": b"graph",
        f"{place}variables/variables.index": b"index",
        "labels.txt" if place.count("/") < 2 else f"{place}labels.txt": b"0 a\n1 b",
        "readme/other.txt": b"x",
    }
    with unpacked(archive(tmp_path / "net.zip", members)) as model:
        assert (model / "saved_model.pb").read_bytes() == b"graph"
        assert (model / "variables" / "variables.index").read_bytes() == b"index"
        assert (model.parent / "labels.txt").is_file()


def test_other_archives_and_files_are_left_as_they_are(tmp_path: Path) -> None:
    keras = archive(tmp_path / "net.keras", {"config.json": b"{}", "model.weights.h5": b""})
    plain = tmp_path / "net.h5"
    plain.write_bytes(b"\x89HDF")
    for path in (keras, plain, tmp_path / "gone.zip", tmp_path):
        with unpacked(path) as model:
            assert model == path


@pytest.mark.parametrize("name", ["net/../../out", "net/a/../../../out", "net/c:\\out", "net/a|b"])
def test_no_member_leaves_the_folder(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "net.zip", {"net/saved_model.pb": b"", name: b"x"})
    with pytest.raises(ModelError, match="not allowed"), unpacked(path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["net.zip"]


def test_members_outside_the_models_folder_are_passed_over(tmp_path: Path) -> None:
    members = {"net/saved_model.pb": b"", "/out": b"x", "../out": b"x"}
    with unpacked(archive(tmp_path / "net.zip", members)) as model:
        assert [each.name for each in model.parent.rglob("*")] == ["model.savedmodel", "saved_model.pb"]
    assert [each.name for each in tmp_path.iterdir()] == ["net.zip"]


def test_an_archive_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export_tools.conversion.archives.MAX_MODEL_BYTES", 1_000)
    path = archive(tmp_path / "net.zip", {"keras_model.h5": bytes(100_000), "labels.txt": b"0 a"})
    with pytest.raises(ModelError, match="unpacks to more"), unpacked(path):
        pass


def test_damaged_and_doubled_archives_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "net.zip", {"keras_model.h5": bytes(5_000), "labels.txt": b"0 a"})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ModelError, match="damaged"), unpacked(path):
        pass
    several = archive(tmp_path / "two.zip", {"a/keras_model.h5": b"", "b/keras_model.h5": b""})
    with pytest.raises(ModelError, match="several models"), unpacked(several):
        pass

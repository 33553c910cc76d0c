"""The shipped and the imported packages."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from hematodesk.domain.errors import ModelError
from hematodesk.domain.packages import BrokenPackage, ModelPackage
from hematodesk.inference.digests import read_digests
from hematodesk.inference.report_folder import report_parts
from hematodesk.inference.store import PackageStore


@pytest.fixture
def bench(tmp_path: Path, kit):
    """A store in two folders, and what puts packages into them."""
    return Bench(tmp_path, kit)


class Bench:
    def __init__(self, root: Path, kit: Any) -> None:
        self._kit = kit
        self.shipped, self.user, self.elsewhere = root / "shipped", root / "user data", root / "elsewhere"
        self.shipped.mkdir()
        self.elsewhere.mkdir()
        self.store = PackageStore(self.shipped, self.user)

    def model(self, name: str = "tiny", version: str = "1.0.0", **changes: Any) -> bytes:
        manifest = self._kit.document(name=name, version=version, **changes)
        return self._kit.tiny_model(manifest).SerializeToString()

    def ship(self, data: bytes, file: str, *, digest: str | None = None) -> Path:
        path = self.shipped / file
        path.write_bytes(data)
        with (self.shipped / "SHA256SUMS").open("a", encoding="utf-8") as stream:
            stream.write(f"{digest or hashlib.sha256(data).hexdigest()}  {file}\n")
        return path

    def file(self, data: bytes, name: str = "new.onnx") -> Path:
        path = self.elsewhere / name
        path.write_bytes(data)
        return path

    def names(self) -> list[tuple[str, str, bool]]:
        return [(each.name, each.version, isinstance(each, ModelPackage)) for each in self.store.list()]


def code(action: Any, *given: Any) -> str:
    """The code of the error that an action ends in."""
    with pytest.raises(ModelError) as caught:
        action(*given)
    return caught.value.code


def test_nothing_at_hand(bench: Bench) -> None:
    assert bench.store.list() == []
    assert bench.store.verify() == []
    assert code(bench.store.find, "wbc4") == "model_not_found"
    assert not bench.user.exists()


def test_shipped_ones_are_listed_first_and_newest_first(bench: Bench) -> None:
    bench.ship(bench.model("wbc4", "1.9.0"), "wbc4.onnx")
    bench.ship(bench.model("wbc4", "1.10.0"), "wbc4-new.onnx")
    bench.store.import_file(bench.file(bench.model("aaa")))
    assert bench.names() == [("wbc4", "1.10.0", True), ("wbc4", "1.9.0", True), ("aaa", "1.0.0", True)]
    assert [each.shipped for each in bench.store.list()] == [True, True, False]


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["1.9", "1.10"], "1.10"),
        (["2.0.0-beta", "2.0.0"], "2.0.0"),
        (["2.0.0-beta", "1.9"], "2.0.0-beta"),
        (["1.0.1", "1.0"], "1.0.1"),
    ],
)
def test_a_name_alone_means_the_newest(bench: Bench, versions: list[str], newest: str) -> None:
    for number, version in enumerate(versions):
        bench.ship(bench.model("wbc4", version), f"{number}.onnx")
    assert bench.store.find("wbc4").version == newest
    assert [bench.store.find(f"wbc4@{version}").version for version in versions] == versions


def test_a_name_means_the_programs_own_package_whatever_a_file_calls_itself(bench: Bench) -> None:
    bench.ship(bench.model("wbc4", "1.0"), "wbc4.onnx")
    bench.store.import_file(bench.file(bench.model("wbc4", "1.1")))
    assert (bench.store.find("wbc4").version, bench.store.find("wbc4").shipped) == ("1.0", True)
    assert (bench.store.find("wbc4@1.1").version, bench.store.find("wbc4@1.1").shipped) == ("1.1", False)


def test_the_bytes_of_a_shipped_package_are_it_wherever_they_lie(bench: Bench) -> None:
    data = bench.model("wbc4", "1.0")
    bench.ship(data, "wbc4.onnx")
    assert bench.store.find(str(bench.file(data))).shipped
    assert not bench.store.find(str(bench.file(bench.model("wbc4", "1.1")))).shipped


def test_names_that_are_not_there(bench: Bench) -> None:
    bench.ship(bench.model("wbc4"), "wbc4.onnx")
    with pytest.raises(ModelError) as caught:
        bench.store.find("wbc5")
    assert caught.value.code == "model_not_found"
    assert "wbc4@1.0.0" in caught.value.remedy
    assert code(bench.store.find, "wbc4@2.0.0") == "model_not_found"


@pytest.mark.parametrize("reference", ["../../etc/passwd", "", "a/b.onnx", "x.onnx", "@1.0", "wbc4@../1"])
def test_what_is_no_name_is_a_file(bench: Bench, reference: str) -> None:
    with pytest.raises(ModelError):
        bench.store.find(reference)


def test_a_file_is_found_by_its_path(bench: Bench) -> None:
    path = bench.file(bench.model("mine"))
    assert bench.store.find(str(path)).path == path
    assert not bench.store.find(str(path)).shipped


def test_a_changed_byte_in_a_shipped_model_is_refused_every_way(bench: Bench) -> None:
    path = bench.ship(bench.model("wbc4", licence="MIT"), "wbc4.onnx")
    assert bench.store.find(str(path)).shipped
    path.write_bytes(bench.model("wbc4", licence="BSD"))
    for reference in ("wbc4", "wbc4@1.0.0", str(path)):
        with pytest.raises(ModelError) as caught:
            bench.store.find(reference)
        assert caught.value.code == "digest_mismatch"
        assert "wbc4.onnx has other bytes than when it was shipped" in caught.value.message
    (broken,) = bench.store.list()
    assert isinstance(broken, BrokenPackage)
    assert (broken.name, broken.version, broken.shipped) == ("wbc4", "1.0.0", True)
    (check,) = bench.store.verify()
    assert not check.ok
    assert check.error is not None


def test_a_shipped_model_that_nobody_listed_is_refused(bench: Bench) -> None:
    (bench.shipped / "extra.onnx").write_bytes(bench.model("extra"))
    assert code(bench.store.find, "extra") == "digest_mismatch"


def test_a_shipped_model_that_is_missing_is_told(bench: Bench) -> None:
    bench.ship(bench.model("wbc4"), "wbc4-1.0.0.onnx").unlink()
    (check,) = bench.store.verify()
    assert (check.ok, check.path.name) == (False, "wbc4-1.0.0.onnx")
    assert code(bench.store.find, "wbc4") == "model_not_found"


@pytest.mark.parametrize(
    "text",
    [
        "nonsense\n",
        "ab" * 32 + "  ../tiny.onnx\n",
        "AB" * 32 + "  tiny.onnx\n",
        "ab" * 32 + "  tiny.onnx\n" + "cd" * 32 + "  tiny.onnx\n",
        "\x00",
    ],
)
def test_a_digest_list_that_cannot_be_understood_proves_nothing(bench: Bench, text: str) -> None:
    (bench.shipped / "tiny.onnx").write_bytes(bench.model())
    (bench.shipped / "SHA256SUMS").write_text(text, encoding="utf-8")
    (broken,) = bench.store.list()
    assert isinstance(broken, BrokenPackage)
    assert broken.error.code == "digest_mismatch"
    assert code(read_digests, bench.shipped) == "digest_mismatch"


def test_digest_lists_as_sha256sum_writes_them(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(b"%s  a b.onnx\r\n%s *c.onnx\n\n" % (b"a" * 64, b"b" * 64))
    assert read_digests(tmp_path) == {"a b.onnx": "a" * 64, "c.onnx": "b" * 64}


def test_a_digest_list_that_is_no_text_or_too_large(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(b"\xff\xfe")
    assert code(read_digests, tmp_path) == "digest_mismatch"
    (tmp_path / "SHA256SUMS").write_bytes(b"\n" * (1024 * 1024 + 1))
    assert code(read_digests, tmp_path) == "digest_mismatch"


def test_an_import_is_a_copy_with_its_digest_in_the_name(bench: Bench) -> None:
    source = bench.file(bench.model("mine", "2.0"), "Ünï cöde.onnx")
    package = bench.store.import_file(source)
    assert package.path.parent == bench.user
    assert package.path.name == f"mine-2.0-{package.sha256[:16]}.onnx"
    assert package.path.read_bytes() == source.read_bytes()
    source.unlink()
    assert bench.store.find("mine") == package
    assert [path.name for path in bench.user.iterdir()] == [package.path.name]


def test_the_report_beside_a_package_comes_along_and_goes_with_it(bench: Bench) -> None:
    source = bench.file(bench.model("mine"))
    (bench.elsewhere / "new.report" / "training").mkdir(parents=True)
    (bench.elsewhere / "new.report" / "training" / "curves.png").write_bytes(b"picture")
    package = bench.store.import_file(source)
    assert [each.kind for each in report_parts(package.path)] == ["curves"]
    bench.store.remove("mine")
    assert list(bench.user.iterdir()) == []
    assert [each.kind for each in report_parts(source)] == ["curves"]


def test_the_same_bytes_twice_are_one_package(bench: Bench) -> None:
    first = bench.store.import_file(bench.file(bench.model("mine"), "a.onnx"))
    assert bench.store.import_file(bench.file(bench.model("mine"), "b.onnx")) == first
    assert len(bench.names()) == 1


@pytest.mark.parametrize("shipped", [True, False])
def test_other_bytes_under_the_same_name_and_version_are_refused(bench: Bench, shipped: bool) -> None:
    if shipped:
        bench.ship(bench.model("mine", licence="MIT"), "mine.onnx")
    else:
        bench.store.import_file(bench.file(bench.model("mine", licence="MIT")))
    before = bench.store.find("mine")
    assert code(bench.store.import_file, bench.file(bench.model("mine", licence="BSD"))) == "model_exists"
    assert bench.store.find("mine") == before


def test_importing_again_mends_a_damaged_copy(bench: Bench) -> None:
    source = bench.file(bench.model("mine"))
    package = bench.store.import_file(source)
    for damaged in (bench.model("mine", licence="BSD"), b"rubbish"):
        package.path.write_bytes(damaged)
        assert code(bench.store.find, "mine") in ("digest_mismatch", "model_damaged")
        assert bench.store.import_file(source) == package
        assert bench.store.find("mine") == package


def test_a_damaged_import_is_noticed_by_its_path_too(bench: Bench) -> None:
    package = bench.store.import_file(bench.file(bench.model("mine")))
    assert bench.store.find(str(package.path)) == package
    package.path.write_bytes(bench.model("mine", licence="BSD"))
    assert code(bench.store.find, str(package.path)) == "digest_mismatch"


def test_a_model_that_does_not_run_is_not_imported(bench: Bench, kit) -> None:
    model = kit.tiny_model()
    model.graph.node[0].op_type = "Sorcery"
    assert code(bench.store.import_file, bench.file(model.SerializeToString())) == "model_unsupported"
    assert code(bench.store.import_file, bench.file(b"rubbish")) == "model_damaged"
    assert code(bench.store.import_file, bench.elsewhere / "none.onnx") == "model_not_found"
    assert not bench.user.exists()


def test_a_folder_that_cannot_be_written(bench: Bench) -> None:
    bench.user.write_text("in the way")
    assert code(bench.store.import_file, bench.file(bench.model())) in (
        "models_unwritable",
        "model_unreadable",
    )


def test_an_import_that_fails_half_way_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert code(bench.store.import_file, bench.file(bench.model())) == "models_unwritable"
    assert list(bench.user.iterdir()) == []


def test_a_file_put_there_by_hand_is_listed(bench: Bench) -> None:
    bench.user.mkdir()
    (bench.user / "by hand.ONNX").write_bytes(bench.model("mine"))
    (bench.user / ".hidden.onnx").write_bytes(b"")
    (bench.user / "notes.txt").write_bytes(b"")
    assert bench.names() == [("mine", "1.0.0", True)]


def test_removing(bench: Bench) -> None:
    bench.ship(bench.model("wbc4"), "wbc4.onnx")
    bench.store.import_file(bench.file(bench.model("mine", "1.0")))
    bench.store.import_file(bench.file(bench.model("mine", "1.1")))
    assert code(bench.store.remove, "wbc4") == "model_shipped"
    assert code(bench.store.remove, "other") == "model_not_found"
    assert code(bench.store.remove, "mine") == "model_ambiguous"
    bench.store.remove("mine@1.0")
    bench.store.remove("mine")
    assert bench.names() == [("wbc4", "1.0.0", True)]


def test_a_broken_import_can_be_removed_by_the_name_it_is_listed_under(bench: Bench) -> None:
    bench.store.import_file(bench.file(bench.model("mine-lite")))
    bench.user.joinpath("odd file.onnx").write_bytes(b"rubbish")
    bench.user.joinpath("mine-1.0.onnx").write_bytes(b"rubbish")
    bench.store.remove("odd file")
    bench.store.remove("mine")
    assert bench.names() == [("mine-lite", "1.0.0", True)]


def test_verify_names_what_is_well_and_what_is_not(bench: Bench) -> None:
    bench.ship(bench.model("wbc4"), "wbc4.onnx")
    imported = bench.store.import_file(bench.file(bench.model("mine")))
    assert [check.ok for check in bench.store.verify()] == [True, True]
    data = bytearray(imported.path.read_bytes())
    data[len(data) // 2] ^= 1
    imported.path.write_bytes(bytes(data))
    assert [(check.shipped, check.ok) for check in bench.store.verify()] == [(True, True), (False, False)]

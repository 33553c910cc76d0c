"""Whose everything in the frozen program is, with which terms; and the Linux packages."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def packaging() -> dict[str, ModuleType]:
    """The modules of the packaging folder, which is no package and must not stay on the path."""
    names = ("contents", "parts", "notices", "archives", "linux_packages")
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        found = {name: importlib.import_module(name) for name in names}
        if importlib.util.find_spec("cyclonedx") is not None:
            found["sbom"] = importlib.import_module("sbom")
    finally:
        sys.path.remove(str(ROOT / "packaging"))
        for name in (*names, "sbom"):
            sys.modules.pop(name, None)
    return found


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """Something like a frozen program."""
    folder = tmp_path / "dist" / "hematodesk"
    (folder / "_internal/licences").mkdir(parents=True)
    (folder / "_internal/licences/THIRD-PARTY.txt").write_text("numpy 2: BSD-3-Clause\n")
    (folder / "_internal/a.so").write_bytes(b"library")
    for name in ("hematodesk", "hematodesk-cli"):
        (folder / name).write_bytes(b"#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_every_file_has_an_owner_with_its_terms(packaging: dict[str, ModuleType], tmp_path: Path) -> None:
    import numpy

    parts = packaging["parts"]
    made = tmp_path / "made"
    made.mkdir()
    (made / "base_library.zip").touch()
    (made / "libavcodec.so").touch()
    owners = parts.Owners(ROOT, "9.9", made)
    found = parts.parts_of(
        [
            ("numpy/core.py", numpy.__file__, "DATA"),
            ("hematodesk/_data/models/x", str(ROOT / "models" / "SHA256SUMS"), "DATA"),
            ("base_library.zip", str(made / "base_library.zip"), "DATA"),
            ("libs/libavcodec.so", str(made / "libavcodec.so"), "BINARY"),
        ],
        [("platformdirs", __import__("platformdirs").__file__, "PYMODULE")],
        _without_starter(parts, owners),
    )
    by_name = {part.name: part for part in found}
    assert found[0].name == "hematodesk" and found[0].version == "9.9"
    assert by_name["hematodesk"].files == ["hematodesk/_data/models/x", "libs/libavcodec.so"]
    assert by_name["numpy"].licence == "BSD-3-Clause" and by_name["numpy"].texts
    assert by_name["CPython"].files == ["base_library.zip"]
    # Modules lie in the archive inside the programs: named, but with no file of their own.
    assert by_name["platformdirs"].files == []


def test_every_text_that_a_wheel_declares_is_taken(packaging: dict[str, ModuleType]) -> None:
    part = packaging["parts"].wheel_part(metadata.distribution("openslide-bin"))
    names = {text.name for text in part.texts}
    assert {"README.ijg", "COPYING-MPL-1.1", "PUBLIC-DOMAIN.txt", "COPYING.LESSER"} <= names


def _without_starter(parts: ModuleType, owners: object) -> object:
    """PyInstaller need not be installed where the tests run."""
    real = owners.wheel  # type: ignore[attr-defined]
    try:
        real("pyinstaller")
    except Exception:  # noqa: BLE001 - whatever says that it isn't there
        owners.wheel = lambda name: parts.Part(name, "6", "", "pkg:pypi/pyinstaller@6")  # type: ignore[attr-defined]
    return owners


def test_a_file_of_nobody_stops_the_build(packaging: dict[str, ModuleType], tmp_path: Path) -> None:
    parts = packaging["parts"]
    stranger = tmp_path / "elsewhere" / "x.so"
    stranger.parent.mkdir()
    stranger.touch()
    with pytest.raises(parts.UnknownPart, match=r"x\.so"):
        parts.Owners(ROOT, "1", tmp_path / "made").part(stranger)


def test_notices_hold_each_text_once_and_explain_the_lgpl(
    packaging: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, notices = packaging["parts"], packaging["notices"]
    common = tmp_path / "common"
    common.mkdir()
    for name in ("GPL-3", "LGPL-3"):
        (common / name).write_text(f"the text of {name}")
    monkeypatch.setattr(notices, "COMMON_TEXTS", common)
    texts = []
    for place in ("a/LICENSE", "b/LICENSE", "c/LICENSE"):
        text = tmp_path / place
        text.parent.mkdir()
        text.write_text("same" if place < "c" else "other")
        texts.append(text)
    qt = parts.Part(
        "PySide6_Essentials", "6.11", "LGPL-3.0-only", "pkg:pypi/pyside6@6", (), ["PySide6/Qt/a.so"]
    )
    wheel = parts.Part("wheel", "1", "", "pkg:pypi/wheel@1", tuple(texts))
    own = parts.Part("hematodesk", "1", "MIT", "pkg:generic/hematodesk@1")
    folder = tmp_path / "licences"
    written = {
        path.relative_to(folder).as_posix() for path in notices.write_notices([own, qt, wheel], folder)
    }
    assert written == {
        "THIRD-PARTY.txt",
        "GPL-3.txt",
        "LGPL-3.txt",
        "QT-AND-THE-LGPL.txt",
        "wheel/LICENSE",
        "wheel/c-LICENSE",
    }
    assert "6.11" in (folder / "QT-AND-THE-LGPL.txt").read_text()
    table = (folder / "THIRD-PARTY.txt").read_text()
    assert "PySide6_Essentials 6.11: LGPL-3.0-only\n    LGPL-3.txt\n    GPL-3.txt\n" in table
    assert "hematodesk" not in table


def test_a_part_without_terms_and_a_machine_without_the_lgpl_stop_the_build(
    packaging: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, notices = packaging["parts"], packaging["notices"]
    bare = parts.Part("bare", "1", "MIT", "pkg:pypi/bare@1")
    with pytest.raises(notices.NoLicenceText, match="bare"):
        notices.write_notices([bare], tmp_path / "one")
    monkeypatch.setattr(notices, "COMMON_TEXTS", tmp_path / "nowhere")
    qt = parts.Part("shiboken6", "6", "LGPL-3.0-only", "pkg:pypi/shiboken6@6")
    with pytest.raises(notices.NoLicenceText, match="HEMATODESK_LICENCE_TEXTS"):
        notices.write_notices([qt], tmp_path / "two")


def test_the_bill_of_materials_names_parts_and_digests(
    packaging: dict[str, ModuleType], frozen: Path
) -> None:
    pytest.importorskip("cyclonedx", reason="it is written where releases are built")
    parts, sbom = packaging["parts"], packaging["sbom"]
    own = parts.Part("hematodesk", "1.2", "MIT", "pkg:generic/hematodesk@1.2")
    wheel = parts.Part("numpy", "2.0", "BSD-3-Clause", "pkg:pypi/numpy@2.0", (), ["a.so"])
    text = sbom.bill_of_materials([own, wheel], frozen, 0)
    assert text == sbom.bill_of_materials([own, wheel], frozen, 0), "two builds are the same"
    document = json.loads(text)
    assert document["specVersion"] == "1.6"
    assert document["metadata"]["component"]["version"] == "1.2"
    programs = [part["name"] for part in document["metadata"]["component"]["components"]]
    assert programs == ["hematodesk", "hematodesk-cli"]
    (component,) = document["components"]
    assert component["purl"] == "pkg:pypi/numpy@2.0"
    (file,) = component["components"]
    assert file["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"library").hexdigest()}]
    assert {"ref": "pkg:generic/hematodesk@1.2", "dependsOn": ["pkg:pypi/numpy@2.0"]} in document[
        "dependencies"
    ]


def test_the_portable_archive_keeps_its_data_beside_it(
    packaging: dict[str, ModuleType], frozen: Path, tmp_path: Path
) -> None:
    pack = packaging["linux_packages"].make_portable
    one = pack(frozen, tmp_path / "one", 1_000_000_000)
    two = pack(frozen, tmp_path / "two", 1_000_000_000)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as packed:
        names = packed.getnames()
        assert "hematodesk/hematodesk-portable" in names
        assert packed.getmember("hematodesk/hematodesk").mode == 0o755


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="Debian packages are made on Debian")
def test_the_debian_package_is_whole_and_runs_nothing(
    packaging: dict[str, ModuleType], frozen: Path, tmp_path: Path
) -> None:
    made = packaging["linux_packages"].make_deb(frozen, tmp_path, 1_000_000_000)
    again = packaging["linux_packages"].make_deb(frozen, tmp_path / "again", 1_000_000_000)
    assert made.read_bytes() == again.read_bytes()
    listing = subprocess.run(
        ["dpkg-deb", "--contents", str(made)], capture_output=True, text=True, check=True
    )
    assert "./usr/bin/hematodesk -> ../lib/hematodesk/hematodesk" in listing.stdout
    assert "root/root" in listing.stdout
    subprocess.run(["dpkg-deb", "--raw-extract", str(made), str(tmp_path / "out")], check=True)
    control = {path.name for path in (tmp_path / "out/DEBIAN").iterdir()}
    assert control == {"control", "md5sums"}, "no maintainer script"
    entry = (tmp_path / "out/usr/share/applications/hematodesk.desktop").read_text()
    assert "image/webp;image/gif;image/jp2;image/avif;\n" in entry
    assert "Exec=hematodesk %F\n" in entry
    assert gzip.decompress((tmp_path / "out/usr/share/doc/hematodesk/changelog.gz").read_bytes())
    sums = (tmp_path / "out/DEBIAN/md5sums").read_text()
    assert "usr/lib/hematodesk/hematodesk\n" in sums and "DEBIAN" not in sums

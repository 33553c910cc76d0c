from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from export_tools.phantom import render_field
from hematodesk.bootstrap import build_at
from hematodesk.imaging.read import encode_png
from hematodesk.workflow.analysis.samples import read_samples
from hematodesk.workflow.self_test import run_self_test
from hematodesk.workflow.system.paths import AppPaths
from hematodesk.workflow.system.policy import NO_POLICY, Policy


@pytest.fixture(scope="session")
def samples_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for number, class_id in enumerate(("neutrophil", "neutrophil", "lymphocyte"), start=1):
        field = render_field(number, width=320, height=240, classes=(class_id,))
        (folder / f"smear_0{number}_{class_id}.png").write_bytes(encode_png(field.pixels))
    (folder / "smear_04_several_cells.png").write_bytes(b"never read")
    (folder / "README.txt").touch()
    return folder


@pytest.fixture
def paths(tmp_path, package_bytes, samples_folder) -> AppPaths:
    shipped = tmp_path / "models"
    shipped.mkdir()
    data = package_bytes("wbc4", favourite="neutrophil")
    (shipped / "wbc4-1.0.0.onnx").write_bytes(data)
    (shipped / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  wbc4-1.0.0.onnx\n")
    resources = tmp_path / "resources"
    shutil.copytree(samples_folder, resources / "samples")
    return AppPaths(tmp_path / "data", False, shipped, resources)


def look(paths: AppPaths, policy: Policy = NO_POLICY) -> dict:
    services = build_at(paths, policy)
    try:
        return {check.name: check for check in run_self_test(services)}
    finally:
        services.close()


def test_all_is_well(paths):
    checks = look(paths)
    # The unit tests also run with Qt uninstalled, and the self-test must not call that well.
    without_qt = importlib.util.find_spec("PySide6") is None
    assert [name for name, check in checks.items() if not check.ok] == (["program"] if without_qt else [])
    assert list(checks) == [
        "program",
        "data folder",
        "disk space",
        "decoder",
        "whole slides",
        "models",
        "provider",
        "known image",
        "settings",
        "history",
        "history writing",
    ]
    assert "wbc4 1.0.0" in checks["provider"].detail
    assert "cpu" in checks["provider"].detail
    assert "2 of 3 samples" in checks["known image"].detail
    assert "onnxruntime" in checks["program"].detail


def test_the_persons_history_is_only_read(paths):
    services = build_at(paths)
    services.open_history()
    services.close()
    before = paths.history_file.read_bytes()
    assert look(paths)["history"].ok
    assert paths.history_file.read_bytes() == before
    assert sorted(path.name for path in paths.data.iterdir() if path.name.startswith(".self")) == []


def test_a_changed_package_is_told_and_nothing_runs(paths):
    package = paths.shipped_models / "wbc4-1.0.0.onnx"
    package.write_bytes(package.read_bytes().replace(b'"intended_use": "Tests"', b'"intended_use": "Other"'))
    checks = look(paths)
    assert (checks["models"].ok, checks["models"].code) == (False, "digest_mismatch")
    assert "install" in checks["models"].remedy.lower()
    assert not checks["provider"].ok
    assert "known image" not in checks
    assert checks["history writing"].ok


def test_a_program_without_its_own_package_is_told_even_when_one_was_imported(paths, package_bytes):
    services = build_at(paths)
    file = paths.shipped_models.parent / "own.onnx"
    file.write_bytes(package_bytes("own"))
    services.models.import_file(file)
    shutil.rmtree(paths.shipped_models)
    checks = look(paths)
    assert (checks["models"].ok, checks["models"].code) == (False, "model_not_found")
    assert "own 1.0.0" in checks["models"].detail
    assert checks["provider"].ok


def test_a_model_that_is_gone_is_told(paths):
    build_at(paths).settings.set("model", "gone@1.0.0")
    assert look(paths)["provider"].code == "model_not_found"


def test_what_the_administrator_forbids_is_told_and_is_no_failure(paths, package_bytes):
    services = build_at(paths)
    file = paths.shipped_models.parent / "own.onnx"
    file.write_bytes(package_bytes("own"))
    services.models.import_file(file)
    services.models.choose("own")
    policy = Policy(Path("/etc/hematodesk/policy.json"), None, ("wbc4",), "cpu", False, False, False)
    without_qt = importlib.util.find_spec("PySide6") is None
    checks = look(paths, policy)
    assert [name for name, check in checks.items() if not check.ok] == (["program"] if without_qt else [])
    assert "policy.json" in checks["policy"].detail
    for words in ("models wbc4", "provider cpu", "no export", "no camera", "no import"):
        assert words in checks["policy"].detail
    assert "Not allowed by the administrator: own 1.0.0." in checks["models"].detail
    assert "wbc4 1.0.0 runs on cpu" in checks["provider"].detail
    assert "not among those allowed" in checks["provider"].remedy, "the chosen model is another one"


def test_a_policy_that_sets_nothing_is_told_and_one_that_leaves_no_model_fails_the_provider(paths):
    file = Path("/etc/hematodesk/policy.json")
    assert "it sets nothing" in look(paths, Policy(file))["policy"].detail
    checks = look(paths, Policy(file, packages=()))
    assert checks["models"].ok and "models none" in checks["policy"].detail
    assert (checks["provider"].ok, checks["provider"].code) == (False, "not_allowed")


def test_wrong_answers_are_told(paths, package_bytes):
    services = build_at(paths)
    file = paths.shipped_models.parent / "wrong.onnx"
    file.write_bytes(package_bytes("wrong", favourite="monocyte"))
    services.models.import_file(file)
    services.models.choose("wrong")
    check = look(paths)["known image"]
    assert (check.ok, check.code) == (False, "wrong_answer")
    assert "0 of 3" in check.detail


def test_missing_and_damaged_samples_are_told(paths):
    (paths.samples / "smear_01_neutrophil.png").write_bytes(b"damaged")
    assert look(paths)["known image"].code == "not_an_image"
    shutil.rmtree(paths.samples)
    assert look(paths)["known image"].code == "samples_missing"


def test_a_damaged_history_is_told(paths):
    paths.prepare()
    paths.history_file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    check = look(paths)["history"]
    assert not check.ok
    assert check.code.startswith("history_")
    assert check.remedy


def test_damaged_settings_are_told(paths):
    paths.prepare()
    paths.settings_file.write_text("{")
    assert look(paths)["settings"].code == "settings_damaged"


def test_a_data_folder_that_cannot_be_made_is_told_and_the_rest_goes_on(paths, monkeypatch):
    def refuse(folder: Path, **options) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    checks = look(paths)
    assert checks["data folder"].code == "data_folder_unusable"
    assert "history" not in checks
    assert checks["known image"].ok


@pytest.mark.parametrize(("free", "ok", "words"), [
    (10 * 1024**2, False, "Free space"),
    (500 * 1024**2, True, "Space runs low"),
    (50 * 1024**3, True, ""),
])  # fmt: skip
def test_disk_space(paths, monkeypatch, free, ok, words):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, free))
    check = look(paths)["disk space"]
    assert check.ok is ok
    assert words in check.remedy


def test_samples_say_what_they_show_by_their_names(samples_folder):
    assert [sample.class_id for sample in read_samples(samples_folder)] == [
        "neutrophil",
        "neutrophil",
        "lymphocyte",
        None,
    ]


def test_a_history_on_a_network_drive_is_fine_and_said(paths, monkeypatch):
    monkeypatch.setenv("HEMATODESK_NETWORK_DRIVE", "1")
    services = build_at(paths)
    services.open_history()
    services.close()
    check = look(paths)["history"]
    assert check.ok
    assert "network drive" in check.remedy

"""The administrator's policy: read strictly, followed everywhere, told in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hematodesk import bootstrap
from hematodesk.cli.main import main
from hematodesk.domain.errors import ModelError, PolicyError, SettingsError
from hematodesk.workflow.models.model_service import DEFAULT_MODEL
from hematodesk.workflow.system import policy as policies
from hematodesk.workflow.system.policy import Policy, read_policy
from hematodesk.workflow.system.settings import SettingsStore


def write(folder: Path, **fields: object) -> Path:
    file = folder / "policy.json"
    file.write_text(json.dumps({"schema": 1, **fields}), encoding="utf-8")
    return file


def test_without_a_file_everything_is_allowed(tmp_path: Path) -> None:
    policy = read_policy(tmp_path / "nowhere" / "policy.json")
    for what in ("export", "camera", "model_import"):
        policy.require(what)
    policy.check_provider("cuda")
    assert policy.check_data_dir(tmp_path) == tmp_path
    assert policy.settings == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("no json", "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "schema"),
        ('{"schema": 2}', "schema"),
        ('{"schema": 1, "exports": false}', "exports"),
        ('{"schema": 1, "export": "no"}', "export"),
        ('{"schema": 1, "provider": "gpu"}', "provider"),
        ('{"schema": 1, "packages": "wbc4"}', "packages"),
        ('{"schema": 1, "data_folder": "cells"}', "data_folder"),
    ],
)
def test_a_policy_that_is_not_understood_stops_the_program(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    with pytest.raises(PolicyError, match=told) as caught:
        read_policy(file)
    assert caught.value.code == "policy_invalid"
    assert str(file) in caught.value.message


def test_the_data_folder_takes_the_persons_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHO", "ada")
    policy = read_policy(write(tmp_path, data_folder=f"{tmp_path}/$WHO"))
    assert policy.check_data_dir(None) == tmp_path / "ada"
    assert policy.check_data_dir(tmp_path / "ada") == tmp_path / "ada"
    with pytest.raises(PolicyError, match="--data-dir"):
        policy.check_data_dir(tmp_path / "other")


def test_a_locked_setting_holds_and_says_who_set_it(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"provider": "cuda"}')
    store = SettingsStore(tmp_path / "settings.json", Policy(provider="cpu").settings)
    assert store.text("provider") == "cpu"
    assert store.is_locked("provider")
    with pytest.raises(SettingsError) as caught:
        store.set("provider", "auto")
    assert caught.value.code == "setting_locked"
    assert store.text("provider") == "cpu"


@pytest.fixture
def under_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The whole program under a strict policy; the data folder."""
    data = tmp_path / "data"
    file = write(
        tmp_path,
        data_folder=str(data),
        packages=["another"],
        provider="cpu",
        export=False,
        camera=False,
        model_import=False,
    )
    monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
    return data


def test_packages_that_are_not_on_the_list_are_shown_and_refused(under_policy: Path) -> None:
    service = bootstrap.build().models
    listed = service.packages()
    assert listed and all(each.error.code == "not_allowed" for each in listed)  # type: ignore[union-attr]
    for reference in ("wbc4", str(listed[0].path)):
        with pytest.raises(ModelError, match="not among those allowed"):
            service.store.find(reference)


def test_a_digest_on_the_list_allows_exactly_that_file(tmp_path: Path) -> None:
    (package,) = [each for each in bootstrap.build(tmp_path).models.packages() if each.name == DEFAULT_MODEL]
    assert Policy(packages=(package.sha256,)).refusal(package) is None  # type: ignore[union-attr, arg-type]
    assert Policy(packages=(package.name,)).refusal(package) is None  # type: ignore[arg-type]
    assert Policy(packages=("0" * 64,)).refusal(package) is not None  # type: ignore[arg-type]


def test_the_command_line_follows_it(
    under_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "import", str(tmp_path / "x.onnx")]) != 0
    assert "not allowed" in capsys.readouterr().err
    assert main(["--data-dir", str(tmp_path / "mine"), "models", "list"]) != 0
    assert "data folder of this computer" in capsys.readouterr().err
    (tmp_path / "cell.png").write_bytes(b"")
    assert main(["classify", "--provider", "cuda", str(tmp_path)]) != 0
    assert "not allowed" in capsys.readouterr().err


def test_a_package_that_is_not_allowed_is_whole_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, data_folder=str(tmp_path / "data"), packages=[DEFAULT_MODEL])
    monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
    assert main(["models", "verify"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == ["ok  "] * len(lines)
    barred = [line for line in lines if "not_allowed" in line]
    assert barred and len(barred) == len(lines) - 1
    file.write_text(json.dumps({"schema": 1, "packages": []}))
    assert main(["models", "verify"]) == 3, "there is no usable model"


def test_exports_are_refused_before_anything_is_written(
    under_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services = bootstrap.build()
    services.open_history()
    services.close()
    target = tmp_path / "out.csv"
    assert main(["history", "export", "--format", "csv", "--output", str(target)]) != 0
    assert "not allowed" in capsys.readouterr().err
    assert main(["history", "backup", str(tmp_path / "copy.db")]) != 0
    assert "not allowed" in capsys.readouterr().err
    assert not target.exists() and not (tmp_path / "copy.db").exists()
    assert main(["history", "backup"]) == 0, "the kept backups stay in the data folder"


def test_every_system_has_a_place_that_users_cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies.sys, "platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", "/programs")
    assert policies.policy_file() == Path("/programs/hematodesk/policy.json")
    monkeypatch.setattr(policies.sys, "platform", "darwin")
    assert policies.policy_file().is_relative_to("/Library")
    monkeypatch.setattr(policies.sys, "platform", "linux")
    assert policies.policy_file().is_relative_to("/etc")

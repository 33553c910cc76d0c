"""The administrator's policy: read strictly, followed everywhere, told in words."""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from hematodesk import bootstrap
from hematodesk.api import open_model
from hematodesk.cli import arguments
from hematodesk.cli.adapt_command import adapt_from_history
from hematodesk.cli.main import main
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ModelError, PolicyError, SettingsError
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.packages import ModelPackage
from hematodesk.workflow import self_test
from hematodesk.workflow.analysis import live
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance
from hematodesk.workflow.models.model_service import DEFAULT_MODEL
from hematodesk.workflow.system import identity
from hematodesk.workflow.system import policy as policies
from hematodesk.workflow.system.paths import find_paths, resources_dir
from hematodesk.workflow.system.policy import Policy, read_policy, writable_by_user
from hematodesk.workflow.system.prohibitions import PROHIBITIONS
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
        ('{"schema": 1, "data_folder": "/srv/$WHO"}', "WHO"),
        ('{"schema": 1, "export": false, "export": true}', "twice"),
        ('{"schema": 1, "export": false, "more": {"a": 1, "a": 2}}', "twice"),
        ("[" * 200_000, "nested too deep"),
        ('{"schema": 1, "export": ' + "[" * 200_000, "nested too deep"),
    ],
)
def test_a_policy_that_is_not_understood_stops_the_program(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    with pytest.raises(PolicyError, match=told) as caught:
        read_policy(file)
    assert caught.value.code == "policy_invalid"
    assert str(file) in caught.value.message


def test_the_data_folder_takes_the_persons_name_from_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USER", "USERNAME", "LOGNAME", "HOME", "USERPROFILE"):
        monkeypatch.setenv(name, "/somebody/else")
    for pattern in ("$USER", "${USER}", "%USERNAME%", "$LOGNAME"):
        policy = read_policy(write(tmp_path, data_folder=f"{tmp_path}/{pattern}"))
        assert policy.check_data_dir(None) == tmp_path / identity.login_name()
    for pattern in ("~", "$HOME"):
        policy = read_policy(write(tmp_path, data_folder=f"{pattern}/cells"))
        assert policy.data_folder == identity.home_folder() / "cells"
        assert "somebody" not in str(policy.data_folder)
    with pytest.raises(PolicyError, match="--data-dir"):
        policy.check_data_dir(tmp_path / "other")


class TestOnlyTrueAbsence:
    """Anything in the policy's place stops the program, also what cannot be read."""

    def refused(self, file: Path) -> None:
        with pytest.raises(PolicyError) as caught:
            read_policy(file)
        assert caught.value.code == "policy_invalid" and str(file) in caught.value.message

    def test_no_folder_no_file(self, tmp_path: Path) -> None:
        assert read_policy(tmp_path / "a" / "b" / "policy.json") == Policy()
        assert read_policy(tmp_path / "policy.json") == Policy()

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_a_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "policy.json").symlink_to(tmp_path / "gone")
        self.refused(tmp_path / "policy.json")
        (tmp_path / "folder").symlink_to(tmp_path / "gone")
        self.refused(tmp_path / "folder" / "policy.json")
        (tmp_path / "round").symlink_to(tmp_path / "round")
        self.refused(tmp_path / "round")

    def test_a_file_where_a_folder_should_be_and_the_reverse(self, tmp_path: Path) -> None:
        (tmp_path / "hematodesk").write_bytes(b"")
        self.refused(tmp_path / "hematodesk" / "policy.json")
        (tmp_path / "policy.json").mkdir()
        self.refused(tmp_path / "policy.json")

    @pytest.mark.skipif(os.name == "nt", reason="a POSIX device")
    def test_a_pipe_is_no_file_and_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "policy.json")
        self.refused(tmp_path / "policy.json")

    def test_what_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = write(tmp_path)

        def forbidden(_path: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", forbidden)
        self.refused(file)
        monkeypatch.undo()
        monkeypatch.setattr(Path, "lstat", forbidden)
        self.refused(file)

    def test_the_command_line_stops_with_a_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "policy.json"
        file.write_text("[" * 200_000)
        monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
        assert main(["models", "list"]) == 1
        said = capsys.readouterr().err
        assert "policy_invalid" in said and "Traceback" not in said


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


def test_names_stand_for_what_came_with_the_program_and_digests_for_files(tmp_path: Path) -> None:
    (package,) = [each for each in bootstrap.build(tmp_path).models.packages() if each.name == DEFAULT_MODEL]
    assert isinstance(package, ModelPackage) and package.shipped
    foreign = replace(package, shipped=False, sha256="1" * 64)
    for names in ((package.name,), (f"{package.name}@{package.version}",)):
        assert Policy(packages=names).refusal(package) is None
        assert Policy(packages=names).refusal(foreign) is not None, "a file may call itself anything"
    assert Policy(packages=(package.sha256,)).refusal(package) is None
    assert Policy(packages=(foreign.sha256,)).refusal(foreign) is None
    assert Policy(packages=("0" * 64,)).refusal(package) is not None


def test_where_models_may_not_be_imported_only_those_of_the_program_and_of_the_list_are_used(
    tmp_path: Path,
) -> None:
    (package,) = [each for each in bootstrap.build(tmp_path).models.packages() if each.name == DEFAULT_MODEL]
    assert isinstance(package, ModelPackage)
    foreign = replace(package, shipped=False, sha256="1" * 64)
    assert Policy(model_import=False).refusal(package) is None
    assert Policy(model_import=False).refusal(foreign) is not None
    assert Policy(model_import=False, packages=("1" * 64,)).refusal(foreign) is None
    assert Policy().refusal(foreign) is None


def foreign_copy(data: bytes, target: Path, name: str, version: str) -> Path:
    """Another package's bytes under a name that they give themselves."""
    model = onnx.load_from_string(data)
    (entry,) = [each for each in model.metadata_props if each.key == "hematodesk"]
    entry.value = json.dumps(json.loads(entry.value) | {"name": name, "version": version})
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(model.SerializeToString())
    return target


def test_no_file_becomes_what_a_shipped_name_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = bootstrap.build(tmp_path / "data").models
    (cells3,) = [each for each in service.packages() if each.name == "cells3"]
    path = foreign_copy(cells3.path.read_bytes(), tmp_path / "x.onnx", "wbc4", "99.0.0")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    shutil.copy(path, models / f"wbc4-99.0.0-{digest[:16]}.onnx")
    assert {"99.0.0"} < {each.version for each in service.packages()}
    assert service.store.find("wbc4").shipped
    for fields in ({"packages": ["wbc4"]}, {"model_import": False}):
        file = write(tmp_path, data_folder=str(tmp_path / "data"), **fields)
        monkeypatch.setattr(bootstrap, "policy_file", lambda file=file: file)
        store = bootstrap.build().models.store
        assert store.find("wbc4").shipped
        for reference in ("wbc4@99.0.0", str(path)):
            with pytest.raises(ModelError) as caught:
                store.find(reference)
            assert caught.value.code == "not_allowed"
            assert main(["classify", "--model", reference, str(tmp_path / "gone.png")]) == 3
            assert "not_allowed" in capsys.readouterr().err


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


FREE_COMMANDS = {
    "window", "watch", "self-test", "models list", "models verify",
    "history import", "history check", "history repair", "history restore",
}  # fmt: skip
"""Commands that no prohibition covers."""


def every_command() -> dict[str, set[str]]:
    """Each command of the parser, and the names of its options."""
    found: dict[str, set[str]] = {"window": {each.dest for each in arguments._window_parser()._actions}}
    waiting = [arguments._command_parser()]
    while waiting:
        parser = waiting.pop()
        inner = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
        for each in inner:
            waiting += each.choices.values()
        if not inner:
            found[parser.get_default("command")] = {each.dest for each in parser._actions}
    return found


def test_every_command_says_what_it_needs_to_be_allowed() -> None:
    covered = {command for each in PROHIBITIONS for command in each.commands}
    assert covered | FREE_COMMANDS == every_command().keys(), "declare the new command in prohibitions.py"
    assert not covered & FREE_COMMANDS
    for each in PROHIBITIONS:
        for command, options in each.commands.items():
            assert set(options) <= every_command()[command]


@pytest.mark.parametrize(
    ("field", "command"),
    [
        ("export", "history export --format csv --output {new}"),
        ("export", "history export --format json --output {new}"),
        ("export", "history export --format pdf --output {new}"),
        ("export", "history export --format xlsx --output {new}"),
        ("export", "history export --format folders --output {new}"),
        ("export", "history backup {new}"),
        ("export", "history list --json"),
        ("export", "history list --limit 0 --json"),
        ("export", "history list --cells --json"),
        ("export", "classify --output {new} {image}"),
        ("model_import", "models import {image}"),
        ("model_import", "models adapt"),
        ("model_import", "models adapt --dry-run"),
        ("model_import", "models adapt --output {new}"),
    ],
)
def test_each_command_that_is_covered_is_refused_before_anything_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    field: str,
    command: str,
) -> None:
    data, new, image = tmp_path / "data", tmp_path / "new", tmp_path / "cell.png"
    image.write_bytes(b"")
    file = write(tmp_path, data_folder=str(data), **{field: False})
    monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
    assert main(command.format(new=new, image=image).split()) == 1
    said = capsys.readouterr()
    assert "not_allowed" in said.err and not said.out
    assert not new.exists() and not data.exists()


def test_the_python_interface_asks_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package,) = [each for each in bootstrap.build(tmp_path).models.packages() if each.name == "cells3"]
    path = foreign_copy(package.path.read_bytes(), tmp_path / "x.onnx", "mine", "1.0.0")
    file = write(tmp_path, data_folder=str(tmp_path / "data"), model_import=False)
    monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert caught.value.code == "not_allowed"
    with pytest.raises(PolicyError):
        open_model(data_dir=tmp_path / "mine")


def test_the_workflow_asks_once_more_whoever_calls_it(tmp_path: Path) -> None:
    policy = Policy(export=False, camera=False, model_import=False)
    services = bootstrap.build_at(find_paths(tmp_path / "data"), policy)
    services.open_history()
    doors = (
        lambda: run_export(services, ExportRequest(tmp_path / "x.csv", "csv")),
        lambda: HistoryMaintenance(services).back_up_to(tmp_path / "x"),
        lambda: live.list_cameras(policy),
        lambda: live.open_camera(0, policy),
        lambda: live.open_video(tmp_path / "x.avi", services.reader, policy),
        lambda: services.models.import_file(tmp_path / "x.onnx"),
        lambda: services.models.import_bytes(b"", tmp_path / "x.onnx"),
        lambda: adapt_from_history(services, None, HistoryFilter(), CancelToken(), print),
    )
    for door in doors:
        with pytest.raises(PolicyError) as caught:
            door()
        assert caught.value.code == "not_allowed"
    services.close()
    assert not (tmp_path / "x").exists()


def test_the_manual_draws_what_each_prohibition_covers() -> None:
    page = (resources_dir() / "manual" / "for-it.md").read_text("utf-8")
    assert "{table:prohibitions}" in page
    assert all(f"{{policy:{each.name}}}" in page for each in PROHIBITIONS)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everything")
def test_rights_that_let_the_user_change_the_policy_are_seen(tmp_path: Path) -> None:
    assert writable_by_user(write(tmp_path))


def test_the_self_test_warns_of_a_policy_that_users_can_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, data_folder=str(tmp_path / "data"), export=False)
    monkeypatch.setattr(bootstrap, "policy_file", lambda: file)
    for can, said in ((True, "have the administrator"), (False, "")):
        monkeypatch.setattr(self_test, "writable_by_user", lambda _file, can=can: can)
        check = self_test._policy(read_policy(file), file)
        assert check.ok and said in check.remedy and bool(check.remedy) is can


class FakeWindows:
    """SHGetKnownFolderPath and CoTaskMemFree as Windows answers them."""

    def __init__(self, folders: dict[str, str]) -> None:
        self.folders, self.freed, self._alive = folders, 0, []

    def SHGetKnownFolderPath(self, identifier: Any, _flags: int, _token: None, found: Any) -> int:
        asked = str(uuid.UUID(bytes_le=bytes(identifier._obj))).upper()
        if asked not in self.folders:
            return -2147024894
        self._alive.append(ctypes.create_unicode_buffer(self.folders[asked]))
        found._obj.value = ctypes.addressof(self._alive[-1])
        return 0

    def CoTaskMemFree(self, _pointer: Any) -> None:
        self.freed += 1


def test_windows_tells_its_folders_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = FakeWindows({identity._PROGRAM_DATA: "/programs"})
    assert identity.known_folder(identity._PROGRAM_DATA, windows, windows) == Path("/programs")
    with pytest.raises(OSError, match="does not know"):
        identity.known_folder(identity._PROFILE, windows, windows)
    assert windows.freed == 2


def test_every_system_has_a_place_that_users_cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies.sys, "platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", "/somebody/else")
    monkeypatch.setattr(policies, "program_data", lambda: Path("/programs"))
    assert policies.policy_file() == Path("/programs/hematodesk/policy.json")
    monkeypatch.setattr(policies.sys, "platform", "darwin")
    assert policies.policy_file().is_relative_to("/Library")
    monkeypatch.setattr(policies.sys, "platform", "linux")
    assert policies.policy_file().is_relative_to("/etc")

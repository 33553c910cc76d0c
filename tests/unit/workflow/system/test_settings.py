from __future__ import annotations

import getpass
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hematodesk
from hematodesk.domain.errors import SettingsError
from hematodesk.workflow.system import settings as settings_module
from hematodesk.workflow.system.settings import (
    DECLARED,
    SettingKind,
    SettingsStore,
    declared,
    operator_name,
    remember_recent,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "settings.json"


def test_every_default_is_allowed_and_every_key_is_unique():
    assert len({setting.key for setting in DECLARED}) == len(DECLARED)
    for setting in DECLARED:
        assert setting.checked(setting.default) == setting.default
        assert bool(setting.choices) == (setting.kind is SettingKind.CHOICE)
        if setting.shown:
            assert setting.text and setting.help


def test_every_setting_is_used_by_something():
    package = Path(hematodesk.__file__).parent
    sources = [path for path in package.rglob("*.py") if path.name != "settings.py"]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    own = Path(settings_module.__file__).read_text("utf-8")
    readers = own[own.index("def operator_name") :]
    unused = [each.key for each in DECLARED if f'"{each.key}"' not in code + readers]
    assert unused == []


def test_a_value_survives_a_restart(path):
    SettingsStore(path).set("theme", "dark")
    assert SettingsStore(path).text("theme") == "dark"


def test_a_number_survives_a_restart(path):
    SettingsStore(path).set("why_opacity", 35)
    assert SettingsStore(path).number("why_opacity") == 35


def test_the_default_holds_without_a_file_and_reading_writes_none(path):
    assert SettingsStore(path).text("theme") == "system"
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "pink"),
        ("theme", True),
        ("operator", 5),
        ("reuse_results", "yes"),
        ("recent", [1]),
        ("why_opacity", 9),
        ("why_opacity", 101),
        ("why_opacity", 50.0),
        ("why_opacity", True),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(path, key, value):
    store = SettingsStore(path)
    with pytest.raises(SettingsError, match=key) as caught:
        store.set(key, value)
    assert caught.value.code == "setting_invalid"
    assert store.get(key) == declared(key).default


def test_an_unknown_key_is_refused(path):
    with pytest.raises(SettingsError) as caught:
        SettingsStore(path).get("colour")
    assert caught.value.code == "setting_unknown"


def test_keys_of_a_newer_version_are_kept(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"future": {"a": [1]}, "theme": "light"}))
    SettingsStore(path).set("theme", "dark")
    assert json.loads(path.read_text()) == {"future": {"a": [1]}, "theme": "dark"}


def test_a_wrong_value_in_the_file_reads_as_the_default(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"theme": 7, "recent": "no list"}))
    store = SettingsStore(path)
    assert store.text("theme") == "system"
    assert store.items("recent") == []


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"", b"[" * 100_000])
def test_a_damaged_file_is_kept_aside_and_told(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = SettingsStore(path)
    assert store.text("theme") == "system"
    (aside,) = path.parent.glob("settings.json.damaged-*")
    assert aside.read_bytes() == content
    assert aside.name in store.notices[0]
    store.set("theme", "dark")
    assert SettingsStore(path).text("theme") == "dark"


def test_two_instances_keep_each_others_changes(path):
    one, other = SettingsStore(path), SettingsStore(path)
    one.set("theme", "dark")
    other.set("operator", "Dr Weiß")
    assert SettingsStore(path).text("theme") == "dark"
    assert SettingsStore(path).text("operator") == "Dr Weiß"


def test_a_failed_write_is_told_and_the_value_holds_for_this_run(tmp_path):
    (tmp_path / "file").touch()
    store = SettingsStore(tmp_path / "file" / "settings.json")
    with pytest.raises(SettingsError) as caught:
        store.set("theme", "dark")
    assert caught.value.code == "settings_unwritable"
    assert store.text("theme") == "dark"


def test_a_list_that_is_given_out_is_a_copy(path):
    store = SettingsStore(path)
    store.items("recent").append("x")
    assert store.items("recent") == []
    assert declared("recent").default == []


def test_the_operator_is_the_login_name_unless_set(path, monkeypatch):
    store = SettingsStore(path)
    monkeypatch.setattr(getpass, "getuser", lambda: "login")
    assert operator_name(store) == "login"
    store.set("operator", "  Dr Weiß ")
    assert operator_name(store) == "Dr Weiß"


def test_without_a_login_name_the_operator_is_unknown(path, monkeypatch):
    def nobody() -> str:
        raise OSError("no entry")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert operator_name(SettingsStore(path)) == "unknown"


def test_recent_files_stand_newest_first_without_doubles(path, tmp_path):
    store = SettingsStore(path)
    files = [tmp_path / f"{number}.png" for number in range(15)]
    for file in files:
        remember_recent(store, [file])
    recent = remember_recent(store, [files[10]])
    store.save()
    assert recent[:3] == [str(files[10]), str(files[14]), str(files[13])]
    assert len(recent) == len(set(recent)) == 12
    assert SettingsStore(path).items("recent") == recent


@given(st.text(max_size=200))
def test_any_text_comes_back(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("settings") / "settings.json"
    SettingsStore(file).set("operator", text)
    expected = text.encode("utf-8", "replace").decode("utf-8")
    assert SettingsStore(file).text("operator") == expected


def test_nobody_waits_for_the_disk_to_ask_and_what_changes_meanwhile_is_saved_next(path, monkeypatch):
    store = SettingsStore(path)
    writing, go_on = threading.Event(), threading.Event()
    write_whole = settings_module.write_whole

    def slow(*given):
        writing.set()
        assert go_on.wait(10)
        write_whole(*given)

    monkeypatch.setattr(settings_module, "write_whole", slow)
    saving = threading.Thread(target=store.set, args=("recent", ["a.png"]))
    saving.start()
    assert writing.wait(10)
    answers = []
    asking = threading.Thread(
        target=lambda: (
            answers.append(store.items("recent")),
            store.set("recent", ["b.png"], save=False),
            store.set("theme", "dark", save=False),
        )
    )
    asking.start()
    asking.join(5)
    assert not asking.is_alive() and answers == [["a.png"]]
    go_on.set()
    saving.join(10)
    assert (store.items("recent"), store.text("theme")) == (["b.png"], "dark")
    assert json.loads(path.read_text("utf-8")) == {"recent": ["a.png"]}
    store.save()
    assert json.loads(path.read_text("utf-8")) == {"recent": ["b.png"], "theme": "dark"}


@pytest.mark.parametrize("how", ["refused", "damaged"])
def test_a_file_that_cannot_be_read_for_a_moment_costs_no_setting(path, monkeypatch, how):
    store = SettingsStore(path)
    store.set("theme", "dark")
    real = Path.read_bytes

    def unreadable(self: Path) -> bytes:
        if self != path:
            return real(self)
        if how == "refused":
            # As while a virus scanner looks at it.
            raise PermissionError(13, "Permission denied")
        return b"{"

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", unreadable)
        store.set("operator", "Ada")
    assert store.text("theme") == "dark"
    again = SettingsStore(path)
    assert (again.text("theme"), again.text("operator")) == ("dark", "Ada")

from __future__ import annotations

import sys

import pytest

from hematodesk.cli.display import missing_libraries, qt_fault, why_no_window


def look(
    environment: dict[str, str], *, lacking: tuple[str, ...] = (), answers: bool = True, platform="linux"
):
    return why_no_window(
        environment,
        platform,
        missing=lambda names: [name for name in names if name in lacking],
        reach_x11=lambda: answers,
    )


def test_without_a_display_the_reason_and_the_other_way_are_told():
    fault = look({})
    assert fault.code == "no_display"
    assert "DISPLAY" in fault.message
    assert "classify" in fault.remedy


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "vnc:size=800x600"},
    ],
)
def test_a_window_can_be_opened(environment):
    assert look(environment) is None


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_always_have_a_display(platform):
    assert look({}, platform=platform) is None


def test_missing_libraries_are_named_with_one_command():
    fault = look({"DISPLAY": ":0"}, lacking=("libxcb-cursor.so.0", "libEGL.so.1"))
    assert fault.code == "system_library_missing"
    assert "libxcb-cursor.so.0" in fault.message
    assert fault.remedy.endswith("sudo apt-get install -y libegl1 libxcb-cursor0")


def test_wayland_needs_nothing_of_x11_and_the_other_way_round():
    assert look({"WAYLAND_DISPLAY": "w"}, lacking=("libxcb-cursor.so.0",)) is None
    assert look({"DISPLAY": ":0"}, lacking=("libwayland-client.so.0",)) is None


def test_one_working_platform_is_enough():
    both = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}
    assert look(both, lacking=("libwayland-client.so.0",)) is None
    assert look(both, lacking=("libxcb-cursor.so.0",), answers=False) is None
    assert (
        look(both, lacking=("libwayland-client.so.0", "libxcb-cursor.so.0")).code == "system_library_missing"
    )


def test_a_display_that_does_not_answer_is_told():
    fault = look({"DISPLAY": ":77"}, answers=False)
    assert fault.code == "display_unreachable"
    assert ":77" in fault.message


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="shared objects of Linux")
def test_libraries_are_really_looked_for():
    assert missing_libraries(["libc.so.6", "libnone-of-this.so.9"]) == ["libnone-of-this.so.9"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 of Linux")
@pytest.mark.skipif(bool(missing_libraries(["libxcb.so.1"])), reason="no libxcb here")
def test_an_x_server_that_is_not_there_does_not_answer(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":7391")
    found = why_no_window({"DISPLAY": ":7391"}, "linux", missing=lambda names: [])
    assert found.code == "display_unreachable"


def test_import_errors_of_qt_become_words():
    linker = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    assert "libegl1" in qt_fault(linker).remedy
    unknown = ImportError("libodd.so.3: cannot open shared object file: No such file or directory")
    assert "libodd.so.3" in qt_fault(unknown).message
    absent = ModuleNotFoundError("No module named 'PySide6'", name="PySide6")
    assert qt_fault(absent).code == "qt_missing"


def test_an_import_error_of_our_own_is_a_bug_and_stays_one():
    with pytest.raises(ImportError, match="hematodesk"):
        qt_fault(ImportError("cannot import name 'x' from 'hematodesk.ui'", name="hematodesk.ui"))

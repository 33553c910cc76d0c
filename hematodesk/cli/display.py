"""Checks whether a window can be opened, and if not, says why and what to do.

Qt ends the whole process when its platform plugin cannot load or reach the display, so this
is checked first. Only Linux and the like need it: elsewhere a display and Qt's libraries always exist.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Mapping

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.messages import N_, Message

# What Qt 6's libraries and plugins load from the system (ldd), and the Debian and Ubuntu package of each.
_ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_X11 = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
_OF_PLATFORM = {"xcb": _X11, "wayland": _WAYLAND}


def why_no_window(
    environment: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    missing: Callable[[Iterable[str]], list[str]] | None = None,
    reach_x11: Callable[[], bool] | None = None,
) -> HematodeskError | None:
    """None when a window can be opened, else the reason.

    Codes: no_display, display_unreachable, system_library_missing. The arguments stand in for
    the process's environment, system, loader and X server.
    """
    if platform in ("win32", "darwin"):
        return None
    variables = os.environ if environment is None else environment
    find_missing = missing or missing_libraries
    platforms = _platforms(variables)
    if not platforms:
        return HematodeskError(
            "no_display",
            N_(
                "Errors",
                "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can "
                "open.",
            ),
            N_(
                "Errors", "Start it in a desktop session, or use `hematodesk classify PATH...` in a terminal."
            ),
        )
    lacks = {name: find_missing([*_ALWAYS, *_OF_PLATFORM.get(name, {})]) for name in platforms}
    possible = [name for name in platforms if not lacks[name]]
    if not possible:
        return _lacking(min(lacks.values(), key=len))
    if possible == ["xcb"] and not (reach_x11 or _x11_answers)():
        return HematodeskError(
            "display_unreachable",
            N_("Errors", "The display {name} does not answer, so no window can open."),
            N_(
                "Errors",
                "Check DISPLAY and the right to use that display, or use `hematodesk classify PATH...`.",
            ),
            name=variables.get("DISPLAY", ""),
        )
    return None


def qt_fault(error: ImportError) -> HematodeskError:
    """The fault of a failed import of Qt.

    Codes: qt_missing, system_library_missing. An import error of our own code is raised again.
    """
    words = str(error)
    if ".so" in words and "cannot open shared object file" in words:
        return _lacking([words.split(":", 1)[0]])
    if (error.name or "").split(".", 1)[0] in ("PySide6", "shiboken6"):
        return HematodeskError(
            "qt_missing",
            N_("Errors", "PySide6 (Qt) is not installed, so no window can open."),
            N_("Errors", "Install it with: python -m pip install PySide6-Essentials"),
        )
    raise error


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Those of the shared libraries that cannot be loaded, in the order given."""
    absent = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            absent.append(name)
    return absent


def _platforms(variables: Mapping[str, str]) -> list[str]:
    """Qt's platform plugins that may be used, by the rules Qt itself follows; empty without a display."""
    asked = variables.get("QT_QPA_PLATFORM", "")
    if asked:
        return [name.split(":", 1)[0].split("-", 1)[0] for name in asked.split(";") if name]
    found = []
    if variables.get("WAYLAND_DISPLAY"):
        found.append("wayland")
    if variables.get("DISPLAY"):
        found.append("xcb")
    return found


def _lacking(names: list[str]) -> HematodeskError:
    known = {**_ALWAYS, **_X11, **_WAYLAND}
    one = N_("Errors", "The system library {names} is missing, so no window can open.")
    many = N_("Errors", "The system libraries {names} are missing, so no window can open.")
    return HematodeskError(
        "system_library_missing",
        many if len(names) > 1 else one,
        _install([known[name] for name in names if name in known]),
        names=", ".join(names),
    )


def _install(packages: list[str]) -> Message:
    if not packages:
        return Message(N_("Errors", "Install it with the system's package manager."))
    words = N_("Errors", "On Debian and Ubuntu install with: sudo apt-get install -y {packages}")
    return Message(words, packages=" ".join(packages))


def _x11_answers() -> bool:
    """Whether the X server named by DISPLAY accepts a connection."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    try:
        return bool(xcb.xcb_connection_has_error(connection) == 0)
    finally:
        xcb.xcb_disconnect(connection)

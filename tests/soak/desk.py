"""A desk to try the window at: a display, a keyboard and mouse (XTest), and the program with a beat."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import faulthandler, sys, time
from pathlib import Path
from hematodesk.bootstrap import build, import_window, run_window
services = build(Path(sys.argv[1]))
import_window()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from hematodesk.ui.application import make_application
from hematodesk.ui.shell import error_report
report_text = error_report.report_text

def told_in_full(error):
    # The fields are drawn: nothing of a person's is in them.
    print("unexpected:", repr(error), file=sys.stderr, flush=True)
    return report_text(error)

error_report.report_text = told_in_full
application = make_application(services)
frozen_s, beats = float(sys.argv[2]), Path(sys.argv[3])
last, longest = time.monotonic(), 0.0

def beat():
    global last, longest
    now = time.monotonic()
    longest, last = max(longest, now - last), now
    # Not armed anew within that time, the stacks of all threads are written and the program ends.
    faulthandler.dump_traceback_later(frozen_s, exit=True)
    windows = sum(1 for each in QApplication.topLevelWidgets() if each.isVisible())
    total = len(QApplication.topLevelWidgets())
    try:
        beats.write_text(f"{longest:.3f} {windows} {total}")
    except OSError:
        pass

timer = QTimer()
timer.timeout.connect(beat)
timer.start(200)
code = run_window(services, [Path(each) for each in sys.argv[4:]])
faulthandler.cancel_dump_traceback_later()
print(f"longest beat {longest:.3f} s", file=sys.stderr)
sys.exit(code)
"""

_UNPRIVILEGED = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
]
"""Reads everything and writes only what is its own: a file dialog can remove files."""


class Keyboard:
    """Keys and mouse as the X server's own test extension presses them: real events for the program."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self._test = ctypes.CDLL(ctypes.util.find_library("Xtst") or "libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XStringToKeysym.restype = ctypes.c_ulong
        self._x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._x.XFlush.argtypes = self._x.XCloseDisplay.argtypes = [ctypes.c_void_p]
        for name in ("XTestFakeKeyEvent", "XTestFakeButtonEvent"):
            getattr(self._test, name).argtypes = [
                ctypes.c_void_p,
                ctypes.c_uint,
                ctypes.c_int,
                ctypes.c_ulong,
            ]
        self._test.XTestFakeMotionEvent.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_ulong,
        ]
        self._display = self._x.XOpenDisplay(display.encode())
        if not self._display:
            raise RuntimeError(f"there is no display {display}")

    def press(self, combination: str) -> None:
        """One key with its modifiers, in X's names: "ctrl+shift+e", "Return"."""
        names = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L"}
        codes = [self._code(names.get(part, part)) for part in combination.split("+")]
        for code in codes:
            self._test.XTestFakeKeyEvent(self._display, code, 1, 0)
        for code in reversed(codes):
            self._test.XTestFakeKeyEvent(self._display, code, 0, 0)
        self._x.XFlush(self._display)

    def move(self, x: int, y: int) -> None:
        """The pointer to a place of the screen."""
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XFlush(self._display)

    def button(self, number: int, down: bool) -> None:
        """A button of the mouse: 1 left, 2 middle, 3 right, 4 and 5 the wheel."""
        self._test.XTestFakeButtonEvent(self._display, number, down, 0)
        self._x.XFlush(self._display)

    def click(self, x: int, y: int, number: int = 1, times: int = 1) -> None:
        """Press and let go at a place."""
        self.move(x, y)
        for _ in range(times):
            self.button(number, True)
            self.button(number, False)

    def _code(self, name: str) -> int:
        code = int(self._x.XKeysymToKeycode(self._display, self._x.XStringToKeysym(name.encode())))
        if not code:
            raise ValueError(f"this keyboard has no key {name}")
        return code


@contextlib.contextmanager
def display(name: str, size: str = "1366x768") -> Iterator[str]:
    """An Xvfb with a window manager (openbox, where it is installed), for as long as it is used."""
    # Whoever is told to end leaves neither a display nor a program behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(["Xvfb", name, "-screen", "0", f"{size}x24", "-nolisten", "tcp"])
    managers: list[subprocess.Popen[bytes]] = []
    try:
        time.sleep(1)
        if (manager := shutil.which("openbox")) is not None:
            environment = os.environ | {"DISPLAY": name}
            managers.append(subprocess.Popen([manager], env=environment, stderr=subprocess.DEVNULL))
        time.sleep(0.5)
        yield name
    finally:
        for each in (*managers, server):
            each.terminate()
            each.wait()


class Program:
    """The window in a process of its own, on a data folder of its own."""

    def __init__(
        self,
        on: str,
        data: Path,
        paths: list[Path],
        log: Path,
        *,
        home: Path | None = None,
        frozen_s: float = 5.0,
    ) -> None:
        """With a `home` it is begun there, and as root it may write nowhere else."""
        self._beats = data.parent / f"{data.name}.beat"
        self._log = log.open("a")
        self.data = data
        environment = os.environ | {"DISPLAY": on, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-X", "faulthandler", "-c", _PROGRAM]
        command += map(str, (data, frozen_s, self._beats, *paths))
        if home is not None:
            environment |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
            if os.geteuid() == 0:
                command = [*_UNPRIVILEGED, *command]
        self.process = subprocess.Popen(
            command, cwd=home or ROOT, env=environment, stdout=self._log, stderr=self._log
        )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def beat(self) -> tuple[float, int, int]:
        """The longest time between two beats so far, in s; windows shown; windows there are."""
        try:
            longest, shown, total = self._beats.read_text().split()
        except (OSError, ValueError):
            return 0.0, 0, 0
        return float(longest), int(shown), int(total)

    def in_use(self) -> tuple[int, int]:
        """Its threads and descriptors."""
        own = Path(f"/proc/{self.process.pid}")
        return sum(1 for _ in (own / "task").iterdir()), sum(1 for _ in (own / "fd").iterdir())

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Rows of its history, read beside it; none as long as there is no history."""
        path = self.data / "history.sqlite3"
        if not path.is_file():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as history:
            try:
                return history.execute(question).fetchall()
            except sqlite3.OperationalError:
                # Its tables are just being made.
                return []

    def wait_for(self, question: str, least: int, timeout_s: float) -> bool:
        """Whether a count in the history became so large in time."""
        end = time.monotonic() + timeout_s
        while self.alive and time.monotonic() < end:
            rows = self.ask(question)
            if rows and rows[0][0] >= least:
                return True
            time.sleep(0.1)
        return False

    def stop(self, timeout_s: float = 30.0) -> int | None:
        """Its exit code when it ends in time after what was pressed; None when it was killed."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            self._log.close()

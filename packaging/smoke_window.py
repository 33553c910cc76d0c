"""The smoke test's check of the window: drops an image and looks for its answer in the database."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from smoke_bench import PATIENCE_S, Bench, Failed, expected_class, unexpected_lines
from smoke_commands import opened, wait_until

_SOURCE = Path(__file__).resolve().parent / "drag_source.py"
_ATTEMPTS = 4
_STEPS = 12


def check_window(bench: Bench, image: Path, platform: str, variables: Mapping[str, str]) -> str:
    """Open an image in the window, find its answer in the database, close; no messages, no processes left."""
    dropping = "DISPLAY" in variables and can_drop()
    before = len(bench.history())
    shown = [] if dropping else [image]
    with tempfile.TemporaryFile() as errors:
        process = bench.start(
            *bench.data_arguments(),
            *shown,
            name="hematodesk",
            env=bench.environment(QT_QPA_PLATFORM=platform, **variables),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            with _dropped(image, variables["DISPLAY"], process) if dropping else contextlib.nullcontext():
                _wait_for_answer(bench, process, before)
            with_children = len(bench.processes()) if sys.platform.startswith("linux") else 1
            _close(process)
            code = process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        errors.seek(0)
        strange = unexpected_lines(errors.read().decode("utf-8", "replace"), platform)
    if strange:
        raise Failed("The window said on standard error:\n" + "\n".join(strange))
    if code != 0:
        raise Failed(f"The window ended with {code}.")
    if sys.platform.startswith("linux"):
        wait_until("No process of the program left", lambda: not bench.processes(), 10)
    kind = _check_answer(bench.data / "history.sqlite3", image)
    way = "dropped" if dropping else "opened"
    return f"{way}, {kind} in the database, exit code 0, none of {with_children} processes left"


def _check_answer(history: Path, image: Path) -> str:
    """The newest image in the database is that one, with a cell of the class that its name says."""
    left = [file.name for file in history.parent.glob("history.sqlite3-*") if file.stat().st_size]
    if left:
        raise Failed(f"The history was not closed: {left}.")
    with opened(history) as database:
        ident, name = database.execute("SELECT id, name FROM image ORDER BY id DESC LIMIT 1").fetchone()
        ranked = database.execute(
            "SELECT ranked FROM prediction JOIN cell ON cell.id = cell_id WHERE image_id = ?", (ident,)
        ).fetchall()
    named = [next(iter(dict(json.loads(row[0])))) for row in ranked]
    kind = expected_class(image.name)
    if name != image.name or kind not in named:
        raise Failed(f"The history says {named} in {name}, not {kind} in {image.name}.")
    return str(kind)


def can_drop() -> bool:
    """Whether a file can be dragged: needs xdotool, and Qt for the source window."""
    return shutil.which("xdotool") is not None and importlib.util.find_spec("PySide6") is not None


@contextlib.contextmanager
def _dropped(image: Path, display: str, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Drag the file from a window of our own onto the program's; that window stays until the end."""
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}

    def hand(*arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    def window() -> str:
        if process.poll() is not None:
            raise Failed(f"The window ended by itself with {process.returncode}.")
        return hand("search", "--onlyvisible", "--name", "hematodesk").strip()

    wait_until("The window on the screen", window)
    with _drag_source(image, environment) as said:
        for _ in range(_ATTEMPTS):
            # Drag and drop needs several mouse movements, each answered by both programs.
            hand("mousemove", "20", "20", "mousedown", "1")
            for step in range(1, _STEPS + 1):
                hand("mousemove", str(20 + 48 * step), str(20 + 28 * step))
                time.sleep(0.1)
            hand("mouseup", "1")
            if said.readline().strip() == "taken":
                break
        else:
            raise Failed(f"The window did not take the image in {_ATTEMPTS} attempts.")
        yield


@contextlib.contextmanager
def _drag_source(image: Path, environment: dict[str, str]) -> Iterator[IO[str]]:
    source = subprocess.Popen(
        [sys.executable, str(_SOURCE), str(image)], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert source.stdout is not None
        if source.stdout.readline().strip() != "ready":
            raise Failed("The window to drag from did not open.")
        yield source.stdout
    finally:
        source.terminate()
        source.wait()


def _wait_for_answer(bench: Bench, process: subprocess.Popen[bytes], before: int) -> None:
    """Wait until the history has one image more than before."""

    def answered() -> bool:
        if process.poll() is not None:
            raise Failed(f"The window ended by itself with {process.returncode}.")
        # A history that is just being created cannot be read yet.
        with contextlib.suppress(Failed, sqlite3.Error):
            return len(bench.history()) > before
        return False

    wait_until("An answer in the history", answered)


def _close(process: subprocess.Popen[bytes]) -> None:
    """Ask the window to close, as the desktop or a console would."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/PID", str(process.pid)], check=True, capture_output=True)
    else:
        process.send_signal(signal.SIGINT)

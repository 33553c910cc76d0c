"""Measures the start of the frozen program and of the same program from source, alternating.

    python packaging/start_up.py dist/hematodesk [--rounds 7]

Run it with the virtual environment's Python that the program was built with. The window's time is from
the start of the process to the window on a screen of its own (Xvfb and xdotool are needed for that).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from smoke_bench import display

ROOT = Path(__file__).resolve().parent.parent


def command_s(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def window_s(command: list[str], environment: dict[str, str]) -> float:
    """Seconds until the program's window is on the screen; it is closed afterwards."""
    finder = [str(shutil.which("xdotool")), "search", "--onlyvisible", "--name", "hematodesk"]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    try:
        while subprocess.run(finder, env=environment, capture_output=True, check=False).returncode:
            if process.poll() is not None:
                raise SystemExit(f"The window ended by itself with {process.returncode}.")
            time.sleep(0.005)
        taken = time.perf_counter() - started
        # It loads the model first; an earlier end would change the next measurement.
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        if process.poll() is None:
            process.kill()
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description="Start-up of the frozen program against the source's.")
    parser.add_argument("folder", type=Path, help="the built folder")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    starts = {
        "frozen": [str(options.folder.resolve() / "hematodesk")],
        "source": [sys.executable, "-m", "hematodesk"],
    }
    sample = str(ROOT / "resources" / "samples" / "smear_01_neutrophil.jpg")
    rows: dict[tuple[str, str], list[float]] = {}
    with display("xvfb") as screen, tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, **screen, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "xcb"}
        for turn in range(options.rounds + 1):
            for kind, start in starts.items():
                base = [*start, "--data-dir", str(Path(data) / kind)]
                taken = {
                    "--version": command_s([*start, "--version"], environment),
                    "one image, one answer": command_s([*base, "classify", "--quiet", sample], environment),
                    "window visible": window_s(base, environment),
                }
                if turn:  # the first turn warms the disk's cache
                    for what, seconds in taken.items():
                        rows.setdefault((what, kind), []).append(seconds * 1000)
    for (what, kind), values in sorted(rows.items()):
        middle, least = statistics.median(values), min(values)
        sys.stdout.write(f"{what:<22} {kind:<7} median {middle:6.0f} ms, least {least:6.0f} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

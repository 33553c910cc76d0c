"""Runs a command of the README as it stands there, found by the marker before it: `<!-- main command -->`.

A fenced block may hold several lines; they run one after the other, as a reader would enter them, and
the first that fails ends the run with its exit code.

    python .ci/readme.py "test command"
    python .ci/readme.py "main command" --window 120
    python .ci/readme.py --print "system libraries"
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def command_lines(readme: str, marker: str) -> list[str]:
    """The lines of the fenced block behind a marker. Raises ValueError when there is none."""
    found = re.search(
        rf"^<!-- {re.escape(marker)} -->\n```\w*\n(.+?)\n```$", readme, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise ValueError(f"README.md has no block with the marker {marker!r}.")
    return found[1].splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or print a block; the exit code of its last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("marker")
    parser.add_argument("--print", action="store_true", help="print the lines instead of running them")
    parser.add_argument(
        "--window",
        type=float,
        metavar="SECONDS",
        help="the last line may open a window: still open after this time it is closed, and all is well",
    )
    args = parser.parse_args(arguments)
    lines = command_lines((ROOT / "README.md").read_text(encoding="utf-8"), args.marker)
    for place, line in enumerate(lines, start=1):
        print(line, flush=True)
        if args.print:
            continue
        code = _run(line, args.window if place == len(lines) else None)
        if code != 0:
            return code
    return 0


def _run(line: str, window_s: float | None) -> int:
    windows = sys.platform == "win32"
    # A group of its own, so that the shell and the program below it end together.
    process = subprocess.Popen(line, shell=True, cwd=ROOT, start_new_session=not windows)
    try:
        return process.wait(window_s)
    except subprocess.TimeoutExpired:
        if windows:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], check=True)
        else:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        print(f"still open after {window_s:.0f} s: closed", flush=True)
        return 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the frozen program as a user and a script would, in a scratch home, and checks the results.

    python packaging/smoke_test.py dist/hematodesk

The program is used from a folder, on images and in a home whose names have spaces and letters of several
scripts. Only Python's standard library is needed; with the virtual environment's Python, Xvfb and xdotool the
image is dropped on the window, else it is opened. Exit code 0 when everything was as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import smoke_commands as commands
from smoke_bench import Bench, Failed, Machine, display, fingerprint
from smoke_window import check_window


def check_untouched(bench: Bench) -> str:
    """The program's own folder is as it was, and the home holds nothing but the data folder."""
    if fingerprint(bench.program_folder) != bench.before:
        raise Failed("The program changed its own folder.")
    if sys.platform.startswith("linux"):
        strays = [
            path
            for path in bench.home.rglob("*")
            if path.is_file()
            and not path.is_relative_to(bench.data)
            and not path.is_relative_to(bench.images)
            and not path.is_relative_to(bench.home / ".cache")
        ]
        if strays:
            raise Failed(f"Files left in the home: {strays}.")
    return f"{len(bench.before)} files as they were"


def smoke_test(bench: Bench, show: list[str]) -> None:
    """Run all checks, in order; raises Failed at the first fault."""
    step = partial(_step, bench)
    step("version", commands.check_version)
    step("self-test", commands.check_self_test)
    step("models", commands.check_models)
    step("unknown model", commands.check_unknown_model)
    step("classify", commands.check_classify)
    if sys.platform.startswith("linux"):
        step("classify, C locale", partial(commands.check_classify, locale="C"))
    step("damaged image", commands.check_damaged)
    if sys.platform != "win32":
        # Windows sends Ctrl+C to a whole console only.
        step("watch", commands.check_watch)
    step("exports", commands.check_exports)
    step("adapt", commands.check_adapt)
    step("history care", commands.check_history_care)
    step("old histories", commands.check_old_histories)
    for way, image in zip(show, bench.known, strict=False):
        with display(way) as variables:
            platform = "xcb" if way == "xvfb" else way
            step(f"window, {way}", partial(check_window, image=image, platform=platform, variables=variables))
    step("untouched", check_untouched)


def _step(bench: Bench, name: str, look: Callable[[Bench], str]) -> None:
    started = time.perf_counter()
    words = look(bench)
    sys.stdout.write(f"ok  {name:<20} {words} ({time.perf_counter() - started:.1f} s)\n")
    sys.stdout.flush()


def _ways() -> list[str]:
    """The platforms on which windows can be shown here without appearing on the user's screen."""
    if sys.platform == "win32":
        return ["windows"]
    if sys.platform == "darwin":
        return ["cocoa"]
    return ["offscreen", "xvfb"] if shutil.which("Xvfb") else ["offscreen"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Smoke test of the frozen program.")
    parser.add_argument("folder", type=Path, help="the built folder, such as dist/hematodesk")
    parser.add_argument(
        "--show",
        action="append",
        choices=("offscreen", "xvfb", "xcb", "windows", "cocoa", "none"),
        help="how to show the window; may be given again (default: all that disturb nobody)",
    )
    parser.add_argument("--in-place", action="store_true", help="use the folder itself and not a copy of it")
    inside = parser.add_argument_group("in another system's root, see bare_machine.py")
    inside.add_argument("--root", type=Path, help="run everything in that root, without any network")
    inside.add_argument("--user", type=int, default=4711, help="the number of the user to run as there")
    inside.add_argument("--scratch", type=Path, help="a folder that has the same path on both sides")
    inside.add_argument("--traces", type=Path, help="a folder for strace's files, one a program")
    options = parser.parse_args()
    machine = Machine(options.root, options.user, options.traces)
    # In another root the path is that root's own.
    folder = options.folder if options.root and options.in_place else options.folder.resolve()
    show = _ways() if options.show is None else [way for way in options.show if way != "none"]
    try:
        with tempfile.TemporaryDirectory(prefix="hematodesk smoke ü ", dir=options.scratch) as scratch:
            Path(scratch).chmod(0o755)
            smoke_test(Bench(folder, Path(scratch), machine, in_place=options.in_place), show)
    except (Failed, subprocess.TimeoutExpired) as fault:
        sys.stderr.write(f"FAIL {fault}\n")
        return 1
    sys.stdout.write("The frozen program works.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

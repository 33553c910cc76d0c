"""Run the frozen program as a person and a script would, in a scratch home, and look at what comes out.

    python packaging/smoke_test.py dist/hematodesk

Needs only Python's standard library. The program is used from a folder, on images and in a home whose
names have spaces and letters of several scripts. Exit code 0 when everything was as it should be.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

PATIENCE_S = 120.0

HARMLESS = {
    "offscreen": [r"This plugin does not support propagateSizeHints\(\)"],
    "xcb": [],
    "windows": [],
    "cocoa": [],
}
"""Lines that a window may leave on standard error, by platform: what Qt's offscreen plugin cannot do."""

CLASSES = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")


class Failed(Exception):
    """Something was not as it should be."""


def unexpected_lines(stderr: str, platform: str) -> list[str]:
    """The lines of standard error that nobody expects of a window on that platform."""
    known = [re.compile(pattern) for pattern in HARMLESS[platform]]
    return [
        line
        for line in stderr.splitlines()
        if line.strip() and not any(each.fullmatch(line) for each in known)
    ]


def expected_class(name: str) -> str | None:
    """The class in a sample's name (smear_01_neutrophil.jpg); None when it names none."""
    last = Path(name).stem.rsplit("_", 1)[-1]
    return last if last in CLASSES else None


def fingerprint(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of last change of every file in a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Bench:
    """The program in its scratch place."""

    def __init__(self, built: Path, scratch: Path) -> None:
        self.folder = scratch / "Programme für Łucja" / "hematodesk"
        self.home = scratch / "Ärztin Łucja 血液"
        self.images = self.home / "Bilder & Proben"
        self.elsewhere = scratch / "ein anderer Ordner"
        shutil.copytree(built, self.folder, copy_function=_link_or_copy)
        self.elsewhere.mkdir()
        samples = self.folder / "_internal" / "hematodesk" / "_data" / "resources" / "samples"
        shutil.copytree(samples, self.images, ignore=shutil.ignore_patterns("*.txt"))
        known = [path for path in sorted(self.images.iterdir()) if expected_class(path.name)]
        # One for each window: an image that the history knows is shown from there.
        self.known = [path.rename(path.with_name(f"Abstrich ñ {path.name}")) for path in known]

    def program(self, name: str) -> str:
        """The executable's path."""
        return str(self.folder / (f"{name}.exe" if sys.platform == "win32" else name))

    def environment(self, **more: str) -> dict[str, str]:
        """As bare as a desktop's menu gives it: nothing of the developer's own."""
        kept = ("PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP") if sys.platform == "win32" else ()
        bare = {name: os.environ[name] for name in kept if name in os.environ}
        bare.setdefault("PATH", "/usr/bin:/bin")
        home = str(self.home)
        return {**bare, "HOME": home, "USERPROFILE": home, "LANG": "C.UTF-8", **more}

    def run(
        self,
        *arguments: str | Path,
        name: str = "hematodesk-cli",
        code: int = 0,
        quiet: bool = True,
        **more: str,
    ) -> str:
        """Run a command, check its exit code and that standard error is empty; returns its output."""
        command = [self.program(name), *self.data_arguments(), *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.environment(**more),
            cwd=self.elsewhere,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
        )
        output, errors = done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
        words = " ".join(map(str, arguments))
        if done.returncode != code:
            raise Failed(f"`{words}` ended with {done.returncode}, not {code}:\n{output}{errors}")
        if quiet and errors.strip():
            raise Failed(f"`{words}` said on standard error:\n{errors}")
        return output

    @property
    def data(self) -> Path:
        """The data folder that the program will choose or is given."""
        if sys.platform == "win32":
            return self.home / "Daten"
        if sys.platform == "darwin":
            return self.home / "Library" / "Application Support" / "hematodesk"
        return self.home / ".local" / "share" / "hematodesk"

    def data_arguments(self) -> list[str]:
        """Windows asks the system for the data folder and not the environment, so it is named there."""
        return ["--data-dir", str(self.data)] if sys.platform == "win32" else []

    def history(self) -> list[dict[str, object]]:
        """The history's images, newest first; none before there is a history."""
        if not (self.data / "history.sqlite3").exists():
            return []
        return _json_lines(self.run("history", "list", "--json"))


def check_version(bench: Bench) -> str:
    """Both programs say the same version."""
    said = {bench.run("--version", name=name).strip() for name in ("hematodesk", "hematodesk-cli")}
    if sys.platform == "win32":
        said.discard("")  # the window program has no console to write to
    if len(said) != 1 or not re.fullmatch(r"hematodesk \d+\.\d+\.\d+\S*", next(iter(said))):
        raise Failed(f"--version said {said}.")
    return said.pop()


def check_self_test(bench: Bench) -> str:
    """Every check of the self-test is fine."""
    checks = _json_lines(bench.run("self-test", "--json"))
    bad = [check for check in checks if check["ok"] is not True]
    if bad or len(checks) < 8:
        raise Failed(f"The self-test found {bad or checks}.")
    (decoder,) = [str(check["detail"]) for check in checks if check["check"] == "decoder"]
    wanted = "a filter of system calls" if sys.platform.startswith("linux") else "processes of their own"
    if wanted not in decoder:
        raise Failed(f"Images are not decoded in confined children: {decoder}")
    return f"{len(checks)} checks"


def check_unknown_model(bench: Bench) -> str:
    """A package from elsewhere is tried in a child, imported, and used."""
    shipped = next((bench.folder / "_internal" / "hematodesk" / "_data" / "models").glob("*.onnx"))
    copy = bench.elsewhere / "módèle.onnx"
    shutil.copy2(shipped, copy)
    output = bench.run("classify", bench.known[0], "--model", copy, "--format", "json", "--quiet")
    if _json_lines(output)[0]["status"] != "ok":
        raise Failed(f"A model file from elsewhere gave {output}.")
    kept = json.loads((bench.data / "model-verdicts.json").read_text("ascii"))
    if list(kept["models"].values()) != [""]:
        raise Failed(f"What came out of the trial was kept as {kept}.")
    return "tried in a child, used, remembered"


def check_models(bench: Bench) -> str:
    """The shipped packages are whole."""
    checks = _json_lines(bench.run("models", "verify", "--json"))
    if not checks or any(check["ok"] is not True for check in checks):
        raise Failed(f"models verify found {checks}.")
    return ", ".join(f"{check['name']} {check['version']}" for check in checks)


def check_classify(bench: Bench, **more: str) -> str:
    """Every sample gets an answer, and most of the known ones the right one."""
    output = bench.run("classify", bench.images, "--format", "json", "--quiet", **more)
    answers = {Path(str(answer["file"])).name: answer for answer in _json_lines(output)}
    files = {path.name for path in bench.images.iterdir()}
    if set(answers) != files:
        raise Failed(f"Answers for {sorted(answers)}, files {sorted(files)}.")
    failed = [name for name, answer in answers.items() if answer["status"] == "error"]
    if failed:
        raise Failed(f"Samples that failed: {failed}.")
    known = {name: kind for name in files if (kind := expected_class(name)) is not None}
    right = [
        name for name, kind in known.items() if kind in {cell["class"] for cell in answers[name]["cells"]}
    ]
    if 2 * len(right) <= len(known):
        raise Failed(f"Only {right} of {sorted(known)} were named as they are known.")
    return f"{len(answers)} images, {len(right)} of {len(known)} known ones right"


def check_damaged(bench: Bench) -> str:
    """A file that is no image gives a sentence and exit code 1, and the others are done."""
    broken = bench.elsewhere / "kein Bild é.jpg"
    broken.write_bytes(b"no image")
    output = bench.run("classify", broken, bench.known[0], "--format", "json", "--quiet", code=1)
    statuses = [answer["status"] for answer in _json_lines(output)]
    if statuses != ["error", "ok"]:
        raise Failed(f"A damaged and a good image came out as {statuses}.")
    return "exit code 1, the other image done"


def check_window(bench: Bench, image: Path, platform: str, **more: str) -> str:
    """Open an image in the window, find the answer in the history, close: nothing said, exit code 0."""
    before = len(bench.history())
    command = [bench.program("hematodesk"), *bench.data_arguments(), str(image)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            env=bench.environment(QT_QPA_PLATFORM=platform, **more),
            cwd=bench.elsewhere,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            row = _wait_for_answer(bench, process, before)
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
    kind = expected_class(image.name)
    if row["name"] != image.name or kind not in (row["labels"] or {}):
        raise Failed(f"The history says {row}, not {kind} in {image.name}.")
    return f"{kind} in the history, closed with exit code 0"


def check_export(bench: Bench) -> str:
    """What the window saved can be exported."""
    target = bench.elsewhere / "Ausfuhr ß.csv"
    bench.run("history", "export", "--output", target, quiet=False)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise Failed("The export of the history is empty.")
    return f"{len(rows)} rows"


def check_untouched(bench: Bench, before: dict[str, tuple[int, int]]) -> str:
    """The program's own folder is as it was, and the home holds nothing but the data folder."""
    if fingerprint(bench.folder) != before:
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
    return f"{len(before)} files as they were"


def smoke_test(built: Path, show: list[str]) -> None:
    """Run all checks, in order; raises Failed at the first fault."""
    with tempfile.TemporaryDirectory(prefix="hematodesk smoke ü ") as scratch:
        bench = Bench(built, Path(scratch))
        before = fingerprint(bench.folder)
        _step("version", lambda: check_version(bench))
        _step("self-test", lambda: check_self_test(bench))
        _step("models", lambda: check_models(bench))
        _step("unknown model", lambda: check_unknown_model(bench))
        _step("classify", lambda: check_classify(bench))
        if sys.platform.startswith("linux"):
            _step("classify, C locale", lambda: check_classify(bench, LANG="C", LC_ALL="C"))
        _step("damaged image", lambda: check_damaged(bench))
        for way, image in zip(show, bench.known, strict=False):
            with display(way) as more:
                platform = "xcb" if way == "xvfb" else way
                _step(f"window, {way}", partial(check_window, bench, image, platform, **more))
        if show:
            _step("export", lambda: check_export(bench))
        _step("untouched", lambda: check_untouched(bench, before))


def _step(name: str, look: Callable[[], str]) -> None:
    started = time.perf_counter()
    words = look()
    sys.stdout.write(f"ok  {name:<20} {words} ({time.perf_counter() - started:.1f} s)\n")
    sys.stdout.flush()


def _wait_for_answer(bench: Bench, process: subprocess.Popen[bytes], before: int) -> dict[str, object]:
    """The newest image in the history as soon as there is one more than before."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"The window ended by itself with {process.returncode}.")
        # A history that is just being made cannot be read yet.
        with contextlib.suppress(Failed):
            rows = bench.history()
            if len(rows) > before:
                return rows[0]
        time.sleep(0.2)
    raise Failed(f"No answer in the history after {PATIENCE_S:.0f} s.")


def _close(process: subprocess.Popen[bytes]) -> None:
    """Ask the window to close, as the desktop or a console would."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/PID", str(process.pid)], check=True, capture_output=True)
    else:
        process.send_signal(signal.SIGINT)


@contextlib.contextmanager
def display(way: str) -> Iterator[dict[str, str]]:
    """What the environment needs for a display; for xvfb one of its own is started."""
    if way != "xvfb":
        yield {}
        return
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1366x768x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        if not number:
            raise Failed("Xvfb did not start.")
        yield {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


def _json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _link_or_copy(source: str, target: str) -> None:
    """A second name for the same bytes where the file system can, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _ways() -> list[str]:
    """How windows can be shown here without disturbing anybody."""
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
    options = parser.parse_args()
    show = _ways() if options.show is None else [way for way in options.show if way != "none"]
    try:
        smoke_test(options.folder.resolve(), show)
    except (Failed, subprocess.TimeoutExpired) as fault:
        sys.stderr.write(f"FAIL {fault}\n")
        return 1
    sys.stdout.write("The frozen program works.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

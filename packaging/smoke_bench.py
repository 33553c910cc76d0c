"""The scratch environment of the smoke test, and how programs are started in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0

HARMLESS = {
    "offscreen": [r"This plugin does not support propagateSizeHints\(\)"],
    "xcb": [],
    "windows": [],
    "cocoa": [],
}
"""Accepted lines on a window's standard error, by platform: limits of Qt's offscreen plugin."""

CLASSES = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")

_INSIDE = "hematodesk/_data"
"""Where the program's own data lie below its folder of libraries."""


_WITHOUT_CARD = "hematodesk: CUDA could not load the model (Fail). The provider is cpu."


class Failed(Exception):
    """A check failed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and as which user programs run; without a root here, as the present user.

    Attributes:
        root: the root folder of another system; programs run inside it without any network interface. The
            scratch folder must be there under its own path, see bare_machine.py.
        user: the number of the user and group that programs run as inside it.
        traces: a folder that gets one file a program with every socket that it asked for (strace).
    """

    root: Path | None = None
    user: int = 0
    traces: Path | None = None

    def command(self, command: Sequence[str], folder: Path) -> list[str]:
        """The command as it is to be started for running in that working folder."""
        if self.root is None:
            return list(command)
        traced = []
        if self.traces is not None:
            file = self.traces / f"{len(list(self.traces.iterdir())):03d}-{Path(command[0]).name}.txt"
            file.touch()
            # -D: the program stays a direct child, so that signals and exit codes are its own.
            traced = ["strace", "-D", "-f", "--seccomp-bpf", "-e", "trace=socket,execve", "-o", str(file)]
        # By its path: the program's PATH lacks the administrators' folders.
        chroot = [str(shutil.which("chroot")), f"--userspec={self.user}:{self.user}", str(self.root)]
        go = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder)]
        return [*traced, "unshare", "--net", *chroot, *go, *command]

    def outside(self, path: Path) -> Path:
        """The path, seen from outside, of a path inside the machine."""
        return path if self.root is None else self.root / path.relative_to("/")

    def give(self, *folders: Path) -> None:
        """Make the machine's user the owner of these folders' content."""
        if self.root is not None:
            for folder in folders:
                for path in [folder, *folder.rglob("*")]:
                    os.chown(path, self.user, self.user, follow_symlinks=False)


def unexpected_lines(stderr: str, platform: str) -> list[str]:
    """The unexpected lines of a window's standard error on that platform."""
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


def json_lines(text: str) -> list[dict[str, Any]]:
    """The objects of a text with one a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


class Bench:
    """The program in its scratch environment.

    Attributes:
        folder: the program's folder, as the machine calls it.
        home, images, elsewhere: the user's home, the folder of images in it, and a working folder.
        known: images whose class their name says.
    """

    def __init__(self, built: Path, scratch: Path, machine: Machine, *, in_place: bool = False) -> None:
        self.machine = machine
        self.folder = scratch / "Programme für Łucja" / "hematodesk"
        self.home = scratch / "Ärztin Łucja 血液"
        self.images = self.home / "Bilder & Proben"
        self.elsewhere = scratch / "ein anderer Ordner"
        if in_place:
            self.folder = built
        else:
            shutil.copytree(built, self.folder, copy_function=_link_or_copy)
        self.elsewhere.mkdir()
        samples = self.inside / "resources" / "samples"
        shutil.copytree(samples, self.images, ignore=shutil.ignore_patterns("*.txt"))
        known = [path for path in sorted(self.images.iterdir()) if expected_class(path.name)]
        # One for each window: an image that the history knows is shown from there.
        self.known = [path.rename(path.with_name(f"Abstrich ñ {path.name}")) for path in known]
        machine.give(self.home, self.elsewhere)
        self.before = fingerprint(self.program_folder)
        # The program for NVIDIA cards says so where there is none.
        self.without_card = _WITHOUT_CARD if any(self.program_folder.rglob("nvidia/cudnn")) else None

    @property
    def program_folder(self) -> Path:
        """The program's folder, seen from outside the machine."""
        # A copy lies in the scratch folder, which has the same path on both sides.
        return self.folder if self.folder.is_dir() else self.machine.outside(self.folder)

    @property
    def inside(self) -> Path:
        """The program's own data: models, resources; on macOS a bundle keeps them elsewhere."""
        return next(path for path in self.program_folder.rglob(_INSIDE) if path.is_dir())

    def program(self, name: str) -> str:
        """The executable's path."""
        return str(self.folder / (f"{name}.exe" if sys.platform == "win32" else name))

    def environment(self, **more: str) -> dict[str, str]:
        """A minimal environment as from a desktop menu, without the developer's variables."""
        kept = ("PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP") if sys.platform == "win32" else ()
        bare = {name: os.environ[name] for name in kept if name in os.environ}
        bare.setdefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        home = str(self.home)
        return {**bare, "HOME": home, "USERPROFILE": home, "LANG": "C.UTF-8", **more}

    def start(
        self, *arguments: str | Path, name: str = "hematodesk-cli", **how: Any
    ) -> subprocess.Popen[bytes]:
        """Start the program; `how` goes to subprocess.Popen, with the variables under `env`."""
        command = self.machine.command([self.program(name), *map(str, arguments)], self.elsewhere)
        given = {"env": self.environment(), "cwd": self.elsewhere, "stdin": subprocess.DEVNULL, **how}
        return subprocess.Popen(command, **given)

    def run(
        self,
        *arguments: str | Path,
        name: str = "hematodesk-cli",
        code: int = 0,
        quiet: bool = True,
        data: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command, check its exit code and that standard error is empty; returns its output.

        Args:
            quiet: False when something may be said on standard error.
            data: another data folder than the usual one.
            environment: variables beside those of `self.environment`.
        """
        where = self.data_arguments() if data is None else ["--data-dir", str(data)]
        process = self.start(
            *where,
            *arguments,
            name=name,
            env=self.environment(**(environment or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            output, errors = (
                said.decode("utf-8", "replace") for said in process.communicate(None, PATIENCE_S)
            )
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        words = " ".join(map(str, arguments))
        if process.returncode != code:
            raise Failed(f"`{words}` ended with {process.returncode}, not {code}:\n{output}{errors}")
        if quiet and self.unexpected(errors):
            raise Failed(f"`{words}` said on standard error:\n{errors}")
        self.errors = errors
        return output

    def unexpected(self, stderr: str) -> list[str]:
        """The lines of a command's standard error that nobody expects."""
        return [line for line in stderr.splitlines() if line.strip() and line != self.without_card]

    @property
    def data(self) -> Path:
        """The data folder that the program will choose or is given."""
        if sys.platform == "win32":
            return self.home / "Daten"
        if sys.platform == "darwin":
            return self.home / "Library" / "Application Support" / "hematodesk"
        return self.home / ".local" / "share" / "hematodesk"

    def data_arguments(self) -> list[str]:
        """On Windows the data folder does not follow the environment, so it is passed as an option."""
        return ["--data-dir", str(self.data)] if sys.platform == "win32" else []

    def history(self) -> list[dict[str, object]]:
        """The history's images, newest first; none before there is a history."""
        if not (self.data / "history.sqlite3").exists():
            return []
        return json_lines(self.run("history", "list", "--json"))

    def processes(self) -> list[int]:
        """The numbers of the running processes of the program in this place; Linux only."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str(self.folder) in str((entry / "exe").readlink()):
                    found.append(int(entry.name))
        return found


@contextlib.contextmanager
def display(way: str) -> Iterator[dict[str, str]]:
    """The variables for a display; for xvfb a server is started."""
    if way != "xvfb":
        yield {}
        return
    reader, writer = os.pipe()
    # -ac: programs of other users may connect; only local ones can, as TCP is off.
    size = ["-screen", "0", "1366x768x24"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), *size, "-nolisten", "tcp", "-noreset", "-ac"],
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


def _link_or_copy(source: str, target: str) -> None:
    """A second name for the same bytes where the file system can, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

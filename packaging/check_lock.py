"""Checks that the lock file has a wheel with a locked digest of every package for each release system.

    python packaging/check_lock.py [--python 3.11]

Asks pip, by its own rules for each system, which wheel it would take of each locked version, and looks
that wheel's SHA-256 up in the lock file. Needs pip 22.2 or newer and the package index; installs nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

LOCK = Path(__file__).resolve().parent / "requirements.txt"

SYSTEMS = {
    "Linux x86-64": [f"manylinux_2_{minor}_x86_64" for minor in range(35, 16, -1)] + ["manylinux2014_x86_64"],
    "Windows x86-64": ["win_amd64"],
    "macOS arm64": [
        f"macosx_{major}_0_{chip}" for major in range(14, 10, -1) for chip in ("arm64", "universal2")
    ],
}
"""Tags that pip accepts there: glibc 2.35, Windows 10, macOS 14, and everything older.
Intel Macs are not among them: ONNX Runtime has no wheel for them any more."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(text: str) -> dict[str, tuple[str, set[str]]]:
    """Each package's version and the digests of its files, from a lock file's text."""
    starts = list(_PIN.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return {
        start[1].lower(): (start[2], set(_HASH.findall(text[start.start() : end])))
        for start, end in zip(starts, ends, strict=True)
    }


def wheel_of(pin: str, tags: Sequence[str], python: str) -> tuple[str, str]:
    """File name and SHA-256 of the wheel that pip takes for a package; two empty strings for none."""
    with tempfile.TemporaryDirectory() as target:
        report = Path(target) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--no-deps", "--only-binary=:all:", "--python-version", python, "--target", target]
        command += ["--report", str(report), *(f"--platform={tag}" for tag in tags), pin]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not report.is_file():
            return "", ""
        (found,) = json.loads(report.read_text(encoding="utf-8"))["install"]
    place = found["download_info"]
    return place["url"].rpartition("/")[2], place["archive_info"]["hashes"]["sha256"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Wheels of the locked versions for every system.")
    parser.add_argument("--python", default="3.11", help="version of Python (default 3.11)")
    parser.add_argument("--lock", type=Path, default=LOCK)
    options = parser.parse_args()
    packages = locked(options.lock.read_text(encoding="utf-8"))
    missing = 0
    for system, tags in SYSTEMS.items():
        held = 0
        for name, (version, digests) in packages.items():
            file, digest = wheel_of(f"{name}=={version}", tags, options.python)
            if digest in digests:
                held += 1
                continue
            missing += 1
            why = f"{file} is not in the lock file" if file else "no wheel"
            sys.stdout.write(f"{system}: {name} {version}: {why}\n")
        sys.stdout.write(f"{system}: {held} of {len(packages)} packages have a locked wheel\n")
        sys.stdout.flush()
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

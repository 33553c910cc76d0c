"""Whose every file in the frozen program is: the wheels', Python's, the build system's, or our own.

The spec passes the entries of a build; notices.py and sbom.py turn the parts into documents.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path, PurePath

from contents import Entry

OWN = "hematodesk"

_LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright|third.?party)[^/]*$", re.IGNORECASE)
_DECLARED_TEXT = re.compile(r"\.dist-info/licenses/")
"""Where a wheel declares its texts, under any names: README.ijg is one, and COPYING-MPL-1.1."""

_LICENCES = {
    "imagecodecs": "BSD-3-Clause",
    "numpy": "BSD-3-Clause",
    "onnxruntime": "MIT",
    "onnxruntime-gpu": "MIT",
    "openslide-bin": "LGPL-2.1-only",
    "openslide-python": "LGPL-2.1-only",
    "opencv-python-headless": "Apache-2.0",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "pyside6-essentials": "LGPL-3.0-only",
    "shiboken6": "LGPL-3.0-only",
    "tifffile": "BSD-3-Clause",
    "xlsxwriter": "BSD-2-Clause",
}
"""SPDX expressions of parts whose metadata states the licence differently, or the chosen one of several."""


class UnknownPart(Exception):
    """A file in the program that belongs to no known part; shipping it would hide a licence."""


@dataclass
class Part:
    """A third-party component inside the program, or the program itself.

    Attributes:
        name, version: its publisher's.
        licence: SPDX expression; empty where the publisher says it only in a text.
        purl: package URL (https://github.com/package-url/purl-spec).
        texts: licence files on the build machine.
        files: its files' paths inside the program, with slashes; those in archives are not among them.
    """

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[Path, ...] = ()
    files: list[str] = field(default_factory=list)


class Owners:
    """Finds the component that a file of the build machine belongs to."""

    def __init__(self, root: Path, version: str, made: Path | None = None) -> None:
        """`root` is the project's folder, `made` the one in which the build makes files of its own."""
        self._root, self._made = root, made if made is not None else root
        self._own = Part(OWN, version, "MIT", f"pkg:generic/{OWN}@{version}", (root / "LICENSE",))
        self._parts: dict[str, Part] = {}
        self._wheel_of: dict[Path, metadata.Distribution] = {}
        for distribution in metadata.distributions():
            for file in distribution.files or ():
                self._wheel_of[Path(str(distribution.locate_file(file))).resolve()] = distribution

    def part(self, source: Path) -> Part:
        """The part that this file of the build machine belongs to. Raises UnknownPart."""
        source = source.resolve()
        wheel = self._wheel_of.get(source)
        if wheel is not None:
            name = wheel.metadata["Name"]
            return self._own if name == OWN else self._known(name, lambda: wheel_part(wheel))
        # PyInstaller packs the modules that the interpreter needs to start into one archive.
        if source.is_relative_to(Path(sys.base_prefix).resolve()) or source.name == "base_library.zip":
            return self._known("CPython", python_part)
        if source.is_relative_to(self._root) or source.is_relative_to(self._made):
            return self._own
        package = _system_package(source)
        if package is None:
            raise UnknownPart(
                f"{source} belongs to no wheel, not to Python, and to no package of the system."
            )
        return self._known(package, lambda: system_part(package))

    def wheel(self, name: str) -> Part:
        """A wheel's part by name: for code built into the programs, without a file of its own."""
        return self._known(name, lambda: wheel_part(metadata.distribution(name)))

    def _known(self, name: str, make: Callable[[], Part]) -> Part:
        if name not in self._parts:
            self._parts[name] = make()
        return self._parts[name]


def parts_of(entries: Iterable[Entry], modules: Iterable[Entry], owners: Owners) -> list[Part]:
    """All parts, this program first, the others by name, each with its files inside the program.

    Args:
        entries: files: (name inside, file it comes from before any of our changes, kind).
        modules: Python modules that go into the archive inside the programs.

    Raises UnknownPart.
    """
    found: dict[str, Part] = {}
    for name, source, _ in entries:
        part = owners.part(Path(source))
        part.files.append(PurePath(name).as_posix())
        found[part.name] = part
    for _, source, _ in modules:
        if source and source not in ("-", "built-in"):
            part = owners.part(Path(source))
            found[part.name] = part
    # The boot loader of both programs, and some code that runs before ours, is PyInstaller's.
    starter = owners.wheel("pyinstaller")
    found[starter.name] = starter
    return sorted(found.values(), key=lambda part: (part.name != OWN, part.name.lower()))


def wheel_part(wheel: metadata.Distribution) -> Part:
    """A wheel, with the licence files that came in it."""
    about, version = wheel.metadata, wheel.version
    name = about["Name"]
    texts = [
        Path(str(wheel.locate_file(file)))
        for file in wheel.files or ()
        if _DECLARED_TEXT.search(str(file))
        or (
            _LICENCE_FILE.search(str(file))
            and file.suffix in ("", ".txt", ".md", ".rst", ".BSD", ".APACHE", ".LESSER")
        )
    ]
    return Part(
        name,
        version,
        _LICENCES.get(
            name.lower().replace("_", "-"),
            next(iter(about.get_all("License-Expression", [])), ""),
        ),
        f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
        tuple(sorted(texts)),
    )


def python_part() -> Part:
    """The interpreter, its library and its modules."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    places = [
        Path(sys.base_prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
    ]
    texts = tuple(place for place in places if place.is_file())
    return Part("CPython", version, "PSF-2.0", f"pkg:generic/cpython@{version}", texts)


def system_part(package: str) -> Part:
    """A Debian package of the build machine."""
    name = package.partition(":")[0]
    version = _output("dpkg-query", "--show", "--showformat=${Version}", package)
    text = Path("/usr/share/doc") / name / "copyright"
    return Part(name, version, "", f"pkg:deb/debian/{name}@{version}", (text,) if text.is_file() else ())


def _system_package(source: Path) -> str | None:
    if shutil.which("dpkg-query") is None:
        return None
    # Where /lib is a link to /usr/lib the package's own list may name either.
    for place in (str(source), str(source).removeprefix("/usr")):
        told = _output("dpkg-query", "--search", place)
        if told:
            return told.rpartition(": ")[0].split(",")[0].strip()
    return None


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""

"""The report beside a package: the charts and tables of its training and evaluation.

`mine.onnx` has its report in `mine.report`, a part of the evaluation a folder. What is imported from
elsewhere is copied within limits of name, size and count, and decoded like any untrusted picture.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

from hematodesk.domain.files import make_folder, write_whole
from hematodesk.domain.packages import ReportPart

SUFFIX = ".report"

_MOST = 80
_LARGEST_PICTURE = 4_000_000
_LARGEST_TEXT = 64_000
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PICTURE, _TEXT = ".png", ".txt"
_ORDER = ("curves", "confusion", "classification", "reliability", "risk_coverage")


def report_folder(package: Path) -> Path:
    """Where the report of a package file lies."""
    return package.with_name(package.name.removesuffix(".onnx") + SUFFIX)


def report_parts(package: Path) -> tuple[ReportPart, ...]:
    """The charts and tables beside a package, section by section; empty where there are none."""
    home = report_folder(package)
    if not _real(home, folder=True):
        return ()
    found = []
    for folder in (home, *_folders_in(home)):
        parts = [_part(path, "" if folder == home else folder.name) for path in _files_in(folder)]
        found += sorted(parts, key=lambda part: (_place(part.kind), part.of, part.kind))
    return tuple(found[:_MOST])


def copy_report(source: Path, target: Path) -> None:
    """Copy what lies beside the package file `source` to where it lies beside `target`.

    The package works without it: what cannot be read or written is left out.
    """
    home = report_folder(target)
    for part in report_parts(source):
        with contextlib.suppress(OSError):
            place = home / part.section / part.path.name
            make_folder(place.parent)
            write_whole(place, part.path.read_bytes())


def remove_report(package: Path) -> None:
    """Delete the report of a removed package as far as possible."""
    shutil.rmtree(report_folder(package), ignore_errors=True)


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if _plain(each.name) and _real(each, folder=True))
    except OSError:
        return []


def _files_in(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if _wanted(each)]
    except OSError:
        return []


def _wanted(path: Path) -> bool:
    largest = {_PICTURE: _LARGEST_PICTURE, _TEXT: _LARGEST_TEXT}.get(path.suffix)
    if largest is None or not _plain(path.stem) or not _real(path, folder=False):
        return False
    return 0 < path.stat().st_size <= largest


def _plain(name: str) -> bool:
    return _PLAIN_NAME.fullmatch(name) is not None


def _real(path: Path, *, folder: bool) -> bool:
    """A link may lead anywhere."""
    return not path.is_symlink() and (path.is_dir() if folder else path.is_file())


def _part(path: Path, section: str) -> ReportPart:
    for kind in _ORDER:
        if path.stem == kind or path.stem.startswith(f"{kind}_"):
            return ReportPart(path, section, kind, path.stem[len(kind) + 1 :], path.suffix == _PICTURE)
    return ReportPart(path, section, path.stem, "", path.suffix == _PICTURE)


def _place(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)

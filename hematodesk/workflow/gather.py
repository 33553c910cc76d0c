"""From what a person named (files and folders) to the image files to open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_NUMBERS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which `smear_2` comes before `smear_10`, whatever the letters' case."""
    parts = _NUMBERS.split(name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def gather_images(paths: Iterable[Path], recursive: bool = True) -> Iterator[Path]:
    """The image files of files and folders, in the order given, folders in natural order.

    A file that was named is always yielded, whatever it is called and even when it is not there:
    reading it says what is wrong. Of a folder's files those with a known image suffix are taken;
    hidden ones, links to folders and folders that cannot be listed are passed over, but a named
    folder that cannot be listed is yielded itself, so that reading it says so. No file comes twice.
    """
    from hematodesk.imaging.read import IMAGE_SUFFIXES

    suffixes = frozenset(suffix.casefold() for suffix in IMAGE_SUFFIXES)
    seen: set[str] = set()
    for path in paths:
        found = _of_folder(path, suffixes, recursive) if _is_folder(path) else iter((path,))
        for image in found:
            key = os.path.normcase(image.absolute())
            if key not in seen:
                seen.add(key)
                yield image


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _of_folder(folder: Path, suffixes: frozenset[str], recursive: bool, named: bool = True) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
    except OSError:
        if named:
            yield folder
        return
    entries.sort(key=lambda entry: natural_key(entry.name))
    folders: list[Path] = []
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                folders.append(folder / entry.name)
            elif entry.is_file() and Path(entry.name).suffix.casefold() in suffixes:
                yield folder / entry.name
        except OSError:
            # Vanished, or a link that leads nowhere.
            continue
    if recursive:
        for inner in folders:
            yield from _of_folder(inner, suffixes, recursive, named=False)

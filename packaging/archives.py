"""Reproducible archives of the frozen folder: the same files give the same bytes."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path


def pack(folder: Path, target: Path, when: int, extra: Sequence[tuple[Path, str]] = ()) -> None:
    """Pack a folder as .tar.xz or .tar.gz, as the target's name says.

    Args:
        when: the time of all entries, in seconds since 1970.
        extra: further files, each with its name in the archive.
    """

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = when
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    paths = [(path, path.relative_to(folder.parent).as_posix()) for path in sorted(folder.rglob("*"))]
    with (
        _compressed(target, when) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as packed,
    ):
        for path, name in [(folder, folder.name), *paths, *extra]:
            packed.add(path, arcname=name, recursive=False, filter=plain)


@contextlib.contextmanager
def _compressed(target: Path, when: int) -> Iterator[lzma.LZMAFile | gzip.GzipFile]:
    if target.suffix == ".xz":
        with lzma.open(target, "wb", preset=9) as stream:
            yield stream
    else:
        # A .gz header holds a name and a time; neither may depend on this machine.
        with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=when) as stream:
            yield stream

"""Joins records into groups that must not be torn apart: same file, same original."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from export_tools.sources import Record
from export_tools.unions import joined_keys


@dataclass(frozen=True, slots=True)
class Joined:
    """What was found to belong together.

    Attributes:
        identical: (file, the earlier file that it repeats byte for byte).
    """

    identical: tuple[tuple[Path, Path], ...]


def join_groups(records: Sequence[Record]) -> tuple[list[Record], Joined]:
    """Give one group to all records of one file's bytes and of one original; says what it found.

    Originals are joined over sources: the published copies and the fields they were made from are
    often trained on together.
    """
    digests: dict[Path, str] = {}
    first: dict[str, Path] = {}
    identical = []
    for record in records:
        if record.file in digests:
            continue
        digest = hashlib.sha256(record.file.read_bytes()).hexdigest()
        digests[record.file] = digest
        if digest in first:
            identical.append((record.file, first[digest]))
        else:
            first[digest] = record.file
    keys = [
        (record.group, f"sha256:{digests[record.file]}", f"original:{record.original}") for record in records
    ]
    joined = joined_keys(keys)
    return [replace(record, group=joined[record.group]) for record in records], Joined(tuple(identical))

"""Joins records into groups that must stay together: same file, same original, same cell visible."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from export_tools.data.boxes import read_boxes
from export_tools.data.file_lists import file_key
from export_tools.data.likeness import Likeness, find_alike
from export_tools.data.records import Record
from export_tools.data.sources import read_source
from export_tools.data.unions import joined_keys
from hematodesk.domain.errors import HematodeskError


@dataclass(frozen=True, slots=True)
class Joined:
    """What was found to belong together in addition to what the data sets state.

    Attributes:
        identical: (file, the earlier file that it repeats byte for byte).
        alike: pictures of one cell under different groups.
        contradicting: of those, the ones whose classes differ.
    """

    identical: tuple[tuple[Path, Path], ...]
    alike: tuple[Likeness, ...]
    contradicting: tuple[Likeness, ...]


def join_groups(
    records: Sequence[Record], cache: Path | None = None, *, look: bool = True
) -> tuple[list[Record], Joined]:
    """Give one group to all records of the same bytes, original or cell; returns what was found, too.

    Originals are joined over sources: the published copies and the fields they were made from are
    often trained on together.

    Args:
        cache: folder that keeps the pictures' descriptions between runs, or None.
        look: whether pictures are compared for the same cell; else only bytes and originals count.
    Raises OSError for a file that cannot be opened.
    """
    files: dict[Path, Record] = {}
    for record in records:
        files.setdefault(record.file, record)
    digests = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    first: dict[str, Path] = {}
    identical = []
    for file, digest in digests.items():
        if first.setdefault(digest, file) != file:
            identical.append((file, first[digest]))
    joined = joined_keys(
        (record.group, f"sha256:{digests[record.file]}", f"original:{record.original}") for record in records
    )
    unlike = list(first.values())
    alike = find_alike(unlike, [joined[files[file].group] for file in unlike], cache) if look else []
    pairs = [(joined[files[each.one].group], joined[files[each.other].group]) for each in alike]
    wider = joined_keys([*((name,) for name in joined.values()), *pairs, *(pair[::-1] for pair in pairs)])
    classes = _classes_by_file(records)
    contradicting = [each for each in alike if classes[each.one].isdisjoint(classes[each.other])]
    return (
        [replace(record, group=wider[joined[record.group]]) for record in records],
        Joined(tuple(identical), tuple(alike), tuple(contradicting)),
    )


def _classes_by_file(records: Sequence[Record]) -> dict[Path, set[str]]:
    classes: dict[Path, set[str]] = defaultdict(set)
    for record in records:
        classes[record.file].add(record.class_id)
    return classes


def add_parser(subparsers: Any) -> None:
    """The `data-report` command."""
    parser = subparsers.add_parser(
        "data-report", help="what is in labelled images: counts, groups, repeated pictures, doubtful labels"
    )
    parser.add_argument("sources", nargs="+", type=Path, help="folders as for train")
    parser.add_argument("--boxes", action="store_true", help="read the boxes of red, white cells, platelets")
    parser.add_argument("--cache", type=Path, help="folder that keeps what was seen of the pictures")
    parser.add_argument("--json", type=Path, help="write it as JSON too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 when the data could be read, else 1."""
    read = read_boxes if args.boxes else read_source
    try:
        document = report([record for folder in args.sources for record in read(folder)], args.cache)
        if args.json is not None:
            args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except (HematodeskError, OSError) as fault:
        print(f"data-report: {fault}", file=sys.stderr)
        return 1
    print(as_text(document))
    return 0


def report(records: Sequence[Record], cache: Path | None) -> dict[str, Any]:
    """Counts by source and class, groups, and the pictures found to repeat others, as JSON values."""
    joined, found = join_groups(records, cache)
    classes = _classes_by_file(records)
    counts = Counter((record.source, record.class_id, record.part) for record in records)
    sizes = Counter(record.group for record in joined)
    return {
        "records": len(records),
        "files": len({record.file for record in records}),
        "originals": len({(record.source, record.original) for record in records}),
        "groups": len(sizes),
        "largest_group": max(sizes.values(), default=0),
        "counts": [
            {"source": source, "class": name, "part": part, "records": count}
            for (source, name, part), count in sorted(counts.items())
        ],
        "unreadable": [file_key(file) for file in classes if not cv2.haveImageReader(str(file))],
        "identical": [
            {
                "one": file_key(one),
                "other": file_key(other),
                "classes_differ": classes[one].isdisjoint(classes[other]),
            }
            for one, other in found.identical
        ],
        "same_cell": [
            {
                "one": file_key(each.one),
                "other": file_key(each.other),
                "correlation": each.correlation,
                "classes_differ": each in found.contradicting,
            }
            for each in found.alike
        ],
    }


def as_text(document: dict[str, Any]) -> str:
    """The report as text."""
    lines = [
        f"{document['records']} records in {document['files']} files of {document['originals']} originals; "
        f"{document['groups']} groups, the largest of {document['largest_group']}"
    ]
    for each in document["counts"]:
        part = f" ({each['part']})" if each["part"] else ""
        lines.append(f"  {each['source']} {each['class']}{part}: {each['records']}")
    lines.append(f"{len(document['unreadable'])} files are no images that can be read")
    lines += [f"  {file}" for file in document["unreadable"]]
    for pairs, what in (
        (document["identical"], "files repeat another byte for byte"),
        (document["same_cell"], "pairs show the same cell"),
    ):
        differ = sum(each["classes_differ"] for each in pairs)
        lines.append(f"{len(pairs)} {what}, {differ} of them under different classes")
        for each in pairs:
            sign = (
                f"~ {each['other']} ({each['correlation']:.3f})"
                if "correlation" in each
                else (f"= {each['other']}")
            )
            lines.append(f"  {each['one']} {sign}{'  CLASSES DIFFER' if each['classes_differ'] else ''}")
    return "\n".join(lines)

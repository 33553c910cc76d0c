"""Splits by group, and by nothing else."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from export_tools.sources import Record


def hold_out(records: Sequence[Record], fraction: float, seed: int = 0) -> tuple[list[Record], list[Record]]:
    """(kept, held out): about `fraction` of each source and class, whole groups only.

    The same records and seed give the same split whatever their order.
    Raises ValueError when the fraction is not between 0 and 1.
    """
    folds = _dealt(records, fraction, seed)
    kept = [record for record in records if record.group not in folds]
    held = [record for record in records if record.group in folds]
    return kept, held


def folds(records: Sequence[Record], count: int, seed: int = 0) -> list[list[Record]]:
    """Records dealt into `count` folds by group, sources and classes spread evenly.

    Raises ValueError when there are fewer than two folds.
    """
    if count < 2:
        raise ValueError(f"at least two folds are needed, not {count}")
    chosen: dict[str, int] = {}
    for names in _by_stratum(records, seed).values():
        for index, name in enumerate(names):
            chosen[name] = index % count
    return [[record for record in records if chosen[record.group] == index] for index in range(count)]


def _dealt(records: Sequence[Record], fraction: float, seed: int) -> set[str]:
    if not 0 <= fraction < 1:
        raise ValueError(f"a fraction between 0 and 1 is needed, not {fraction}")
    held: set[str] = set()
    for names in _by_stratum(records, seed).values():
        held.update(names[: round(fraction * len(names))])
    return held


def _by_stratum(records: Sequence[Record], seed: int) -> dict[tuple[str, str], list[str]]:
    """Group names by (source, most frequent class), each list in an order that only the seed decides."""
    classes: dict[str, Counter[str]] = defaultdict(Counter)
    sources: dict[str, str] = {}
    for record in records:
        classes[record.group][record.class_id] += 1
        sources[record.group] = min(sources.get(record.group, record.source), record.source)
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group, counts in classes.items():
        most = min(counts, key=lambda name: (-counts[name], name))
        strata[sources[group], most].append(group)
    for names in strata.values():
        names.sort(key=lambda name: (zlib.crc32(f"{seed}:{name}".encode()), name))
    return strata

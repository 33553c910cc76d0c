"""Splits records by group."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from export_tools.data.records import Record


@dataclass(frozen=True, slots=True)
class Sides:
    """Three sides without a common group: training, selection and calibration, and test."""

    train: tuple[Record, ...]
    held_out: tuple[Record, ...]
    test: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How a table is split. At most one of `fold` and `leave_out` is given.

    Attributes:
        hold_out: share of the groups of each source and class to choose and calibrate with.
        seed: decides which groups; the same for all networks that are compared.
        fold: (number from 1, count): this fold of all sources is the test, whatever parts the data
            sets name: each fold's network is tested on what the other folds' learn from.
        leave_out: the whole of these sources is the test.
        fold_of: only this source is dealt into folds; None for all. The others' parts named test stay
            tests then.
    """

    hold_out: float = 0.12
    seed: int = 0
    fold: tuple[int, int] | None = None
    leave_out: tuple[str, ...] = ()
    fold_of: str | None = None

    @property
    def text(self) -> str:
        """The rule in words, for a package's provenance."""
        told = f"by group; share {self.hold_out:g} held out for calibration, seed {self.seed}"
        if self.fold is not None:
            of = f" of {self.fold_of}" if self.fold_of is not None else ""
            return f"{told}; fold {self.fold[0]} of {self.fold[1]}{of} left out for testing"
        parts = "; parts named test never trained on, nor what shares a group with them"
        if self.leave_out:
            return f"{told}; {', '.join(self.leave_out)} left out for testing{parts}"
        return told + parts


def parse_fold(text: str) -> tuple[int, int]:
    """(I, N) of "I/N". Raises ValueError unless 1 <= I <= N and N is at least 2."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) >= 2):
        raise ValueError(f"a fold is written as I/N, such as 1/5, not {text!r}")
    return int(number), int(count)


def split_sides(records: Sequence[Record], rule: SplitRule) -> Sides:
    """Assign every group to one side by the rule. Groups that fit no side are left out.

    Without fold or left-out source, the test is what the data sets name so; parts named valid are held
    out whole. Raises ValueError for a source that is not there, or a rule that makes no sense.
    """
    if rule.fold is not None and rule.leave_out:
        raise ValueError("a fold and a source cannot both be left out")
    if rule.fold is not None:
        dealt = folds(_of_source(records, rule.fold_of), rule.fold[1], rule.seed)
        test = dealt.pop(rule.fold[0] - 1)
        own = {id(record) for fold in (*dealt, test) for record in fold}
        barred = _groups(test)
        if rule.fold_of is not None:
            barred |= _groups(each for each in records if id(each) not in own and each.part == "test")
        rest = [record for record in records if record.group not in barred]
    elif rule.leave_out:
        for source in rule.leave_out:
            _of_source(records, source)
        test = [record for record in records if record.source in rule.leave_out]
        barred = _groups(test) | _groups(record for record in records if record.part == "test")
        rest = [record for record in records if record.group not in barred]
    else:
        barred = _groups(record for record in records if record.part == "test")
        test = [record for record in records if record.group in barred]
        rest = [record for record in records if record.group not in barred]
    valid = _groups(record for record in rest if record.part == "valid") if rule.fold is None else set()
    given = [record for record in rest if record.group in valid]
    kept, held = hold_out([record for record in rest if record.group not in valid], rule.hold_out, rule.seed)
    return Sides(tuple(kept), tuple(given + held), tuple(test))


def _of_source(records: Sequence[Record], source: str | None) -> list[Record]:
    """The records of a source; all for None. Raises ValueError when it has none."""
    found = [record for record in records if source is None or record.source == source]
    if not found:
        raise ValueError(f"there is no source {source} to leave out")
    return found


def _groups(records: Iterable[Record]) -> set[str]:
    return {record.group for record in records}


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

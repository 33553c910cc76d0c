"""Splits tear no group apart, and keep sources and classes in proportion."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_tools.sources import Record
from export_tools.splits import folds, hold_out


def records(rows: list[tuple[str, str, int]]) -> list[Record]:
    return [
        Record(Path(f"{index}.png"), None, name, source, f"{source}:{group}", str(index))
        for index, (source, name, group) in enumerate(rows)
    ]


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y", "z"]), st.integers(0, 20)), max_size=80
)


@given(ROWS, st.floats(0, 0.9), st.integers(0, 5))
def test_no_group_is_on_two_sides(rows: list[tuple[str, str, int]], fraction: float, seed: int) -> None:
    table = records(rows)
    kept, held = hold_out(table, fraction, seed)
    assert not {each.group for each in kept} & {each.group for each in held}
    assert sorted([*kept, *held], key=lambda each: int(each.original)) == table


@given(ROWS, st.integers(2, 5))
def test_folds_hold_every_record_once_and_tear_no_group(rows: list[tuple[str, str, int]], count: int) -> None:
    table = records(rows)
    dealt = folds(table, count)
    assert len(dealt) == count
    assert sorted((each.original for fold in dealt for each in fold), key=int) == [e.original for e in table]
    groups = [{each.group for each in fold} for fold in dealt]
    assert sum(len(group) for group in groups) == len(set().union(*groups))


def test_each_source_and_class_gives_its_share() -> None:
    table = records([("a", "x", n) for n in range(100)] + [("b", "y", n) for n in range(20)])
    _, held = hold_out(table, 0.2)
    assert sum(each.source == "a" for each in held) == 20
    assert sum(each.source == "b" for each in held) == 4


def test_the_split_depends_on_the_seed_and_not_on_the_order() -> None:
    table = records([("a", "x", n) for n in range(50)])
    held = {each.group for each in hold_out(table, 0.3, seed=1)[1]}
    assert held == {each.group for each in hold_out(table[::-1], 0.3, seed=1)[1]}
    assert held != {each.group for each in hold_out(table, 0.3, seed=2)[1]}


def test_senseless_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        hold_out([], 1.0)
    with pytest.raises(ValueError, match="two folds"):
        folds([], 1)

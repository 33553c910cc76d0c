"""What belongs together gets one group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from export_tools.grouping import join_groups
from export_tools.sources import read_source
from export_tools.unions import joined_keys


def test_identical_files_share_a_group_and_are_told(tmp_path: Path, write_image) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_image(tmp_path / "monocyte" / f"{name}.png", seed=seed)
    records, found = join_groups(read_source(tmp_path))
    folder = tmp_path / "monocyte"
    assert found.identical == ((folder / "b.png", folder / "a.png"),)
    assert records[0].group == records[1].group != records[2].group


def test_copies_of_one_original_share_a_group_over_sources(tmp_path: Path, write_image) -> None:
    for seed, name in enumerate("ab"):
        write_image(tmp_path / "one" / "monocyte" / f"{name}.png", seed=seed)
        write_image(tmp_path / "two" / "monocyte" / f"{name}.png", seed=5 + seed)
    one, two = (read_source(tmp_path / name) for name in ("one", "two"))
    copies = [replace(two[0], original=one[0].original), two[1]]
    records, found = join_groups(one + copies)
    assert not found.identical
    assert records[0].group == records[2].group
    assert len({each.group for each in records}) == 3


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=12))
def test_joined_sets_are_those_of_a_walk_over_shared_keys(rows: list[list[str]]) -> None:
    joined = joined_keys(rows)
    assert joined == joined_keys(rows[::-1])
    for start in {row[0] for row in rows}:
        reached = {start}
        while True:
            wider = reached.union(*(row for row in rows if reached & set(row)))
            if wider == reached:
                break
            reached = wider
        heads = {row[0] for row in rows} & reached
        assert {head for head in joined if joined[head] == joined[start]} == heads
        assert joined[start] == min(heads)

"""What belongs together gets one group."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_tools.__main__ import main
from export_tools.data import grouping
from export_tools.data.grouping import join_groups
from export_tools.data.likeness import Likeness
from export_tools.data.sources import read_source
from export_tools.data.unions import joined_keys


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


def test_cells_photographed_again_share_a_group_and_contradictions_are_told(
    tmp_path: Path, write_image, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate(("lymphocyte", "monocyte", "neutrophil")):
        write_image(tmp_path / name / "a.png", seed=seed)
        write_image(tmp_path / name / "b.png", seed=10 + seed)
    records = read_source(tmp_path)
    files = [each.file for each in records]
    alike = [Likeness(files[0], files[2], 0.97), Likeness(files[2], files[4], 0.9)]
    alike.append(Likeness(files[1], files[0], 0.85))
    monkeypatch.setattr(grouping, "find_alike", lambda *given: alike)
    joined, found = join_groups(records)
    assert found.alike == tuple(alike)
    assert found.contradicting == tuple(alike[:2])
    assert len({joined[index].group for index in (0, 1, 2, 4)}) == 1
    assert len({each.group for each in joined}) == 3
    # The same whatever the order.
    assert {each.file: each.group for each in join_groups(records[::-1])[0]} == {
        each.file: each.group for each in joined
    }


def test_the_report_counts_and_names_what_repeats(
    tmp_path: Path, write_image, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_image(tmp_path / "data" / "monocyte" / f"{name}.png", seed=seed)
    write_image(tmp_path / "data" / "neutrophil" / "d.png", seed=2)
    (tmp_path / "data" / "neutrophil" / "e.png").write_bytes(b"no image")
    target = tmp_path / "report.json"
    assert main(["data-report", str(tmp_path / "data"), "--json", str(target)]) == 0
    told = capsys.readouterr().out
    assert "data monocyte: 3" in told
    assert "data/monocyte/b.png = data/monocyte/a.png\n" in told
    assert "data/neutrophil/d.png = data/monocyte/c.png  CLASSES DIFFER\n" in told
    assert "2 files repeat another byte for byte, 1 of them under different classes" in told
    assert "1 files are no images that can be read\n  data/neutrophil/e.png\n" in told
    document = json.loads(target.read_text())
    assert (document["records"], document["groups"], document["largest_group"]) == (5, 3, 2)
    assert main(["data-report", str(tmp_path / "nowhere")]) == 1

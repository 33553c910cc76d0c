"""Draws keep groups whole, and the report's figures come from cells that were not drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export_tools.__main__ import main
from export_tools.data.records import Record
from export_tools.evaluation import adapt_report
from export_tools.evaluation.adapt_report import as_markdown, draw, few_of_each, trial
from hematodesk.domain.linear_head import Labelled, LinearHead

CLASSES = ("eosinophil", "lymphocyte", "neutrophil", "basophil")


def lab(counts: tuple[int, ...] = (60, 30, 120, 0), per_group: int = 2) -> Labelled:
    """Cells whose first columns tell the class, behind a shift that the parent does not know."""
    random = np.random.default_rng(0)
    truth = np.repeat(np.arange(len(counts)), counts)
    embeddings = random.normal(0, 1, (len(truth), 8))
    embeddings[np.arange(len(truth)), truth] += 3
    embeddings[:, 0] += 3
    groups = tuple(f"field {index // per_group}" for index in range(len(truth)))
    return Labelled(embeddings, truth.astype(np.int64), groups)


PARENT = LinearHead(np.eye(8, 3), np.zeros(3))


@pytest.mark.parametrize("way", adapt_report.WAYS)
def test_no_group_is_drawn_in_part(way: str) -> None:
    labelled = lab()
    for seed in range(5):
        drawn = draw(labelled, 3, 41, way, seed)
        assert 41 <= drawn.sum() <= 42 or way == "balanced"
        sides = {(group, bool(taken)) for group, taken in zip(labelled.groups, drawn, strict=True)}
        assert len(sides) == len(set(labelled.groups))


def test_a_balanced_draw_takes_the_classes_alike_and_leaves_half_of_a_rare_one() -> None:
    labelled = lab()
    drawn = draw(labelled, 3, 60, "balanced", 0)
    counts = np.bincount(labelled.truth[drawn], minlength=3)
    assert counts[1] <= 15
    assert counts.tolist() == pytest.approx([22, 15, 22], abs=2)


def test_adapting_helps_on_the_cells_that_were_not_drawn() -> None:
    told = trial(PARENT, lab(), CLASSES, 60, "as they come", 0)
    assert sum(told.drawn.values()) == pytest.approx(60, abs=1)
    assert told.parent < 0.7 < 0.85 < told.adapted
    assert set(told.recalls) == set(CLASSES[:3])


def test_a_new_class_takes_part_only_with_enough_cells() -> None:
    labelled = lab((60, 60, 60, 60))
    told = trial(PARENT, labelled, CLASSES, 100, "balanced", 0)
    before, after = told.recalls["basophil"]
    assert before == 0 and after > 0.7
    assert "basophil" not in trial(PARENT, labelled, CLASSES, 16, "balanced", 0).recalls


def test_nothing_left_to_test_on_is_refused() -> None:
    with pytest.raises(ValueError, match="none to test"):
        trial(PARENT, lab(), CLASSES, 500, "as they come", 0)


def test_the_report_says_mean_spread_and_how_often() -> None:
    labelled = lab()
    trials = {
        "60 as they come": [trial(PARENT, labelled, CLASSES, 60, "as they come", seed) for seed in (0, 1)]
    }
    report = as_markdown("x on y", labelled, 3, trials)
    assert "210 cells of 105 groups; 3 more were not located" in report
    assert "| 60 as they come | 2 |" in report and " of 2 |" in report


def test_a_part_of_a_large_set_is_the_same_every_time() -> None:
    records = [Record(Path(f"{i}.png"), None, CLASSES[i % 2], "s", f"g{i}", f"{i}") for i in range(40)]
    chosen = few_of_each(records, 5)
    assert chosen == few_of_each(records, 5)
    assert [sum(each.class_id == name for each in chosen) for name in CLASSES[:2]] == [5, 5]


def test_the_command_writes_its_report(
    tmp_path: Path, lab_kit: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "colour.onnx"
    package.write_bytes(lab_kit.package())
    for name in CLASSES[:3]:
        (tmp_path / "cells" / name).mkdir(parents=True)
        for number in range(16):
            (tmp_path / "cells" / name / f"{number}.png").write_bytes(b"")
    random = np.random.default_rng(0)

    def crop(record: Record, *_given: object) -> Any:
        values = random.normal(lab_kit.COLOURS[record.class_id], 20, (16, 16, 3))
        return np.clip(values, 0, 255).astype(np.uint8)

    monkeypatch.setattr(adapt_report, "product_crop", crop)
    words = ["adapt-report", str(package), str(tmp_path / "cells"), "--sizes", "24", "--draws", "2"]
    assert main([*words, "--output", str(tmp_path / "out")]) == 0
    assert "## Adapting colour 1.0.0 on cells" in capsys.readouterr().out
    assert (tmp_path / "out" / "adapt.md").is_file() and (tmp_path / "out" / "adapt.json").is_file()
    assert main([*words[:2], str(tmp_path / "nowhere")]) == 1

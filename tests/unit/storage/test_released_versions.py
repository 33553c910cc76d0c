"""A real file of every released schema version opens, is brought up to date, and keeps all it held."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hematodesk.domain.cells import CellOrigin, ImageStatus, UncertainReason, Verdict
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.domain.messages import Message
from hematodesk.storage.history import History
from hematodesk.storage.migrations import MIGRATIONS

FILES = Path(__file__).parent / "data"


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_real_file_of_a_version_keeps_everything(version: int, tmp_path: Path):
    path = tmp_path / "history.sqlite3"
    shutil.copy(FILES / f"version_{version}.sqlite3", path)
    history = History.open(path)
    (session,) = history.sessions()
    assert (session.operator.name, session.image_count) == ("Ada", 3)
    assert (session.started_at, session.ended_at) == ("2026-03-04T05:00:00.000Z", "2026-03-05T09:00:00.000Z")

    broken, empty, field = (history.image(row.id) for row in history.page())
    assert broken.result.status is ImageStatus.ERROR
    assert broken.result.fault is not None
    assert broken.result.fault.code == "image_truncated"
    words = broken.result.fault.message
    if version < 3:
        # Nothing says what the words were made of: they are told as they are.
        assert (words, type(words)) == ("broken.jpg ends too early.", str)
    else:
        assert isinstance(words, Message)
        assert (words.data["name"], words.data["reason"]) == ("broken.jpg", "its end is missing")
    assert (empty.note, empty.result.digest) == ("old stain", "11" * 32)
    assert field.result.thumbnail == b"\xff\xd8jpeg"
    assert field.result.notices == ("depth_reduced",)

    first, second, added = field.result.cells
    assert first.prediction is not None and second.prediction is not None and first.review is not None
    assert first.prediction.ranked == (("neutrophil", 0.75), ("monocyte", 0.25))
    assert (first.review.verdict, first.review.operator.name) == (Verdict.CORRECTED, "Bo")
    assert first.label == "eosinophil"
    assert len(history.reviews(first.id)) == 2
    assert (second.review, second.note, second.label) == (None, "smudged", "lymphocyte")
    earlier, later = history.predictions(second.id)
    assert earlier.uncertain is UncertainReason.LOW_CONFIDENCE
    assert later == second.prediction
    assert later.provenance.sha256 == "ab" * 32
    assert (added.origin, added.prediction) == (CellOrigin.ADDED, None)

    assert [row.id for row in history.page(HistoryFilter(text="äRGER"))] == [field.id]
    assert history.count(HistoryFilter(review_state=ReviewState.PARTLY)) == 1
    assert history.check(values=True) == []
    history.close()

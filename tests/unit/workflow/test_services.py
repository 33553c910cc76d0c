from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from hematodesk.bootstrap import build
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.operators import Operator
from hematodesk.workflow.analysis.sources import Picture


@pytest.fixture
def services(tmp_path):
    made = build(tmp_path / "data")
    yield made
    made.close()


def test_building_writes_nothing(services):
    assert not services.paths.data.exists()


def test_the_history_opens_once_and_begins_one_session(services):
    assert services.history_or_none is None
    with pytest.raises(HistoryError):
        _ = services.history
    history = services.open_history()
    assert services.open_history() is history is services.history
    assert services.session_id() == services.session_id()


def test_a_history_that_must_exist_is_not_made(services):
    with pytest.raises(HistoryError) as caught:
        services.open_history(must_exist=True)
    assert caught.value.code == "history_absent"
    assert not services.paths.data.exists()


def test_closing_ends_the_session_and_keeps_the_results(services, made_result):
    services.settings.set("operator", "Dr Weiß")
    services.open_history().save_result(services.session_id(), made_result())
    services.close()
    services.close()
    again = build(services.paths.data)
    (session,) = again.open_history().sessions()
    again.close()
    assert session.operator.name == "Dr Weiß"
    assert session.ended_at


def test_reviews_carry_the_operator(services):
    services.settings.set("operator", "Dr Weiß")
    services.open_history()
    assert services.review_service().operator == Operator.named("Dr Weiß")


def test_closing_removes_old_pictures_that_no_result_needs(services, made_result, smear_png, blank_png):
    kept = services.keep(Picture(smear_png, "Pasted"))
    unwanted = services.keep(Picture(blank_png, "Pasted"))
    old = time.time() - 3 * 24 * 3600
    for path in (kept.kept, unwanted.kept):
        os.utime(path, (old, old))
    history = services.open_history()
    history.save_result(services.session_id(), made_result(digest=kept.kept.stem))
    services.close()
    assert kept.kept.exists()
    assert not unwanted.kept.exists()


def test_settings_reach_the_analyser(services, images, classifier):
    services.settings.set("keep_thumbnails", False)
    analyser = services.analyser(SimpleNamespace(classifier=classifier))
    assert analyser.analyse(images["smear"]).result.thumbnail == b""


def test_all_images_come_newest_first_across_pages(services, made_result):
    history, session = services.open_history(), services.session_id()
    history.save_results(session, [made_result(f"{number}.png") for number in range(450)])
    listed = [image.name for image in services.all_images(HistoryFilter())]
    assert listed == [f"{number}.png" for number in reversed(range(450))]

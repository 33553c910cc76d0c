from __future__ import annotations

from dataclasses import replace

import pytest

from hematodesk.domain.cells import Cell, CellOrigin, ImageStatus, Review, Verdict
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.workflow.analysis.known_results import answers_the_same, find_earlier

SHA = "ab" * 32


def test_the_same_image_and_package_find_the_earlier_result(history, made_result):
    saved = history.save_result(history.begin_session(Operator.named("op")), made_result())
    found = find_earlier(history, "cd" * 32, SHA, whole_image=False)
    assert found is not None
    assert found.id == saved.id


@pytest.mark.parametrize(("digest", "sha256", "whole"), [
    ("ef" * 32, SHA, False),
    ("", SHA, False),
    ("cd" * 32, "00" * 32, False),
    ("cd" * 32, SHA, True),
])  # fmt: skip
def test_another_image_package_or_question_finds_nothing(history, made_result, digest, sha256, whole):
    history.save_result(history.begin_session(Operator.named("op")), made_result())
    history.save_result(
        history.begin_session(Operator.named("op")), replace(made_result(), digest="", name="unread")
    )
    assert find_earlier(history, digest, sha256, whole_image=whole) is None


def test_a_deleted_result_is_not_found(history, made_result):
    saved = history.save_result(history.begin_session(Operator.named("op")), made_result())
    history.delete_images([saved.id])
    assert find_earlier(history, "cd" * 32, SHA, whole_image=False) is None


def test_a_failed_result_is_tried_again(made_result):
    failed = replace(made_result(), status=ImageStatus.ERROR, cells=())
    assert not answers_the_same(failed, SHA, whole_image=False)


def test_an_image_without_cells_holds_for_every_cell_package(made_result):
    empty = replace(made_result(), status=ImageStatus.NO_CELL, cells=())
    assert answers_the_same(empty, "00" * 32, whole_image=False)
    assert not answers_the_same(empty, SHA, whole_image=True)


def test_what_a_person_did_to_it_does_not_matter(made_result):
    result = made_result()
    review = Review(Verdict.REJECTED, None, Operator.named("op"), result.created_at)
    touched = replace(result.cells[0], review=review, removed=True)
    added = Cell(Box(1, 1, 5, 5), CellOrigin.ADDED)
    assert answers_the_same(replace(result, cells=(touched, added)), SHA, whole_image=False)

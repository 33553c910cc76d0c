from __future__ import annotations

import pytest

from hematodesk.domain.cells import Prediction, Provenance
from hematodesk.workflow.review.class_choice import class_choice

USED = ("basophil", "neutrophil")


@pytest.fixture
def answer() -> Prediction:
    shares = (("own_class", 0.4), ("neutrophil", 0.3), ("another", 0.2), ("eosinophil", 0.1))
    return Prediction(shares, None, Provenance("old", "1.0.0", "ab" * 32, "auto", "cpu", 1.0, "2026-01-01"))


def test_the_answers_own_classes_come_first_in_their_packages_order(answer):
    order = ("neutrophil", "own_class", "eosinophil", "another")
    assert class_choice(answer, {"ab" * 32: order}, USED) == (*order, "basophil")


def test_of_a_package_that_is_gone_the_order_does_not_depend_on_the_answer(answer):
    kept = ("eosinophil", "neutrophil", "another", "own_class", "basophil")
    assert class_choice(answer, {"cd" * 32: ("another",)}, USED) == kept


def test_without_an_answer_they_are_those_of_the_model_in_use():
    assert class_choice(None, {}, USED) == USED

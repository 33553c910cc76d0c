"""Counts in words."""

from __future__ import annotations

import pytest

from hematodesk.domain.words import number_of


@pytest.mark.parametrize(("number", "words"), [(0, "0 images"), (1, "1 image"), (2, "2 images")])
def test_one_is_no_plural(number: int, words: str) -> None:
    assert number_of(number, "image") == words

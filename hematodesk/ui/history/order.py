"""The orders in which a session's images can stand in the history's list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any

from hematodesk.domain.history import ImageSummary

_DIGITS = re.compile(r"\d+")
_ID = attrgetter("id")
_PIECE = 4_000
"""Rows sorted in one go: a sort of 50,000 would hold the interpreter, and with it the window."""


class Order(StrEnum):
    """By what images are ordered."""

    TIME = "time"
    NAME = "name"
    CLASS = "class"
    CONFIDENCE = "confidence"


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """A text under which `smear_2` comes before `smear_10`, whatever the letters' case."""
    return _DIGITS.sub(_padded, name.casefold())


def _padded(digits: re.Match[str]) -> str:
    number = digits.group().lstrip("0")
    return f"{len(number):03}{number}"


def _sure(row: ImageSummary) -> float:
    return 2.0 if row.confidence is None else row.confidence


def _class_of(row: ImageSummary) -> str:
    return row.labels[0][0] if row.labels else "\uffff"


_PARTS: dict[Order, tuple[Callable[[ImageSummary], Any], ...]] = {
    Order.TIME: (),
    Order.NAME: (lambda row: name_key(row.name),),
    # What has no class comes last, and within a class the doubtful ones first.
    Order.CLASS: (_class_of, _sure),
    Order.CONFIDENCE: (_sure,),
}
"""What decides, the first before the second; the time decides between what they leave equal."""


def key_of(order: Order) -> Callable[[ImageSummary], Any]:
    """The sort key of an order: no two rows have the same."""
    parts = _PARTS[order]
    if not parts:
        return _ID
    return lambda row: (*[part(row) for part in parts], row.id)


def in_order(rows: Iterable[ImageSummary], order: Order) -> list[ImageSummary]:
    """The rows in that order, for a worker's thread. Confidence: the doubtful first."""
    by_time = sorted(rows, key=_ID)
    places = list(range(len(by_time)))
    # One plain sort after the other, each stable: comparing pairs would take four times as long.
    for part in reversed(_PARTS[order]):
        keys = [part(row) for row in by_time]
        # Sorted pieces are merged quickly.
        for start in range(0, len(places), _PIECE):
            places[start : start + _PIECE] = sorted(places[start : start + _PIECE], key=keys.__getitem__)
        places.sort(key=keys.__getitem__)
    return [by_time[place] for place in places]

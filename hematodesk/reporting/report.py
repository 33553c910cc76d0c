"""A report of images for people to read, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.domain.report import Report, ReportPictures
from hematodesk.domain.tallies import Tally, by_session


def compose_report(
    sessions: Sequence[Session],
    images: Iterable[HistoryImage],
    pictures: Callable[[Sequence[HistoryImage]], Iterator[ReportPictures]],
    *,
    operator: Operator,
    program: str,
    made_at: str,
) -> Report:
    """Compose a report; `pictures` gives those of a sequence of images."""
    kept = tuple(images)
    counted = by_session(sessions)
    total = Tally()
    for image in kept:
        total.add(image)
        if image.session_id in counted:
            counted[image.session_id][1].add(image)
    return Report(operator, program, made_at, tuple(counted.values()), total, kept, lambda: pictures(kept))

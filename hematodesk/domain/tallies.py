"""The totals of a session: images, cells and classes, and the models that named them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hematodesk.domain.cells import ImageStatus, Provenance, Verdict
from hematodesk.domain.history import HistoryImage, Session

Maker = tuple[str, str, str]
"""A package: its name, version and digest."""


@dataclass(slots=True)
class Tally:
    """Counts of the images added so far; removed cells don't count.

    `classes` counts the labels that stand, `makers` the standing predictions by package.
    """

    images: int = 0
    failed: int = 0
    without_cell: int = 0
    cells: int = 0
    uncertain: int = 0
    rejected: int = 0
    reviewed: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    makers: Counter[Maker] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)

    def add(self, image: HistoryImage) -> None:
        """Count one more image."""
        cells = [cell for cell in image.result.cells if not cell.removed]
        self.images += 1
        self.failed += image.result.status is ImageStatus.ERROR
        self.without_cell += not cells and image.result.status is not ImageStatus.ERROR
        self.cells += len(cells)
        for cell in cells:
            self.uncertain += cell.uncertain
            self.reviewed += cell.review is not None
            self.rejected += cell.review is not None and cell.review.verdict is Verdict.REJECTED
            if cell.label is not None:
                self.classes[cell.label] += 1
            if cell.prediction is not None:
                made = cell.prediction.provenance
                self.makers[maker_of(made)] += 1
                self.providers[made.provider] += 1


def maker_of(made: Provenance) -> Maker:
    """The package behind a prediction."""
    return made.model, made.version, made.sha256


def by_session(sessions: Iterable[Session]) -> dict[int, tuple[Session, Tally]]:
    """An empty tally for each session, by its id."""
    return {session.id: (session, Tally()) for session in sessions}

"""Any sequence of operations leaves what a plain model in memory says, also after closing."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    Review,
    UncertainReason,
    Verdict,
)
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryFilter, HistoryImage, ReviewState
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History
from hematodesk.storage.text import fold

CLASSES = ("eosinophil", "lymphocyte", "monocyte")
TIMES = st.integers(0, 60).map(lambda n: f"2026-03-{n // 24 + 1:02}T{n % 24:02}:30:00.000Z")
TEXTS = st.text(alphabet="aÀàß\u0301_ \U0001f9ea", max_size=4)


def prediction_of(class_id: str, uncertain: bool, when: str, provider: str) -> Prediction:
    others = [other for other in CLASSES if other != class_id]
    return Prediction(
        ((class_id, 0.5), (others[0], 0.3), (others[1], 0.2)),
        UncertainReason.UNFAMILIAR if uncertain else None,
        Provenance("wbc4", "1.0.0", "ab", "auto", provider, 1.5, when),
    )


PREDICTIONS = st.builds(
    prediction_of, st.sampled_from(CLASSES), st.booleans(), TIMES, st.sampled_from(["cpu", "cuda"])
)
CELLS = st.builds(
    Cell,
    st.builds(Box, st.integers(-5, 700), st.integers(-5, 500), st.integers(1, 99), st.integers(1, 99)),
    st.sampled_from(CellOrigin),
    st.floats(0, 1),
    st.none() | PREDICTIONS,
)
OPERATORS = TEXTS.map(Operator.named)
REVIEWS = st.builds(
    Review, st.just(Verdict.CORRECTED), st.sampled_from(CLASSES), OPERATORS, TIMES
) | st.builds(Review, st.just(Verdict.REJECTED), st.none(), OPERATORS, TIMES)
RESULTS = st.builds(
    ImageResult,
    name=TEXTS,
    path=TEXTS,
    digest=st.sampled_from(["", "11", "22"]),
    width=st.integers(0, 5000),
    height=st.integers(0, 5000),
    status=st.sampled_from(ImageStatus),
    cells=st.lists(CELLS, max_size=3).map(tuple),
    notices=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    thumbnail=st.binary(max_size=3),
    red_cell_diameter=st.none() | st.floats(1, 100),
    elapsed_ms=st.floats(0, 1e6),
    created_at=TIMES,
)


class HistoryMachine(RuleBasedStateMachine):
    """The history beside dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "history.sqlite3"
        self.history = History.open(self.path)
        self.live: dict[int, HistoryImage] = {}
        self.deleted: dict[int, HistoryImage] = {}
        self.sessions: list[int] = []

    def teardown(self) -> None:
        assert self.history.check() == []
        self.history.close()
        self.folder.cleanup()

    @initialize()
    def begin_first_session(self) -> None:
        self.sessions.append(self.history.begin_session(Operator.named("Ada")))

    @rule()
    def begin_session(self) -> None:
        self.begin_first_session()

    @rule(results=st.lists(RESULTS, max_size=4), data=st.data())
    def save(self, results: list[ImageResult], data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(self.sessions))
        saved = self.history.save_results(session, results)
        bare = [dataclasses.replace(cell, id=None) for image in saved for cell in image.result.cells]
        assert bare == [cell for result in results for cell in result.cells]
        self.live.update((image.id, image) for image in saved)

    def choose_cell(self, data: st.DataObject) -> tuple[int, Cell]:
        image_id = data.draw(st.sampled_from([n for n, image in self.live.items() if image.result.cells]))
        return image_id, data.draw(st.sampled_from(self.live[image_id].result.cells))

    def put_cell(self, image_id: int, changed: Cell) -> None:
        image = self.live[image_id]
        cells = tuple(changed if cell.id == changed.id else cell for cell in image.result.cells)
        self.live[image_id] = dataclasses.replace(
            image, result=dataclasses.replace(image.result, cells=cells)
        )

    def has_cells(self) -> bool:
        return any(image.result.cells for image in self.live.values())

    @precondition(has_cells)
    @rule(review=st.none() | REVIEWS, data=st.data())
    def review(self, review: Review | None, data: st.DataObject) -> None:
        image_id, cell = self.choose_cell(data)
        changed = dataclasses.replace(cell, review=review)
        assert self.history.set_review(cell.id, review) == changed
        self.put_cell(image_id, changed)

    @precondition(has_cells)
    @rule(removed=st.booleans(), data=st.data())
    def remove(self, removed: bool, data: st.DataObject) -> None:
        image_id, cell = self.choose_cell(data)
        self.put_cell(image_id, self.history.set_cell_removed(cell.id, removed))
        assert self.history.cell(cell.id).removed is removed

    @precondition(has_cells)
    @rule(note=TEXTS, data=st.data())
    def note_cell(self, note: str, data: st.DataObject) -> None:
        image_id, cell = self.choose_cell(data)
        changed = dataclasses.replace(cell, note=note)
        assert self.history.set_cell_note(cell.id, note) == changed
        self.put_cell(image_id, changed)

    @precondition(lambda self: self.live)
    @rule(note=TEXTS, data=st.data())
    def note_image(self, note: str, data: st.DataObject) -> None:
        image_id = data.draw(st.sampled_from(list(self.live)))
        self.live[image_id] = dataclasses.replace(self.live[image_id], note=note)
        assert self.history.set_image_note(image_id, note) == self.live[image_id]

    @precondition(lambda self: self.live)
    @rule(cell=CELLS, data=st.data())
    def add_cell(self, cell: Cell, data: st.DataObject) -> None:
        image_id = data.draw(st.sampled_from(list(self.live)))
        image, saved = self.live[image_id], self.history.add_cell(image_id, cell)
        result = dataclasses.replace(image.result, cells=(*image.result.cells, saved))
        self.live[image_id] = dataclasses.replace(image, result=result)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.sampled_from(list(self.live)), unique=True))
        assert self.history.delete_images(ids) == sorted(ids)
        self.deleted.update((image_id, self.live.pop(image_id)) for image_id in ids)

    @precondition(lambda self: self.deleted)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.sampled_from(list(self.deleted)), unique=True))
        assert self.history.restore_images(ids) == sorted(ids)
        self.live.update((image_id, self.deleted.pop(image_id)) for image_id in ids)

    @rule()
    def reopen(self) -> None:
        self.history.close()
        self.history = History.open(self.path)
        self.deleted.clear()

    @rule(
        text=TEXTS,
        class_id=st.sampled_from(["", *CLASSES]),
        since=st.just("") | TIMES,
        until=st.just("") | TIMES,
        review_state=st.none() | st.sampled_from(ReviewState),
        uncertain_only=st.booleans(),
        status=st.none() | st.sampled_from(ImageStatus),
        session_id=st.none() | st.integers(1, 3),
    )
    def list_some(self, **fields: object) -> None:
        chosen = HistoryFilter(**fields)
        expected = [number for number in sorted(self.live, reverse=True) if fits(self.live[number], chosen)]
        assert [row.id for row in self.history.page(chosen)] == expected
        assert self.history.count(chosen) == len(expected)

    @invariant()
    def everything_is_there(self) -> None:
        rows = self.history.page()
        assert [row.id for row in rows] == sorted(self.live, reverse=True)
        for row in rows:
            assert self.history.image(row.id) == self.live[row.id]
        for digest in ("11", "22"):
            same = [number for number, image in self.live.items() if image.result.digest == digest]
            found = self.history.find_by_digest(digest)
            assert (found.id if found else None) == max(same, default=None)


def fits(image: HistoryImage, chosen: HistoryFilter) -> bool:
    """The filter, read from its description."""
    cells = [cell for cell in image.result.cells if not cell.removed]
    reviewed = [cell.review is not None for cell in cells]
    if not cells:
        state = ReviewState.NONE
    elif all(reviewed):
        state = ReviewState.DONE
    else:
        state = ReviewState.PARTLY if any(reviewed) else ReviewState.OPEN
    return (
        fold(chosen.text) in fold(image.result.name)
        and (not chosen.class_id or chosen.class_id in [cell.label for cell in cells])
        and (not chosen.since or chosen.since <= image.result.created_at)
        and (not chosen.until or image.result.created_at < chosen.until)
        and chosen.review_state in (None, state)
        and (not chosen.uncertain_only or any(cell.uncertain for cell in cells))
        and chosen.status in (None, image.result.status)
        and chosen.session_id in (None, image.session_id)
    )


TestOperations = HistoryMachine.TestCase
TestOperations.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

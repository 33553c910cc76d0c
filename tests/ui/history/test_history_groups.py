"""Which row shows what, whatever came, went and was ordered anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import ImageSummary, ReviewState, Session
from hematodesk.domain.operators import Operator
from hematodesk.ui.history.groups import SessionGroup, SessionGroups


def row(image_id: int) -> ImageSummary:
    return ImageSummary(image_id, 1, "a.png", ImageStatus.OK, "", 0, 0, (), None, ReviewState.NONE, "", False)


def group(*ids: int) -> SessionGroup:
    made = SessionGroup(Session(1, Operator.named(""), "", "", len(ids)), unfolded=True)
    made.put(0, [row(each) for each in ids])
    return made


def check(made: SessionGroup, gone: set[int]) -> None:
    assert [made.place_of(image.id) for image in made.images] == list(range(len(made.images)))
    assert all(made.holds(image.id) for image in made.images)
    assert all(made.place_of(each) == -1 and not made.holds(each) for each in gone)


@given(
    st.lists(st.tuples(st.sampled_from(["append", "put", "take", "turn"]), st.integers(0, 99)), max_size=30)
)
def test_every_image_is_found_where_it_stands(steps: list[tuple[str, int]]) -> None:
    made, gone, fresh = group(), set[int](), 0
    for step, number in steps:
        size = len(made.images)
        if step == "append" or (step == "put" and not size):
            made.put(size, [row(fresh), row(fresh + 1)])
            fresh += 2
        elif step == "put":
            made.put(number % size, [row(fresh)])
            fresh += 1
        elif step == "take" and size:
            first = number % size
            gone |= {image.id for image in made.images[first : first + 2]}
            made.take(first, min(size, first + 2))
        elif step == "turn":
            made.order(made.images[::-1])
        # Asked for in between or not: what is known of places must hold either way.
        if number % 2:
            check(made, gone)
    check(made, gone)


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True))
def test_new_images_come_where_the_order_has_them_and_none_twice(there: list[int], new: list[int]) -> None:
    made = group(*sorted(there))
    for place, together in made.stretches([row(each) for each in new], lambda image: image.id):
        assert together
        made.put(place, together)
    assert [image.id for image in made.images] == sorted({*there, *new})


@given(st.lists(st.integers(0, 40), unique=True), st.sets(st.integers(0, 40)))
def test_runs_are_taken_from_the_end(there: list[int], ids: set[int]) -> None:
    made = group(*there)
    for first, end in reversed(made.runs_of(ids)):
        made.take(first, end)
    assert [image.id for image in made.images] == [each for each in there if each not in ids]


def test_a_row_shows_a_heading_or_an_image() -> None:
    folded, open_ = group(1, 2), group(3, 4)
    folded.unfolded = False
    groups = SessionGroups([folded, open_])
    assert groups.rows == 4
    assert [groups.at(number) for number in range(4)] == [
        (folded, None),
        (open_, None),
        (open_, open_.images[0]),
        (open_, open_.images[1]),
    ]
    assert groups.start(open_) == 1
    assert groups.holding(4) is open_
    groups.remove(folded)
    groups.count()
    assert groups.rows == 3 and groups.start(open_) == 0 and groups.holding(1) is None

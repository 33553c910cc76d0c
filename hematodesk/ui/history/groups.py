"""The list's rows as sessions with their loaded images. Without Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from hematodesk.domain.history import ImageSummary, Session


@dataclass(slots=True, eq=False)
class SessionGroup:
    """A session with its loaded images.

    Attributes:
        unfolded: whether its images have rows.
        images: in the order in which they are listed.
        loaded: whether its images are there, or asked for.
        waiting: images that have come, of a session that is shown when all of it has.
        version: grows with each change of the images.
    """

    session: Session
    unfolded: bool = False
    images: list[ImageSummary] = field(default_factory=list)
    loaded: bool = False
    waiting: list[ImageSummary] = field(default_factory=list)
    version: int = 0
    _ids: set[int] = field(default_factory=set, init=False)
    _places: dict[int, int] = field(default_factory=dict, init=False)
    """Image id to place, of all images or of none: made when it is asked for."""

    @property
    def rows(self) -> int:
        """The heading, and the images when they are unfolded."""
        return 1 + (len(self.images) if self.unfolded else 0)

    def holds(self, image_id: int) -> bool:
        """Whether an image is loaded."""
        return image_id in self._ids

    def place_of(self, image_id: int) -> int:
        """Where an image stands among the session's; -1 when it is not loaded."""
        if image_id not in self._ids:
            return -1
        if len(self._places) != len(self.images):
            self._places = {image.id: place for place, image in enumerate(self.images)}
        return self._places[image_id]

    def put(self, place: int, images: Sequence[ImageSummary]) -> None:
        """Put new images before the one at that place."""
        if place == len(self.images) == len(self._places):
            # As a batch adds them: all that is known of the others' places holds.
            self._places.update((image.id, place + number) for number, image in enumerate(images))
        else:
            self._places = {}
        self.images[place:place] = images
        self._ids.update(image.id for image in images)
        self.version += 1

    def take(self, first: int, end: int) -> None:
        """Take the images from one place to before another."""
        self._ids.difference_update(image.id for image in self.images[first:end])
        del self.images[first:end]
        self._places = {}
        self.version += 1

    def order(self, images: list[ImageSummary], places: dict[int, int] | None = None) -> None:
        """The same images in another order; `places` (id to place) if they are known."""
        self.images, self._places = images, places or {}

    def replace(self, place: int, image: ImageSummary) -> None:
        """An image's row anew, in its place."""
        self.images[place] = image
        self.version += 1

    def stretches(
        self, images: Iterable[ImageSummary], key: Callable[[ImageSummary], Any]
    ) -> Iterator[tuple[int, list[ImageSummary]]]:
        """New images as (place, those that stand together there), in the order of the keys.

        Each is to be put in before the next is asked for. Images that are loaded are left out.
        """
        fresh = sorted((image for image in images if not self.holds(image.id)), key=key)
        done = 0
        while done < len(fresh):
            place = bisect_right(self.images, key(fresh[done]), key=key)
            below = key(self.images[place]) if place < len(self.images) else None
            end = done + 1
            while end < len(fresh) and (below is None or key(fresh[end]) < below):
                end += 1
            yield place, fresh[done:end]
            done = end

    def runs_of(self, ids: set[int]) -> list[tuple[int, int]]:
        """Where these images stand, as (first place, place after the last) of those that stand together."""
        found: list[tuple[int, int]] = []
        for place, image in enumerate(self.images):
            if image.id not in ids:
                continue
            if found and found[-1][1] == place:
                found[-1] = (found[-1][0], place + 1)
            else:
                found.append((place, place + 1))
        return found


class SessionGroups:
    """The groups in the list's order, and the row at which each begins."""

    def __init__(self, groups: Iterable[SessionGroup] = ()) -> None:
        self._groups = list(groups)
        self._starts: list[int] = []
        self.count()

    def __iter__(self) -> Iterator[SessionGroup]:
        """A snapshot of the groups."""
        return iter(tuple(self._groups))

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return self._starts[-1] + self._groups[-1].rows if self._groups else 0

    def of(self, session_id: int) -> SessionGroup | None:
        """A session's group, if it is listed."""
        return next((group for group in self._groups if group.session.id == session_id), None)

    def holding(self, image_id: int) -> SessionGroup | None:
        """The group in which an image is loaded."""
        return next((group for group in self._groups if group.holds(image_id)), None)

    def row_of(self, image_id: int) -> int:
        """The row of an image; -1 when it is not loaded or folded away."""
        group = self.holding(image_id)
        if group is None or not group.unfolded:
            return -1
        return self.start(group) + 1 + group.place_of(image_id)

    def at(self, row: int) -> tuple[SessionGroup, ImageSummary | None]:
        """The content of a row: a group's heading, or one of its images."""
        place = bisect_right(self._starts, row) - 1
        group = self._groups[place]
        within = row - self._starts[place]
        return group, None if within == 0 else group.images[within - 1]

    def place_for(self, session_id: int) -> tuple[int, int]:
        """Where a session that is not listed belongs, the newest first: its place, and the row there."""
        for place, group in enumerate(self._groups):
            if group.session.id < session_id:
                return place, self._starts[place]
        return len(self._groups), self.rows

    def start(self, group: SessionGroup) -> int:
        """The row of a group's heading."""
        return self._starts[self._groups.index(group)]

    # `count` is to be called after these, and after whatever changes a group's number of rows.

    def add(self, group: SessionGroup, place: int | None = None) -> None:
        """List one more, before the one at that place or as the last."""
        self._groups.insert(len(self._groups) if place is None else place, group)

    def remove(self, group: SessionGroup) -> None:
        """List one no more."""
        self._groups.remove(group)

    def count(self) -> None:
        """Find the rows at which the groups begin anew."""
        self._starts = [0, *accumulate(group.rows for group in self._groups)][: len(self._groups)]

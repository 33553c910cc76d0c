"""The input of a run: images one by one, and their number once it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hematodesk.workflow.analysis.image_files import ImageListing
from hematodesk.workflow.analysis.sources import Source


class SourceStream(Protocol):
    """Sources in order. Iterating may wait; it ends with the last one, or after `stop`."""

    def __iter__(self) -> Iterator[Source]: ...

    def __next__(self) -> Source: ...

    @property
    def roots(self) -> tuple[Path, ...]:
        """The files and folders that were named."""
        ...

    @property
    def total(self) -> int | None:
        """How many sources there are in all; None while it is not known."""
        ...

    def stop(self) -> None:
        """End the stream, and wake a thread that waits for it."""
        ...

    def anew(self) -> SourceStream:
        """The same from the beginning; a listing that `list_all` has yet to be called for."""
        ...


class FixedSources:
    """A fixed list of sources.

    Args:
        roots: what they were named by, where that is not their own paths.
    """

    def __init__(self, sources: Sequence[Source], roots: Sequence[Path] | None = None) -> None:
        self._sources = tuple(sources)
        self._roots = (
            tuple(roots)
            if roots is not None
            else tuple(source for source in self._sources if isinstance(source, Path))
        )
        self._taken = 0
        self._stopped = False

    def __iter__(self) -> Iterator[Source]:
        return self

    def __next__(self) -> Source:
        if self._stopped or self._taken >= len(self._sources):
            raise StopIteration
        self._taken += 1
        return self._sources[self._taken - 1]

    @property
    def roots(self) -> tuple[Path, ...]:
        """What was named: by default the files among them."""
        return self._roots

    @property
    def total(self) -> int | None:
        """How many there are."""
        return len(self._sources)

    def stop(self) -> None:
        """End the stream."""
        self._stopped = True

    def anew(self) -> FixedSources:
        """The same from the beginning."""
        return FixedSources(self._sources, self._roots)


class LazySources:
    """Sources from an iterable of the caller, which may be endless."""

    roots: tuple[Path, ...] = ()

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = iter(sources)
        self._taken = 0
        self._over = False

    def __iter__(self) -> Iterator[Source]:
        return self

    def __next__(self) -> Source:
        if not self._over:
            for source in self._sources:
                self._taken += 1
                return source
            self._over = True
        raise StopIteration

    @property
    def total(self) -> int | None:
        """How many there were, once the last has been given."""
        return self._taken if self._over else None

    def stop(self) -> None:
        """End the stream."""
        self._over = True

    def anew(self) -> LazySources:
        """The rest of them: they can be read only once."""
        return self


def list_behind(stream: SourceStream, first: Callable[[], object]) -> int:
    """List a stream to its end, on a thread of its own; `first` is called there when one has come.

    Returns how many there are.
    """
    if isinstance(stream, ImageListing):
        return stream.list_all(first)
    if stream.total:
        first()
    return stream.total or 0

"""Takes an exported JSON document into the history: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.records import ImageRecord, Imported

if TYPE_CHECKING:
    from hematodesk.storage.history import History


def import_history(
    history: History,
    path: Path,
    *,
    cancel: CancelToken | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Read the file twice: once to check every line of it, then into the history in one transaction.

    What is there already stands as it is. Raises DocumentError, HistoryError, Cancelled (nothing
    was added then).
    """
    from hematodesk.reporting.json_import import read_contents, read_records

    contents = read_contents(path)
    records = _watched(read_records(path), contents.images, cancel, progress)
    return history.import_records(contents.sessions, records)


def _watched(
    records: Iterable[ImageRecord],
    total: int,
    cancel: CancelToken | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[ImageRecord]:
    for done, record in enumerate(records):
        if cancel is not None:
            cancel.check()
        if progress is not None:
            progress(done, total)
        yield record

"""Imports an exported JSON document into the history, all or nothing, while other work goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import DocumentError, HistoryError, ImageError
from hematodesk.domain.file_lock import A_LOOK_S, FileLock
from hematodesk.domain.messages import N_
from hematodesk.domain.records import ImageRecord, Imported

if TYPE_CHECKING:
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.storage.history import History

_LARGEST_THUMBNAIL = 512
"""Pixels of a side; ours have 96."""


def import_history(
    history: History,
    path: Path,
    reader: ImageReader,
    *,
    cancel: CancelToken | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Read the file twice: once to check every line of it, then into the history.

    What is there already stands as it is. A thumbnail that the reader cannot decode is left out: the
    window shows thumbnails without a reader. Raises DocumentError, Cancelled, HistoryError (nothing was
    added then): import_held when another import into this history is under way.
    """
    from hematodesk.reporting.json_import import read_contents, read_records

    token = cancel if cancel is not None else CancelToken()
    contents = read_contents(path, token.check)
    lock = _import_lock(history)
    if not lock.take(A_LOOK_S):
        raise HistoryError(
            "import_held",
            N_("Errors", "Another window or command is importing into this history."),
            N_("Errors", "Wait until it has ended, then import the file again."),
        )
    try:
        records = _known_sessions(read_records(path), {each.id for each in contents.sessions}, path.name)
        records = _prepared(records, reader, contents.images, token, progress)
        return history.import_records(contents.sessions, records)
    finally:
        lock.release()


def clear_killed_imports(history: History, cancel: CancelToken) -> int:
    """Remove what killed imports left unseen in the history; how many images. Raises Cancelled, HistoryError.

    Nothing is done while an import is under way, nor where that cannot be known: on a network drive another
    computer may be at it. There it goes with the old deletions, a day later.
    """
    lock = _import_lock(history)
    if history.on_network or not lock.take():
        return 0
    try:
        return history.clear_killed_imports(cancel.check) if lock.held else 0
    finally:
        lock.release()


def _import_lock(history: History) -> FileLock:
    return FileLock(history.path.with_name("import.lock"))


def _known_sessions(
    records: Iterable[ImageRecord], sessions: Collection[int], name: str
) -> Iterator[ImageRecord]:
    """The records of the second reading, as long as the sessions are those of the first."""
    for record in records:
        if record.image.session_id not in sessions:
            raise DocumentError(
                "import_invalid",
                N_("Errors", "“{name}” was changed while it was read."),
                N_("Errors", "Import it again when no other program writes to it."),
                name=name,
            )
        yield record


def _prepared(
    records: Iterable[ImageRecord],
    reader: ImageReader,
    total: int,
    cancel: CancelToken,
    progress: Callable[[int, int], None] | None,
) -> Iterator[ImageRecord]:
    for done, record in enumerate(records):
        cancel.check()
        if progress is not None:
            progress(done, total)
        yield _looked_at(record, reader)


def _looked_at(record: ImageRecord, reader: ImageReader) -> ImageRecord:
    """The record, with a thumbnail only when it is a picture and a small one."""
    result = record.image.result
    if not result.thumbnail:
        return record
    try:
        small = max(reader.decode(result.thumbnail, result.name).pixels.shape) <= _LARGEST_THUMBNAIL
    except ImageError:
        small = False
    if small:
        return record
    return replace(record, image=replace(record.image, result=replace(result, thumbnail=b"")))

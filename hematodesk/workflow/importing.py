"""Takes an exported JSON document into the history: all of it or nothing."""

from __future__ import annotations

import errno
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError, ImageError
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
    """Read the file twice: once to check every line of it, then into the history in one transaction.

    What is there already stands as it is. A thumbnail that the reader cannot decode is left out: the
    window shows thumbnails without a reader. Raises DocumentError, HistoryError, Cancelled (nothing
    was added then), and history_full when there is no room to prepare it.
    """
    from hematodesk.reporting.json_import import read_contents, read_records

    token = cancel if cancel is not None else CancelToken()
    contents = read_contents(path, token.check)
    records = _prepared(read_records(path), reader, contents.images, token, progress)
    # Nobody else can write to the history during the transaction, not even a review: what takes long
    # (parsing, looking at thumbnails) is done before it.
    with _set_aside(records, history.path.parent) as prepared:
        return history.import_records(contents.sessions, _watched(prepared, token))


@contextmanager
def _set_aside(records: Iterable[ImageRecord], folder: Path) -> Iterator[Iterator[ImageRecord]]:
    """The records in a file of the program's own, to be read again quickly. Raises HistoryError."""

    def again() -> Iterator[ImageRecord]:
        while aside.tell() < end:
            yield pickle.load(aside)

    # It has no name, so that nobody can change it and a killed program leaves nothing behind.
    with ExitStack() as stack:
        try:
            aside = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            for record in records:
                pickle.dump(record, aside, pickle.HIGHEST_PROTOCOL)
            end = aside.tell()
            aside.seek(0)
        except OSError as fault:
            with suppress(OSError):
                # It would try once more to write what there is no room for.
                stack.close()
            raise HistoryError(
                "history_full" if fault.errno == errno.ENOSPC else "history_unwritable",
                f"The data folder takes no more: {fault.strerror or fault}.",
                "Make room on its drive, or allow writing to it; nothing was imported.",
            ) from fault
        yield again()


def _watched(records: Iterable[ImageRecord], cancel: CancelToken) -> Iterator[ImageRecord]:
    for record in records:
        cancel.check()
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

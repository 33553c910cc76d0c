"""Operations on the whole history: copying, checking, exporting and importing."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.files import Rights
from hematodesk.domain.history import HistoryFilter, HistoryImage, Session
from hematodesk.domain.messages import N_
from hematodesk.domain.records import ImageRecord, Imported
from hematodesk.domain.targets import is_same_file
from hematodesk.storage import filtering, health, intake, reading, transfer
from hematodesk.storage.backup import copy_database
from hematodesk.storage.database import Database

_EXPORT_BATCH = 200
_ALL = 2**62


class CopiesOfHistory:
    """The part of History that handles all of it at once."""

    _database: Database

    def backup(self, target: Path, cancel: CancelToken | None = None, rights: Rights = Rights.USUAL) -> None:
        """Copy the history into one file, verified; other work goes on meanwhile.

        An existing target is replaced only by a whole copy. Raises Cancelled, ExportError
        (export_unwritable) for a target that a person must not choose, and HistoryError:
        backup_failed, and history_full or history_unwritable for the target.

        Args:
            rights: PRIVATE for the program's own backups.
        """
        if is_same_file(target, self._database.path):
            raise HistoryError(
                "backup_failed",
                N_("Errors", "{name} is the history itself."),
                N_("Errors", "Choose another name or folder."),
                name=target.name,
            )
        with self._database.guarded(), contextlib.closing(self._database.connect()) as source:
            copy_database(source, target, cancel, rights)

    def check(self, *, values: bool = False) -> list[str]:
        """All that is wrong with the file, a sentence each; empty when it is whole. Reads all of it.

        With `values` each image is also read as the program reads it, which takes some minutes for
        a million.
        """
        with self._database.guarded(), contextlib.closing(self._database.connect()) as source:
            problems = health.full_check(source)
            return problems or (health.value_check(source) if values else [])

    def image_ids(self, chosen: HistoryFilter | Sequence[int] | None = None) -> Sequence[int]:
        """The images that a filter chooses (all without one), oldest first; ids are given back as they are.

        Raises HistoryError filter_invalid too.
        """
        if chosen is not None and not isinstance(chosen, HistoryFilter):
            return chosen
        with self._database.read() as connection:
            ids = array("q", filtering.page_ids(connection, chosen or HistoryFilter(), None, _ALL))
        ids.reverse()
        return ids

    def export_rows(self, chosen: HistoryFilter | Sequence[int] | None = None) -> Iterator[HistoryImage]:
        """Images with their cells, without thumbnails: of a filter, oldest first, or of ids, in that order.

        All without an argument. Reads in small groups, so that other work goes on between them and
        memory stays flat; images deleted meanwhile are passed over.
        """
        for ids in _batches(self.image_ids(chosen)):
            with self._database.read() as connection:
                found = reading.images_of(connection, ids)
            yield from (found[image_id] for image_id in ids if image_id in found)

    def records(self, chosen: HistoryFilter | Sequence[int] | None = None) -> Iterator[ImageRecord]:
        """The same images in the same order with all that is known of them."""
        for ids in _batches(self.image_ids(chosen)):
            with self._database.read() as connection:
                found = transfer.records_of(connection, ids)
            yield from found

    def sessions_of_images(self, ids: Sequence[int]) -> list[Session]:
        """The sessions that these images belong to, oldest first; their counts are of all their images."""
        with self._database.read() as connection:
            return transfer.sessions_of_images(connection, ids)

    def import_records(self, sessions: Iterable[Session], records: Iterable[ImageRecord]) -> Imported:
        """Add images with all that is known of them, all or none; existing ones stay unchanged.

        Other work goes on meanwhile, so one import at a time: a second one does not see the first one's
        images before they are all there.

        Args:
            sessions: with the ids used in the records; kept where they are free.
            records: may be slow.

        Whatever the iterators raise ends the import with nothing added.
        """
        return intake.take_in(self._database, sessions, records)

    def clear_killed_imports(self, check: Callable[[], object]) -> int:
        """Remove what killed imports left hidden; see intake.clear_killed."""
        return intake.clear_killed(self._database, check)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _EXPORT_BATCH] for start in range(0, len(ids), _EXPORT_BATCH))

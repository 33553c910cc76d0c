"""The history: everything analysed and reviewed, kept until a person deletes it.

HistoryError codes: history_newer, history_damaged, history_foreign, history_locked,
history_unwritable, history_full, history_missing, history_closed, note_too_long, filter_invalid,
backup_failed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell, ImageResult, Prediction, Review, now_utc
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import (
    HistoryFilter,
    HistoryImage,
    ImageSummary,
    Run,
    RunOptions,
    RunState,
    RunSummary,
    Session,
)
from hematodesk.domain.limits import MAX_NOTE_CHARACTERS
from hematodesk.domain.records import ImageRecord, Imported
from hematodesk.storage import faults, filtering, health, listing, reading, runs, tally, transfer, writing
from hematodesk.storage.backup import copy_database
from hematodesk.storage.database import Database

_UNDO_PERIOD = timedelta(days=1)
"""Deletions of a window that never closed (a crash) are kept this long; another window may be open."""

_EXPORT_BATCH = 200
_ALL = 2**62


class History:
    """One history file. Any thread may call any method, one at a time; writes are on the disk on return.

    Every method may raise HistoryError with a code listed above; ids that are unknown, deleted or
    purged raise history_missing unless the method says otherwise.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deleted: set[int] = set()

    @classmethod
    def open(cls, path: Path) -> History:
        """Open the file, or create it with its folders; brings an older one to the present schema.

        A file that may not be written is opened for reading (`read_only`). Raises HistoryError:
        history_newer, history_foreign, history_damaged, history_locked, history_unwritable,
        history_full.
        """
        history = cls(Database(path))
        if not history.read_only:
            before = datetime.now(UTC) - _UNDO_PERIOD
            stamp = before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            try:
                with history._database.write() as connection:
                    writing.purge(connection, before=stamp)
            except BaseException:
                history._database.close()
                raise
        return history

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    @property
    def on_network(self) -> bool:
        """Whether it lies on a network drive and therefore keeps a rollback journal."""
        return self._database.on_network

    @property
    def read_only(self) -> bool:
        """Whether every write will raise history_unwritable."""
        return self._database.read_only

    def close(self) -> None:
        """Remove for good what was deleted through this object, and close the file.

        A second call does nothing.
        """
        if self._deleted and not self._database.closed:
            # Where it cannot be done now (a full disk, another writer), a later start does it.
            with contextlib.suppress(HistoryError), self._database.write() as connection:
                writing.purge(connection, self._deleted)
            self._deleted.clear()
        self._database.close()

    # Sessions

    def begin_session(self, operator: str) -> int:
        """Begin a sitting of that operator; its id."""
        with self._database.write() as connection:
            return writing.insert_session(connection, operator)

    def end_session(self, session_id: int) -> None:
        """Note the end of a sitting; an end noted before stays."""
        with self._database.write() as connection:
            connection.execute(
                # A clock that was set back must not end a sitting before it began.
                "UPDATE session SET ended_at = max(?, started_at) WHERE id = ? AND ended_at = ''",
                (now_utc(), session_id),
            )

    def sessions(self, include_empty: bool = False) -> list[Session]:
        """Sessions, newest first; those without an image only when asked for."""
        with self._database.read() as connection:
            return reading.sessions_of(connection, include_empty)

    # Images

    def save_result(self, session_id: int, result: ImageResult) -> HistoryImage:
        """Save one image; see save_results."""
        return self.save_results(session_id, [result])[0]

    def save_results(
        self,
        session_id: int,
        results: Sequence[ImageResult],
        run_id: int | None = None,
        instead_of: Iterable[int] = (),
    ) -> list[HistoryImage]:
        """Save images in one transaction: all or none. Returned in order, with the ids of images and cells.

        With `run_id` they are answers of that batch run. The images `instead_of` are deleted.

        Raises HistoryError history_missing for an unknown session, ValueError for a `created_at`
        that is no time.
        """
        with self._database.write() as connection:
            if connection.execute("SELECT 1 FROM session WHERE id = ?", (session_id,)).fetchone() is None:
                raise faults.missing(self.path, "session", session_id)
            saved = [writing.insert_image(connection, session_id, result) for result in results]
            listing.enlist(connection, [image.id for image in saved])
            if run_id is not None:
                runs.add_images(connection, run_id, [image.id for image in saved])
            writing.delete(connection, instead_of)
            return saved

    def image(self, image_id: int) -> HistoryImage:
        """One image with its cells (removed ones included) and thumbnail."""
        with self._database.read() as connection:
            return self._image(reading.whole_image(connection, image_id), image_id)

    def _image(self, found: HistoryImage | None, image_id: int) -> HistoryImage:
        if found is None:
            raise faults.missing(self.path, "image", image_id)
        return found

    def find_by_digest(self, digest: str) -> HistoryImage | None:
        """The latest image with that digest that is not deleted, as `image` gives it."""
        with self._database.read() as connection:
            image_id = reading.latest_with_digest(connection, digest)
            return None if image_id is None else reading.whole_image(connection, image_id)

    def images_with_digest(
        self, digest: str, run_id: int | None = None, limit: int = 8
    ) -> list[HistoryImage]:
        """The latest images with that digest, newest first, without thumbnails; of one run, if named."""
        with self._database.read() as connection:
            return reading.with_digest(connection, digest, run_id, limit)

    def thumbnail(self, image_id: int) -> bytes:
        """JPEG bytes; empty when there is none."""
        return self.thumbnails([image_id]).get(image_id, b"")

    def thumbnails(self, ids: Iterable[int]) -> dict[int, bytes]:
        """JPEG bytes by image id; no entry for an image without."""
        with self._database.read() as connection:
            return reading.thumbnails_of(connection, ids)

    def count(self, chosen: HistoryFilter | None = None) -> int:
        """How many images the filter chooses; all without one. Raises HistoryError filter_invalid too."""
        with self._database.read() as connection:
            return filtering.count(connection, chosen or HistoryFilter())

    def page(
        self,
        chosen: HistoryFilter | None = None,
        after: ImageSummary | None = None,
        limit: int = 200,
        *,
        oldest_first: bool = False,
        without: Sequence[int] = (),
    ) -> list[ImageSummary]:
        """At most `limit` of the chosen images, newest first, of those that come after `after`.

        Images of the sessions `without` are passed over.

        `after` is the last row of the page before; it may have been deleted since. Raises
        HistoryError filter_invalid too.
        """
        with self._database.read() as connection:
            return filtering.page(
                connection,
                chosen or HistoryFilter(),
                None if after is None else after.id,
                limit,
                oldest_first=oldest_first,
                without=without,
            )

    def summaries(self, ids: Iterable[int]) -> list[ImageSummary]:
        """The list's rows of these images, newest first; deleted and unknown ids have none."""
        with self._database.read() as connection:
            return filtering.summaries(connection, list(ids))

    def class_ids(self) -> list[str]:
        """The classes that are the label of some image's cell, that of most images first."""
        with self._database.read() as connection:
            return tally.class_ids(connection)

    def set_image_note(self, image_id: int, note: str) -> HistoryImage:
        """Write the image's note; empty takes it away. Raises HistoryError note_too_long too."""
        _check_note(note)
        with self._database.write() as connection:
            if not writing.set_image_note(connection, image_id, note):
                raise faults.missing(self.path, "image", image_id)
            return self._image(reading.whole_image(connection, image_id), image_id)

    # Batch runs

    def begin_run(self, options: RunOptions, total: int | None = None) -> int:
        """Note that a batch run begins; its id."""
        with self._database.write() as connection:
            return runs.insert(connection, options, total)

    def tell_run(self, run_id: int, total: int | None, done: int, failed: int) -> None:
        """Note how far a run has come."""
        with self._database.write() as connection:
            runs.tell(connection, run_id, total, done, failed)

    def add_to_run(self, run_id: int, image_ids: Iterable[int]) -> None:
        """Note that images known before are answers of a run, too."""
        with self._database.write() as connection:
            runs.add_images(connection, run_id, image_ids)

    def resume_run(self, run_id: int) -> dict[str, int]:
        """Note that a run goes on; the images that failed in it, by path: they are tried again."""
        with self._database.write() as connection:
            runs.set_state(connection, run_id, RunState.GOING)
            return runs.failures(connection, run_id)

    def set_run_state(self, run_id: int, state: RunState) -> None:
        """Note that a run goes on, was stopped or is done."""
        with self._database.write() as connection:
            runs.set_state(connection, run_id, state)

    def run(self, run_id: int) -> Run:
        """A run by its id."""
        with self._database.read() as connection:
            found = runs.one(connection, run_id)
        if found is None:
            raise faults.missing(self.path, "batch run", run_id)
        return found

    def unfinished_runs(self, limit: int = 10) -> list[Run]:
        """Runs that are going, were stopped or cut off, newest first."""
        with self._database.read() as connection:
            return runs.unfinished(connection, limit)

    def run_summary(self, run_id: int) -> RunSummary:
        """What a run's images hold, as the history has them now. Unknown runs have none."""
        with self._database.read() as connection:
            return runs.summary(connection, run_id)

    # Cells

    def add_cell(self, image_id: int, cell: Cell) -> Cell:
        """Save one more cell of an image; returned with its id."""
        with self._database.write() as connection:
            if not listing.is_listed(connection, image_id):
                raise faults.missing(self.path, "image", image_id)
            saved = writing.insert_cell(connection, image_id, cell)
            listing.refresh(connection, image_id)
            return saved

    def cell(self, cell_id: int) -> Cell:
        """One cell with its latest prediction and review."""
        with self._database.read() as connection:
            return self._cell(reading.cell_and_image(connection, cell_id), cell_id)[0]

    def image_of_cell(self, cell_id: int) -> int:
        """The id of the cell's image."""
        with self._database.read() as connection:
            return self._cell(reading.cell_and_image(connection, cell_id), cell_id)[1]

    def _cell(self, found: tuple[Cell, int] | None, cell_id: int) -> tuple[Cell, int]:
        if found is None:
            raise faults.missing(self.path, "cell", cell_id)
        return found

    def set_cell_removed(self, cell_id: int, removed: bool) -> Cell:
        """Mark a cell as removed, or bring it back."""
        return self._change_cell(cell_id, lambda rows: writing.set_removed(rows, cell_id, removed))

    def set_review(self, cell_id: int, review: Review | None) -> Cell:
        """Save a verdict, which stands from now on; None withdraws it. Earlier ones are kept."""
        return self._change_cell(cell_id, lambda rows: writing.insert_review(rows, cell_id, review))

    def set_cell_note(self, cell_id: int, note: str) -> Cell:
        """Write a cell's note; empty takes it away. Raises HistoryError note_too_long too."""
        _check_note(note)
        return self._change_cell(cell_id, lambda rows: writing.set_cell_note(rows, cell_id, note))

    def reviews(self, cell_id: int) -> list[Review | None]:
        """Every verdict ever given on a cell, oldest first; None where one was withdrawn."""
        with self._database.read() as connection:
            return reading.reviews_of(connection, cell_id)

    def predictions(self, cell_id: int) -> list[Prediction]:
        """Every prediction of a cell, oldest first."""
        with self._database.read() as connection:
            return reading.predictions_of(connection, cell_id)

    def _change_cell(self, cell_id: int, change: Callable[[sqlite3.Connection], None]) -> Cell:
        with self._database.write() as connection:
            _, image_id = self._cell(reading.cell_and_image(connection, cell_id), cell_id)
            change(connection)
            listing.refresh(connection, image_id)
            return self._cell(reading.cell_and_image(connection, cell_id), cell_id)[0]

    # Deleting, backup, export

    def delete_images(self, ids: Iterable[int]) -> list[int]:
        """Delete images so that they can be brought back until `close`.

        Returns the ids that were there to delete; others are passed over.
        """
        with self._database.write() as connection:
            gone = writing.delete(connection, ids)
        self._deleted.update(gone)
        return gone

    def restore_images(self, ids: Iterable[int]) -> list[int]:
        """Bring deleted images back; returns the ids that were still there to bring back."""
        with self._database.write() as connection:
            back = writing.restore(connection, ids)
        self._deleted.difference_update(back)
        return back

    def backup(self, target: Path, cancel: CancelToken | None = None) -> None:
        """Copy the history into one file, verified; other work goes on meanwhile.

        An existing target is replaced only by a whole copy. Raises Cancelled, and HistoryError:
        backup_failed, and history_full or history_unwritable for the target.
        """
        if _same_file(target, self.path):
            raise HistoryError(
                "backup_failed", f"{target.name} is the history itself.", "Choose another name or folder."
            )
        with self._database.guarded(), contextlib.closing(self._database.connect()) as source:
            copy_database(source, target, cancel)

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
        """Add images with all that is known of them, all or none; what is there already stands as it is.

        Args:
            sessions: with the ids that the records name them by; kept where they are free.

        Whatever the iterators raise ends the import with nothing added.
        """
        with self._database.write() as connection:
            return transfer.insert_records(connection, sessions, records)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _EXPORT_BATCH] for start in range(0, len(ids), _EXPORT_BATCH))


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE_CHARACTERS:
        raise HistoryError(
            "note_too_long",
            f"The note has {len(note)} characters; at most {MAX_NOTE_CHARACTERS} are kept.",
            "Shorten the note.",
        )


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False

"""The history: everything analysed and reviewed, kept until a person deletes it.

HistoryError codes: history_newer, history_damaged, history_foreign, history_locked,
history_unwritable, history_full, history_missing, history_closed, note_too_long, filter_invalid,
backup_failed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hematodesk.domain.cells import Cell, ImageResult, Prediction, Review, now_utc
from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import (
    CellFilter,
    CellOrder,
    HistoryFilter,
    HistoryImage,
    ImageSummary,
    ListedCell,
    Session,
)
from hematodesk.domain.limits import MAX_NOTE_CHARACTERS
from hematodesk.domain.messages import N_
from hematodesk.domain.operators import Operator
from hematodesk.storage import cell_pages, faults, filtering, intake, listing, reading, runs, tally, writing
from hematodesk.storage.database import Database
from hematodesk.storage.history_copies import CopiesOfHistory
from hematodesk.storage.history_runs import RunsOfHistory

_UNDO_PERIOD = timedelta(days=1)
"""Deletions of a window that never closed (a crash) are kept this long; another window may be open."""


class History(RunsOfHistory, CopiesOfHistory):
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
                # First: the purge would remove what a killed import has still to list.
                intake.finish(history._database)
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

    def changes_by_others(self) -> int:
        """A number that changes when another connection has written to the file.

        What is written through this object does not change it:
        https://www.sqlite.org/pragma.html#pragma_data_version
        """
        with self._database.read() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

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

    def begin_session(self, operator: Operator) -> int:
        """Begin a session of that operator; returns its id."""
        with self._database.write() as connection:
            return writing.insert_session(connection, operator)

    def end_session(self, session_id: int) -> None:
        """Record the end of a session; an earlier recorded end stays."""
        with self._database.write() as connection:
            connection.execute(
                # With a clock set back a session must not end before it began.
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
        instead_of: Collection[int] = (),
    ) -> list[HistoryImage]:
        """Save images in one transaction: all or none. Returned in order, with the ids of images and cells.

        With `run_id` they are answers of that batch run. The images `instead_of` are deleted.

        Raises HistoryError history_missing for an unknown session, ValueError for a `created_at`
        that is no time.
        """
        with self._database.write() as connection:
            if connection.execute("SELECT 1 FROM session WHERE id = ?", (session_id,)).fetchone() is None:
                raise faults.missing(self.path, N_("Errors", "session"), session_id)
            saved = [writing.insert_image(connection, session_id, result) for result in results]
            listing.enlist(connection, [image.id for image in saved])
            if run_id is not None:
                runs.add_images(connection, run_id, [image.id for image in saved])
            if instead_of:
                writing.delete(connection, instead_of)
            return saved

    def image(self, image_id: int) -> HistoryImage:
        """One image with its cells (removed ones included) and thumbnail."""
        with self._database.read() as connection:
            return self._image(reading.whole_image(connection, image_id), image_id)

    def _image(self, found: HistoryImage | None, image_id: int) -> HistoryImage:
        if found is None:
            raise faults.missing(self.path, N_("Errors", "image"), image_id)
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
        """Write the image's note; an empty text removes it. Raises HistoryError note_too_long too."""
        _check_note(note)
        with self._database.write() as connection:
            if not writing.set_image_note(connection, image_id, note):
                raise faults.missing(self.path, N_("Errors", "image"), image_id)
            return self._image(reading.whole_image(connection, image_id), image_id)

    # Cells

    def add_cell(self, image_id: int, cell: Cell) -> Cell:
        """Save one more cell of an image; returned with its id."""
        with self._database.write() as connection:
            if not listing.is_listed(connection, image_id):
                raise faults.missing(self.path, N_("Errors", "image"), image_id)
            saved = writing.insert_cell(connection, image_id, cell)
            listing.refresh(connection, image_id)
            return saved

    def cell(self, cell_id: int) -> Cell:
        """One cell with its latest prediction and review."""
        with self._database.read() as connection:
            return self._cell(reading.cell_and_image(connection, cell_id), cell_id)[0]

    def cells_page(
        self,
        chosen: CellFilter | None = None,
        order: CellOrder = CellOrder.TIME,
        after: ListedCell | None = None,
        limit: int = 200,
        *,
        classes: Sequence[str] = tuple(CELL_CLASSES),
    ) -> list[ListedCell]:
        """At most `limit` of the chosen cells in that order, of those that come after `after`.

        `after` is the last one of the page before; it may have been changed or deleted since. In the order of
        classes those of `classes` come first, then others by name, then cells that are unidentified, then
        those that were rejected. Raises HistoryError filter_invalid too.
        """
        with self._database.read() as connection:
            return cell_pages.page(connection, chosen or CellFilter(), order, classes, after, limit)

    def image_of_cell(self, cell_id: int) -> int:
        """The id of the cell's image."""
        with self._database.read() as connection:
            return self._cell(reading.cell_and_image(connection, cell_id), cell_id)[1]

    def _cell(self, found: tuple[Cell, int] | None, cell_id: int) -> tuple[Cell, int]:
        if found is None:
            raise faults.missing(self.path, N_("Errors", "cell"), cell_id)
        return found

    def set_cell_removed(self, cell_id: int, removed: bool) -> Cell:
        """Mark a cell as removed, or bring it back."""
        return self._change_cell(cell_id, lambda rows: writing.set_removed(rows, cell_id, removed))

    def set_review(self, cell_id: int, review: Review | None) -> Cell:
        """Save a verdict, which is valid from now on; None withdraws it. Earlier ones are kept."""
        return self._change_cell(cell_id, lambda rows: writing.insert_review(rows, cell_id, review))

    def set_cell_note(self, cell_id: int, note: str) -> Cell:
        """Write a cell's note; an empty text removes it. Raises HistoryError note_too_long too."""
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

    # Deleting

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


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE_CHARACTERS:
        raise HistoryError(
            "note_too_long",
            N_("Errors", "The note has {count} characters; at most {most} are kept."),
            N_("Errors", "Shorten the note."),
            count=len(note),
            most=MAX_NOTE_CHARACTERS,
        )

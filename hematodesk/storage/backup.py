"""Makes a verified copy of a live database. A plain file copy would lose the write-ahead log's content."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.files import Rights, make_folder, new_beside, sweep_left_over, sync_folder
from hematodesk.domain.messages import N_, reason_of
from hematodesk.domain.targets import settle
from hematodesk.storage import faults
from hematodesk.storage.drive import on_network
from hematodesk.storage.swap import HELPERS
from hematodesk.storage.trust import bounded, harden, quoted

_PAGES_AT_ONCE = 1024
_PAUSE_S = 0.01


def copy_database(
    source: sqlite3.Connection,
    target: Path,
    cancel: CancelToken | None = None,
    rights: Rights = Rights.PRIVATE,
) -> None:
    """Copy what `source` sees into one file without helper files, verify it, then put it in place.

    The source connection must be outside a transaction. An existing target is replaced only by a
    whole copy, whose content and name are on the disk on return. Raises Cancelled, and
    HistoryError: backup_failed, or the translation of SQLite's errors for the target.
    """
    token = cancel or CancelToken()
    with contextlib.ExitStack() as stack:
        try:
            if rights is Rights.USUAL:
                target = settle(target)
                target.parent.mkdir(parents=True, exist_ok=True)
            else:
                make_folder(target.parent)
            sweep_left_over(target.parent)
            part = _begun(target, rights, stack)
        except OSError as error:
            raise faults.unwritable(target, reason_of(error)) from error
        _copy_into(source, part, target, token)


def _begun(target: Path, rights: Rights, stack: contextlib.ExitStack) -> Path:
    """The empty file that the copy is written to; gone when the stack closes, unless it was put in place."""
    # On a network drive the lock could be one that SQLite's own meets.
    part, handle = new_beside(target, rights, lockable=not on_network(target.parent))
    for helper in ("", *HELPERS):
        stack.callback(_remove, part.with_name(part.name + helper))
    if os.name == "nt":
        # What is open could not be put in place.
        os.close(handle)
    else:
        stack.callback(os.close, handle)
    return part


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _copy_into(source: sqlite3.Connection, part: Path, target: Path, token: CancelToken) -> None:
    try:
        with contextlib.closing(sqlite3.connect(str(part), isolation_level=None)) as copy:
            harden(copy)
            # An incomplete copy is discarded anyway; syncing once at the end is enough.
            copy.execute("PRAGMA synchronous = OFF")
            origin = Path(source.execute("PRAGMA database_list").fetchone()[2])
            expected = _copy_pages(source, copy, origin, token)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, expected, part, target, token)
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
        sync_folder(target.parent)
    except sqlite3.Error as error:
        token.check()
        fault = faults.translate(error, target)
        if fault is None:
            raise
        raise fault from error
    except OSError as error:
        raise faults.unwritable(target, reason_of(error)) from error


def _copy_pages(
    source: sqlite3.Connection, copy: sqlite3.Connection, origin: Path, token: CancelToken
) -> dict[str, int] | None:
    """Copy all pages; returns the row counts of the tables, None where they may change meanwhile."""

    def step(_status: int, _remaining: int, _total: int) -> None:
        token.check()

    if source.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        # Readers and writers exclude each other: the copy proceeds in steps and restarts after a change.
        source.backup(copy, pages=_PAGES_AT_ONCE, progress=step, sleep=_PAUSE_S)
        return None
    # Counting starts the read transaction, so that the copy is of the same state.
    source.execute("BEGIN")
    try:
        with stopping(source, origin, token):
            expected = _counts(source)
        source.backup(copy, pages=_PAGES_AT_ONCE, progress=step, sleep=0)
    finally:
        source.execute("ROLLBACK")
    return expected


def _verify(
    copy: sqlite3.Connection, expected: dict[str, int] | None, part: Path, target: Path, token: CancelToken
) -> None:
    with stopping(copy, part, token):
        problems = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(1)")]
        if problems != ["ok"] or (expected is not None and _counts(copy) != expected):
            raise HistoryError(
                "backup_failed",
                N_("Errors", "{name} was written, but it does not read back as a whole history."),
                N_("Errors", "Check the history (`hematodesk history check`), and try another disk."),
                name=target.name,
            )


@contextlib.contextmanager
def stopping(connection: sqlite3.Connection, path: Path, token: CancelToken) -> Iterator[None]:
    """`bounded` for that file; cancelling interrupts the connection's work and raises Cancelled."""
    try:
        with bounded(connection, path, lambda: token.cancelled):
            yield
    except sqlite3.OperationalError:
        token.check()
        raise


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """The row count of every table."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0] for name in names}

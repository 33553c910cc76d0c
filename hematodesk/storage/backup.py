"""A verified copy of a live database. A plain file copy would lose what the write-ahead log holds."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from hematodesk.domain.errors import HistoryError
from hematodesk.storage import faults


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """Copy what `source` sees into one file without helper files, verify it, then put it in place.

    The source connection must be outside a transaction. An existing target is replaced only by a
    whole copy. Raises HistoryError: backup_failed, or what SQLite's errors mean for the target.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(str(part), isolation_level=None)) as copy:
            # Counting begins the read transaction, so that the copy is of the same state.
            source.execute("BEGIN")
            try:
                expected = _counts(source)
                source.backup(copy)
            finally:
                source.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = DELETE")
            problems = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(1)")]
            if problems != ["ok"] or _counts(copy) != expected:
                raise HistoryError(
                    "backup_failed",
                    f"{target.name} was written, but it does not read back as the original.",
                    "Try another disk.",
                )
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
    except sqlite3.Error as error:
        fault = faults.translate(error, target)
        if fault is None:
            raise
        raise fault from error
    except OSError as error:
        raise faults.unwritable(target, error.strerror or "the system refuses it") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of every table."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}

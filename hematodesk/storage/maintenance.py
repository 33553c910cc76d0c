"""Operations on a history file that no program has open: checking, repairing, restoring a backup."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.files import make_folder, sync_folder
from hematodesk.domain.history import RepairReport
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.storage import faults, health, swap
from hematodesk.storage.backup import copy_database, stopping
from hematodesk.storage.migrate import refuse_unknown
from hematodesk.storage.migrations import MIGRATIONS
from hematodesk.storage.presence import Presence
from hematodesk.storage.salvage import Loss, salvage
from hematodesk.storage.trust import harden, names_another_file, refuse_helpers, refuse_other_schema

PATIENCE_S = 2.0
"""Seconds to wait for another instance to end; a window needs about that to close."""


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[Path | None]:
    """Exclusive access to the history within the block. Raises HistoryError history_locked.

    Yields the kept old file when an interrupted swap was finished first.
    """
    if not path.exists() and swap.waiting(path) is None:
        raise HistoryError(
            "history_absent",
            N_("Errors", "There is no {name} in {folder}."),
            name=path.name,
            folder=path.parent,
        )
    presence = Presence(path)
    presence.enter(alone=True, patience_s=PATIENCE_S)
    try:
        yield swap.finish(path)
    finally:
        presence.leave()


def problems_of(path: Path) -> list[str]:
    """All that is wrong with a history file, a sentence each; empty when it is whole.

    Reads all of it. Raises HistoryError: history_foreign, history_newer, and for failures to read.
    """
    try:
        if path.stat().st_size == 0:
            return [Message(N_("Errors", "It is empty."))]
        refuse_helpers(path)
        with (
            contextlib.closing(_open_to_read(path, may_roll_back=True)) as connection,
            stopping(connection, path, CancelToken()),
        ):
            refuse_unknown(connection, path, len(MIGRATIONS))
            refuse_other_schema(connection, path, MIGRATIONS)
            problems = health.full_check(connection)
            # An older format may have other tables; its format is updated first.
            current = connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
            return problems or (health.value_check(connection) if current else [])
    except FileNotFoundError:
        raise HistoryError(
            "history_absent",
            N_("Errors", "There is no {name} in {folder}."),
            name=path.name,
            folder=path.parent,
        ) from None
    except (sqlite3.Error, UnicodeError) as error:
        fault = faults.translate(error, path) if isinstance(error, sqlite3.Error) else None
        if fault is not None and fault.code != "history_damaged":
            raise fault from error
        return [Message(N_("Errors", "It cannot be read to its end: {detail}."), detail=error)]
    except HistoryError as error:
        if error.code != "history_damaged":
            raise
        return [error.message]


def repair(path: Path) -> RepairReport:
    """Write the readable part of a damaged history to a new file; the old one is kept beside it.

    An intact history is left as it is. Raises HistoryError: history_locked when somebody has it open,
    history_foreign, history_newer, history_absent, history_full, history_unwritable.
    """
    with _alone(path) as finished:
        if not problems_of(path):
            return RepairReport(finished, *(_counts(path) if finished else ()))
        work = path.with_name(path.name + ".repairing")
        shutil.rmtree(work, ignore_errors=True)
        try:
            work.mkdir(mode=0o700)
            made = work / path.name
            loss = salvage(_rolled_back(path, work), made)
            problems = problems_of(made)
            if problems:
                raise HistoryError(
                    "history_damaged",
                    N_("Errors", "{name} cannot be repaired: {detail}"),
                    name=path.name,
                    detail=problems[0],
                )
            counts = _counts(made)
            with made.open("rb+") as stream:
                os.fsync(stream.fileno())
            made.replace(path.with_name(path.name + swap.REPAIRED))
            sync_folder(path.parent)
        except OSError as error:
            raise faults.unwritable(path, reason_of(error)) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return _report(swap.finish(path), counts, loss)


def _rolled_back(path: Path, work: Path) -> Path:
    """The file to read, or where a killed program left a rollback journal, a copy recovered by SQLite."""
    journal = path.with_name(path.name + "-journal")
    if not (journal.exists() and journal.stat().st_size > 0):
        return path
    if journal.is_symlink() or names_another_file(path):
        # What it would put back is not this file's.
        return path
    copy = work / "damaged.sqlite3"
    shutil.copyfile(path, copy)
    shutil.copyfile(journal, copy.with_name(copy.name + "-journal"))
    with contextlib.suppress(sqlite3.Error), contextlib.closing(harden(sqlite3.connect(copy))) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master")
    return copy


def _counts(path: Path) -> tuple[int, int, int]:
    with contextlib.closing(_open_to_read(path)) as connection:
        images, cells, reviews = (
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in ("image", "cell", "review")
        )
        return images, cells, reviews


def _report(kept: Path | None, counts: tuple[int, int, int], loss: Loss) -> RepairReport:
    days = tuple(sorted(loss.days))
    return RepairReport(kept, *counts, loss.images, days, loss.incomplete, loss.rows)


def restore(path: Path, backup: Path, cancel: CancelToken | None = None) -> Path | None:
    """Replace the history by a backup; returns where the present one is kept, None without one.

    The backup itself is only read. Raises Cancelled, and HistoryError: backup_damaged,
    backup_absent, history_foreign and history_newer for the backup; history_locked when somebody has
    the history open; history_full, history_unwritable. The present history then stays.
    """
    token = cancel or CancelToken()
    _refuse_itself(path, backup)
    make_folder(path.parent)
    with contextlib.ExitStack() as stack:
        if path.exists() or swap.waiting(path) is not None:
            stack.enter_context(_alone(path))
        source = stack.enter_context(_whole_backup(backup, token))
        copy_database(source, path.with_name(path.name + swap.RESTORED), token)
        return swap.finish(path)


def check_backup(path: Path, backup: Path, cancel: CancelToken | None = None) -> None:
    """Whether a backup can take the history's place; both are only read, and the history may be open.

    Reads all of the backup. Raises Cancelled, and what `restore` raises for the backup.
    """
    _refuse_itself(path, backup)
    token = cancel or CancelToken()
    token.check()
    with _whole_backup(backup, token):
        pass


def _refuse_itself(path: Path, backup: Path) -> None:
    if path.exists() and backup.exists() and backup.samefile(path):
        raise HistoryError(
            "backup_failed",
            N_("Errors", "{name} is the history itself."),
            N_("Errors", "Choose a backup."),
            name=backup.name,
        )


@contextlib.contextmanager
def _whole_backup(backup: Path, token: CancelToken) -> Iterator[sqlite3.Connection]:
    """A connection to a backup that was read completely before."""
    with contextlib.ExitStack() as stack:
        try:
            source = stack.enter_context(contextlib.closing(_open_to_read(backup)))
            _refuse_unknown_backup(source, backup)
            if source.execute("PRAGMA user_version").fetchone()[0] == 0:
                # To SQLite an empty file is a new database; as a backup it is invalid.
                raise _damaged_backup(backup)
            with stopping(source, backup, token):
                refuse_other_schema(source, backup, MIGRATIONS)
                whole = source.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        except sqlite3.Error as error:
            raise _damaged_backup(backup) from error
        except HistoryError as error:
            if error.code != "history_damaged":
                raise
            raise _damaged_backup(backup, error.message) from error
        if not whole:
            raise _damaged_backup(backup)
        yield source


def _refuse_unknown_backup(source: sqlite3.Connection, backup: Path) -> None:
    """As `refuse_unknown`; the remedies are those for a file that was chosen as backup."""
    try:
        refuse_unknown(source, backup, len(MIGRATIONS))
    except HistoryError as error:
        if error.code == "history_foreign":
            raise HistoryError(
                error.code,
                error.message,
                N_("Errors", "Choose another backup."),
            ) from error
        raise


def _damaged_backup(backup: Path, why: Message | None = None) -> HistoryError:
    if why is not None:
        return HistoryError(
            "backup_damaged",
            N_("Errors", "{why} Nothing was changed."),
            N_("Errors", "Choose another backup."),
            why=why,
        )
    return HistoryError(
        "backup_damaged",
        N_("Errors", "{name} is damaged; nothing was changed."),
        N_("Errors", "Choose another backup."),
        name=backup.name,
    )


def _open_to_read(path: Path, *, may_roll_back: bool = False) -> sqlite3.Connection:
    """A connection to read with. Raises HistoryError backup_absent, sqlite3.Error.

    With `may_roll_back` SQLite first finishes what a killed program left in the journal.
    """
    if not path.is_file():
        raise HistoryError(
            "backup_absent",
            N_("Errors", "There is no file {name} in {folder}."),
            name=path.name,
            folder=path.parent,
        )
    address = path.absolute().as_uri()
    # A network share needs an empty authority: https://www.sqlite.org/uri.html
    if not address.startswith("file:///"):
        address = address.replace("file://", "file:////", 1)
    for mode in ("mode=rw", "mode=ro", "immutable=1")[not may_roll_back :]:
        connection = sqlite3.connect(
            f"{address}?{mode}", uri=True, isolation_level=None, timeout=PATIENCE_S, check_same_thread=False
        )
        try:
            harden(connection).execute("PRAGMA schema_version").fetchone()
            return connection
        except sqlite3.Error as error:
            connection.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            # Without its helper files the log cannot be read: the file alone is used.
            if mode == "immutable=1" or code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
    raise AssertionError("the last way returns or raises")

"""SQLite's errors as messages for the user."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.messages import N_, Message


def newer(path: Path, found: int, known: int) -> HistoryError:
    """The file was written by a later version of the program."""
    return HistoryError(
        "history_newer",
        N_(
            "Errors",
            "{name} was written by a newer version of the program (its format is {found}, this version "
            "knows {known}).",
        ),
        N_("Errors", "Use the newer version of the program; the file was not changed."),
        name=path.name,
        found=found,
        known=known,
    )


def damaged(path: Path, detail: str) -> HistoryError:
    """The file is not a whole history; `detail` is a message where it is in our words."""
    return HistoryError(
        "history_damaged",
        N_("Errors", "{name} is damaged: {detail}."),
        N_(
            "Errors",
            "Repair it (`hematodesk history repair`) or restore a backup; the file as it is will be kept.",
        ),
        name=path.name,
        detail=detail,
    )


def altered(path: Path, detail: Message) -> HistoryError:
    """Another program changed the file's structure; `detail` says what is there or lacks."""
    return HistoryError(
        "history_damaged",
        N_("Errors", "{name} was changed by another program: {detail}."),
        N_(
            "Errors",
            "Repair it without what does not belong to it (`hematodesk history repair`) or restore a backup; "
            "the file as it is will be kept.",
        ),
        name=path.name,
        detail=detail,
    )


def endless(path: Path) -> HistoryError:
    """Reading the file takes more steps than one of its size can need."""
    return damaged(path, Message(N_("Errors", "its pages refer to each other without an end")))


def foreign(path: Path) -> HistoryError:
    """The file is a database of another program."""
    return HistoryError(
        "history_foreign",
        N_("Errors", "{name} is a database of another program, not a history."),
        N_("Errors", "Choose another data folder, or move that file away."),
        name=path.name,
    )


def unwritable(path: Path, reason: str) -> HistoryError:
    """The file or its folder cannot be written."""
    return HistoryError(
        "history_unwritable",
        N_("Errors", "{name} cannot be written: {reason}."),
        N_("Errors", "Check the rights of the data folder and its disk, or choose another data folder."),
        name=path.name,
        reason=reason,
    )


def in_use(path: Path) -> HistoryError:
    """Another program has the file open."""
    return HistoryError(
        "history_locked",
        N_("Errors", "{name} is in use by another program that does not let go."),
        N_("Errors", "Close other windows of the program, then try again."),
        name=path.name,
    )


def missing(path: Path, what: str, number: int) -> HistoryError:
    """A row that is no longer there; another window may have deleted it. `what` is a marked text."""
    return HistoryError(
        "history_missing",
        N_("Errors", "{name} has no {what} with the number {number} (any more)."),
        N_("Errors", "Load the list again; another window may have deleted it."),
        name=path.name,
        what=Message(what),
        number=number,
    )


def closed(path: Path) -> HistoryError:
    """The history was closed before."""
    return HistoryError(
        "history_closed",
        N_("Errors", "{name} was closed already."),
        N_("Errors", "Start the program again."),
        name=path.name,
    )


def translate(error: sqlite3.Error, path: Path) -> HistoryError | None:
    """The fault behind SQLite's error, or None when it is no fault of the environment but our own bug.

    Result codes: https://www.sqlite.org/rescode.html
    """
    full_code = getattr(error, "sqlite_errorcode", None)
    if full_code is None:
        # The sqlite3 module's own error for text that is not UTF-8 has no code.
        return (
            damaged(path, Message(N_("Errors", "a text in it is not UTF-8")))
            if "decode" in str(error)
            else None
        )
    primary = full_code & 0xFF
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    if primary == sqlite3.SQLITE_INTERRUPT:
        # Nothing but the allowance of Database.read and write ends a question.
        return endless(path)
    if primary == sqlite3.SQLITE_TOOBIG:
        return damaged(path, Message(N_("Errors", "a value in it is too long")))
    if primary == sqlite3.SQLITE_FULL or full_code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return HistoryError(
            "history_full",
            N_("Errors", "{name} could not be written: the disk is full."),
            N_("Errors", "Free some space on the disk; everything saved before is still there."),
            name=path.name,
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return in_use(path)
    if primary == sqlite3.SQLITE_READONLY:
        return unwritable(path, Message(N_("Errors", "it is read-only")))
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_AUTH):
        return unwritable(path, str(error))
    return None

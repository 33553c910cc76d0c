"""What a database file must be before it is read, since anybody may have written it.

SQLite obeys the schema that stands in a file: its triggers, views, generated columns and defaults. A history
has none but the migrations' own; with a schema like theirs every question to it is one to plain tables.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from hematodesk.domain.messages import N_, Message
from hematodesk.storage import faults
from hematodesk.storage.migrations import statements

MOST_ROW_BYTES = 64 * 1024 * 1024
"""The longest row, text or blob that SQLite gives out; the paths of a batch of 50,000 files take 10 MB."""

_FREE_STEPS, _STEPS_A_BYTE = 100_000_000, 20
_FREE_S, _BYTES_A_S = 60.0, 200_000
"""What a block may take, by the size of its file: a full check takes a fifth of an instruction a byte, the
slowest computers check 200 KB a second. Pages that refer to each other in circles take forever."""

_STATISTICS = frozenset(
    {
        "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
        "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
        "CREATE TABLE sqlite_sequence(name,seq)",
    }
)
"""Tables that SQLite itself makes, to the letter."""

_MAGIC_OF_JOURNALS = bytes.fromhex("d9d505f920a163d7")

_Row = tuple[str, str, str, str | None]
"""Type, name, table and statement of an entry of the schema."""


def harden(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, with SQLite's own precautions against crafted files. Does not read the file."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_ROW_BYTES)
    if sys.version_info >= (3, 12):
        # For a schema that another program changes while the file is open.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)
    return connection


def refuse_other_schema(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Raise HistoryError history_damaged unless the schema is that of the file's version, to the letter."""
    difference = schema_difference(connection, migrations)
    if difference is not None:
        raise faults.altered(path, difference)


def schema_difference(connection: sqlite3.Connection, migrations: Sequence[str]) -> Message | None:
    """What the file's schema has or lacks against the migrations' of its version; None when nothing.

    Raises sqlite3.Error where the schema cannot be read.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    encoding = connection.execute("PRAGMA encoding").fetchone()[0]
    if not 0 <= version <= len(migrations) or encoding != "UTF-8":
        return Message(N_("Errors", "its header is not a history's"))
    wanted = expected_schema(tuple(migrations[:version]))
    found = set()
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT ?"
    for row in connection.execute(query, (len(wanted) + len(_STATISTICS) + 1,)):
        if row not in wanted and not (row[0] == "table" and row[1:2] == row[2:3] and row[3] in _STATISTICS):
            return _told(row, {each[1] for each in wanted})
        found.add(row)
    missing = sorted(each[1] for each in wanted - found)
    return Message(N_("Errors", "“{name}” is missing in it"), name=missing[0]) if missing else None


def _told(row: _Row, known: set[str]) -> Message:
    kind, name = str(row[0]), str(row[1])[:60]
    if row[1] in known:
        return Message(N_("Errors", "its table or index “{name}” is not a history's"), name=name)
    if kind == "trigger":
        return Message(N_("Errors", "it holds the trigger “{name}”, which no history has"), name=name)
    if kind == "view":
        return Message(N_("Errors", "it holds the view “{name}”, which no history has"), name=name)
    if kind == "index":
        return Message(N_("Errors", "it holds the index “{name}”, which no history has"), name=name)
    return Message(N_("Errors", "it holds the table “{name}”, which no history has"), name=name)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=32)
def expected_schema(migrations: tuple[str, ...]) -> frozenset[_Row]:
    """The entries of a fresh file's schema after these migrations."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for script in migrations:
            for statement in statements(script):
                made.execute(statement)
        return frozenset(made.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))


def refuse_helpers(path: Path) -> None:
    """Raise HistoryError history_damaged for files beside the history that would harm others.

    SQLite writes to its log and journal, also where they are links; and when it rolls back it deletes the
    file that a journal of several databases names. A history is never written together with another.
    """
    # SQLite has them beside the file itself, where the history is a link.
    path = path.resolve()
    for ending in ("-wal", "-shm", "-journal"):
        helper = path.with_name(path.name + ending)
        if helper.is_symlink():
            raise faults.altered(
                path, Message(N_("Errors", "{name} beside it is a link to another file"), name=helper.name)
            )
    if names_another_file(path):
        raise faults.altered(path, Message(N_("Errors", "the journal beside it names another file")))


def names_another_file(path: Path) -> bool:
    """Whether the journal beside the file ends with the name of another one. Raises OSError.

    https://www.sqlite.org/fileformat2.html#the_rollback_journal
    """
    journal = path.with_name(path.name + "-journal")
    if not journal.is_file():
        return False
    with journal.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - len(_MAGIC_OF_JOURNALS)))
        end = stream.read()
        # The head of a journal without pages is this mark, too.
        return end == _MAGIC_OF_JOURNALS and stream.tell() > len(_MAGIC_OF_JOURNALS)


class Allowance:
    """How much reading is left, as a progress handler for SQLite, to be called every STEP instructions.

    Attributes:
        spent: whether more was read than a file of that size can need.
    """

    STEP = 50_000
    """Some milliseconds."""

    def __init__(
        self, path: Path, stop: Callable[[], bool] = lambda: False, *, seconds: bool = False
    ) -> None:
        """`path` is the file; `stop` is asked as well; with `seconds` time is measured, too."""
        self._path = path
        self._stop = stop
        self._begun = time.monotonic() if seconds else None
        self.renew()

    def renew(self) -> None:
        """Begin anew."""
        self._taken = 0
        self.spent = False

    def __call__(self) -> int:
        """1 when SQLite is to stop, else 0."""
        self._taken += self.STEP
        late = self._begun is not None and time.monotonic() - self._begun > _FREE_S
        if self._taken > _FREE_STEPS or late:
            size = size_of(self._path)
            self.spent = self._taken > _FREE_STEPS + _STEPS_A_BYTE * size or (
                self._begun is not None and time.monotonic() - self._begun > _FREE_S + size / _BYTES_A_S
            )
        return int(self.spent or self._stop())


@contextlib.contextmanager
def bounded(
    connection: sqlite3.Connection, path: Path, stop: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Within the block the connection's reading ends when it takes more than a file of its size can.

    Raises HistoryError history_damaged then; where `stop` ends it, SQLite's error comes out.
    """
    allowance = Allowance(path, stop, seconds=True)
    connection.set_progress_handler(allowance, Allowance.STEP)
    try:
        yield
    except sqlite3.OperationalError as error:
        if allowance.spent:
            raise faults.endless(path) from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def size_of(path: Path) -> int:
    """The bytes of a database and its log, as far as they can be told."""
    size = 0
    for ending in ("", "-wal"):
        with contextlib.suppress(OSError):
            size += path.with_name(path.name + ending).stat().st_size
    return size

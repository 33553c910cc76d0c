"""One SQLite file: opening, transactions, closing. Knows nothing of images or cells."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hematodesk.domain.files import create_private, make_folder
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.storage import faults, swap
from hematodesk.storage.drive import on_network
from hematodesk.storage.health import check_at_start
from hematodesk.storage.migrate import is_ours, migrate, refuse_unknown
from hematodesk.storage.migrations import MIGRATIONS
from hematodesk.storage.presence import Presence
from hematodesk.storage.shared_index import SharedIndex
from hematodesk.storage.trust import Allowance, bounded, harden, refuse_helpers, refuse_other_schema

BUSY_SECONDS = 10.0
"""How long a write waits for another instance's: those take milliseconds, longer on a busy, slow disk."""

_CACHE_LEAST_KIB, _CACHE_MOST_KIB = 16_384, 65_536
_CACHE_SHARE = 12
"""The page cache may hold a 12th of the file, within these bounds. The listing is a 14th at most, so a filter
of a million images reads memory and not the disk; a batch takes no memory for unused pages."""

_WAL_KEPT_BYTES = 16 * 1024 * 1024
"""The write-ahead log shrinks back to this after a large batch."""

_HEADER = b"SQLite format 3\0"
# https://www.sqlite.org/fileformat2.html#the_database_header
_HEADER_BYTES, _WRITE_FORMAT, _FORMAT_WAL = 100, 18, 2


class Database:
    """A connection with a lock: any thread may use it, one at a time.

    WAL on the computer's own drives, a rollback journal on a network drive; foreign keys on,
    synchronous EXTRA: what `write` wrote is on the disk when it returns, with either journal.
    Errors of SQLite that are the environment's become HistoryError.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
        """Open or create the file; see History.open for the errors."""
        self.path = path
        self.read_only = False
        self.on_network = False
        self._immutable = False
        self._presence = Presence(path)
        self._index = SharedIndex(path)
        self._lock = threading.RLock()
        self._allowance = Allowance(path)
        self._opened: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        with self.guarded():
            try:
                self._make_folder()
                self._enter()
                self._open(migrations)
            except BaseException:
                self._presence.leave()
                raise

    def _make_folder(self) -> None:
        try:
            make_folder(self.path.parent)
        except OSError as error:
            raise faults.unwritable(self.path, reason_of(error)) from error

    def _enter(self) -> None:
        """Announce this process, after finishing what a killed program left half done."""
        while True:
            self._presence.enter(alone=False, patience_s=BUSY_SECONDS)
            if swap.waiting(self.path) is None:
                return
            self._presence.leave()
            self._presence.enter(alone=True, patience_s=BUSY_SECONDS)
            try:
                swap.finish(self.path)
            finally:
                self._presence.leave()

    def _open(self, migrations: Sequence[str]) -> None:
        self.on_network = on_network(self.path.parent)
        existed = self._look_before()
        # What SQLite cannot make either it tells itself.
        with contextlib.suppress(OSError):
            create_private(self.path)
        try:
            connection = self.connect()
        except sqlite3.OperationalError as error:
            if not existed or error.sqlite_errorcode & 0xFF not in _NO_SHARED_MEMORY:
                raise
            connection = self._connect_immutable(error)
        try:
            refuse_unknown(connection, self.path, len(migrations))
            refuse_other_schema(connection, self.path, migrations)
            self.read_only = self._immutable or _is_read_only(connection)
            if existed:
                with bounded(connection, self.path):
                    check_at_start(connection, self.path)
            if not self.read_only:
                _use_journal(connection, "TRUNCATE" if self.on_network else "WAL")
                # Deleted data must not stay readable in the file's free pages.
                connection.execute("PRAGMA secure_delete = ON")
            with bounded(connection, self.path):
                migrate(connection, self.path, migrations, read_only=self.read_only)
            if not self._immutable:
                self._index.hold()
        except BaseException:
            connection.close()
            raise
        connection.set_progress_handler(self._allowance, Allowance.STEP)
        self._opened = self._identity()
        self._connection = connection

    def _look_before(self) -> bool:
        """Whether there is a non-empty file; it must at least be a database."""
        try:
            if not self.path.exists():
                return False
            if not self.path.is_file():
                raise faults.unwritable(self.path, Message(N_("Errors", "it is not a file")))
            refuse_helpers(self.path)
            with self.path.open("rb") as stream:
                head = stream.read(_HEADER_BYTES)
            log = self.path.with_name(self.path.name + "-wal")
            left_alone = not head and log.exists() and log.stat().st_size > 0
        except OSError as error:
            raise faults.unwritable(self.path, reason_of(error)) from error
        if left_alone:
            # SQLite would discard the log.
            raise faults.damaged(
                self.path, Message(N_("Errors", "it is empty, and its write-ahead log is not"))
            )
        if head and not head.startswith(_HEADER):
            raise faults.damaged(self.path, Message(N_("Errors", "its first bytes are not a database's")))
        if self.on_network and is_ours(head) and head[_WRITE_FORMAT] == _FORMAT_WAL:
            self._leave_wal()
        return bool(head)

    def _leave_wal(self) -> None:
        """Write the log's content into a file that was moved to a network drive.

        With exclusive locking SQLite keeps the log's index in its own memory instead of shared memory.
        """
        with contextlib.closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
            harden(connection)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            try:
                _use_journal(connection, "TRUNCATE")
            except sqlite3.OperationalError as error:
                # A read-only file stays unchanged.
                if error.sqlite_errorcode & 0xFF not in _NO_SHARED_MEMORY:
                    raise

    def _identity(self) -> tuple[int, int] | None:
        """Which file stands under the path; None where none does, or numbers are not to be relied on."""
        if self.on_network or self._immutable:
            return None
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _refuse_another_file(self) -> None:
        """Raise HistoryError history_unwritable when the folder was moved or replaced since the start.

        What is written would go into a file that nobody finds any more.
        """
        if self._opened is not None and self._identity() != self._opened:
            raise faults.unwritable(
                self.path, Message(N_("Errors", "it was moved or replaced while the program runs"))
            )

    def connect(self) -> sqlite3.Connection:
        """Another connection to the same file, with the same rules; the caller closes it.

        Raises HistoryError history_unwritable when another file stands there now.
        """
        self._refuse_another_file()
        target = str(self.path)
        if self._immutable:
            address = self.path.absolute().as_uri()
            # A network share needs an empty authority: https://www.sqlite.org/uri.html
            if not address.startswith("file:///"):
                address = address.replace("file://", "file:////", 1)
            target = f"{address}?immutable=1"
        connection = sqlite3.connect(
            target,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            uri=self._immutable,
        )
        try:
            harden(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            # The first that reads the file.
            connection.execute("PRAGMA synchronous = EXTRA")
            _fit_cache(connection)
            # An automatic index over the whole list for one search is ten times slower than reading the list.
            connection.execute("PRAGMA automatic_index = OFF")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_immutable(self, error: sqlite3.Error) -> sqlite3.Connection:
        """Open a file of a folder in which SQLite may not make its helper files.

        Only when there is no left-over write-ahead log, whose rows would be missed.
        """
        log = self.path.with_name(self.path.name + "-wal")
        if log.exists() and log.stat().st_size > 0:
            raise error
        self._immutable = True
        return self.connect()

    @property
    def closed(self) -> bool:
        """Whether close was called."""
        return self._connection is None

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        with self._lock, self.guarded():
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._index.release()
            self._presence.leave()

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn the environment's SQLite errors inside into HistoryError."""
        try:
            yield
        except sqlite3.Error as error:
            fault = faults.translate(error, self.path)
            if fault is None:
                raise
            raise fault from error

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and on the disk after the block, or not there at all."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Reads that belong together see one state of the file."""
        with self._transaction("BEGIN") as connection:
            try:
                yield connection
            except ValueError as error:
                # Invalid JSON or an unknown state: not written by this program.
                raise faults.damaged(
                    self.path, Message(N_("Errors", "a value in it cannot be understood"))
                ) from error

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self.guarded():
            connection = self._connection
            if connection is None:
                raise faults.closed(self.path)
            if self.read_only and begin != "BEGIN":
                raise faults.unwritable(self.path, Message(N_("Errors", "it was opened read-only")))
            if begin != "BEGIN":
                self._refuse_another_file()
            self._allowance.renew()
            connection.execute(begin)
            try:
                yield connection
                if begin != "BEGIN":
                    _fit_cache(connection)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite itself has rolled back already after some errors (disk full, I/O).
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def _fit_cache(connection: sqlite3.Connection) -> None:
    """Let the page cache grow with the file. SQLite allocates it page by page, and keeps it."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    share = pages * page_bytes // 1024 // _CACHE_SHARE
    kib = max(_CACHE_LEAST_KIB, min(share, _CACHE_MOST_KIB))
    connection.execute(f"PRAGMA cache_size = -{kib}")


_NO_SHARED_MEMORY = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _is_read_only(connection: sqlite3.Connection) -> bool:
    """Whether SQLite opened the file read-only, which it does silently if necessary."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        # BEGIN IMMEDIATE alone succeeds on a read-only file; only a write, rolled back at once, shows it.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {version}")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
            return True
        # Another instance is writing at this moment, so the file can be written.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    return False


def _use_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Switch to the write-ahead log, which lets another instance read while one writes, or away from it.

    The switch needs exclusive access and does not wait by itself. A file system without support
    keeps the rollback journal, which is as safe.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")

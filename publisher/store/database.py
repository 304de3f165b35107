"""Opens the database, holds its transactions, and says its failures in words."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    Engine,
    TextClause,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from publisher.errors import Blocked, StoreError

log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds to wait for another process's transaction,
LONG = 600.0  # while a campaign is being sent,
HURRY = 1.5  # and where somebody wants us to end
STEP = 0.3  # seconds between two looks at that
SILENCE = 10.0  # seconds after which it is said that we wait
PAGE = 32_768  # bytes: the least that SQLite makes a file of its own larger by
ANYTHING = "select 1 from sqlite_schema limit 1"  # takes a reader's lock
READER = "is_reader"
CACHE = 8_000  # KiB: the ends of the ledger and of its indexes, also of a large one
ROOMY = 64_000  # KiB: what an import of many reads and writes again and again
CHECKPOINT = 4_000  # pages of 4 KiB: pages that many readers share are copied once

# The first words that fit what the driver says; SQLite has no finer error codes that
# all supported Pythons show.
WORDS = (
    ("not a database", "this file is not a database", "Try: another PUBLISHER_STORE"),
    ("malformed", "the file is damaged", "Try: bring it back from a backup"),
    # What it says then quotes what it found, which may be an address.
    ("could not decode", "the file is damaged", "Try: bring it back from a backup"),
)
# The same for what may pass.
PASSING = (
    ("locked", "another program holds the books", "Try: again in a minute"),
    ("readonly", "the books cannot be written", "Try: check who owns the file"),
    ("full", "the disk is full", "Try: free some space, then the same command again"),
    (
        "unable to open",
        "the books cannot be opened",
        "Try: check who owns the folder, and how many files may be open (ulimit -n)",
    ),
    ("disk i/o", "the disk does not answer", "Try: check the disk and its space"),
)


class Database:
    """One SQLite file. Every writing is one transaction, on disk when it returns."""

    def __init__(self, url: str) -> None:
        self.path = _path_of(url)
        self._patience = 0.0  # 0: the usual one
        self._is_hurried: Callable[[], bool] = lambda: False
        self._engine = _engine(self.path)
        self._file = _file_at(self.path)
        self._readers = self._engine.execution_options(**{READER: True})
        event.listen(self._engine, "begin", self._begin)

    @property
    def where(self) -> str:
        """The file, for a complaint."""
        return str(self.path or ":memory:")

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[Connection]:
        """Hold the only writing transaction: all of it happens, or nothing.

        Without `keep` nothing does: it only shows what would.
        """
        self._look_for_file()
        with (
            self._in_words(),
            self._engine.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            if not keep:
                transaction.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one moment of the books, while others write on."""
        with self._in_words(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def patient(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Wait long for whoever holds the books, until `stop` says that we must end.

        For who has in hand what nobody else knows: a receipt that is not written down.
        """
        before = self._patience, self._is_hurried
        self._patience, self._is_hurried = LONG, stop
        try:
            yield
        finally:
            self._patience, self._is_hurried = before

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _look_for_file(self) -> None:
        """Refuse to write into a file that nobody will find any more.

        The system keeps one that was deleted as long as it is open.
        """
        if self._file is not None and _file_at(self.path) != self._file:
            raise StoreError(
                "the books are no longer where they were opened",
                where=self.where,
                hint="Try: bring the file back, then the same command again",
            )

    def _begin(self, connection: Connection) -> None:
        # A transaction that first reads and later writes can fail at its first write;
        # one that takes the write lock first can only wait.
        is_reader = connection.get_execution_options().get(READER)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101
        began, is_told = time.monotonic(), False
        while not _has_begun(driver, is_reader=bool(is_reader)):
            waited = time.monotonic() - began
            if waited > (HURRY if self._is_hurried() else self._patience or PATIENCE):
                raise sqlite3.OperationalError("database is locked")
            if waited > SILENCE and not is_told:
                is_told = True
                log.warning("%s: another program holds the books; waiting", self.where)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise _complaint(error, self.where) from error


def many(
    connection: Connection, statement: TextClause, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Run a statement for each row by the driver's own loop; return what it changed.

    It saves Core's work per row, which is most of the cost of a large campaign.
    """
    if not rows:
        return 0
    sql = _in_dialect(statement, connection.dialect)
    return connection.exec_driver_sql(sql, [dict(row) for row in rows]).rowcount


def rows(
    connection: Connection, statement: str, values: Sequence[tuple[Any, ...]]
) -> None:
    """Run a statement of the driver for each row of values, which stand by place."""
    if values:
        connection.exec_driver_sql(statement, list(values))


def ask(
    connection: Connection, statement: TextClause, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run a statement by the driver alone, and return its rows, if it has any.

    For what runs for every few messages, where Core's work costs more than SQLite's.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_in_dialect(statement, connection.dialect), dict(values))
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


def make_roomy(connection: Connection, cache: int = ROOMY) -> None:
    """Keep more of the books in memory, until this is taken back with `CACHE`."""
    connection.exec_driver_sql(f"pragma cache_size = -{cache}")


@lru_cache(maxsize=100)
def _in_dialect(statement: TextClause, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _path_of(url: str) -> Path | None:
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite":
        raise StoreError(
            f"the books are kept in SQLite, not in {scheme or 'this'}",
            hint="Try: PUBLISHER_STORE=sqlite:///books.sqlite3",
        )
    name = rest.removeprefix("/")
    return None if name in {"", ":memory:"} else Path(name)


def _engine(path: Path | None) -> Engine:
    if path is not None:
        _make_room(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path) if path else None),
        poolclass=QueuePool if path else StaticPool,
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
        hide_parameters=True,  # they hold addresses
        paramstyle="named",
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _file_at(path: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another of its name; None where there is none."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


def _has_begun(driver: sqlite3.Connection, *, is_reader: bool) -> bool:
    """Begin a transaction, or say that somebody else holds the books."""
    try:
        driver.execute("begin" if is_reader else "begin immediate")
        if is_reader:
            driver.execute(ANYTHING)
    except sqlite3.OperationalError as error:
        driver.rollback()
        if "locked" not in str(error):
            raise
        return False
    return True


def _make_room(path: Path) -> None:
    """Make the file, for its owner's eyes only: it holds people."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"the books cannot be made here: {error.strerror}",
            where=str(path),
            hint="Try: check that it is a folder where you may write",
        ) from error


def _set_up(connection: Any, _record: object) -> None:
    """Make claims survive a power cut, and readers not wait for writers."""
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma synchronous = full")
    connection.execute(f"pragma cache_size = -{CACHE}")
    connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT}")
    (mode,) = connection.execute("pragma journal_mode").fetchone()
    if mode == "delete":
        _to_wal(connection)
    connection.execute(f"pragma busy_timeout = {STEP * 1_000:.0f}")


def _to_wal(connection: Any) -> None:
    # While two processes make a new database at once, SQLite reports the lock at once
    # instead of waiting as it does elsewhere.
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _is_full(where: str) -> bool:
    try:
        return shutil.disk_usage(Path(where).parent).free < PAGE
    except OSError:
        return False


def _complaint(error: DBAPIError | sqlite3.Error, where: str) -> StoreError:
    said = error.orig if isinstance(error, DBAPIError) else error
    text = (str(said).splitlines() or [type(said).__name__])[0]
    if "disk i/o" in text.lower() and _is_full(where):
        text = "full"  # of a file beside the books it says no more than that
    for kind, known in ((StoreError, WORDS), (Blocked, PASSING)):
        for sign, words, hint in known:
            if sign in text.lower():
                return kind(words, where=where, hint=hint)
    return StoreError(f"the books refuse this: {text}", where=where)

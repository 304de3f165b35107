"""The books: what was planned and sent, who reads, which runs were made.

Only here is SQL. `open_books` makes the database where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Self

from publisher.store.archive import Archive, Published
from publisher.store.canaries import Canaries
from publisher.store.consents import Consents
from publisher.store.database import Database
from publisher.store.events import Events, Hearing, Softly
from publisher.store.files import Files
from publisher.store.imports import ImportReport, rows_of
from publisher.store.ledger import Claim, Ledger
from publisher.store.pace import Account, Paces
from publisher.store.pauses import Pauses
from publisher.store.posts import Posted, Posts
from publisher.store.remembering import Memory
from publisher.store.routes import Routes
from publisher.store.runs import Run, Runs
from publisher.store.schema import bring_up_to_date
from publisher.store.segments import Segments
from publisher.store.sequences import Sequences
from publisher.store.subscribers import Subscribers
from publisher.store.tags import Tags
from publisher.store.traces import Trace
from publisher.store.tracking import Target, Tracks
from publisher.store.wishes import Wish, Wishes

__all__ = [
    "Account",
    "Archive",
    "Books",
    "Canaries",
    "Claim",
    "Consents",
    "Events",
    "Files",
    "Hearing",
    "ImportReport",
    "Ledger",
    "Memory",
    "Paces",
    "Pauses",
    "Posted",
    "Posts",
    "Published",
    "Routes",
    "Run",
    "Runs",
    "Segments",
    "Sequences",
    "Softly",
    "Subscribers",
    "Tags",
    "Target",
    "Trace",
    "Tracks",
    "Wish",
    "Wishes",
    "open_books",
    "rows_of",
]


@dataclass(frozen=True)
class Books:
    """The open books; leaving the `with` closes them."""

    database: Database
    ledger: Ledger
    subscribers: Subscribers
    runs: Runs
    wishes: Wishes
    sequences: Sequences
    paces: Paces
    routes: Routes
    files: Files
    events: Events
    consents: Consents
    archive: Archive
    memory: Memory
    segments: Segments
    tags: Tags
    pauses: Pauses
    canaries: Canaries
    tracking: Tracks
    posts: Posts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def patient(self, stop: Callable[[], bool]) -> AbstractContextManager[None]:
        """Wait long for whoever holds the books, until `stop` says that we must end."""
        return self.database.patient(stop)

    def close(self) -> None:
        """Close every connection; asking again opens a new one."""
        self.database.close()


def open_books(url: str) -> Books:
    """Open `sqlite:///path`, making or migrating it; `StoreError` where it cannot be.

    >>> with open_books("sqlite://") as books:
    ...     books.ledger.next_number("weekly")
    1
    """
    database = Database(url)
    try:
        bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return Books(
        database,
        Ledger(database),
        Subscribers(database),
        Runs(database),
        Wishes(database),
        Sequences(database),
        Paces(database),
        Routes(database),
        Files(database),
        Events(database),
        Consents(database),
        Archive(database),
        Memory(database),
        Segments(database),
        Tags(database),
        Pauses(database),
        Canaries(database),
        Tracks(database),
        Posts(database),
    )

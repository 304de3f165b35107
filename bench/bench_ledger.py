"""What the ledger costs, as ratios to plain sqlite3 `executemany` in the same run.

The baseline writes the same rows into a bare table of the same shape and flips their
state twice, in three transactions: the least that any ledger on SQLite could do.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.models import (
    Channel,
    Delivery,
    Issue,
    Limits,
    Post,
    PostDraft,
    Receipt,
)
from publisher.sender import deliver
from publisher.store import Books, open_books

COUNT = 2_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DRAFT = PostDraft(template="t", network="x", article="a", text="Hi")
ISSUE = Issue(id="i/1", campaign="i", number=1, articles=("a",), planned_at=NOW)
ROWS = [
    Delivery(
        key=f"i/1/x/{number:06}",
        issue="i/1",
        channel="x",
        draft=DRAFT.id,
        recipient=f"reader{number}@example.org",
    )
    for number in range(COUNT)
]


class Remembering:
    """Takes everything at once, and never forgets a key."""

    kind = "post"
    limits = Limits(batch=100, remembers=timedelta.max)

    def send(self, message: Post) -> Receipt:
        return Receipt(message.key)


class Blind(Remembering):
    limits = Limits()


def plain(path: Path) -> None:
    shell = sqlite3.connect(path)
    shell.execute("pragma journal_mode = wal")
    shell.execute("pragma synchronous = full")
    shell.execute(
        "create table deliveries (key text primary key, issue text, channel text,"
        " draft text, recipient text, state text, receipt text, at text)"
    )
    with shell:
        shell.executemany(
            "insert into deliveries values (?, ?, ?, ?, ?, 'planned', '', '')",
            [(r.key, r.issue, r.channel, r.draft, r.recipient) for r in ROWS],
        )
    for state in ("claimed", "accepted"):
        with shell:
            shell.executemany(
                "update deliveries set state = ?, receipt = key, at = ? where key = ?",
                [(state, NOW.isoformat(), row.key) for row in ROWS],
            )
    shell.close()


def send_all(books: Books, provider: Remembering) -> None:
    books.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, ROWS)
    why = deliver(
        ISSUE.id,
        channel=Channel("x", "x", "post", Limits(), provider),
        ledger=books.ledger,
        message_of=lambda one: Post(key=one.key, text="Hi"),
        skip_reason=lambda _: "",
        now=lambda: NOW,
        sleep=time.sleep,
    )
    assert not why
    assert not books.ledger.verify()


def seconds(work: Callable[[Path], None]) -> float:
    """Return the best of three runs, each in a folder of its own."""
    best = float("inf")
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "books.sqlite3"
            began = time.perf_counter()
            work(path)
            best = min(best, time.perf_counter() - began)
    return best


def with_books(provider: Remembering) -> Callable[[Path], None]:
    def work(path: Path) -> None:
        with open_books(f"sqlite:///{path}") as books:
            send_all(books, provider)

    return work


def main() -> None:
    print(f"ledger: {COUNT:,} deliveries planned, claimed and settled, fsync on")
    baseline = seconds(plain)
    print(
        f"  {'plain sqlite3, executemany, 3 transactions':<46} {baseline:6.3f} s  1.0x"
    )
    for name, provider in (
        ("claims of 100 (a provider that remembers keys)", Remembering()),
        ("one by one (a blind provider)", Blind()),
    ):
        took = seconds(with_books(provider))
        ratio, rate = took / baseline, COUNT / took
        print(f"  {name:<46} {took:6.3f} s  {ratio:.1f}x  {rate:,.0f}/s")


if __name__ == "__main__":
    main()

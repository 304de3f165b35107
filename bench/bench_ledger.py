"""What the ledger costs, as ratios to plain sqlite3 `executemany` in the same run.

The baseline writes the same deliveries into a bare table of the same shape and flips
their state twice, 500 to a transaction: the least that any ledger on SQLite could do.
Ours freezes the readers of a list, claims them, makes a `Subscriber` of each, and
settles them with a receipt.
Run: .venv/bin/python bench/bench_ledger.py
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.models import (
    Audience,
    EmailDraft,
    Issue,
    Outcome,
    State,
)
from publisher.store import Books, open_books

COUNT = 20_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DRAFT = EmailDraft(template="t", subject=("s",), html=("h",), text=("t",))
ISSUE = Issue(
    id="i/1", campaign="i", number=1, articles=("a",), planned_at=NOW, list="weekly"
)
PEOPLE = [{"email": f"reader{number}@example.org"} for number in range(COUNT)]
CLAIMS = {"500 at a time": 500, "32 at a time (SMTP)": 32}


def plain(path: Path) -> float:
    """Return the seconds of the least that a ledger could do."""
    shell = sqlite3.connect(path)
    shell.execute("pragma journal_mode = wal")
    shell.execute("pragma synchronous = full")
    shell.execute(
        "create table deliveries (key text primary key, issue text, channel text,"
        " draft text, recipient text, state text, receipt text, at text)"
    )
    rows = [(f"i/1/email/{n:09}", PEOPLE[n]["email"]) for n in range(COUNT)]
    began = time.perf_counter()
    for first in range(0, COUNT, 500):
        with shell:
            shell.executemany(
                "insert into deliveries"
                " values (?, 'i/1', 'x', 'd', ?, 'planned', '', '')",
                rows[first : first + 500],
            )
    for state in ("claimed", "accepted"):
        for first in range(0, COUNT, 500):
            with shell:
                shell.executemany(
                    "update deliveries set state = ?, receipt = key, at = ?"
                    " where key = ?",
                    [
                        (state, NOW.isoformat(), key)
                        for key, _ in rows[first : first + 500]
                    ],
                )
    shell.close()
    return time.perf_counter() - began


def begun(books: Books) -> None:
    """Plan the whole list."""
    size = books.subscribers.size("weekly", now=NOW)
    audience = Audience(
        channel="x", draft=DRAFT.id, list="weekly", last=size.last, count=size.count
    )
    books.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, (), [audience])


def sent(books: Books, at_a_time: int) -> float:
    """Claim and settle everybody; return the seconds."""
    ledger, done = books.ledger, list[Outcome]()
    began = time.perf_counter()
    while rows := ledger.claim("i/1", "x", at_a_time, now=NOW, settled=done):
        done = [
            Outcome(key=row.key, state=State.ACCEPTED, receipt=row.key) for row in rows
        ]
    took = time.perf_counter() - began
    assert ledger.counts("i/1")["x"]["accepted"] == COUNT
    assert not ledger.verify()
    return took


def ours(at_a_time: int) -> Callable[[Path], float]:
    def work(path: Path) -> float:
        with open_books(f"sqlite:///{path}") as books:
            earlier = NOW - timedelta(days=1)
            books.subscribers.import_rows(PEOPLE, lists=["weekly"], now=earlier)
            begun(books)
            return sent(books, at_a_time)

    return work


def best(work: Callable[[Path], float]) -> float:
    """Return the best of three runs, each in a folder of its own."""
    found = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            found.append(work(Path(folder) / "books.sqlite3"))
    return min(found)


def tell(name: str, took: float, baseline: float) -> None:
    ratio, rate = took / baseline, COUNT / took
    print(f"  {name:<34} {took:6.3f} s  {ratio:.1f}x  {rate:,.0f}/s")


def main() -> None:
    print(f"ledger: {COUNT:,} deliveries planned, claimed and settled, fsync on")
    baseline = best(plain)
    rate = COUNT / baseline
    print(
        f"  {'plain sqlite3, executemany':<34} {baseline:6.3f} s  1.0x  {rate:,.0f}/s"
    )
    for name, at_a_time in CLAIMS.items():
        tell(name, best(ours(at_a_time)), baseline)


if __name__ == "__main__":
    main()

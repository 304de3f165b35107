"""What bringing subscribers in and planning for them costs, against the plainest way.

The baselines do the least that any tool could: `csv` and one `executemany` into a bare
table; email-validator for each address. Absolute numbers say little on a shared
machine; the ratios are from one run.
Run: .venv/bin/python bench/bench_import.py
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from email_validator import validate_email

from publisher.store import imports, open_books

COUNT = 20_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ROWS = [f"reader{number}@example.org,Reader {number}" for number in range(COUNT)]
TEXT = "\n".join(["email,name", *ROWS])


def plain(folder: Path) -> None:
    shell = sqlite3.connect(folder / "plain.sqlite3")
    shell.execute("create table people (address text primary key, name text)")
    rows = csv.DictReader(io.StringIO(TEXT))
    with shell:
        shell.executemany(
            "insert into people values (?, ?)",
            [(row["email"], row["name"]) for row in rows],
        )
    shell.close()


def validated(_folder: Path) -> None:
    for row in csv.DictReader(io.StringIO(TEXT)):
        validate_email(row["email"], check_deliverability=False, test_environment=True)


def imported(folder: Path) -> None:
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        people = books.subscribers
        report = people.import_rows(
            list(imports.rows_of(TEXT)), lists=["weekly"], now=NOW
        )
        assert report.new == COUNT


def read_back(folder: Path) -> None:
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        assert len(books.subscribers.audience("weekly")) == COUNT


def seconds(work: Callable[[Path], None], folder: Path) -> float:
    began = time.perf_counter()
    work(folder)
    return time.perf_counter() - began


def main() -> None:
    print(f"import: {COUNT:,} rows of CSV")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        baseline = seconds(plain, folder)
        for name, work in (
            ("email-validator alone, as a yardstick", validated),
            ("subscribers import", imported),
            ("the audience of a list, read back", read_back),
        ):
            took = seconds(work, folder)
            rate, ratio = COUNT / took, took / baseline
            print(f"  {name:<46} {took:6.3f} s  {ratio:.1f}x  {rate:,.0f}/s")
        print(f"  {'plain csv + sqlite3 executemany':<46} {baseline:6.3f} s  1.0x")


if __name__ == "__main__":
    main()

"""What bringing readers in and out costs, against the plainest loop there is.

The baseline does the least that any script could: `csv`, and one `insert` for each row
into a bare table, in one transaction. It checks no address, knows nobody who left, and
keeps no lists. Absolute numbers say little on a shared machine; the ratios are from one
run, and so is the peak of memory, which each step measures in a process of its own.
Run: .venv/bin/python bench/bench_import.py
A million rows, which take some minutes: PUBLISHER_BENCH_ROWS=1000000 before it.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

COUNT = int(os.environ.get("PUBLISHER_BENCH_ROWS", "100000"))
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
CITIES = ("", "", "", "", "Genoa")
MEGABYTE = 1_000_000


def write_readers(path: Path) -> None:
    """Write readers of some thousand domains, in no order, one in five with a city."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "name", "city"))
        for number in range(COUNT):
            mixed = number * 2_654_435_761 % 2**32
            row = (
                f"r{mixed:x}.{number}@d{mixed % 5_000}.example.org",
                f"Reader {number}",
                CITIES[number % len(CITIES)],
            )
            writer.writerow(row)


def plain(folder: Path) -> None:
    """The loop that anybody would write."""
    shell = sqlite3.connect(folder / "plain.sqlite3")
    shell.execute(
        "create table people (address text primary key, name text, city text)"
    )
    with (folder / "readers.csv").open(encoding="utf-8", newline="") as file, shell:
        for row in csv.DictReader(file):
            values = (row["email"], row["name"], row["city"])
            shell.execute("insert into people values (?, ?, ?)", values)
    shell.close()


def validated(folder: Path) -> None:
    """Only what email-validator itself costs; on a tenth, for it is slow."""
    from email_validator import validate_email

    with (folder / "readers.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if number % 10 == 0:
                validate_email(
                    row["email"], check_deliverability=False, test_environment=True
                )


def brought_in(folder: Path, *, dry_run: bool = False) -> tuple[int, int]:
    """Import the file; return how many were new, and how many known."""
    from publisher.store import imports, open_books

    with (
        open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books,
        imports.opened(folder / "readers.csv") as sheets,
    ):
        report = books.subscribers.import_people(
            sheets.rows, lists=["weekly"], now=NOW, dry_run=dry_run
        )
    return report.new, report.unchanged


def tried(folder: Path) -> None:
    assert brought_in(folder, dry_run=True) == (COUNT, 0)


def imported(folder: Path) -> None:
    assert brought_in(folder) == (COUNT, 0)


def again(folder: Path) -> None:
    assert brought_in(folder) == (0, COUNT)


def exported(folder: Path) -> None:
    from publisher.store import open_books

    with (
        open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books,
        (folder / "out.csv").open("w", encoding="utf-8", newline="") as out,
    ):
        assert books.subscribers.write_out(out) == COUNT


def counted(folder: Path) -> None:
    from publisher.store import open_books

    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        assert books.subscribers.size("weekly", now=NOW).count == COUNT


def measured(work: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Return the seconds that some work takes, and its peak of memory in megabytes."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(work, folder, theirs))
    process.start()
    theirs.close()
    seconds, megabytes = ours.recv()
    process.join()
    return seconds, megabytes


def _measure(work: Callable[[Path], None], folder: Path, to: Connection) -> None:
    began = time.perf_counter()
    work(folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    to.send((seconds, peak * unit / MEGABYTE))


def main() -> None:
    print(f"import: {COUNT:,} rows of CSV")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_readers(folder / "readers.csv")
        baseline = 0.0
        for name, work, share in (
            ("plain csv + one insert per row", plain, 1),
            ("email-validator alone (on a tenth)", validated, 10),
            ("subscribers import --dry-run", tried, 1),
            ("subscribers import", imported, 1),
            ("the same import again", again, 1),
            ("the list, counted for a plan", counted, 1),
            ("subscribers export", exported, 1),
        ):
            seconds, megabytes = measured(work, folder)
            took = seconds * share
            baseline = baseline or took
            print(
                f"  {name:<36} {took:7.2f} s  {took / baseline:5.2f}x"
                f"  {COUNT / took:9,.0f} rows/s  {megabytes:4.0f} MB at most"
            )


if __name__ == "__main__":
    main()

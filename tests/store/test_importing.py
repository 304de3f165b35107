"""An import as a whole: in pieces, broken off, tried out, and with rows refused."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError, StoreError
from publisher.store import Books, ImportReport, open_books
from publisher.store.imports import Columns, Refusals, Row, opened, rows_of
from publisher.store.joining import BATCH

CELLS = st.fixed_dictionaries(
    {
        "email": st.sampled_from(
            ["ana@example.org", "ANA@example.org", "bo@bücher.example", "nobody", ""]
        ),
        "name": st.sampled_from(["", "Ana", "Bo"]),
        "city": st.sampled_from(["", "Rome"]),
        "lists": st.sampled_from(["", "weekly", "art, weekly"]),
        "pending": st.sampled_from(["", "", "art"]),
        "left": st.sampled_from(["", "", "weekly"]),
        "status": st.sampled_from(
            ["", "", "active", "pending", "unsubscribed", "bounced"]
        ),
        "created_at": st.sampled_from(["", "2020-01-31"]),
        "tz": st.sampled_from(["", "", "Europe/Rome", "GMT+1 (Rome)"]),
        "tags": st.sampled_from(["", "", "vip", "new, vip"]),
        "paused_until": st.sampled_from(["", "", "2026-11-01", "2026-12-01"]),
    }
)
FILES = st.lists(CELLS, max_size=8)
LISTS = st.sampled_from([(), ("weekly",)])
NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")


def load(
    books: Books,
    rows: list[dict[str, str]],
    lists: tuple[str, ...],
    *,
    dry_run: bool = False,
) -> ImportReport:
    return books.subscribers.import_rows(rows, lists=lists, now=NOW, dry_run=dry_run)


def kept(books: Books) -> list[Mapping[str, str]]:
    """Everybody, in an order of their own: who is met twice is numbered later."""
    return sorted(books.subscribers.export(), key=lambda row: row["email"].lower())


@given(before=FILES, rows=FILES, lists=LISTS)
def test_row_by_row_makes_the_same_books_as_all_at_once(
    before: list[dict[str, str]], rows: list[dict[str, str]], lists: tuple[str, ...]
) -> None:
    with open_books("sqlite://") as one, open_books("sqlite://") as other:
        for books in (one, other):
            load(books, before, ())
        whole = load(one, rows, lists)
        pieces = [load(other, [row], lists) for row in rows]
        assert kept(one) == kept(other)
        assert whole.new == sum(piece.new for piece in pieces)
        assert whole.changed == sum(piece.changed for piece in pieces)
        assert whole.rows == len(rows)


@given(before=FILES, rows=FILES, lists=LISTS)
def test_a_dry_run_says_what_a_run_does_and_writes_nothing(
    before: list[dict[str, str]], rows: list[dict[str, str]], lists: tuple[str, ...]
) -> None:
    with open_books("sqlite://") as books:
        load(books, before, ())
        old = kept(books)
        tried = load(books, rows, lists, dry_run=True)
        assert kept(books) == old
        assert load(books, rows, lists) == tried


@given(rows=FILES, lists=LISTS)
def test_the_same_import_again_changes_nothing(
    rows: list[dict[str, str]], lists: tuple[str, ...]
) -> None:
    with open_books("sqlite://") as books:
        load(books, rows, lists)
        load(books, rows, lists)  # who is twice in the file may say two things
        old = kept(books)
        last = load(books, rows, lists)
        assert kept(books) == old
        assert last.new == 0


def readers(count: int) -> str:
    return "email\n" + "".join(f"r{number}@example.org\n" for number in range(count))


def test_who_is_twice_in_a_file_is_new_once_however_far_apart(
    books: Books, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "readers.csv"
    path.write_text(readers(BATCH + 1) + "R0@example.org\n")
    for dry_run in (True, False):
        with opened(path) as sheets:
            report = books.subscribers.import_people(
                sheets.rows, lists=["weekly"], now=now, dry_run=dry_run
            )
        assert (report.new, report.unchanged) == (BATCH + 1, 1)


def test_an_import_that_is_broken_off_goes_on_from_there(
    books: Books, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "readers.csv"
    path.write_text(readers(BATCH + 9) + '"never closed\n')
    with opened(path) as sheets, pytest.raises(SourceError, match="never closed"):
        books.subscribers.import_people(sheets.rows, lists=["weekly"], now=now)
    assert len(books.subscribers.audience("weekly")) == BATCH
    path.write_text(readers(BATCH + 9))
    with opened(path) as sheets:
        again = books.subscribers.import_people(sheets.rows, lists=["weekly"], now=now)
    assert (again.new, again.unchanged) == (9, BATCH)


def test_others_can_write_between_two_batches(
    books: Books, url: str, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "readers.csv"
    path.write_text(readers(BATCH * 2))
    told: list[int] = []

    def suppress_the_last(count: int) -> None:
        told.append(count)
        with open_books(url) as others:
            last = f"r{BATCH * 2 - 1}@example.org"
            others.subscribers.suppress(last, reason="asked", now=now)

    with opened(path) as sheets:
        report = books.subscribers.import_people(
            sheets.rows, lists=["weekly"], now=now, tell=suppress_the_last
        )
    assert told == [BATCH, BATCH]
    assert report.kept_out == {"is suppressed": 1}


def test_a_dry_run_keeps_nobody_from_writing(
    books: Books, url: str, now: datetime
) -> None:
    def rows() -> Iterator[Row]:
        columns = Columns(["email"])
        for number in range(BATCH + 1):
            if number == BATCH:
                with open_books(url) as others:
                    others.subscribers.add("bo@example.org", now=now)
            yield number, columns, [f"r{number}@example.org"]

    report = books.subscribers.import_people(
        rows(), lists=["weekly"], now=now, dry_run=True
    )
    assert report.new == BATCH + 1
    assert [one.address for one in books.subscribers.all()] == ["bo@example.org"]


def test_what_cannot_be_written_is_written_not_at_all(
    books: Books, url: str, now: datetime
) -> None:
    """A batch is one transaction."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as shell:
        shell.execute(
            "create trigger full before insert on subscriptions"
            " begin select raise(abort, 'disk is full'); end"
        )
    shell.close()
    with pytest.raises(StoreError, match="disk is full"):
        load(books, [{"email": "ana@example.org"}], ("weekly",))
    assert books.subscribers.all() == []


def test_a_time_to_come_is_now(books: Books) -> None:
    load(books, [{"email": "ana@example.org", "created_at": "2999-01-01"}], ())
    (ana,) = kept(books)
    assert ana["created_at"].startswith("2026-11-20")


def test_refused_rows_are_written_as_they_were_and_read_again(
    books: Books, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "readers.csv"
    path.write_text('email,note\nana@example.org,x\nnobody,"=1+1, two\nlines"\n,-5\n')
    out = io.StringIO(newline="")
    with opened(path) as sheets:
        report = books.subscribers.import_people(
            sheets.rows, lists=(), now=now, refuse=Refusals(out).add
        )
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0] == ["error row", "error reason", "email", "note"]
    assert [(row[0], row[2:]) for row in rows[1:]] == [
        ("3", ["nobody", "'=1+1, two\nlines"]),
        ("5", ["", "'-5"]),
    ]
    assert [row[1] for row in rows[1:]] == [reason for _, reason in report.examples]
    mended = out.getvalue().replace("nobody", "bo@example.org")
    again = load(books, [dict(row) for row in rows_of(mended)], ())
    assert (again.new, sum(again.invalid.values())) == (1, 1)
    bo = books.subscribers.find("bo@example.org")
    assert bo is not None
    assert bo.attributes == {"note": "=1+1, two\nlines"}


def test_a_report_names_few_rows_of_many(books: Books, now: datetime) -> None:
    report = load(books, [{"email": "nobody"}] * 1_000, ())
    assert sum(report.invalid.values()) == 1_000
    assert len(report.examples) == 20


def test_the_journal_of_consent_says_who_came_and_left_by_an_import(
    books: Books,
) -> None:
    rows = [
        {"email": "ana@example.org"},
        {"email": "bo@example.org", "status": "unsubscribed"},
        {"email": "cy@example.org", "lists": "art"},
    ]
    for _ in range(2):
        load(books, rows, ("weekly",))
    said = {
        name: [
            (one.list, one.act, one.how)
            for one in books.consents.of(f"{name}@example.org")
        ]
        for name in ("ana", "bo", "cy")
    }
    assert said == {
        "ana": [("weekly", "imported", "import")],
        "bo": [("weekly", "left", "import")],
        "cy": [("weekly", "imported", "import"), ("art", "imported", "import")],
    }


def test_tags_of_a_file_are_added_to_those_that_somebody_has(books: Books) -> None:
    rows = [{"email": "ana@example.org", "tags": "art, new"}]
    assert load(books, rows, ("weekly",)).new == 1
    books.tags.add("ana@example.org", "vip")
    assert load(books, rows, ("weekly",)).unchanged == 1
    more = [{"email": "ana@example.org", "labels": '"food, drink","art"'}]
    assert load(books, more, ("weekly",), dry_run=True).changed == 1
    assert load(books, more, ("weekly",)).changed == 1
    assert books.tags.by_reader() == {1: ("art", "food, drink", "new", "vip")}
    (ana,) = books.subscribers.all()
    assert ana.attributes == {"tags": "art, food, drink, new, vip"}
    load(books, [{"email": "ana@example.org", "tags": ""}], ("weekly",))
    assert len(books.tags.by_reader()[1]) == 4, "an empty cell says nothing"


@pytest.mark.parametrize(
    ("heads", "cell"),
    [
        ("Email Address,LEID,TAGS", '"""art"",""food"""'),  # Mailchimp
        ("email,subscribed_to_emails,labels", '"art,food"'),  # Ghost
        ("email_address,creation_date,tags", '"art, food"'),  # Buttondown
        ("first_name,email,state,created_at,tags", '"art, food"'),  # Kit
        ("email,status,tier,tags", "art;food"),  # beehiiv
        ("email,uuid,status,attributes", '"{""tags"": [""art"", ""food""]}"'),
    ],
)
def test_the_tags_of_every_program_are_tags_here(
    books: Books, tmp_path: Path, heads: str, cell: str
) -> None:
    cells = {"first_name": "Ana", "status": "active", "state": "active"}
    cells |= {"email": "ana@example.org", "emailaddress": "ana@example.org"}
    names = heads.split(",")[:-1]
    row = [
        cells.get(one.replace(" ", "").replace("_", "").lower(), cells.get(one, ""))
        for one in names
    ]
    path = tmp_path / "readers.csv"
    path.write_text(f"{heads}\n{','.join(row)},{cell}\n", encoding="utf-8")
    with opened(path) as sheets:
        books.subscribers.import_people(sheets.rows, lists=["weekly"], now=NOW)
    assert books.tags.by_reader() == {1: ("art", "food")}
    (ana,) = books.subscribers.all()
    assert ana.attributes["tags"] == "art, food"


def test_a_pause_of_a_file_holds_and_a_shorter_one_changes_nothing(
    books: Books,
) -> None:
    rows = [{"email": "ana@example.org", "paused_until": "2026-12-01"}]
    assert load(books, rows, ("weekly",)).new == 1
    assert load(books, rows, ("weekly",)).unchanged == 1
    sooner = [{"email": "ana@example.org", "paused_until": "2026-11-25"}]
    assert load(books, sooner, ("weekly",)).unchanged == 1
    until = books.pauses.until("ana@example.org", now=NOW)
    assert until == datetime.fromisoformat("2026-12-01T00:00:00+00:00")
    acts = [one.act for one in books.consents.of("ana@example.org")]
    assert acts == ["imported", "paused"]
    assert books.subscribers.size("weekly", now=NOW).count == 0

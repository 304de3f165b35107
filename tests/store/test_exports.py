"""Readers as they are written out, and read in again."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.models import Consent
from publisher.store import Books, open_books
from publisher.store.exports import PAGE
from publisher.store.imports import guarded, opened
from publisher.store.imports.guard import bare

NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NAMES = TEXT.map(str.strip).filter(bool).map(lambda name: f"x {name}")
TAGS = st.sampled_from(
    ["vip", "art, modern", '"a"', "[x", "-1", "'t", "=x"]
) | TEXT.map(lambda text: "".join(filter(str.isprintable, text))[:60].strip()).filter(
    bool
)
VALUES = (
    st.sampled_from(["=1+1", "'=1", "''-", "@x", "+39 02", "\tx", "\rx"]) | TEXT
).map(lambda text: text.strip(" \x1c\x1d\x1e\x1f\x85\xa0\n\x0b\x0c"))


@given(TEXT)
@example("=1+1")
@example("'=1+1")
@example("''@x")
@example("'t Hooft")
def test_a_guard_is_taken_off_exactly(text: str) -> None:
    assert bare(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(
    name=TEXT,
    attributes=st.dictionaries(NAMES, VALUES.map(str.strip).filter(bool), max_size=3),
    lists=st.sets(st.sampled_from(["weekly", "art"])),
    tags=st.sets(TAGS, max_size=3),
    zone=st.sampled_from(["", "Europe/Rome", "America/Argentina/Buenos_Aires"]),
)
@pytest.mark.parametrize("end", [".csv", ".jsonl"])
def test_what_is_written_out_makes_the_same_books(
    end: str,
    name: str,
    attributes: dict[str, str],
    lists: set[str],
    tags: set[str],
    *,
    zone: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"readers{end}"
    with open_books("sqlite://") as books, open_books("sqlite://") as others:
        books.subscribers.add(
            "Ana@example.org",
            name=" ".join(name.split()),
            lists=sorted(lists),
            attributes=attributes,
            timezone=zone,
            now=NOW,
        )
        for one in sorted(tags):
            books.tags.add("ana@example.org", one)
        write(books, path)
        with opened(path) as sheets:
            others.subscribers.import_people(sheets.rows, lists=(), now=NOW)
        assert list(others.subscribers.export()) == list(books.subscribers.export())
        assert others.tags.by_reader() == books.tags.by_reader()
        assert others.subscribers.all() == books.subscribers.all()


def write(books: Books, path: Path, list_name: str = "") -> int:
    with path.open("w", encoding="utf-8", newline="") as out:
        is_json = path.suffix == ".jsonl"
        return books.subscribers.write_out(out, list_name, as_json=is_json)


def fill(books: Books) -> None:
    rows = [
        {"email": "ana@example.org", "lists": "weekly, art", "city": "Rome"},
        {"email": "bo@example.org", "lists": "weekly", "status": "unsubscribed"},
        {"email": "cy@example.org", "pending": "weekly", "shoe": "38"},
        {"email": "di@example.org", "left": "art", "created_at": "2020-01-31"},
        {"email": "el@example.org", "timezone": "at sea", "paused_until": "ever"},
    ]
    books.subscribers.import_rows(rows, lists=(), now=NOW)
    books.subscribers.suppress("di@example.org", reason="asked", now=NOW)
    books.subscribers.suppress("zo@example.org", reason="asked", now=NOW)
    said = Consent(act="paused", said_at=NOW, how="command")
    books.pauses.pause("cy@example.org", until=NOW + timedelta(days=9), said=said)
    books.tags.add("ana@example.org", "vip")


@pytest.mark.parametrize("end", [".csv", ".jsonl"])
def test_states_and_who_never_subscribed_travel_too(
    end: str, books: Books, tmp_path: Path
) -> None:
    fill(books)
    path = tmp_path / f"readers{end}"
    assert write(books, path) == 6
    with open_books("sqlite://") as others:
        with opened(path) as sheets:
            others.subscribers.import_people(sheets.rows, lists=(), now=NOW)
        assert list(others.subscribers.export()) == list(books.subscribers.export())
        assert others.subscribers.suppressed() == {"di@example.org", "zo@example.org"}
        assert others.subscribers.is_suppressed("zo@example.org")
        until = others.pauses.until("cy@example.org", now=NOW)
        assert until == NOW + timedelta(days=9)


def test_a_list_alone_is_who_gets_it_and_what_is_known_of_them(
    books: Books, tmp_path: Path
) -> None:
    fill(books)
    path = tmp_path / "weekly.csv"
    assert write(books, path, "weekly") == 1
    ((ana),) = csv.DictReader(io.StringIO(path.read_text()))
    assert ana == {
        "email": "ana@example.org",
        "name": "",
        "language": "",
        "lists": "art, weekly",
        "pending": "",
        "left": "",
        "status": "",
        "timezone": "",
        "tags": "vip",
        "paused_until": "",
        "created_at": "2026-11-20T08:00:00.000000+00:00",
        "city": "Rome",
    }


def test_json_lines_leave_out_what_is_empty(books: Books, tmp_path: Path) -> None:
    fill(books)
    write(books, tmp_path / "all.jsonl")
    lines = (tmp_path / "all.jsonl").read_text().splitlines()
    _, ana, bo, _, di, _ = map(json.loads, lines)
    assert ana == {
        "email": "ana@example.org",
        "lists": ["art", "weekly"],
        "tags": ["vip"],
        "created_at": "2026-11-20T08:00:00.000000+00:00",
        "attributes": {"city": "Rome"},
    }
    assert (bo["left"], di["status"]) == (["weekly"], "suppressed")


def test_many_readers_are_written_page_by_page(books: Books, tmp_path: Path) -> None:
    rows = [{"email": f"r{number}@example.org"} for number in range(PAGE + 2)]
    books.subscribers.import_rows(rows, lists=["weekly"], now=NOW)
    path = tmp_path / "readers.csv"
    assert write(books, path) == PAGE + 2
    found = [row["email"] for row in csv.DictReader(io.StringIO(path.read_text()))]
    assert found == [row["email"] for row in rows]

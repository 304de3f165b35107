"""Segments of who opened and clicked: what is not known is neither yes nor no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from publisher.errors import ConfigError
from publisher.models import Consent, Issue
from publisher.segments import parse
from publisher.store import Books, Trace

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
URL = "https://lantern.example.org/first-light"


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def issue(number: int, days: int) -> Issue:
    return Issue(
        id=f"weekly/{number}",
        campaign="weekly",
        number=number,
        articles=(),
        planned_at=ago(days),
        list="weekly",
    )


def add(books: Books, name: str, *, days: int = 400, list_: str = "weekly") -> int:
    address = f"{name}@example.org"
    return books.subscribers.add(address, lists=[list_], now=ago(days)).id


def allow(books: Books, name: str, days: int) -> None:
    said = Consent(act="allowed", said_at=ago(days), how="command", words="Yes.")
    assert books.tracking.say(f"{name}@example.org", said=said)


def names(books: Books, question: str) -> set[str]:
    people = {one.id: one.address for one in books.subscribers.all()}
    found = books.segments.members(parse(question), now=NOW)
    return {people[one].partition("@")[0] for one in found}


def trace(
    reader: int,
    kind: Literal["opened", "clicked"],
    days: int,
    number: int = 2,
    url: str = "",
) -> Trace:
    return Trace(
        reader=reader,
        issue=f"weekly/{number}",
        draft="x",
        kind=kind,
        url=url,
        at=ago(days),
    )


def test_who_opened_and_who_did_not_by_the_day(books: Books) -> None:
    numbers = {name: add(books, name) for name in ("ana", "bo", "cy", "dee")}
    add(books, "new", days=3)
    add(books, "other", list_="tips")
    refused = Consent(act="refused", said_at=ago(9), how="link")
    books.tracking.say("dee@example.org", said=refused)
    books.tracking.begin(issue(1, 200), ["opens-day"], [])
    books.tracking.begin(issue(2, 5), ["opens-day"], [])
    days = {numbers["ana"]: ago(4), numbers["bo"]: ago(100), numbers["dee"]: ago(1)}
    books.tracking.count({}, days={who: f"{day:%Y-%m-%d}" for who, day in days.items()})
    assert names(books, "opened last 90 days") == {"ana"}
    assert names(books, "not opened last 90 days") == {"bo", "cy"}
    assert names(books, "opened last 365 days") == {"ana", "bo"}
    assert names(books, "not opened last 365 days") == set(), "nobody looked so long"
    assert names(books, "not (opened last 90 days or name = x)") == {"bo", "cy"}
    with pytest.raises(ConfigError, match="tracking: individual, so clicked cannot"):
        names(books, "clicked last 30 days")
    with pytest.raises(ConfigError, match=r"opened cannot be answered \[column 1\]"):
        names(books, "opened in weekly")


def test_what_single_readers_did_who_allowed_it(books: Books) -> None:
    numbers = {name: add(books, name) for name in ("ana", "bo", "cy", "late")}
    for name in ("ana", "bo"):
        allow(books, name, 300)
    allow(books, "late", 2)
    books.tracking.begin(issue(1, 200), ["individual"], [])
    books.tracking.begin(issue(2, 5), ["individual"], [("mark", "x", URL)])
    books.tracking.count(
        {},
        found=[
            trace(numbers["ana"], "opened", 4),
            trace(numbers["ana"], "clicked", 4, url=URL),
            trace(numbers["bo"], "opened", 199, 1),
            trace(numbers["cy"], "clicked", 1, url=URL),  # who allowed nothing
        ],
    )
    assert names(books, "clicked last 30 days") == {"ana"}
    assert names(books, "not clicked last 30 days") == {"bo"}
    assert names(books, "opened last 30 days") == {"ana"}
    assert names(books, "not opened last 30 days") == {"bo"}
    assert names(books, 'clicked in "weekly/2"') == {"ana"}
    assert names(books, f'clicked in "{URL}"') == {"ana"}
    assert names(books, f'not clicked in "{URL}"') == {"bo"}
    assert names(books, "opened in weekly") == {"ana", "bo"}
    assert names(books, "opened in week") == set()
    assert names(books, 'not opened in "weekly/2"') == {"bo"}
    asked = parse("clicked in weekly")
    assert books.segments.holds(asked, "ana@example.org", now=NOW)


def test_clicks_that_hold_no_reader_answer_nothing_of_one(books: Books) -> None:
    books.tracking.begin(issue(1, 5), ["clicks"], [("mark", "x", URL)])
    for question in ("opened last 9 days", "clicked last 9 days", "clicked in weekly"):
        with pytest.raises(ConfigError, match="nothing was sent with tracking"):
            names(books, question)

"""Segments: the answer of the books is what each reader's own facts say."""

from __future__ import annotations

import json
import string
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import ConfigError
from publisher.segments import (
    Among,
    Comparison,
    Every,
    Field,
    Happened,
    HappenedIn,
    IsSet,
    Joined,
    Not,
    Question,
    Some,
    parse,
)
from publisher.store import Books, open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
VALUES = ["IT", "it", "18", "2.5", "-3", "1e2", " 7", "007", "true", "è", "%", "'", ""]
NAMES = ["country", "age", 'a"b', "città", "a.b", "list"]

READERS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["", "Ana", "ANA è", "Bo"]),
        "language": st.sampled_from(["", "it", "en"]),
        "lists": st.sets(st.sampled_from(["weekly", "daily"])),
        "tags": st.sets(st.sampled_from(["vip", "new"])),
        "attributes": st.dictionaries(
            st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=3
        ),
        "days": st.integers(0, 40),
    }
)
WORDS = st.sampled_from([*VALUES, "weekly", "vip", "Ana", "r1@example.org"])
OWN = st.builds(Field, st.sampled_from(["name", "language", "address"]))
MANY = st.builds(Field, st.sampled_from(["list", "tag"]))
ATTRIBUTES = st.builds(Field, st.sampled_from(NAMES), is_attribute=st.just(value=True))
ONE = OWN | ATTRIBUTES
LEAVES = st.one_of(
    st.builds(Comparison, ONE | MANY, st.sampled_from(["=", "!="]), WORDS),
    st.builds(Comparison, ONE, st.just("~"), WORDS),
    st.builds(
        Comparison,
        ONE,
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from(["18", "2.5", "-3", "0"]),
    ),
    st.builds(Among, ONE | MANY, st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(IsSet, ONE | MANY),
    st.builds(Joined, st.dates(date(2026, 10, 1), date(2026, 11, 30)), st.booleans()),
    st.builds(Happened, st.just("subscribed"), st.integers(1, 40)),
)


def larger(parts: st.SearchStrategy[Question]) -> st.SearchStrategy[Question]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, parts) | st.builds(Every, several) | st.builds(Some, several)


QUESTIONS: st.SearchStrategy[Question] = st.recursive(LEAVES, larger, max_leaves=6)


def values_of(reader: dict[str, Any], field: Field) -> set[str]:
    if field.is_attribute:
        return {reader["attributes"].get(field.name, "")} - {""}
    if field.name in {"list", "tag"}:
        return set(reader[f"{field.name}s"])
    return {reader[field.name]} - {""}


def number(text: str) -> float | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return float(found) if type(found) in {int, float} else None


def compares(reader: dict[str, Any], asked: Comparison) -> bool:
    found, value = values_of(reader, asked.field), asked.value
    match asked.sign:
        case "=":
            return among(reader, asked.field, (value,))
        case "!=":
            return not among(reader, asked.field, (value,))
        case "~":
            text = next(iter(found), "")
            return value.translate(LOWER) in text.translate(LOWER)
    known, than = number(next(iter(found), "")), float(value)
    if known is None:
        return False
    signs = {"<": known < than, "<=": known <= than, ">": known > than}
    return signs.get(asked.sign, known >= than)


def among(reader: dict[str, Any], field: Field, values: tuple[str, ...]) -> bool:
    if field == Field("language"):
        values = tuple(one.lower() for one in values)
    found = values_of(reader, field)
    if not found and field.name in {"list", "tag"} and not field.is_attribute:
        return False
    return bool((found or {""}) & set(values))


def holds(reader: dict[str, Any], question: Question) -> bool:
    joined = NOW - timedelta(days=reader["days"])
    match question:
        case Every(parts):
            return all(holds(reader, one) for one in parts)
        case Some(parts):
            return any(holds(reader, one) for one in parts)
        case Not(part):
            return not holds(reader, part)
        case Comparison():
            return compares(reader, question)
        case Among(field, values):
            return among(reader, field, values)
        case IsSet(field):
            return bool(values_of(reader, field))
        case Joined(day, is_before):
            begins = datetime.combine(day, time(), tzinfo=UTC)
            return bool(reader["lists"]) and (joined < begins) == is_before
        case Happened(_, days):
            return bool(reader["lists"]) and joined >= NOW - timedelta(days=days)
        case HappenedIn():
            raise AssertionError("tests/store/test_tracked.py asks this")


def fill(books: Books, readers: list[dict[str, Any]]) -> None:
    for place, one in enumerate(readers):
        one["address"] = f"r{place}@example.org"
        books.subscribers.add(
            one["address"],
            name=one["name"],
            language=one["language"],
            lists=sorted(one["lists"]),
            attributes=one["attributes"],
            now=NOW - timedelta(days=one["days"]),
        )
        for tag in one["tags"]:
            books.tags.add(one["address"], tag)


@given(
    st.lists(READERS, min_size=1, max_size=6),
    st.lists(QUESTIONS, min_size=1, max_size=8),
)
def test_the_books_answer_as_each_reader_would(
    readers: list[dict[str, Any]], questions: list[Question]
) -> None:
    with open_books("sqlite://") as books:
        fill(books, readers)
        for question in questions:
            expected = [
                place for place, one in enumerate(readers, 1) if holds(one, question)
            ]
            assert books.segments.members(question, now=NOW) == expected
            assert books.segments.count(question, now=NOW) == len(expected)
            first = readers[0]["address"]
            assert books.segments.holds(question, first, now=NOW) == (1 in expected)


def test_who_is_suppressed_is_in_no_answer(books: Books) -> None:
    books.subscribers.add("ana@example.org", name="Ana", now=NOW)
    books.subscribers.suppress("ana@example.org", reason="asked", now=NOW)
    assert books.segments.count(parse("name = Ana"), now=NOW) == 0


def test_what_is_not_tracked_is_not_guessed(books: Books) -> None:
    with pytest.raises(ConfigError, match="so opened cannot be answered"):
        books.segments.count(parse("not opened last 90 days"), now=NOW)


def test_the_longest_question_is_answered(books: Books) -> None:
    question = parse(" or ".join(["a=b"] * 570))
    assert books.segments.count(question, now=NOW) == 0


def test_a_tag_is_given_once_and_goes_with_its_reader(books: Books) -> None:
    books.subscribers.add("ana@example.org", now=NOW)
    assert books.tags.add("ana@example.org", "vip") == ("vip",)
    assert books.tags.add("ANA@example.org", "vip") == ("vip",)
    assert books.tags.add("ana@example.org", "art") == ("art", "vip")
    reader = books.subscribers.find("ana@example.org")
    assert reader
    assert reader.attributes["tags"] == "art, vip"
    assert books.tags.remove("ana@example.org", "art") == ("vip",)
    assert books.consents.everything("ana@example.org")["tags"] == ["vip"]
    assert books.tags.remove("ana@example.org", "vip") == ()
    books.tags.add("ana@example.org", "vip")
    assert books.consents.forget("ana@example.org")
    assert books.tags.by_reader() == {}
    with pytest.raises(ConfigError, match="nobody has this address"):
        books.tags.add("ana@example.org", "vip")

"""Questions: what is written is what is read, and no text is a traceback."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.segments import (
    Among,
    Comparison,
    Every,
    Field,
    Happened,
    HappenedIn,
    IsSet,
    Joined,
    Misread,
    Not,
    Question,
    Some,
    leaves,
    parse,
    written,
)

WORDS = st.one_of(
    st.sampled_from(["vip", "and", "IT", "two words", "", '"', "\\", "not", "18"]),
    st.text().filter(str.isprintable),
)
OWN = st.builds(Field, st.sampled_from(["language", "name", "address"]))
MANY = st.builds(Field, st.sampled_from(["list", "tag"]))
BARE = st.sampled_from(["country", "age", "opened", "and", "città", "two words"])
ATTRIBUTES = st.builds(Field, BARE) | st.builds(
    Field, WORDS.filter(bool), is_attribute=st.just(value=True)
)
FIELDS = OWN | MANY | ATTRIBUTES
NUMBERS = st.integers(-(10**14), 10**14).map(str)
LEAVES = st.one_of(
    st.builds(Comparison, FIELDS, st.sampled_from(["=", "!="]), WORDS),
    st.builds(Comparison, OWN | ATTRIBUTES, st.just("~"), WORDS),
    st.builds(
        Comparison,
        OWN | ATTRIBUTES,
        st.sampled_from(["<", "<=", ">", ">="]),
        NUMBERS,
    ),
    st.builds(Among, FIELDS, st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(IsSet, FIELDS),
    st.builds(Joined, st.dates(), st.booleans()),
    st.builds(
        Happened,
        st.sampled_from(["subscribed", "opened", "clicked"]),
        st.integers(1, 36_500),
    ),
    st.builds(HappenedIn, st.sampled_from(["opened", "clicked"]), WORDS),
)


def larger(parts: st.SearchStrategy[Question]) -> st.SearchStrategy[Question]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, parts) | st.builds(Every, several) | st.builds(Some, several)


QUESTIONS: st.SearchStrategy[Question] = st.recursive(LEAVES, larger, max_leaves=8)


@given(QUESTIONS)
def test_a_question_that_is_written_is_read_as_the_same(question: Question) -> None:
    text = written(question)
    if len(text) <= 4000:
        assert parse(text) == question


PIECES = ["list", "=", "not", "(", ")", "in", "and", "or", "is", "set", "last", "30"]
PIECES += ["subscribed", "before", "2026-01-01", "days", "attribute", "~", ">=", '"a"']


@given(st.text() | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_any_text_is_a_question_or_an_error_with_its_column(text: str) -> None:
    found = None
    try:
        list(leaves(parse(text, [])))
    except Misread as error:
        found = error
    if found is not None:
        assert 1 <= found.column <= len(text) + 1
        assert found.hint.startswith("Try: ")


@pytest.mark.parametrize("text", ["(" * 3000, "not " * 900, "a" * 5000])
def test_what_is_too_deep_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        parse(text)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = (Comparison(Field("tag"), "=", one) for one in "abc")
    assert parse("tag = a or not tag = b and tag = c") == Some((a, Every((Not(b), c))))
    assert parse("(tag = a or tag = b) AND tag = c") == Every((Some((a, b)), c))


def test_the_examples_of_the_documentation_are_read() -> None:
    assert parse("subscribed before 2026-01-01") == Joined(
        date(2026, 1, 1), is_before=True
    )
    assert parse("not opened last 90 days") == Not(Happened("opened", 90))
    assert parse('clicked in "weekly/7"') == HappenedIn("clicked", "weekly/7")
    company = Field("company", is_attribute=True)
    assert parse('attribute company ~ "Ltd"') == Comparison(company, "~", "Ltd")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "(   contry = IT)",
            "unknown field `contry` [column 5]. Try: country",
        ),
        ("age >= old", "`>=` compares numbers, not `old` [column 8]. Try: a number"),
        ("tag = ", "expected a value and not the end [column 7]. Try: "),
        ("tag = vip country", "ends too late: `country` [column 11]. Try: and, or"),
        ("tag = 'vip", "quotes that do not end [column 7]. Try: "),
        ("subscribed before 2026-02-30", "`2026-02-30` is not a day [column 19]"),
        ("tag ~ v", "`~` cannot compare a tag [column 7]. Try: tag = weekly"),
    ],
)
def test_a_complaint_says_where_and_what_to_do(text: str, complaint: str) -> None:
    with pytest.raises(Misread) as caught:
        parse(text, ["country", "age"])
    assert str(caught.value).startswith(complaint)

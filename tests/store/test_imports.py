from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.store.imports import Person, person, rows_of

READ = [{"Email": "ana@example.org", "Name": "Ana, B."}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_delimiter_is_found(delimiter: str, start: str, end: str) -> None:
    lines = (f"Email{delimiter}Name", f'ana@example.org{delimiter}"Ana, B."', "")
    assert list(rows_of(start + end.join(lines))) == READ


@pytest.mark.parametrize(
    "text",
    ["email\nana@example.org\n", "ana@example.org\n", '"email"\n"ana@example.org"\n'],
)
def test_one_column_is_enough(text: str) -> None:
    assert list(rows_of(text)) == [{"email": "ana@example.org"}]


def test_an_empty_file_has_no_rows() -> None:
    assert list(rows_of("")) == list(rows_of("\ufeff\n\n")) == []


def test_a_row_knows_its_line_past_empty_and_long_ones() -> None:
    text = 'email,note\n\na@example.org,"two\nlines"\n,,\nb@example.org,\n'
    assert [row.line for row in rows_of(text)] == [3, 6]


def test_short_and_long_rows_are_read_as_far_as_they_go() -> None:
    rows = rows_of("email,name\na@example.org\nb@example.org,Bo,more\n")
    assert list(rows) == [
        {"email": "a@example.org"},
        {"email": "b@example.org", "name": "Bo"},
    ]


def test_a_cell_without_an_end_is_named_by_its_line() -> None:
    text = 'email,note\na@example.org,fine\nb@example.org,"' + "x\n" * 100_000
    with pytest.raises(SourceError, match="line 3 cannot be read as CSV"):
        list(rows_of(text))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"E-mail Address": "a@b.example", "FIRST NAME": "Ana", "Last_Name": "Bo"},
            Person("a@b.example", name="Ana Bo"),
        ),
        (
            {
                "EMAIL": "a@b.example",
                "Full Name": "Ana",
                "Locale": "it",
                "City": "Rome",
            },
            Person(
                "a@b.example", name="Ana", language="it", attributes={"City": "Rome"}
            ),
        ),
        (
            {"Email Address": "a@b.example", "TAGS": '"art","food"', "NOTES": ""},
            Person(
                "a@b.example", attributes={"tags": "art, food"}, tags=("art", "food")
            ),
        ),
        (
            {"email": "a@b.example", "email_disabled": "true"},
            Person("a@b.example", has_left=True),
        ),
        (
            {"email": "a@b.example", "subscribed_to_emails": "false"},
            Person("a@b.example", has_left=True),
        ),
        (
            {"email": "a@b.example", "status": "Complained"},
            Person("a@b.example", gone="imported as complained"),
        ),
        (
            {"email": "a@b.example", "state": "unconfirmed", "lists": "a;b"},
            Person("a@b.example", lists=("a", "b"), is_pending=True),
        ),
        ({"name": "An\r\nna"}, Person("", name="An na")),
    ],
)
def test_columns_are_known_by_their_usual_names(
    row: dict[str, str], expected: Person
) -> None:
    assert person(row) == expected


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"),
    max_size=20,
).map(str.strip)


@given(st.lists(st.tuples(CELL, CELL), max_size=8), st.sampled_from(",;\t|"))
def test_what_any_csv_writer_writes_is_read_back(
    people: list[tuple[str, str]], delimiter: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(("email", "note"))
    writer.writerows(people)
    read = [(row["email"], row["note"]) for row in rows_of(out.getvalue())]
    assert read == [pair for pair in people if any(pair)]

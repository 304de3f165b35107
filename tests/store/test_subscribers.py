from __future__ import annotations

from datetime import datetime

import pytest

from publisher.errors import ConfigError
from publisher.models import Subscriber
from publisher.store import Books, ImportReport, open_books, rows_of

CSV = """\
email,name,lists,status,city
ana@example.org,Ana,weekly,,Rome
bo@example.org,Bo,weekly,unsubscribed,
cy@example.org,Cy,weekly,bounced,
not an address,No,weekly,,
,Nobody,weekly,,
di@example.org,Di,weekly,pending,
"""


def load(
    books: Books, text: str, now: datetime, lists: tuple[str, ...] = ()
) -> ImportReport:
    return books.subscribers.import_rows(rows_of(text), lists=lists, now=now)


def leavers(books: Books) -> set[str]:
    """Who left the weekly list."""
    rows = books.subscribers.export()
    return {row["email"] for row in rows if "weekly" in row["left"].split(", ")}


def audience(books: Books, name: str = "weekly") -> list[str]:
    return [reader.address for reader in books.subscribers.audience(name)]


def test_an_added_reader_is_found_in_any_spelling(books: Books, now: datetime) -> None:
    added = books.subscribers.add(
        " Ana@Bücher.Example",
        name="Ana",
        lists=["weekly", "art"],
        language="it",
        attributes={"city": "Rome"},
        now=now,
    )
    assert added == Subscriber(
        id=1,
        address="Ana@Bücher.Example",
        name="Ana",
        language="it",
        lists=("art", "weekly"),
        attributes={"city": "Rome"},
    )
    assert books.subscribers.find("ana@xn--bcher-kva.example") == added
    assert books.subscribers.find("bo@example.org") is None


def test_to_add_again_changes_only_what_is_said(books: Books, now: datetime) -> None:
    books.subscribers.add("ana@example.org", name="Ana", lists=["art"], now=now)
    again = books.subscribers.add("ANA@example.org", lists=["weekly"], now=now)
    assert again.name == "Ana"
    assert again.lists == ("art", "weekly")
    assert books.subscribers.all() == [again]


def test_a_suppressed_address_is_in_no_audience(books: Books, now: datetime) -> None:
    books.subscribers.add("ana@example.org", lists=["weekly"], now=now)
    books.subscribers.suppress("Ana@Example.org", reason="asked", now=now)
    books.subscribers.suppress("ana@example.org", reason="twice is fine", now=now)
    assert audience(books) == []
    assert len(books.subscribers.all("weekly")) == 1
    assert books.subscribers.is_suppressed("ANA@example.org")
    assert not books.subscribers.is_suppressed("bo@example.org")
    assert books.subscribers.suppressed() == {"ana@example.org"}


def test_a_suppressed_address_cannot_be_added(books: Books, now: datetime) -> None:
    books.subscribers.suppress("ana@example.org", reason="asked", now=now)
    with pytest.raises(ConfigError, match="is suppressed"):
        books.subscribers.add("Ana@example.org", lists=["weekly"], now=now)


@pytest.mark.parametrize(
    "text", ["", "ana", "ana@", "a b@example.org", "a@b", "a@@b.c"]
)
def test_what_is_no_address_is_refused(books: Books, text: str, now: datetime) -> None:
    with pytest.raises(ConfigError, match="not an email address"):
        books.subscribers.add(text, now=now)


def test_an_import_says_what_became_of_each_row(books: Books, now: datetime) -> None:
    report = load(books, CSV, now)
    assert (report.new, report.changed) == (2, 0)
    assert report.kept_out == {"unsubscribed": 1, "bounced": 1}
    assert [line for line, _ in report.examples] == [5, 6]
    assert report.rows == 6
    assert audience(books) == ["ana@example.org"]
    ana = books.subscribers.find("ana@example.org")
    assert ana is not None
    assert ana.attributes == {"city": "Rome"}
    assert books.subscribers.suppressed() == {"cy@example.org"}
    assert leavers(books) == {"bo@example.org", "cy@example.org"}


def test_the_reason_for_an_invalid_row_holds_no_address(
    books: Books, now: datetime
) -> None:
    report = load(books, "email\nsecret person@example.org\n", now)
    ((_, reason),) = report.examples
    assert list(report.invalid) == [reason]
    assert "secret" not in reason
    assert "@example" not in reason


def test_an_import_twice_is_the_same_as_once(books: Books, now: datetime) -> None:
    load(books, CSV, now)
    before = list(books.subscribers.export())
    again = load(books, CSV, now)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert again.kept_out == {"unsubscribed": 1, "bounced": 1}
    assert list(books.subscribers.export()) == before


def test_a_dry_run_says_the_same_and_writes_nothing(
    books: Books, now: datetime
) -> None:
    rows = list(rows_of(CSV))
    tried = books.subscribers.import_rows(rows, lists=(), now=now, dry_run=True)
    assert books.subscribers.all() == []
    assert books.subscribers.suppressed() == set()
    assert tried == books.subscribers.import_rows(rows, lists=(), now=now)


def test_nobody_who_left_comes_back_by_an_import(books: Books, now: datetime) -> None:
    load(books, CSV, now)
    everybody = "email\nana@example.org\nBO@example.org\ncy@example.org\n"
    report = load(books, everybody, now, ("weekly",))
    assert (report.new, report.changed, report.unchanged) == (0, 0, 1)
    assert report.kept_out == {"had left": 1, "is suppressed": 1}
    assert audience(books) == ["ana@example.org"]


def test_who_left_everything_by_an_import_stays_away(
    books: Books, now: datetime
) -> None:
    load(books, "email,status\nbo@example.org,unsubscribed\n", now)
    load(books, "email\nbo@example.org\n", now, ("weekly",))
    assert audience(books) == []
    assert books.subscribers.is_suppressed("bo@example.org")


def test_who_left_a_list_may_be_added_again_by_name(
    books: Books, now: datetime
) -> None:
    load(books, CSV, now)
    books.subscribers.add("bo@example.org", lists=["weekly"], now=now)
    assert "bo@example.org" in audience(books)
    assert leavers(books) == {"cy@example.org"}


def test_who_left_one_list_may_join_another(books: Books, now: datetime) -> None:
    load(books, CSV, now)
    load(books, "email\nbo@example.org\n", now, ("art",))
    assert audience(books, "art") == ["bo@example.org"]
    assert "bo@example.org" not in audience(books)


def test_who_has_not_confirmed_gets_nothing_until_they_do(
    books: Books, now: datetime
) -> None:
    load(books, CSV, now)
    assert "di@example.org" not in audience(books)
    load(books, "email,lists\ndi@example.org,weekly\n", now)
    assert "di@example.org" in audience(books)


def test_the_same_person_twice_in_a_file_is_one_person(
    books: Books, now: datetime
) -> None:
    text = "email,name\nAna@example.org,\nana@EXAMPLE.org,Ana\n"
    report = load(books, text, now, ("weekly",))
    assert (report.new, report.changed) == (1, 1)
    (ana,) = books.subscribers.all()
    assert (ana.address, ana.name) == ("Ana@example.org", "Ana")


def test_an_empty_cell_takes_nothing_away(books: Books, now: datetime) -> None:
    load(books, CSV, now)
    load(books, "email,name,city\nana@example.org,,\n", now)
    ana = books.subscribers.find("ana@example.org")
    assert ana is not None
    assert (ana.name, ana.attributes) == ("Ana", {"city": "Rome"})


def test_what_is_exported_makes_the_same_books_again(
    books: Books, now: datetime
) -> None:
    load(books, CSV, now)
    exported = list(books.subscribers.export())
    with open_books("sqlite://") as others:
        others.subscribers.import_rows(exported, lists=(), now=now)
        assert list(others.subscribers.export()) == exported


def test_an_import_larger_than_a_chunk_is_whole(books: Books, now: datetime) -> None:
    text = "email\n" + "".join(f"p{n}@example.org\n" for n in range(4_500))
    assert load(books, text, now, ("weekly",)).new == 4_500
    assert len(audience(books)) == 4_500

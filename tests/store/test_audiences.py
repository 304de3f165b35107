from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.models import (
    Audience,
    Consent,
    Delivery,
    Draft,
    EmailDraft,
    Issue,
    Outcome,
    State,
)
from publisher.store import Books, open_books

LATER = timedelta(seconds=1)


@pytest.fixture
def readers(books: Books, now: datetime) -> Books:
    """Ten readers of a list, with numbers 1 to 10."""
    join(books, range(1, 11), now)
    return books


def join(books: Books, numbers: range, now: datetime, name: str = "weekly") -> None:
    rows = [{"email": f"reader{n}@example.org", "name": f"Reader {n}"} for n in numbers]
    books.subscribers.import_rows(rows, lists=[name], now=now)


def leave(books: Books, number: int, now: datetime) -> None:
    address = f"reader{number}@example.org"
    rows = [{"email": address, "lists": "weekly", "status": "removed"}]
    books.subscribers.import_rows(rows, lists=(), now=now)


def begin(
    books: Books, issue: Issue, drafts: dict[str, Draft], **changes: object
) -> Audience:
    size = books.subscribers.size("weekly", now=issue.planned_at)
    email = next(one.id for one in drafts.values() if isinstance(one, EmailDraft))
    audience = Audience(
        channel="smtp",
        draft=email,
        list="weekly",
        last=size.last,
        count=size.count,
        checksum=size.checksum,
    )
    audience = replace(audience, **changes)  # type: ignore[arg-type]
    books.ledger.begin(issue, drafts, (), [audience])
    return audience


def take_all(books: Books, now: datetime, count: int = 3) -> Iterator[Delivery]:
    while claimed := books.ledger.claim("weekly/1", "smtp", count, now=now):
        yield from claimed


def test_an_audience_is_planned_by_one_row_and_claimed_reader_by_reader(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    assert readers.ledger.counts("weekly/1")["smtp"]["planned"] == 10
    assert readers.ledger.deliveries("weekly/1") == []
    first = readers.ledger.claim("weekly/1", "smtp", 4, now=now)
    assert [one.recipient for one in first] == [
        f"reader{n}@example.org" for n in (1, 2, 3, 4)
    ]
    assert [one.reader.name for one in first if one.reader][:1] == ["Reader 1"]
    counts = readers.ledger.counts("weekly/1")["smtp"]
    assert (counts["planned"], counts["claimed"]) == (6, 4)
    assert readers.ledger.verify() == []


def test_keys_name_the_reader_and_not_the_channel(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    (one,) = readers.ledger.claim("weekly/1", "smtp", 1, now=now)
    assert one.key == "weekly/1/email/000000001"


def test_who_comes_after_the_plan_is_not_in_it(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    join(readers, range(11, 14), now + LATER)
    assert len(list(take_all(readers, now))) == 10


def test_who_leaves_or_is_suppressed_after_the_plan_is_skipped_with_the_reason(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    leave(readers, 3, now + LATER)
    readers.subscribers.suppress("reader8@example.org", reason="asked", now=now + LATER)
    taken = {one.recipient for one in take_all(readers, now)}
    assert len(taken) == 8
    assert not taken & {"reader3@example.org", "reader8@example.org"}
    found = [(state, why) for _, state, why, _ in readers.ledger.reasons("weekly/1")]
    assert sorted(found) == [("skipped", "left the list"), ("skipped", "suppressed")]
    assert readers.ledger.verify() == []


def test_who_was_suppressed_before_is_not_counted(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    readers.subscribers.suppress("reader8@example.org", reason="asked", now=now - LATER)
    audience = begin(readers, issue, drafts)
    assert audience.count == 9
    assert len(list(take_all(readers, now))) == 9


def test_who_is_erased_meanwhile_is_missing_and_the_equation_holds(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    with readers.database.writing() as connection:
        connection.exec_driver_sql("delete from consents where subscriber = 10")
        connection.exec_driver_sql("delete from subscriptions where subscriber = 10")
        connection.exec_driver_sql("delete from subscribers where id = 10")
    assert len(list(take_all(readers, now))) == 9
    assert readers.ledger.verify() == []
    assert readers.ledger.counts("weekly/1")["smtp"]["planned"] == 0


def test_the_same_number_of_others_is_another_audience(
    readers: Books, issue: Issue, now: datetime
) -> None:
    before = readers.subscribers.size("weekly", now=now)
    leave(readers, 2, now)
    readers.subscribers.add("reader2@example.org", lists=["daily"], now=now)
    join(readers, range(11, 12), now)
    after = readers.subscribers.size("weekly", now=now)
    assert before.count == after.count
    assert before.checksum != after.checksum


def test_an_audience_that_is_held_waits(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts, is_held=True)
    assert list(take_all(readers, now)) == []
    assert readers.ledger.counts("weekly/1")["smtp"]["planned"] == 10
    assert readers.ledger.unfinished("weekly", is_rehearsal=False) is None


def test_an_issue_with_readers_who_wait_is_unfinished(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    assert readers.ledger.unfinished("weekly", is_rehearsal=False) == issue
    claimed = list(take_all(readers, now))
    done = [Outcome(key=one.key, state=State.ACCEPTED, receipt="r") for one in claimed]
    readers.ledger.settle(done, now=now)
    assert readers.ledger.unfinished("weekly", is_rehearsal=False) is None
    assert readers.ledger.counts("weekly/1")["smtp"]["accepted"] == 10


def test_what_is_settled_and_what_is_claimed_next_is_one_step(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    (one,) = readers.ledger.claim("weekly/1", "smtp", 1, now=now)
    done = Outcome(key=one.key, state=State.ACCEPTED, receipt="r")
    readers.ledger.claim("weekly/1", "smtp", 2, now=now, settled=[done])
    counts = readers.ledger.counts("weekly/1")["smtp"]
    assert (counts["accepted"], counts["claimed"], counts["planned"]) == (1, 2, 7)


def test_what_is_put_off_waits_for_its_time_and_others_go_first(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    (one,) = readers.ledger.claim("weekly/1", "smtp", 1, now=now)
    until = now + timedelta(minutes=5)
    readers.ledger.postpone([one.key], now=now, until=until)
    assert one.key not in {other.key for other in take_all(readers, now)}
    assert readers.ledger.soonest("weekly/1", "smtp") == until
    (again,) = readers.ledger.claim("weekly/1", "smtp", 5, now=until)
    assert (again.key, again.tries, again.reader) == (one.key, 1, one.reader)


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 99), max_size=3, unique=True).map(sorted),
    number=st.integers(1, 500),
    size=st.integers(0, 230),
)
def test_shares_part_the_readers_and_each_is_as_large_as_it_says(
    cuts: list[int], number: int, size: int
) -> None:
    now = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
    with open_books("sqlite://") as books:
        join(books, range(1, size + 1), now)
        bounds = [0, *cuts, 100]
        counts = [
            books.subscribers.size(
                "weekly", now=now, number=number, shares=shares
            ).count
            for shares in itertools.pairwise(bounds)
        ]
    assert sum(counts) == size
    whole = size - size % 100
    for (low, high), count in zip(itertools.pairwise(bounds), counts, strict=True):
        assert count >= (high - low) * whole // 100


@settings(max_examples=25, deadline=None)
@given(data=st.data(), size=st.integers(0, 40), chunk=st.integers(1, 9))
def test_every_reader_of_the_frozen_audience_gets_exactly_one_row(
    data: st.DataObject, size: int, chunk: int
) -> None:
    """Whatever happens on the list while it is sent."""
    start = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
    draft = EmailDraft(template="t", subject=("s",), html=("h",), text=("t",))
    issue = Issue(
        id="weekly/1", campaign="weekly", number=1, articles=("a",), planned_at=start
    )
    with open_books("sqlite://") as books:
        join(books, range(1, size + 1), start)
        begin(books, replace(issue, list="weekly"), {draft.id: draft})
        now, seen = start, Counter[str]()
        while claimed := books.ledger.claim("weekly/1", "smtp", chunk, now=now):
            seen.update(one.recipient for one in claimed)
            now += LATER
            what = data.draw(
                st.sampled_from(
                    ["leave", "suppress", "join", "pause", "resume", "nothing"]
                )
            )
            who = data.draw(st.integers(1, max(size, 1)))
            if what == "leave":
                leave(books, who, now)
            elif what == "suppress":
                books.subscribers.suppress(
                    f"reader{who}@example.org", reason="x", now=now
                )
            elif what == "join":
                join(books, range(100 + who, 101 + who), now)
            elif what == "pause":
                away = now + data.draw(st.integers(1, 5)) * LATER
                said = Consent(act="paused", said_at=now, how="link")
                books.pauses.pause(f"reader{who}@example.org", until=away, said=said)
            elif what == "resume":
                said = Consent(act="resumed", said_at=now, how="link")
                books.pauses.resume(f"reader{who}@example.org", said=said)
        assert books.ledger.verify() == []
        assert set(seen.values()) <= {1}
        counts = books.ledger.counts("weekly/1").get("smtp", {})
        assert counts.get("claimed", 0) + counts.get("skipped", 0) == size
        assert counts.get("planned", 0) == 0

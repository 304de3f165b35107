"""What an event means for whom it is about, and for what nobody knew the end of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import events
from publisher.errors import Unsigned
from publisher.models import (
    Audience,
    Consent,
    EmailDraft,
    Event,
    EventKind,
    Issue,
    Outcome,
    State,
    key_mark,
)
from publisher.store import Books, open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DRAFT = EmailDraft(
    template="digest", subject=("Hi",), html=("<p>Hi</p>",), text=("Hi",), articles=()
)
READERS = [f"reader{number}@example.org" for number in range(6)]


def address(number: int) -> str:
    return READERS[number]


def begin(books: Books, issue: str = "weekly/1", list_name: str = "weekly") -> None:
    """Plan an issue for all who are on the list."""
    size = books.subscribers.size(list_name, now=NOW)
    campaign, _, number = issue.partition("/")
    audience = Audience(
        channel="mailgun",
        draft=DRAFT.id,
        list=list_name,
        last=size.last,
        count=size.count,
    )
    books.ledger.begin(
        Issue(
            id=issue,
            campaign=campaign,
            number=int(number),
            articles=(),
            planned_at=NOW,
            list=list_name,
        ),
        {DRAFT.id: DRAFT},
        [],
        [audience],
    )


@pytest.fixture
def books() -> Iterator[Books]:
    with open_books("sqlite://") as opened:
        rows = [{"email": one} for one in READERS]
        opened.subscribers.import_rows(rows, lists=["weekly", "monthly"], now=NOW)
        begin(opened)
        yield opened


def told(books: Books, *some: Event, channel: str = "mailgun") -> int:
    now = NOW + timedelta(minutes=1)
    with books.events.hearing(channel, now=now) as hearing:
        return events.act(hearing, some)


def event(kind: EventKind, number: int = 0, **more: object) -> Event:
    given = {"id": f"{kind}-{number}", "at": NOW, "address": address(number)}
    return Event(kind=kind, **{**given, **more})  # type: ignore[arg-type]


def claimed(books: Books, count: int = 10, issue: str = "weekly/1") -> list[str]:
    found = books.ledger.claim(issue, "mailgun", count, now=NOW)
    return [one.recipient for one in found]


def counts(books: Books) -> dict[str, int]:
    assert books.ledger.verify() == []
    found = books.ledger.counts("weekly/1")["mailgun"]
    return {state: count for state, count in found.items() if count}


def mark(number: int, issue: str = "weekly/1") -> str:
    return key_mark(f"{issue}/email/{number + 1:09}")


# --- who gets nothing more ---


def test_a_bounce_for_good_suppresses_in_a_running_campaign(books: Books) -> None:
    assert claimed(books, 2) == READERS[:2]
    told(books, event("bounced", 3, is_permanent=True, reason="550 no such user"))
    assert books.subscribers.is_suppressed(address(3))
    assert claimed(books) == [READERS[2], READERS[4], READERS[5]]
    assert counts(books) == {"claimed": 5, "skipped": 1}


def test_a_complaint_suppresses_at_once(books: Books) -> None:
    told(books, event("complained", 1))
    assert address(1) not in claimed(books)


def test_an_address_is_suppressed_however_it_is_written(books: Books) -> None:
    told(books, event("complained", address="Reader2@EXAMPLE.org"))
    assert books.subscribers.is_suppressed(address(2))


@pytest.mark.parametrize("kind", ["delivered", "deferred", "opened", "clicked"])
def test_other_news_suppress_nobody(books: Books, kind: EventKind) -> None:
    told(books, event(kind, 1))
    assert books.subscribers.suppressed() == set()


def test_who_unsubscribes_leaves_the_list_that_the_message_came_by(
    books: Books,
) -> None:
    begin(books, "monthly/1", "monthly")
    told(books, event("unsubscribed", 2, mark=mark(2)))
    assert address(2) not in claimed(books)
    assert address(2) in claimed(books, issue="monthly/1")


def test_who_unsubscribes_of_nobody_knows_what_leaves_all_lists(books: Books) -> None:
    begin(books, "monthly/1", "monthly")
    told(books, event("unsubscribed", 2))
    assert address(2) not in claimed(books)
    assert address(2) not in claimed(books, issue="monthly/1")
    assert not books.subscribers.is_suppressed(address(2))


def test_a_stranger_who_unsubscribes_is_suppressed(books: Books) -> None:
    told(books, event("unsubscribed", address="guest@example.net"))
    assert books.subscribers.is_suppressed("guest@example.net")


def test_a_farewell_stands_in_the_journal_of_consent(books: Books) -> None:
    told(books, event("unsubscribed", 2, mark=mark(2)))
    *_, said = books.consents.of(address(2))
    assert (said.list, said.act, said.how) == ("weekly", "left", "provider")


def test_who_was_forgotten_stays_out_and_unnamed(books: Books) -> None:
    books.consents.forget(address(2))
    told(books, event("complained", 2))
    assert books.subscribers.suppressed() == set()
    said = Consent(act="asked", said_at=NOW, how="form")
    assert books.consents.ask(address(2), lists=["weekly"], said=said) == ()


def test_what_came_back_is_part_of_all_data_about_a_person(books: Books) -> None:
    told(books, event("bounced", 2, reason="mailbox full"), event("opened", 2))
    assert books.consents.everything(address(2))["events"] == [
        {
            "channel": "mailgun",
            "kind": "bounced",
            "for_good": False,
            "reason": "mailbox full",
            "at": "2026-11-20T08:00:00.000000+00:00",
        }
    ]


# --- soft bounces ---


def softly(books: Books, days: list[int], **more: object) -> bool:
    for number, day in enumerate(days):
        at = NOW + timedelta(days=day)
        told(books, event("bounced", 0, id=f"{number}", at=at, **more))
    return books.subscribers.is_suppressed(address(0))


def test_five_soft_bounces_over_two_weeks_suppress(books: Books) -> None:
    assert not softly(books, [0, 4, 8, 12])
    assert softly(books, [0, 4, 8, 12, 14])


def test_five_soft_bounces_in_a_week_do_not(books: Books) -> None:
    assert not softly(books, [0, 1, 2, 3, 7])


def test_several_tries_of_one_message_are_one_soft_bounce(books: Books) -> None:
    assert not softly(books, [0, 4, 8, 12, 14], mark="a" * 32)


def test_what_is_refused_for_what_we_are_does_not_count(books: Books) -> None:
    assert not softly(books, [0, 4, 8, 12, 14], is_ours=True)


def test_a_delivery_between_begins_the_count_anew(books: Books) -> None:
    softly(books, [0, 4, 8])
    told(books, event("delivered", 0, at=NOW + timedelta(days=9)))
    with books.events.hearing("mailgun", now=NOW) as hearing:
        assert hearing.softly(address(0)).count == 0
    for day in (10, 14, 18, 22):
        told(books, event("bounced", 0, id=f"{day}", at=NOW + timedelta(days=day)))
    assert not books.subscribers.is_suppressed(address(0))


# --- what nobody knew the end of ---


@pytest.mark.parametrize("kind", ["delivered", "bounced", "opened"])
def test_news_of_an_uncertain_delivery_settle_it(books: Books, kind: EventKind) -> None:
    claimed(books, 2)
    key = "weekly/1/email/000000001"
    books.ledger.settle(
        [Outcome(key=key, state=State.UNCERTAIN, reason="no answer")], now=NOW
    )
    told(books, event(kind, mark=mark(0), message="<1@example.org>"))
    assert counts(books) == {"accepted": 1, "claimed": 1, "planned": 4}
    (row,) = books.ledger.deliveries("weekly/1", state=State.ACCEPTED)
    assert (row.key, row.receipt) == (key, "<1@example.org>")


def test_news_of_a_claimed_delivery_settle_it_before_its_sender(books: Books) -> None:
    claimed(books, 1)
    told(books, event("delivered", mark=mark(0), message="news"))
    own = Outcome(
        key="weekly/1/email/000000001", state=State.ACCEPTED, receipt="answer"
    )
    books.ledger.settle([own], now=NOW)
    (row,) = books.ledger.deliveries("weekly/1")
    assert (row.state, row.receipt) == (State.ACCEPTED, "news")


def test_news_by_another_channel_settle_nothing(books: Books) -> None:
    claimed(books, 1)
    told(books, event("delivered", mark=mark(0)), channel="sendgrid")
    assert counts(books) == {"claimed": 1, "planned": 5}


def test_what_failed_stays_so(books: Books) -> None:
    claimed(books, 1)
    key = "weekly/1/email/000000001"
    books.ledger.settle([Outcome(key=key, state=State.FAILED, reason="no")], now=NOW)
    told(books, event("delivered", mark=mark(0)))
    assert counts(books) == {"failed": 1, "planned": 5}


# --- each once ---


def test_an_event_that_is_told_again_changes_nothing(books: Books) -> None:
    first = event("unsubscribed", 2)
    assert told(books, first, first) == 1
    books.subscribers.add(address(2), lists=["weekly"], now=NOW)
    assert told(books, first) == 0
    assert address(2) in claimed(books)


def test_the_name_of_an_event_cannot_prove_another(books: Books) -> None:
    told(books, event("opened", 1, id="token"))
    with pytest.raises(Unsigned):
        told(books, event("complained", 1, id="token"))
    assert not books.subscribers.is_suppressed(address(1))


def test_the_same_name_by_another_channel_is_another_event(books: Books) -> None:
    assert told(books, event("complained", 1, id="1")) == 1
    assert told(books, event("complained", 2, id="1"), channel="sendgrid") == 1
    assert books.subscribers.is_suppressed(address(2))


def test_bounces_and_complaints_are_counted_by_issue(books: Books) -> None:
    told(
        books,
        event("bounced", 1, mark=mark(1), is_permanent=True),
        event("bounced", 2, mark=mark(2)),
        event("complained", 3, mark=mark(3)),
        event("complained", 3, mark=mark(3), id="once more"),
        event("complained", 4, mark=mark(4, "weekly/9")),
        event("delivered", 5, mark=mark(5)),
    )
    wanted = {"bounced": 1, "softly bounced": 1, "complained": 1}
    assert books.events.counts("weekly/1") == wanted


def test_the_journal_holds_no_address(books: Books) -> None:
    told(books, event("complained", 1, mark=mark(1)), event("opened", 2, mark=mark(2)))
    with books.events._database.reading() as connection:
        rows = connection.exec_driver_sql("select * from events").all()
    assert len(rows) == 2
    assert "@" not in str(rows)
    assert mark(2) not in str(rows)


# --- at any moment ---

news = st.tuples(
    st.sampled_from(["bounced", "complained", "unsubscribed", "delivered"]),
    st.integers(0, 5),
    st.booleans(),
)
steps = st.lists(st.one_of(news, st.integers(1, 3)), max_size=12)


@settings(max_examples=25)
@given(steps=steps)
def test_whoever_is_suppressed_at_any_moment_gets_no_later_message(
    steps: list[tuple[EventKind, int, bool] | int],
) -> None:
    with open_books("sqlite://") as books:
        rows = [{"email": one} for one in READERS]
        books.subscribers.import_rows(rows, lists=["weekly"], now=NOW)
        begin(books)
        gone: set[str] = set()
        got: list[str] = []
        for number, step in enumerate([*steps, 10]):
            if isinstance(step, int):
                some = claimed(books, step)
                assert not gone & {*some}
                got += some
                continue
            kind, reader, is_permanent = step
            one = event(kind, reader, id=f"{number}", is_permanent=is_permanent)
            told(books, one)
            if kind in {"complained", "unsubscribed"} or (
                kind == "bounced" and is_permanent
            ):
                gone.add(address(reader))
        assert sorted(got) == sorted({*got})
        assert {*got} | gone == {*READERS}
        assert books.ledger.verify() == []

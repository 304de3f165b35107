from __future__ import annotations

from datetime import datetime

import pytest

from publisher.models import (
    Audience,
    Delivery,
    Draft,
    EmailDraft,
    Issue,
    Outcome,
    State,
)
from publisher.store import Books


@pytest.fixture
def begun(
    books: Books,
    issue: Issue,
    drafts: dict[str, Draft],
    deliveries: list[Delivery],
    now: datetime,
) -> Books:
    """Ten readers of a list and a post, of which three emails are claimed."""
    rows = [{"email": f"reader{n}@example.org"} for n in range(10)]
    books.subscribers.import_rows(rows, lists=["weekly"], now=now)
    size = books.subscribers.size("weekly", now=now)
    email = next(one.id for one in drafts.values() if isinstance(one, EmailDraft))
    audience = Audience(
        channel="smtp", draft=email, list="weekly", last=size.last, count=size.count
    )
    books.ledger.begin(issue, drafts, deliveries[3:], [audience])
    books.ledger.claim("weekly/1", "smtp", 3, now=now)
    return books


def states(books: Books, channel: str = "smtp") -> dict[str, int]:
    counts = books.ledger.counts("weekly/1")[channel]
    assert books.ledger.verify() == []
    return {state: count for state, count in counts.items() if count}


def test_what_is_paused_is_left_alone_until_it_is_resumed(begun: Books) -> None:
    begun.wishes.pause("weekly/1")
    assert begun.wishes.of("weekly/1") == "paused"
    assert begun.ledger.unfinished("weekly", is_rehearsal=False) is None
    begun.wishes.resume("weekly/1")
    assert begun.wishes.of("weekly/1") == ""
    assert begun.ledger.unfinished("weekly", is_rehearsal=False)


def test_what_is_cancelled_is_skipped_but_for_what_was_claimed(
    begun: Books, now: datetime
) -> None:
    begun.wishes.cancel("weekly/1", now=now)
    assert states(begun) == {"claimed": 3, "skipped": 7}
    assert states(begun, "mastodon") == {"skipped": 1}
    assert begun.ledger.claim("weekly/1", "smtp", 9, now=now) == []


def test_what_is_cancelled_cannot_be_resumed(begun: Books, now: datetime) -> None:
    begun.wishes.cancel("weekly/1", now=now)
    begun.wishes.resume("weekly/1")
    assert begun.wishes.of("weekly/1") == "cancelled"


def test_articles_of_an_issue_that_was_cancelled_in_time_were_not_sent(
    begun: Books, now: datetime
) -> None:
    rows = begun.ledger.deliveries("weekly/1", state=State.CLAIMED)
    begun.ledger.release(one.key for one in rows)
    begun.wishes.cancel("weekly/1", now=now)
    assert begun.ledger.sent_articles("weekly", is_rehearsal=False) == set()


def test_only_what_is_not_claimed_moves_to_another_channel(
    begun: Books, now: datetime
) -> None:
    (first, *_) = begun.ledger.deliveries("weekly/1", "smtp", State.CLAIMED)
    begun.ledger.release([first.key])
    assert begun.wishes.move("weekly/1", "smtp", "postmark") == 8
    assert states(begun) == {"claimed": 2}
    assert states(begun, "postmark") == {"planned": 8}
    taken = begun.ledger.claim("weekly/1", "postmark", 20, now=now)
    assert len({one.recipient for one in taken}) == 8
    assert first.key in {one.key for one in taken}


def test_what_moved_there_and_back_is_sent_once(begun: Books, now: datetime) -> None:
    begun.wishes.move("weekly/1", "smtp", "postmark")
    begun.ledger.claim("weekly/1", "postmark", 2, now=now)
    assert begun.wishes.move("weekly/1", "postmark", "smtp") == 5
    assert len(begun.ledger.claim("weekly/1", "smtp", 20, now=now)) == 5
    assert states(begun) == {"claimed": 8}


def test_what_failed_can_be_planned_again(begun: Books, now: datetime) -> None:
    rows = begun.ledger.deliveries("weekly/1", state=State.CLAIMED)
    ends = [Outcome(key=one.key, state=State.FAILED, reason="no") for one in rows]
    begun.ledger.settle(ends, now=now)
    assert begun.wishes.retry("weekly/1", "failed") == 3
    assert states(begun) == {"planned": 10}


def test_a_person_decides_what_nobody_knows(begun: Books, now: datetime) -> None:
    rows = begun.ledger.deliveries("weekly/1", state=State.CLAIMED)
    ends = [Outcome(key=one.key, state=State.UNCERTAIN, reason="?") for one in rows]
    begun.ledger.settle(ends, now=now)
    one, other, third = (row.key for row in rows)
    assert begun.wishes.decide("weekly/1", [one], arrived=True, now=now) == 1
    assert begun.wishes.decide("weekly/1", [other], arrived=False, now=now) == 1
    assert begun.wishes.decide("weekly/1", [one], arrived=False, now=now) == 0
    assert begun.wishes.retry("weekly/1", "uncertain") == 1
    assert states(begun) == {"planned": 8, "accepted": 1, "failed": 1}
    (planned,) = begun.ledger.deliveries("weekly/1", "smtp", State.PLANNED)
    assert planned.key == third

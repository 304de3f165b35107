from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.models import Audience, Consent, Delivery, Draft, EmailDraft, Issue
from publisher.store import Books

ADDRESS = "reader3@example.org"
DAY = timedelta(days=1)
LATER = timedelta(seconds=1)


@pytest.fixture
def readers(books: Books, now: datetime) -> Books:
    """Five readers of a list, with numbers 1 to 5."""
    rows = [{"email": f"reader{number}@example.org"} for number in range(1, 6)]
    books.subscribers.import_rows(rows, lists=["weekly"], now=now - 30 * DAY)
    return books


def pause(books: Books, now: datetime, until: datetime, who: str = ADDRESS) -> bool:
    said = Consent(act="paused", said_at=now, how="link", words="until then")
    return books.pauses.pause(who, until=until, said=said)


def resume(books: Books, now: datetime, who: str = ADDRESS) -> bool:
    said = Consent(act="resumed", said_at=now, how="link")
    return books.pauses.resume(who, said=said)


def begin(books: Books, issue: Issue, drafts: dict[str, Draft]) -> int:
    issue = replace(issue, list="weekly")
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
    return books.ledger.begin(issue, drafts, (), [audience])


def numbers(found: Iterable[Delivery]) -> list[int]:
    return [one.reader.id for one in found if one.reader]


def test_who_has_paused_is_left_out_of_what_is_planned_meanwhile(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    assert pause(readers, now - DAY, now + DAY)
    size = readers.subscribers.size("weekly", now=now)
    assert (size.count, size.paused, size.suppressed) == (4, 1, 0)
    assert begin(readers, issue, drafts) == 4
    taken = numbers(readers.ledger.claim("weekly/1", "smtp", 9, now=now))
    assert taken == [1, 2, 4, 5]
    assert readers.ledger.verify() == []


def test_a_pause_that_is_over_is_none(readers: Books, now: datetime) -> None:
    pause(readers, now - 2 * DAY, now)
    assert readers.subscribers.size("weekly", now=now).count == 5
    assert readers.pauses.until(ADDRESS, now=now) is None
    assert readers.pauses.among(now=now) == set()


def test_who_is_suppressed_and_has_paused_is_counted_once(
    readers: Books, now: datetime
) -> None:
    pause(readers, now - DAY, now + DAY)
    readers.subscribers.suppress(ADDRESS, reason="asked", now=now - DAY)
    size = readers.subscribers.size("weekly", now=now)
    assert (size.count, size.suppressed, size.paused) == (4, 1, 0)


def test_who_pauses_while_it_is_sent_gets_nothing_more_of_it(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    assert numbers(readers.ledger.claim("weekly/1", "smtp", 2, now=now)) == [1, 2]
    pause(readers, now + LATER, now + DAY)
    taken = numbers(readers.ledger.claim("weekly/1", "smtp", 9, now=now + LATER))
    assert taken == [4, 5]
    assert readers.ledger.reasons("weekly/1") == [("smtp", "skipped", "paused", 1)]
    assert readers.ledger.verify() == []


def test_a_delivery_that_has_a_row_already_stops_at_a_pause_too(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    claimed = readers.ledger.claim("weekly/1", "smtp", 9, now=now)
    readers.ledger.release(one.key for one in claimed)
    pause(readers, now, now + DAY)
    assert numbers(readers.ledger.claim("weekly/1", "smtp", 9, now=now)) == [1, 2, 4, 5]
    assert readers.ledger.reasons("weekly/1") == [("smtp", "skipped", "paused", 1)]


def test_who_gets_it_by_name_and_not_from_the_list_gets_it(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    """The letter that asks a reader once more is no letter of a list."""
    email = next(one.id for one in drafts.values() if isinstance(one, EmailDraft))
    pause(readers, now, now + DAY)
    one = Delivery(
        key="weekly/1/email/x",
        issue="weekly/1",
        channel="smtp",
        draft=email,
        recipient=ADDRESS,
    )
    readers.ledger.begin(replace(issue, list="tips"), drafts, [one])
    assert len(readers.ledger.claim("weekly/1", "smtp", 9, now=now)) == 1


def test_who_reads_on_gets_what_is_planned_then_and_not_what_was_before(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    pause(readers, now - DAY, now + DAY)
    begin(readers, issue, drafts)
    later = now + LATER
    assert resume(readers, later)
    assert not resume(readers, later), "twice"
    assert readers.pauses.until(ADDRESS, now=later) is None
    assert numbers(readers.ledger.claim("weekly/1", "smtp", 9, now=now)) == [1, 2, 4, 5]
    assert readers.subscribers.size("weekly", now=later).count == 5


def test_a_pause_can_be_longer_or_shorter_than_it_was_to_be(
    readers: Books, now: datetime
) -> None:
    pause(readers, now - DAY, now + DAY)
    pause(readers, now, now + 2 * DAY)
    assert readers.pauses.until(ADDRESS.upper(), now=now) == now + 2 * DAY
    found = readers.consents.everything(ADDRESS)["pause"]
    assert isinstance(found, dict)
    assert found["since"] < str(found["until"])
    assert datetime.fromisoformat(found["since"]) == now - DAY


def test_a_pause_stands_in_the_journal_and_goes_with_the_reader(
    readers: Books, now: datetime
) -> None:
    pause(readers, now, now + DAY)
    resume(readers, now + timedelta(hours=1))
    acts = [(one.act, one.list, one.words) for one in readers.consents.of(ADDRESS)]
    assert acts[-2:] == [("paused", "", "until then"), ("resumed", "", "")]
    readers.consents.forget(ADDRESS)
    with readers.database.reading() as connection:
        rows = connection.exec_driver_sql("select count(*) from pauses")
        assert rows.scalar() == 0


def test_nobody_who_is_unknown_pauses(readers: Books, now: datetime) -> None:
    assert not pause(readers, now, now + DAY, who="stranger@example.org")
    assert not resume(readers, now, who="stranger@example.org")


def test_who_left_after_the_claim_is_told_to_who_carries_it(
    readers: Books, issue: Issue, drafts: dict[str, Draft], now: datetime
) -> None:
    begin(readers, issue, drafts)
    claimed = readers.ledger.claim("weekly/1", "smtp", 4, now=now)
    assert readers.wishes.gone("weekly/1", "smtp", now=now) == {}
    later = now + LATER
    pause(readers, later, now + DAY)
    readers.subscribers.suppress("reader1@example.org", reason="asked", now=later)
    said = Consent(act="left", said_at=later, how="one-click")
    readers.consents.leave("reader2@example.org", lists=["weekly"], said=said)
    readers.consents.forget("reader4@example.org")
    assert readers.wishes.gone("weekly/1", "smtp", now=later) == {
        claimed[0].key: "suppressed",
        claimed[1].key: "left the list",
        claimed[2].key: "paused",
        claimed[3].key: "no longer in the books",
    }
    assert readers.wishes.gone("weekly/1", "other", now=later) == {}

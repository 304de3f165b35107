from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from publisher.errors import StoreError
from publisher.models import Delivery, Draft, Issue, Outcome, State
from publisher.store import Books, open_books

EMPTY = {state.value: 0 for state in State}


@pytest.fixture
def begun(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> Books:
    books.ledger.begin(issue, drafts, deliveries)
    return books


def accepted(delivery: Delivery) -> Outcome:
    return Outcome(key=delivery.key, state=State.ACCEPTED, receipt="42", url="a.eml")


def test_what_is_begun_comes_back_as_it_was(
    begun: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    assert begun.ledger.issue("weekly/1") == issue
    assert begun.ledger.drafts("weekly/1") == drafts
    assert begun.ledger.deliveries("weekly/1") == deliveries
    assert {name: begun.ledger.draft(name) for name in drafts} == drafts
    assert begun.ledger.issue("weekly/2") is None


def test_a_draft_that_is_not_there_is_named(books: Books) -> None:
    with pytest.raises(StoreError, match="no draft abc"):
        books.ledger.draft("abc")


def test_times_come_back_aware_and_the_same_moment(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    rome = timezone(timedelta(hours=1))
    local = replace(issue, planned_at=datetime(2026, 11, 20, 9, tzinfo=rome))
    books.ledger.begin(local, drafts, deliveries)
    found = books.ledger.issue("weekly/1")
    assert found == local
    assert found.planned_at.tzinfo == UTC


def test_a_time_without_a_zone_is_refused(books: Books, issue: Issue) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        books.ledger.begin(
            replace(issue, planned_at=datetime(2026, 1, 1)),  # noqa: DTZ001
            {},
            [],
        )


def test_to_begin_an_equal_issue_again_changes_nothing(
    begun: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    before = begun.ledger.counts("weekly/1")
    assert begun.ledger.begin(issue, drafts, deliveries) == 0
    assert begun.ledger.counts("weekly/1") == before
    assert begun.ledger.verify() == []


def test_a_missing_delivery_is_added_when_begun_again(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    assert books.ledger.begin(issue, drafts, deliveries[:2]) == 2
    assert books.ledger.begin(issue, drafts, deliveries) == 2
    assert books.ledger.verify() == []


@pytest.mark.parametrize(
    "change",
    [{"hash": "other"}, {"id": "weekly/one"}, {"articles": ("x",)}],
    ids=str,
)
def test_another_issue_in_the_same_place_is_refused(
    begun: Books, issue: Issue, drafts: dict[str, Draft], change: dict[str, object]
) -> None:
    with pytest.raises(StoreError, match="is in the ledger already"):
        begun.ledger.begin(replace(issue, **change), drafts, [])  # type: ignore[arg-type]
    assert begun.ledger.issue("weekly/1") == issue


def test_a_begin_that_fails_leaves_nothing(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    lost = replace(deliveries[0], key="weekly/1/smtp/9", draft="no such draft")
    with pytest.raises(StoreError, match="refuse"):
        books.ledger.begin(issue, drafts, [*deliveries, lost])
    assert books.ledger.issue("weekly/1") is None
    assert books.ledger.deliveries("weekly/1") == []
    assert books.ledger.drafts("weekly/1") == {}


def test_numbers_go_up_by_campaign(begun: Books) -> None:
    assert begun.ledger.next_number("weekly") == 2
    assert begun.ledger.next_number("monthly") == 1


def test_claims_come_in_the_plans_order_and_never_twice(
    begun: Books, deliveries: list[Delivery], now: datetime
) -> None:
    first = begun.ledger.claim("weekly/1", "smtp", 2, now=now)
    second = begun.ledger.claim("weekly/1", "smtp", 2, now=now)
    claimed = [replace(one, state=State.CLAIMED) for one in deliveries[:3]]
    assert [*first, *second] == claimed
    assert begun.ledger.claim("weekly/1", "smtp", 2, now=now) == []
    left = begun.ledger.claims("weekly/1", "smtp")
    assert [claim.delivery for claim in left] == claimed
    assert {claim.claimed_at for claim in left} == {now}


def test_a_receipt_settles_a_claim_and_a_second_word_changes_nothing(
    begun: Books, now: datetime
) -> None:
    (one,) = begun.ledger.claim("weekly/1", "mastodon", 5, now=now)
    begun.ledger.settle([accepted(one)], now=now)
    begun.ledger.settle([Outcome(key=one.key, state=State.FAILED)], now=now)
    (found,) = begun.ledger.deliveries("weekly/1", "mastodon", State.ACCEPTED)
    assert found == replace(one, state=State.ACCEPTED, receipt="42", url="a.eml")


def test_what_is_uncertain_can_be_settled_later(begun: Books, now: datetime) -> None:
    (one,) = begun.ledger.claim("weekly/1", "mastodon", 1, now=now)
    begun.ledger.settle([Outcome(key=one.key, state=State.UNCERTAIN)], now=now)
    begun.ledger.settle([accepted(one)], now=now)
    assert begun.ledger.counts("weekly/1")["mastodon"] == EMPTY | {"accepted": 1}


def test_what_was_not_claimed_cannot_be_settled(
    begun: Books, deliveries: list[Delivery], now: datetime
) -> None:
    begun.ledger.settle([accepted(deliveries[0])], now=now)
    assert begun.ledger.deliveries("weekly/1", state=State.ACCEPTED) == []


def test_accepted_without_a_receipt_is_refused_by_the_database(
    begun: Books, now: datetime
) -> None:
    (one,) = begun.ledger.claim("weekly/1", "mastodon", 1, now=now)
    with pytest.raises(StoreError, match="accepted_means_a_receipt"):
        begun.ledger.settle([Outcome(key=one.key, state=State.ACCEPTED)], now=now)


def test_a_released_claim_is_planned_again(
    begun: Books, deliveries: list[Delivery], now: datetime
) -> None:
    rows = begun.ledger.claim("weekly/1", "smtp", 3, now=now)
    begun.ledger.release(row.key for row in rows)
    assert begun.ledger.deliveries("weekly/1", "smtp") == deliveries[:3]


def test_a_skipped_delivery_never_goes(
    begun: Books, deliveries: list[Delivery], now: datetime
) -> None:
    begun.ledger.skip([one.key for one in deliveries], reason="cancelled", now=now)
    assert begun.ledger.claim("weekly/1", "smtp", 9, now=now) == []
    assert begun.ledger.unfinished("weekly", is_rehearsal=False) is None


def test_a_suppressed_address_is_skipped_however_it_is_written(
    begun: Books, now: datetime
) -> None:
    begun.subscribers.suppress("READER3@Example.ORG", reason="asked", now=now)
    rows = begun.ledger.claim("weekly/1", "smtp", 1, now=now)
    assert [row.key for row in rows] == ["weekly/1/smtp/1"]
    (skipped,) = begun.ledger.deliveries("weekly/1", state=State.SKIPPED)
    assert (skipped.key, skipped.reason) == ("weekly/1/smtp/3", "suppressed")


def test_who_left_the_list_meanwhile_is_skipped(begun: Books, now: datetime) -> None:
    rows = [{"email": "reader1@example.org", "lists": "weekly", "status": "removed"}]
    begun.subscribers.import_rows(rows, lists=(), now=now)
    claimed = begun.ledger.claim("weekly/1", "smtp", 9, now=now)
    assert [row.key for row in claimed] == ["weekly/1/smtp/3", "weekly/1/smtp/2"]
    (skipped,) = begun.ledger.deliveries("weekly/1", state=State.SKIPPED)
    assert skipped.reason == "left the list"


def test_counts_name_every_channel_in_the_plans_order(
    begun: Books, now: datetime
) -> None:
    begun.ledger.claim("weekly/1", "smtp", 2, now=now)
    assert list(begun.ledger.counts("weekly/1").items()) == [
        ("smtp", EMPTY | {"planned": 1, "claimed": 2}),
        ("mastodon", EMPTY | {"planned": 1}),
    ]


def test_the_oldest_unfinished_issue_is_the_one_to_go_on_with(
    begun: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    second = replace(issue, id="weekly/2", number=2, is_rehearsal=True)
    moved = [
        replace(one, key=one.key.replace("/1/", "/2/", 1), issue="weekly/2")
        for one in deliveries
    ]
    begun.ledger.begin(second, drafts, moved)
    assert begun.ledger.unfinished("weekly", is_rehearsal=False) == issue
    assert begun.ledger.unfinished("weekly", is_rehearsal=True) == second
    assert begun.ledger.issues("weekly") == [second, issue]
    assert begun.ledger.issues(limit=1) == [second]
    assert begun.ledger.issues("monthly") == []


def test_a_rehearsal_does_not_count_for_the_real_thing(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    rehearsal = replace(issue, is_rehearsal=True)
    books.ledger.begin(rehearsal, drafts, deliveries)
    sent = set(issue.articles)
    assert books.ledger.sent_articles("weekly", is_rehearsal=True) == sent
    assert books.ledger.sent_articles("weekly", is_rehearsal=False) == set()


def test_an_issue_of_which_nothing_left_has_sent_nothing(
    begun: Books, deliveries: list[Delivery], now: datetime
) -> None:
    begun.ledger.skip([one.key for one in deliveries], reason="cancelled", now=now)
    assert begun.ledger.sent_articles("weekly", is_rehearsal=False) == set()


def test_a_lease_has_one_holder(begun: Books, url: str, tmp_path: Path) -> None:
    with open_books(url) as others, begun.ledger.lease("weekly/1"):
        with (
            pytest.raises(StoreError, match="another publisher is sending weekly/1"),
            others.ledger.lease("weekly/1"),
        ):
            pass
        with others.ledger.lease("weekly/2"):
            pass
    with begun.ledger.lease("weekly/1"):
        pass
    assert not list((tmp_path / ".publisher").glob("*.lock"))


def test_an_issue_that_was_never_begun_is_not_proven(books: Books) -> None:
    assert books.ledger.verify("weekly/9") == [
        "there is no issue weekly/9 in the books"
    ]
    assert books.ledger.verify() == []


DAMAGE = {
    "delete from deliveries where key = 'weekly/1/smtp/3'": (
        "weekly/1 through smtp: 3 selected is not 2 planned + 0 claimed + 0 accepted + "
        "0 failed + 0 skipped + 0 uncertain"
    ),
    "delete from drafts where id = (select draft from deliveries where position = 3)": (
        "weekly/1/mastodon/on-bread has no draft"
    ),
    "delete from selected where channel = 'mastodon'": (
        "weekly/1/mastodon/on-bread was never selected"
    ),
    "update deliveries set state = 'accepted' where position = 3": (
        "weekly/1/mastodon/on-bread is accepted without a receipt and its time"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_verify_names_what_was_done_behind_the_ledgers_back(
    begun: Books, damage: str
) -> None:
    assert begun.ledger.verify() == []
    # The sqlite3 shell does not hold foreign keys either, unless it is told to.
    with closing(sqlite3.connect(str(begun.database.path))) as shell, shell:
        shell.execute("pragma ignore_check_constraints = on")
        shell.execute(damage)
    assert begun.ledger.verify() == [DAMAGE[damage]]
    assert begun.ledger.verify("weekly/1") == [DAMAGE[damage]]

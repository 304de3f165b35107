"""Who waits in a sequence, who is due, and who has had it: whatever readers do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from publisher.models import Delivery, EmailDraft, Issue, State, Subscriber
from publisher.store import Books, open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUE = Issue(
    id="hi/1", campaign="hi", number=1, articles=(), planned_at=NOW, list="weekly"
)
DRAFT = EmailDraft(template="hi", subject=("Hi",), html=("<p>Hi</p>",), text=("Hi",))
NAMES = ("ana", "bo", "cy", "dee")


def address(name: str) -> str:
    return f"{name}@example.org"


def subscribe(books: Books, name: str, now: datetime, *, to: str = "weekly") -> None:
    books.subscribers.add(address(name), lists=[to], now=now)


def leave(books: Books, name: str, now: datetime) -> None:
    row = {"email": address(name), "left": "weekly"}
    books.subscribers.import_rows([row], lists=[], now=now)


def due(
    books: Books, by: datetime, *, asked: bool = False, issue: str = "hi/1"
) -> list[str]:
    found = books.sequences.due(issue, by=by, limit=100, asked=asked)
    count = books.sequences.count_due(issue, by=by, asked=asked)
    assert count == len(found)
    return [one.address.partition("@")[0] for one in found]


def delivery(reader: Subscriber, issue: str = "hi/1") -> Delivery:
    return Delivery(
        key=f"{issue}/email/{reader.id:09}",
        issue=issue,
        channel="outbox",
        draft=DRAFT.id,
        reader=reader,
    )


def take(books: Books, by: datetime, *, issue: str = "hi/1", limit: int = 100) -> int:
    people = books.sequences.due(issue, by=by, limit=limit, asked=True)
    rows = [delivery(one, issue) for one in people]
    return books.sequences.take(issue, rows, {DRAFT.id: DRAFT}, by=by)


def sent(books: Books, now: datetime = NOW) -> list[str]:
    """Claim all that is planned; return who that is."""
    rows = books.ledger.claim("hi/1", "outbox", 100, now=now)
    return sorted(row.reader.address.partition("@")[0] for row in rows if row.reader)


@pytest.fixture
def begun(books: Books) -> Books:
    """Books in which `ana` subscribed before the sequence, `bo` and `cy` after it."""
    subscribe(books, "ana", NOW - DAY)
    books.sequences.begin(ISSUE, since=NOW)
    subscribe(books, "bo", NOW + DAY)
    subscribe(books, "cy", NOW + 2 * DAY)
    return books


def test_who_was_there_before_is_not_in_it(begun: Books) -> None:
    assert due(begun, NOW + 9 * DAY) == ["bo", "cy"]


def test_only_whose_time_has_come_is_due(begun: Books) -> None:
    assert due(begun, NOW + DAY) == ["bo"]
    waiting = begun.sequences.waiting("hi/1", by=NOW + DAY)
    assert (waiting.count, waiting.first) == (1, NOW + 2 * DAY)


def test_to_begin_again_from_an_earlier_time_adds_those_between(begun: Books) -> None:
    begun.sequences.begin(ISSUE, since=NOW)
    assert due(begun, NOW + 9 * DAY) == ["bo", "cy"]
    begun.sequences.begin(ISSUE, since=None)
    begun.sequences.begin(ISSUE, since=NOW)  # a later one takes nobody out
    assert due(begun, NOW + 9 * DAY) == ["ana", "bo", "cy"]


def test_each_gets_one_delivery_and_waits_no_more(begun: Books) -> None:
    assert take(begun, NOW + DAY) == 1
    assert due(begun, NOW + 9 * DAY) == ["cy"]
    assert take(begun, NOW + DAY) == 0
    assert sent(begun) == ["bo"]
    assert begun.ledger.counts("hi/1")["outbox"]["claimed"] == 1
    assert begun.ledger.verify() == []


def test_who_left_before_their_turn_gets_nothing(begun: Books) -> None:
    people = begun.sequences.due("hi/1", by=NOW + 9 * DAY, limit=9, asked=False)
    leave(begun, "bo", NOW + 3 * DAY)
    rows = [delivery(one) for one in people]
    drafts = {DRAFT.id: DRAFT}
    assert begun.sequences.take("hi/1", rows, drafts, by=NOW + 9 * DAY) == 1
    assert sent(begun) == ["cy"]
    assert begun.ledger.verify() == []


def test_who_left_and_subscribes_again_begins_again(begun: Books) -> None:
    leave(begun, "bo", NOW + 3 * DAY)
    subscribe(begun, "bo", NOW + 5 * DAY)
    assert due(begun, NOW + 4 * DAY) == ["cy"]
    assert due(begun, NOW + 5 * DAY) == ["cy", "bo"]


def test_who_has_had_it_and_subscribes_again_does_not_get_it_again(
    begun: Books,
) -> None:
    take(begun, NOW + 9 * DAY)
    leave(begun, "bo", NOW + 3 * DAY)
    subscribe(begun, "bo", NOW + 5 * DAY)
    assert due(begun, NOW + 9 * DAY) == []
    begun.sequences.begin(ISSUE, since=None)
    assert due(begun, NOW + 9 * DAY) == ["ana"]


def test_another_list_later_does_not_send_the_same_step_twice(begun: Books) -> None:
    take(begun, NOW + 9 * DAY)
    other = replace(ISSUE, id="hi/2", number=2, list="other")
    begun.sequences.begin(other, since=None)
    subscribe(begun, "bo", NOW + 3 * DAY, to="other")
    subscribe(begun, "dee", NOW + 3 * DAY, to="other")
    assert due(begun, NOW + 9 * DAY, issue="hi/2") == ["dee"]
    assert begun.sequences.find("hi", "other", is_rehearsal=False) == other
    assert begun.sequences.find("hi", "weekly", is_rehearsal=True) is None


def test_whom_nobody_may_write_to_is_skipped_and_counted(begun: Books) -> None:
    begun.subscribers.suppress(address("bo"), reason="bounced", now=NOW + 3 * DAY)
    assert take(begun, NOW + 9 * DAY) == 2
    assert sent(begun) == ["cy"]
    assert begun.ledger.counts("hi/1")["outbox"]["skipped"] == 1


def test_who_is_imported_is_not_new_unless_somebody_says_so(begun: Books) -> None:
    later = NOW + 3 * DAY
    people = begun.subscribers
    rows = [{"email": address("dee")}, {"email": address("bo")}]
    people.import_rows(rows, lists=["weekly"], now=later)
    assert due(begun, NOW + 9 * DAY) == ["bo", "cy"]
    assert begun.ledger.verify() == []
    rows = [{"email": address("eve")}]
    people.import_rows(rows, lists=["weekly"], now=later, as_new=True)
    assert due(begun, NOW + 9 * DAY) == ["bo", "cy", "eve"]
    leave(begun, "dee", later + DAY)
    subscribe(begun, "dee", later + 2 * DAY)
    assert due(begun, NOW + 9 * DAY) == ["bo", "cy", "eve", "dee"]


def test_of_whom_a_person_was_asked_only_a_person_sends(begun: Books) -> None:
    passed = begun.sequences.pass_over("hi/1", by=NOW + DAY, state="asked")
    assert (passed, due(begun, NOW + 9 * DAY)) == (1, ["cy"])
    assert begun.sequences.pass_over("hi/1", by=NOW + DAY, state="asked") == 0
    assert due(begun, NOW + 9 * DAY, asked=True) == ["bo", "cy"]
    assert begun.sequences.pass_over("hi/1", by=NOW + DAY, state="passed") == 1
    assert due(begun, NOW + 9 * DAY, asked=True) == ["cy"]
    assert begun.ledger.verify() == []


def test_before_it_has_begun_it_is_known_who_would_be_due(books: Books) -> None:
    for number, name in enumerate(NAMES):
        subscribe(books, name, NOW + number * DAY)
    people, count = books.sequences.would_be_due(
        "weekly", since=NOW, by=NOW + 2 * DAY, limit=1
    )
    assert ([one.address for one in people], count) == ([address("bo")], 2)
    _, count = books.sequences.would_be_due("weekly", since=None, by=NOW, limit=1)
    assert count == 1


def test_verify_names_whom_a_sequence_forgot(begun: Books) -> None:
    with begun.database.writing() as connection:
        connection.exec_driver_sql("delete from arrivals")
    assert begun.ledger.verify("hi/1") == [
        "hi/1/email/000000002 was forgotten by its sequence",
        "hi/1/email/000000003 was forgotten by its sequence",
    ]


# --- whatever happens, in whatever order -------------------------------------------

DELAY = 3 * DAY
WHO = st.sampled_from(NAMES)


class Step(RuleBasedStateMachine):
    """Readers come and go while the clock runs; the sequence looks now and then."""

    @initialize(early=st.lists(WHO), always=st.booleans())
    def begin(self, early: list[str], *, always: bool) -> None:
        self.books = open_books("sqlite://")
        self.now = NOW
        self.clocks: dict[str, datetime] = {}  # who is in, and since when
        self.had: list[str] = []
        self.on_list: set[str] = set()
        for name in early:
            self._subscribe(name, is_in=always)
        self.tick(1)
        self.books.sequences.begin(ISSUE, since=None if always else self.now)
        self.tick(1)

    def _subscribe(self, name: str, *, is_in: bool) -> None:
        subscribe(self.books, name, self.now)
        if is_in and name not in self.on_list and name not in self.had:
            self.clocks[name] = self.now
        self.on_list.add(name)

    @rule(hours=st.integers(1, 48))
    def tick(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(name=WHO)
    def subscribe(self, name: str) -> None:
        self._subscribe(name, is_in=True)

    @rule(name=WHO)
    def leave(self, name: str) -> None:
        if name not in self.on_list:
            return
        leave(self.books, name, self.now)
        self.on_list.discard(name)
        self.clocks.pop(name, None)
        self.tick(1)

    @rule(name=WHO, limit=st.integers(1, 3))
    def look(self, name: str, limit: int) -> None:
        """Take what is due; `name` leaves between the question and the taking."""
        by = self.now - DELAY
        expected = [one for one, since in self.clocks.items() if since <= by]
        assert sorted(due(self.books, by)) == sorted(expected)
        people = self.books.sequences.due("hi/1", by=by, limit=limit, asked=False)
        self.leave(name)
        rows = [delivery(one) for one in people]
        new = self.books.sequences.take("hi/1", rows, {DRAFT.id: DRAFT}, by=by)
        taken = [one.address.partition("@")[0] for one in people]
        took = [one for one in taken if one in self.clocks]
        assert new == len(took)
        self.had += took
        for one in took:
            del self.clocks[one]

    @rule(name=WHO)
    def cut(self, name: str) -> None:
        """The sender died after it asked who is due: nothing has happened."""
        self.books.sequences.due("hi/1", by=self.now, limit=9, asked=False)

    @invariant()
    def nobody_gets_it_twice_and_nobody_is_forgotten(self) -> None:
        if not hasattr(self, "books"):
            return
        rows = self.books.ledger.deliveries("hi/1")
        found = [row.recipient.partition("@")[0] for row in rows]
        assert sorted(found) == sorted(self.had) == sorted(set(self.had))
        by = self.now - DELAY
        waiting = self.books.sequences.waiting("hi/1", by=by).count
        late = self.books.sequences.count_due("hi/1", by=by, asked=False)
        assert waiting + late == len(self.clocks)
        assert self.books.ledger.verify() == []

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.books.close()


def test_whatever_readers_do_each_gets_a_step_once() -> None:
    run_state_machine_as_test(
        Step, settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )


def test_what_is_planned_counts_in_the_ledger_s_equation(begun: Books) -> None:
    take(begun, NOW + 9 * DAY, limit=1)
    take(begun, NOW + 9 * DAY, limit=1)
    counts = begun.ledger.counts("hi/1")["outbox"]
    assert (counts[State.PLANNED], sum(counts.values())) == (2, 2)

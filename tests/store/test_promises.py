"""What must hold whatever happens, in whatever order, by however many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

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

from publisher.errors import StoreError
from publisher.models import Delivery, Issue, Outcome, PostDraft, State
from publisher.store import open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ISSUE = Issue(
    id="i/1", campaign="i", number=1, articles=("a",), planned_at=NOW, list="weekly"
)
DRAFT = PostDraft(template="t", network="x", article="a", text="Hi")
CHANNELS = ("x", "y")


def planned(count: int) -> list[Delivery]:
    return [
        Delivery(
            key=f"i/1/{channel}/{number}",
            issue="i/1",
            channel=channel,
            draft=DRAFT.id,
            recipient=f"reader{number}@example.org",
        )
        for number in range(count)
        for channel in CHANNELS
    ]


ALL = planned(5)
KEYS = st.lists(st.sampled_from([one.key for one in ALL]), max_size=4)
PEOPLE = st.sampled_from([one.recipient for one in ALL])
SETTLED = st.sampled_from(
    [State.ACCEPTED, State.FAILED, State.SKIPPED, State.UNCERTAIN]
)


class LedgerMachine(RuleBasedStateMachine):
    """Does everything that can be done to a ledger, in any order."""

    @initialize(count=st.integers(0, 5))
    def begin(self, count: int) -> None:
        self.books = open_books("sqlite://")
        self.ledger = self.books.ledger
        self.accepted: dict[str, str] = {}
        self.suppressed: set[str] = set()
        self.claimed: Counter[str] = Counter()
        self.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, planned(count))

    @rule(count=st.integers(0, 5))
    def begin_again(self, count: int) -> None:
        self.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, planned(count))

    @rule(channel=st.sampled_from(CHANNELS), count=st.integers(1, 4))
    def claim(self, channel: str, count: int) -> None:
        rows = self.ledger.claim("i/1", channel, count, now=NOW)
        assert not {row.recipient for row in rows} & self.suppressed
        self.claimed.update(row.key for row in rows)
        assert all(count == 1 for count in self.claimed.values())

    @rule(keys=KEYS, state=SETTLED, receipt=st.sampled_from(["1", "2"]))
    def settle(self, keys: list[str], state: State, receipt: str) -> None:
        self.ledger.settle(
            [Outcome(key=key, state=state, receipt=receipt) for key in keys], now=NOW
        )

    @rule(keys=KEYS)
    def release(self, keys: list[str]) -> None:
        for row in self.ledger.deliveries("i/1", state=State.CLAIMED):
            if row.key in keys:
                del self.claimed[row.key]
        self.ledger.release(keys)

    @rule(keys=KEYS)
    def skip(self, keys: list[str]) -> None:
        self.ledger.skip(keys, reason="cancelled", now=NOW)

    @rule(address=PEOPLE)
    def suppress(self, address: str) -> None:
        self.books.subscribers.suppress(address, reason="asked", now=NOW)
        self.suppressed.add(address)

    @invariant()
    def everything_is_accounted_for(self) -> None:
        if not hasattr(self, "books"):
            return
        assert self.ledger.verify() == []
        rows = self.ledger.deliveries("i/1")
        counts = self.ledger.counts("i/1")
        assert sum(sum(states.values()) for states in counts.values()) == len(rows)

    @invariant()
    def what_was_accepted_stays_as_it_was(self) -> None:
        if not hasattr(self, "books"):
            return
        rows = self.ledger.deliveries("i/1", state=State.ACCEPTED)
        now = {row.key: row.receipt for row in rows}
        assert now.items() >= self.accepted.items()
        self.accepted = now

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.books.close()


def test_the_equation_holds_whatever_is_done() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(max_examples=20, stateful_step_count=25, deadline=None),
    )


def together(work: Iterable[object], *, of: object) -> list[object]:
    """Run the same work at once in threads, each with its own books."""
    assert callable(of)
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(of, work))


def test_two_claimers_never_get_the_same_row(url: str) -> None:
    rows = planned(150)
    with open_books(url) as books:
        books.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, rows)

    def claim_all(count: object) -> list[str]:
        assert isinstance(count, int)
        got: list[str] = []
        with open_books(url) as books:
            while claimed := books.ledger.claim("i/1", "x", count, now=NOW):
                got += [row.key for row in claimed]
        return got

    got = together([1, 2, 3, 7], of=claim_all)
    keys = [key for some in got for key in some]  # type: ignore[attr-defined]
    assert sorted(keys) == sorted(row.key for row in rows if row.channel == "x")


@pytest.mark.parametrize("is_equal", [True, False])
def test_two_who_begin_the_same_issue_leave_one_set(url: str, is_equal: bool) -> None:
    rows = planned(50)

    def begin(number: object) -> int:
        hash_ = "same" if is_equal else str(number)
        with open_books(url) as books:
            try:
                return books.ledger.begin(
                    replace(ISSUE, hash=hash_), {DRAFT.id: DRAFT}, rows
                )
            except StoreError:
                return -1

    others = 0 if is_equal else -1
    assert sorted(together(range(4), of=begin), reverse=True) == [  # type: ignore[type-var]
        100,
        *[others] * 3,
    ]
    with open_books(url) as books:
        assert books.ledger.deliveries("i/1") == rows
        assert books.ledger.verify() == []

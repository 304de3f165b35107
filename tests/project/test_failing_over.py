"""Failing over: whoever fails, every reader is written to once, or accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import (
    PublisherError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Audience,
    Channel,
    Delivery,
    EmailDraft,
    Issue,
    Kind,
    Limits,
    Post,
    Receipt,
    State,
)
from publisher.project.failing_over import FailingOver
from publisher.project.folder import Folder
from publisher.sender import Breaker, deliver
from publisher.store import Books, open_books

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ISSUE = "weekly/1"
READERS = 12
DRAFT = EmailDraft(
    template="digest", subject=("Tides",), html=("<p>Hi</p>",), text=("Hi",)
)
DOWN = Unavailable("answers 500")
ANSWERS = (
    None,
    Refused("wrong token"),
    DOWN,
    Throttled("too many", retry_after=2),
    Throttled("too many today", retry_after=9000),
    Rejected("no such mailbox"),
    Uncertain("no answer"),
    Unavailable("greylisted", is_personal=True),
)


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fake:
    """Answers as it is told; of what ends without an answer, it took every other."""

    answers: Iterator[PublisherError | None]
    taken: list[str] = field(default_factory=list)
    calls: int = 0

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits()

    def send(self, message: Any) -> Receipt:
        self.calls += 1
        answer = next(self.answers)
        if answer is None or (isinstance(answer, Uncertain) and self.calls % 2):
            self.taken.append(message.key)
        if answer is not None:
            raise answer
        return Receipt(id=message.key)


@dataclass
class Together(Fake):
    """The same, many messages in a call."""

    limits: ClassVar[Limits] = Limits(batch=5)

    def send_many(self, messages: Sequence[Any]) -> list[Receipt]:
        answer = next(self.answers)
        self.calls += 1
        if answer is None or (isinstance(answer, Uncertain) and self.calls % 2):
            self.taken += [one.key for one in messages]
        if answer is not None:
            raise answer
        return [Receipt(id=one.key) for one in messages]


@dataclass
class Remembering(Fake):
    """The same, of a provider that knows a key again for an hour."""

    limits: ClassVar[Limits] = Limits(remembers=timedelta(hours=1))

    def send(self, message: Any) -> Receipt:
        if message.key in self.taken:
            answer = next(self.answers)
            if isinstance(answer, Refused | Uncertain):
                raise answer
            return Receipt(id=message.key)
        return super().send(message)


@dataclass
class Desk:
    """An issue through some channels, without a network and without waiting."""

    books: Books
    fakes: dict[str, Fake]
    time: datetime = NOW
    kills: int | None = None  # after so many looks at the clock

    def __post_init__(self) -> None:
        rows = [{"email": f"reader{one}@example.org"} for one in range(READERS)]
        self.books.subscribers.import_rows(rows, lists=["weekly"], now=NOW)
        self.begin(1)

    def begin(self, number: int) -> None:
        first = next(iter(self.fakes))
        size = self.books.subscribers.size("weekly", now=NOW)
        audience = Audience(
            channel=first,
            draft=DRAFT.id,
            list="weekly",
            last=size.last,
            count=size.count,
        )
        issue = Issue(
            id=f"weekly/{number}",
            campaign="weekly",
            number=number,
            articles=("tides",),
            planned_at=NOW,
            list="weekly",
        )
        self.books.routes.plan(issue.id, list(self.fakes))
        self.books.ledger.begin(issue, {DRAFT.id: DRAFT}, readers=[audience])

    def clock(self) -> datetime:
        if self.kills is not None:
            self.kills -= 1
            if self.kills < 0:
                raise Killed
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def channel(self, name: str) -> Channel:
        fake = self.fakes[name]
        return Channel(name, name, "email", fake.limits, fake)

    def send(self, issue: str = ISSUE) -> dict[str, str]:
        def through(name: str, breaker: Breaker | None) -> str:
            return deliver(
                issue,
                channel=self.channel(name),
                ledger=self.books.ledger,
                message_of=lambda one: Post(key=one.key, text=one.recipient),
                skip_reason=lambda _: "",
                now=self.clock,
                sleep=self.sleep,
                breaker=breaker,
            )

        folder = cast("Folder", self)
        return dict(FailingOver(folder, issue, through, lambda: False).run())

    def counts(self, issue: str = ISSUE) -> dict[str, dict[str, int]]:
        assert self.books.ledger.verify() == []
        return {
            channel: {state: count for state, count in states.items() if count}
            for channel, states in self.books.ledger.counts(issue).items()
        }

    def rows(self) -> list[Delivery]:
        return self.books.ledger.deliveries(ISSUE)


def then(*answers: PublisherError | None, last: PublisherError | None = None) -> Any:
    return chain(answers, repeat(last))


@pytest.fixture
def books() -> Iterator[Books]:
    with open_books("sqlite://") as opened:
        yield opened


def test_a_wrong_token_moves_what_is_left_to_the_next_channel(books: Books) -> None:
    refused = then(None, None, None, last=Refused("wrong token"))
    desk = Desk(books, {"first": Fake(refused), "second": Fake(then())})
    assert desk.send() == {}
    assert desk.counts() == {"first": {"accepted": 3}, "second": {"accepted": 9}}
    (move,) = books.routes.moves(ISSUE)
    assert (move.source, move.target, move.count) == ("first", "second", 9)
    assert "wrong token" in move.why


def test_a_channel_that_is_down_is_tried_five_times_first(books: Books) -> None:
    desk = Desk(books, {"first": Fake(then(last=DOWN)), "second": Fake(then())})
    assert desk.send() == {}
    assert desk.fakes["first"].calls == 5
    assert desk.counts() == {"first": {}, "second": {"accepted": READERS}}


def test_too_many_without_any_progress_opens_the_breaker(books: Books) -> None:
    throttled = then(last=Throttled("too many", retry_after=1))
    desk = Desk(books, {"first": Fake(throttled), "second": Fake(then())})
    assert desk.send() == {}
    assert desk.fakes["first"].calls == 5


def test_the_keys_stay_when_deliveries_move(books: Books) -> None:
    desk = Desk(books, {"first": Fake(then(last=DOWN)), "second": Fake(then())})
    desk.send()
    found = books.subscribers.audience("weekly")
    assert desk.fakes["second"].taken == [f"{ISSUE}/email/{one.id:09}" for one in found]


def test_without_another_channel_all_stays_planned(books: Books) -> None:
    desk = Desk(
        books, {"first": Fake(then(last=DOWN)), "second": Fake(then(last=DOWN))}
    )
    assert desk.send() == {"second": "answers 500"}
    assert desk.counts() == {"first": {}, "second": {"planned": READERS}}
    desk.fakes["second"].answers = then()
    assert desk.send() == {}
    assert desk.counts()["second"] == {"accepted": READERS}


def test_what_recovers_gets_nothing_back_in_the_same_issue(books: Books) -> None:
    first = Fake(then(*[DOWN] * 5))
    desk = Desk(books, {"first": first, "second": Fake(then(None, last=DOWN))})
    assert desk.send() == {"second": "answers 500"}
    desk.time += timedelta(days=1)
    desk.send()
    assert first.taken == []
    assert desk.counts()["second"] == {"accepted": 1, "planned": READERS - 1}


def test_the_next_issue_leaves_a_broken_channel_alone_until_its_time(
    books: Books,
) -> None:
    first = Fake(then(last=DOWN))
    desk = Desk(books, {"first": first, "second": Fake(then())})
    desk.send()
    desk.begin(2)
    desk.send("weekly/2")
    assert first.calls == 5
    assert desk.counts("weekly/2")["second"] == {"accepted": READERS}


def test_a_probe_is_one_call_and_a_success_closes_the_breaker(books: Books) -> None:
    first = Fake(then(last=DOWN))
    desk = Desk(books, {"first": first, "second": Fake(then())})
    desk.send()
    until = books.routes.health("first").open_until
    assert until is not None
    desk.time = until
    desk.begin(2)
    desk.send("weekly/2")
    assert first.calls == 6
    again = books.routes.health("first").open_until
    assert again is not None
    assert again - desk.time > timedelta(minutes=1)  # longer than the first time
    desk.time = again
    first.answers = then()
    desk.begin(3)
    desk.send("weekly/3")
    assert desk.counts("weekly/3") == {"first": {"accepted": READERS}}
    assert books.routes.health("first").failures == 0
    assert books.routes.health("first").open_until is None


def test_what_nobody_knows_of_stays_where_it_was(books: Books) -> None:
    lost = then(None, Uncertain("no answer"), last=Refused("wrong token"))
    desk = Desk(books, {"first": Fake(lost), "second": Fake(then())})
    desk.send()
    assert desk.counts() == {
        "first": {"accepted": 1, "uncertain": 1},
        "second": {"accepted": 10},
    }


def test_what_the_first_may_have_taken_is_never_given_to_the_next(
    books: Books,
) -> None:
    lost = then(Uncertain("no answer"), last=Refused("wrong token"))
    first, second = Remembering(lost), Remembering(then())
    desk = Desk(books, {"first": first, "second": second})
    assert "wrong token" in desk.send()["first"]
    assert desk.counts() == {"first": {"claimed": 1}, "second": {"accepted": 11}}
    assert not {*first.taken} & {*second.taken}
    first.answers = then()
    desk.send()
    assert desk.counts()["first"] == {"accepted": 1}


@settings(max_examples=25, deadline=None)
@given(
    first=st.lists(st.sampled_from(ANSWERS), max_size=25),
    second=st.lists(st.sampled_from(ANSWERS), max_size=25),
    kinds=st.tuples(*[st.sampled_from([Fake, Together, Remembering])] * 2),
    kills=st.lists(st.integers(0, 60), max_size=4),
)
def test_every_reader_is_written_to_once_or_accounted_for(
    first: list[PublisherError | None],
    second: list[PublisherError | None],
    kinds: tuple[type[Fake], type[Fake]],
    kills: list[int],
) -> None:
    with closing(open_books("sqlite://")) as books:
        fakes = {"first": kinds[0](then(*first)), "second": kinds[1](then(*second))}
        desk = Desk(books, fakes)
        for kill in kills:
            desk.kills = kill
            with suppress(Killed):
                desk.send()
            assert books.ledger.verify() == []
        desk.kills = None
        for _ in range(40):
            desk.send()
            desk.time += timedelta(days=1, hours=1)
        rows = desk.rows()
        assert len(rows) == READERS
        ends = {State.ACCEPTED, State.FAILED, State.UNCERTAIN}
        assert {row.state for row in rows} <= ends
        taken = Counter(chain.from_iterable(one.taken for one in fakes.values()))
        assert all(count == 1 for count in taken.values())
        for row in rows:
            if row.state is State.ACCEPTED:
                assert row.key in fakes[row.channel].taken
            if row.state is State.FAILED:
                assert row.key not in taken

"""How fast is sent: evenly, as the owner and the provider allow, and in whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from publisher.errors import ProviderError, Rejected, Throttled
from publisher.models import (
    Channel,
    Delivery,
    Issue,
    Kind,
    Limits,
    Message,
    Pace,
    Post,
    PostDraft,
    Receipt,
    Standing,
    WarmUp,
)
from publisher.sender import STOPPED, deliver
from publisher.store import Account, Books, open_books

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOST = Limits(batch=4)
ROME = ZoneInfo("Europe/Rome")
Answer = Receipt | ProviderError


@dataclass
class Clock:
    """Moves only while somebody sleeps, or calls a provider."""

    now: datetime = START
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class Stopped(Clock):
    """Does not move at all."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Alone:
    """Takes one message in a call, and notes when; answers as it is told."""

    clock: Clock
    answers: list[Answer] = field(default_factory=list)
    took: float = 0.0  # seconds of a call
    at: list[float] = field(default_factory=list)  # seconds since the start
    sizes: list[int] = field(default_factory=list)

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = MOST

    def send(self, message: Message) -> Receipt:
        answer = self.answer([message])
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def answer(self, messages: Sequence[Message]) -> Answer:
        self.at.append((self.clock.now - START).total_seconds())
        self.sizes.append(len(messages))
        self.clock.now += timedelta(seconds=self.took)
        return self.answers.pop(0) if self.answers else Receipt(messages[0].key)


@dataclass
class Many(Alone):
    """Takes many messages in a call."""

    def send_many(self, messages: Sequence[Message]) -> list[Answer]:
        answer = self.answer(messages)
        if isinstance(answer, ProviderError):
            raise answer
        return [answer] * len(messages)


@dataclass
class Stream(Alone):
    """Pulls messages, and answers each at once."""

    def send_each(
        self, messages: Iterator[Message]
    ) -> Iterator[tuple[Message, Answer]]:
        for message in messages:
            yield message, self.answer([message])


KINDS = [Alone, Many, Stream]
every_kind = pytest.mark.parametrize("kind", KINDS)


class Watched:
    """An account that counts how often it is asked."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.zone = account.zone
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.asked.append(name)
        found: Callable[..., Any] = getattr(self._account, name)
        return found


@dataclass
class Desk:
    books: Books
    clock: Clock = field(default_factory=Clock)

    def account(self) -> Account:
        return self.books.paces.account("one", channel="x", zone=ROME)

    def begin(self, name: str, count: int) -> None:
        issue = Issue(id=name, campaign=name, number=1, articles=(), planned_at=START)
        draft = PostDraft(template="t", network="x", article="a", text="Hi")
        rows = [
            Delivery(key=f"{name}/x/{one:04}", issue=name, channel="x", draft=draft.id)
            for one in range(count)
        ]
        self.books.ledger.begin(issue, {draft.id: draft}, rows)

    def deliver(
        self,
        provider: Alone,
        pace: Pace | None = None,
        *,
        name: str = "i/1",
        account: Any = None,
        wish: Callable[[], str] = lambda: "",
        stop: Callable[[], bool] = lambda: False,
    ) -> str:
        return deliver(
            name,
            channel=Channel("x", "x", "post", provider.limits, provider),
            ledger=self.books.ledger,
            message_of=lambda one: Post(key=one.key, text="Hi"),
            skip_reason=lambda _: "",
            now=lambda: self.clock.now,
            sleep=self.clock.sleep,
            wish=wish,
            stop=stop,
            pace=pace,
            account=account or self.account(),
        )

    def counts(self, name: str = "i/1") -> dict[str, int]:
        assert self.books.ledger.verify() == []
        counts = self.books.ledger.counts(name)["x"]
        return {state: count for state, count in counts.items() if count}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_books(f"sqlite:///{tmp_path / 'books.sqlite3'}") as books:
        made = Desk(books)
        made.begin("i/1", 12)
        yield made


def limited(kind: type[Alone], limits: Limits) -> type[Alone]:
    return type(kind.__name__, (kind,), {"limits": limits})


# --- the rate -------------------------------------------------------------------------


@every_kind
def test_without_a_pace_nobody_is_asked_for_leave(
    desk: Desk, kind: type[Alone]
) -> None:
    account = Watched(desk.account())
    desk.begin("i/2", 1000)
    assert desk.deliver(kind(desk.clock), name="i/2", account=account) == ""
    assert desk.counts("i/2") == {"accepted": 1000}
    assert account.asked == ["look"]


@every_kind
def test_the_owners_pace_counts_messages(desk: Desk, kind: type[Alone]) -> None:
    provider = kind(desk.clock)
    assert desk.deliver(provider, Pace(per_second=2)) == ""
    sent = zip(provider.at, provider.sizes, strict=True)
    assert all(size <= 2 for _, size in sent)
    assert provider.at[-1] == pytest.approx(6 - provider.sizes[-1] / 2, abs=0.01)
    gaps = [b - a for a, b in pairwise(provider.at)]
    assert min(gaps) == pytest.approx(provider.sizes[0] / 2, rel=0.11)


def test_a_providers_pace_counts_calls_and_is_the_default(desk: Desk) -> None:
    kind = limited(Many, Limits(batch=4, per_second=2))
    provider = kind(desk.clock)
    assert desk.deliver(provider) == ""
    assert provider.at == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(
    ("per_second", "at"),
    [(4, [0, 1, 2]), (8, [0, 0.5, 1]), (16, [0, 0.25, 0.5])],
    ids=["slower", "as full calls", "faster"],
)
def test_the_owners_pace_wins_over_the_providers(
    desk: Desk, per_second: int, at: list[float]
) -> None:
    kind = limited(Many, Limits(batch=4, per_second=2))
    provider = kind(desk.clock)
    assert desk.deliver(provider, Pace(per_second=per_second)) == ""
    assert provider.at == pytest.approx(at)


@every_kind
def test_who_was_late_does_not_catch_up_in_a_burst(
    desk: Desk, kind: type[Alone]
) -> None:
    provider = kind(desk.clock)
    pace = Pace(per_second=4)
    calls = iter(range(100))

    def late() -> str:
        if next(calls) == 8:
            desk.clock.now += 5 * SECOND
        return ""

    assert desk.deliver(provider, pace, wish=late) == ""
    least = 0.9 * min(provider.sizes) / 4
    assert min(b - a for a, b in pairwise(provider.at)) >= least - 1e-6


def test_two_campaigns_share_the_pace_of_their_account(desk: Desk) -> None:
    desk.begin("i/2", 12)
    first, second = Alone(desk.clock), Alone(desk.clock)
    pace = Pace(per_second=4)
    turns = iter(range(1000))

    def other_begins() -> str:
        if next(turns) == 3:
            desk.deliver(second, pace, name="i/2")
        return ""

    assert desk.deliver(first, pace, wish=other_begins) == ""
    everything = sorted([*first.at, *second.at])
    assert len(everything) == 24
    assert everything[-1] == pytest.approx(23 / 4, abs=0.5)


@every_kind
def test_a_wish_is_heard_within_half_a_second(desk: Desk, kind: type[Alone]) -> None:
    wished = START + 3.1 * SECOND
    provider = kind(desk.clock)
    why = desk.deliver(
        provider,
        Pace(per_second=0.01),
        wish=lambda: "paused" if desk.clock.now >= wished else "",
    )
    assert why == "paused"
    assert desk.clock.now - wished < 0.5 * SECOND
    assert desk.counts() == {"accepted": 1, "planned": 11}


def test_a_stop_is_heard_within_half_a_second(desk: Desk) -> None:
    asked = START + 3.1 * SECOND
    why = desk.deliver(
        Many(desk.clock), Pace(per_second=0.01), stop=lambda: desk.clock.now >= asked
    )
    assert why == STOPPED
    assert desk.clock.now - asked < 0.5 * SECOND


# --- "too many" -----------------------------------------------------------------------


@every_kind
def test_a_throttled_campaign_fails_nobody_and_waits(
    desk: Desk, kind: type[Alone]
) -> None:
    provider = kind(desk.clock, [Receipt("1"), Throttled("slow", retry_after=7)])
    assert desk.deliver(provider) == ""
    assert desk.counts() == {"accepted": 12}
    assert not [at for at in provider.at if 0 < at < 7]


@every_kind
def test_a_wait_is_honoured_by_who_shares_the_account(
    desk: Desk, kind: type[Alone]
) -> None:
    desk.account().block(now=START, until=START + 9 * SECOND, taken=0, since=START)
    provider = kind(desk.clock)
    assert desk.deliver(provider) == ""
    assert min(provider.at) >= 9


@pytest.mark.parametrize("pace", [Pace(), Pace(per_second=4)], ids=["free", "paced"])
@every_kind
def test_a_wait_that_comes_meanwhile_is_honoured(
    desk: Desk, kind: type[Alone], pace: Pace
) -> None:
    provider = kind(desk.clock, took=0.5)

    def told() -> str:
        if len(provider.at) == 2 and desk.account().look().blocks == 0:
            now = desk.clock.now
            desk.account().block(now=now, until=START + 60 * SECOND, taken=0, since=now)
        return ""

    assert desk.deliver(provider, pace, wish=told) == ""
    assert [at < 60 for at in provider.at] == sorted(
        [at < 60 for at in provider.at], reverse=True
    )
    # What is claimed already goes: a call, or the few that a stream claims at a time.
    assert 2 <= sum(at < 60 for at in provider.at) <= MOST.batch
    assert desk.counts() == {"accepted": 12}


def test_a_wait_of_hours_is_told_to_whoever_comes_next(desk: Desk) -> None:
    provider = Alone(desk.clock, [Throttled("slow", retry_after=7200)])
    line = "run the same command again after 2026-11-20 10:00 UTC"
    assert desk.deliver(provider) == f"slow; {line}"
    assert desk.deliver(provider) == f"x asks us to wait; {line}"
    assert len(provider.at) == 1
    assert desk.counts() == {"planned": 12}


def test_after_a_wait_it_goes_slower_and_recovers(desk: Desk) -> None:
    desk.begin("i/2", 200)
    answers: list[Answer] = [Receipt("1")] * 9
    provider = Alone(desk.clock, [*answers, Throttled("slow", retry_after=2)])
    assert desk.deliver(provider, Pace(per_second=10), name="i/2") == ""
    gaps = [round(b - a, 3) for a, b in pairwise(provider.at)]
    assert gaps[5] == pytest.approx(0.1, abs=0.01)
    assert gaps[10] == pytest.approx(0.1 / 0.7, abs=0.01)
    assert gaps[-2] == pytest.approx(0.1, abs=0.01)


def test_a_clock_that_is_set_back_makes_nobody_wait_for_ever(desk: Desk) -> None:
    provider = Alone(desk.clock)
    turns = iter(range(1000))

    def set_back() -> str:
        if next(turns) == 5:
            desk.clock.now -= timedelta(days=3)
        return ""

    assert desk.deliver(provider, Pace(per_second=4), wish=set_back) == ""
    assert sum(desk.clock.slept) < 60


@every_kind
def test_a_clock_that_stands_still_makes_nobody_wait_for_ever(
    desk: Desk, kind: type[Alone]
) -> None:
    desk.account().block(now=START, until=START + 9 * SECOND, taken=0, since=START)
    desk.clock = Stopped()
    assert desk.deliver(kind(desk.clock), Pace(per_second=1)) == ""
    assert 20 < sum(desk.clock.slept) < 1000


def test_a_wait_survives_a_clock_that_is_set_back(desk: Desk) -> None:
    desk.account().block(now=START, until=START + 9 * SECOND, taken=0, since=START)
    desk.clock.now -= timedelta(days=3)
    provider = Alone(desk.clock)
    assert desk.deliver(provider) == ""
    assert sum(desk.clock.slept) == pytest.approx(9)


# --- the day --------------------------------------------------------------------------


@every_kind
def test_at_the_days_cap_it_stops_and_goes_on_the_next_day(
    desk: Desk, kind: type[Alone]
) -> None:
    provider = kind(desk.clock)
    pace = Pace(per_day=5)
    line = (
        "the 5 messages of this day are sent, {} wait; run the same command again "
        "after 2026-11-{} 00:00 CET"
    )
    assert desk.deliver(provider, pace) == line.format(7, 21)
    assert desk.deliver(provider, pace) == line.format(7, 21)
    assert desk.counts() == {"accepted": 5, "planned": 7}
    desk.clock.now = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    assert desk.deliver(provider, pace) == line.format(2, 22)
    desk.clock.now += timedelta(days=1)
    assert desk.deliver(provider, pace) == ""
    assert desk.counts() == {"accepted": 12}


@every_kind
def test_a_cap_that_is_just_enough_stops_nothing(desk: Desk, kind: type[Alone]) -> None:
    assert desk.deliver(kind(desk.clock), Pace(per_day=12)) == ""


@every_kind
def test_what_was_not_sent_does_not_count(desk: Desk, kind: type[Alone]) -> None:
    answers: list[Answer] = [Throttled("slow", retry_after=3)] * 4
    assert desk.deliver(kind(desk.clock, answers), Pace(per_day=1000)) == ""
    assert desk.account().look().sent == 12


def test_the_halves_of_a_refused_call_count_once(desk: Desk) -> None:
    answers: list[Answer] = [Rejected("one of them is bad")] * 3
    assert desk.deliver(Many(desk.clock, answers), Pace(per_day=1000)) == ""
    assert desk.counts() == {"accepted": 11, "failed": 1}
    assert desk.account().look().sent == 12


def test_a_warm_up_takes_as_many_days_as_it_says(desk: Desk) -> None:
    provider = Many(desk.clock)
    pace = Pace(warm_up=WarmUp(start=1, grow=2, until=100))
    sent = []
    for day in range(4):
        desk.clock.now = START + timedelta(days=day)
        desk.deliver(provider, pace)
        sent.append(desk.counts().get("accepted"))
    assert sent == [1, 3, 7, 12]


def test_an_account_that_nothing_is_known_of_has_no_row(desk: Desk) -> None:
    assert desk.deliver(Many(desk.clock)) == ""
    assert desk.account().look() == Standing()

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from publisher.errors import (
    PublisherError,
    Refused,
    Rejected,
    RenderError,
    StoreError,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Channel,
    Delivery,
    Issue,
    Kind,
    Limits,
    Message,
    Outcome,
    Post,
    PostDraft,
    Receipt,
    State,
)
from publisher.sender import STOPPED, deliver, state_after
from publisher.store import Books, Ledger, open_books

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FOREVER = timedelta.max
HOUR = timedelta(hours=1)


@dataclass
class Blind:
    """Takes messages, or answers each as it is told; remembers no key."""

    answers: list[Exception | Receipt] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    is_closed: bool = False

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits()

    def send(self, message: Message) -> Receipt:
        self.sent.append(message.key)
        answer = self.answers.pop(0) if self.answers else Receipt("", f"/{message.key}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Recalling(Blind):
    """Can be asked whether it took a message."""

    found: Receipt | Exception | None = None

    def find(self, message: Message) -> Receipt | None:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@dataclass
class Clock:
    """A clock that moves only while somebody sleeps."""

    now: datetime = START
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass
class Desk:
    """The books with one issue of some deliveries, and what `deliver` needs."""

    ledger: Ledger
    clock: Clock
    progress: list[int] = field(default_factory=list)

    def deliver(
        self,
        provider: Blind,
        *,
        stop: Callable[[], bool] = lambda: False,
        skip_reason: Callable[[Delivery], str] = lambda _: "",
        message_of: Callable[[Delivery], Message] = lambda one: Post(
            key=one.key, text="Hi"
        ),
    ) -> str:
        channel = Channel("x", "x", "post", Limits(), provider)
        with self.ledger.lease("i/1"):
            return deliver(
                "i/1",
                channel=channel,
                ledger=self.ledger,
                message_of=message_of,
                skip_reason=skip_reason,
                now=lambda: self.clock.now,
                sleep=self.clock.sleep,
                stop=stop,
                progress=self.progress.append,
            )

    def states(self) -> str:
        """The first letters of the states, in the plan's order."""
        assert self.ledger.verify() == []
        return "".join(one.state[0] for one in self.ledger.deliveries("i/1"))

    def reasons(self) -> list[str]:
        return [one.reason for one in self.ledger.deliveries("i/1")]

    def more(self, count: int) -> None:
        """Plan some more deliveries of the same issue."""
        (issue,), drafts = self.ledger.issues(), self.ledger.drafts("i/1")
        rows = [
            Delivery(
                key=f"i/1/x/m{at}", issue="i/1", channel="x", draft=next(iter(drafts))
            )
            for at in range(count)
        ]
        self.ledger.begin(issue, drafts, rows)

    def claim(self, count: int) -> None:
        self.ledger.claim("i/1", "x", count, now=self.clock.now)


KEYS = [f"i/1/x/{number}" for number in range(4)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(f"sqlite:///{tmp_path / 'books.sqlite3'}") as opened:
        yield opened


@pytest.fixture
def desk(books: Books) -> Desk:
    issue = Issue(id="i/1", campaign="i", number=1, articles=("a",), planned_at=START)
    draft = PostDraft(template="t", network="x", article="a", text="Hi")
    rows = [Delivery(key=key, issue="i/1", channel="x", draft=draft.id) for key in KEYS]
    books.ledger.begin(issue, {draft.id: draft}, rows)
    return Desk(books.ledger, Clock())


def with_limits(cls: type[Blind], limits: Limits) -> type[Blind]:
    return type(cls.__name__, (cls,), {"limits": limits})


def remembering(span: timedelta, answers: Sequence[Exception | Receipt] = ()) -> Blind:
    return with_limits(Blind, Limits(batch=3, remembers=span))(list(answers))


# --- the plain way -----------------------------------------------------------------


@pytest.mark.parametrize("span", [timedelta(0), HOUR, FOREVER], ids=str)
def test_everything_planned_goes_once_and_in_order(desk: Desk, span: timedelta) -> None:
    provider = remembering(span)
    assert desk.deliver(provider) == ""
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS
    assert provider.is_closed
    assert desk.states() == "aaaa"
    assert sum(desk.progress) == 4
    last = desk.ledger.deliveries("i/1")[-1]
    assert (last.receipt, last.url) == (KEYS[3], f"/{KEYS[3]}")


def test_a_skipped_delivery_says_why(desk: Desk) -> None:
    provider = Blind()
    gone = {KEYS[1]: "left the list"}
    assert desk.deliver(provider, skip_reason=lambda one: gone.get(one.key, "")) == ""
    assert desk.states() == "asaa"
    assert desk.reasons()[1] == "left the list"
    assert KEYS[1] not in provider.sent


def test_a_message_that_cannot_be_made_fails_alone(desk: Desk) -> None:
    def message_of(one: Delivery) -> Post:
        if one.key == KEYS[0]:
            raise RenderError("no slot", where="t.txt.j2:3")
        return Post(key=one.key, text="Hi")

    assert desk.deliver(Blind(), message_of=message_of) == ""
    assert desk.states() == "faaa"
    assert desk.reasons()[0] == "t.txt.j2:3: no slot"


def test_books_that_fail_say_nothing_of_a_reader(desk: Desk) -> None:
    def message_of(delivery: Delivery) -> Message:
        raise StoreError("the books cannot be opened")

    provider = Blind()
    with pytest.raises(StoreError, match="cannot be opened"):
        desk.deliver(provider, message_of=message_of)
    assert provider.sent == []
    assert desk.states() == "pppp"


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_our_own_mistake_before_a_message_leaves_is_no_doubt(
    desk: Desk, span: timedelta
) -> None:
    def message_of(one: Delivery) -> Post:
        if one.key == KEYS[1]:
            raise KeyError("a mistake in the program")
        return Post(key=one.key, text="Hi")

    with pytest.raises(KeyError):
        desk.deliver(remembering(span), message_of=message_of)
    assert desk.states() == "appp"


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_an_interrupted_hand_over_stays_claimed(desk: Desk, span: timedelta) -> None:
    class Interrupted(Blind):
        def send(self, message: Message) -> Receipt:
            super().send(message)
            if message.key == KEYS[1]:
                raise KeyboardInterrupt
            return Receipt("1")

    provider = with_limits(Interrupted, Limits(batch=3, remembers=span))()
    with pytest.raises(KeyboardInterrupt):
        desk.deliver(provider)
    assert desk.states() == "acpp"
    assert provider.is_closed


def test_the_pace_is_kept(desk: Desk) -> None:
    provider = with_limits(Blind, Limits(per_second=0.5))()
    assert desk.deliver(provider) == ""
    assert desk.clock.now - START >= timedelta(seconds=6)
    assert max(desk.clock.slept) <= 1


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_stop_ends_after_the_message_in_flight(desk: Desk, span: timedelta) -> None:
    provider = remembering(span)
    assert desk.deliver(provider, stop=lambda: len(provider.sent) == 2) == STOPPED
    assert desk.states() == "aapp"
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS


# --- what a provider answers -------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "idempotent", "state"),
    [
        (Rejected("no"), False, State.FAILED),
        (Refused("no"), False, State.PLANNED),
        (Throttled("wait", retry_after=1), False, State.PLANNED),
        (Unavailable("later"), False, State.PLANNED),
        (Uncertain("?"), False, State.UNCERTAIN),
        (Uncertain("?"), True, State.PLANNED),
        (ValueError("?"), True, State.UNCERTAIN),
    ],
)
def test_where_a_delivery_stands_after_an_error(
    error: Exception, idempotent: bool, state: State
) -> None:
    assert state_after(error, idempotent=idempotent) is state


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_a_rejected_message_fails_and_the_others_go(
    desk: Desk, span: timedelta
) -> None:
    assert desk.deliver(remembering(span, [Rejected("too long")])) == ""
    assert desk.states() == "faaa"
    assert desk.reasons()[0] == "too long"


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_a_refused_channel_stops_and_fails_nobody(desk: Desk, span: timedelta) -> None:
    answers: list[Exception | Receipt] = [Receipt("1")]
    answers.append(Refused("wrong token", hint="Try: X_TOKEN in .env"))
    why = desk.deliver(remembering(span, answers))
    assert why == "wrong token. Try: X_TOKEN in .env"
    assert desk.states() == "appp"


@pytest.mark.parametrize("span", [timedelta(0), FOREVER], ids=str)
def test_a_throttled_channel_waits_and_goes_on(desk: Desk, span: timedelta) -> None:
    provider = remembering(span, [Throttled("slow down", retry_after=7)])
    assert desk.deliver(provider) == ""
    assert sum(desk.clock.slept) == pytest.approx(7)
    assert desk.states() == "aaaa"
    assert provider.sent == [KEYS[0], *KEYS]


def test_while_a_channel_waits_nothing_is_claimed(desk: Desk) -> None:
    states: list[str] = []

    def stop() -> bool:
        states.append(desk.states())
        return False

    provider = remembering(FOREVER, [Throttled("slow down", retry_after=1)])
    desk.deliver(provider, stop=stop)
    assert "pppp" in states[2:]


def test_a_long_wait_is_left_to_the_person(desk: Desk) -> None:
    why = desk.deliver(Blind([Throttled("daily limit", retry_after=3600)]))
    assert why == "daily limit; run the same command again after 2026-11-20 09:00 UTC"
    assert desk.clock.slept == []
    assert desk.states() == "pppp"


def test_a_waiting_channel_hears_stop_within_a_second(desk: Desk) -> None:
    provider = Blind([Throttled("slow down", retry_after=200)])
    why = desk.deliver(provider, stop=lambda: sum(desk.clock.slept) >= 3)
    assert why == STOPPED
    assert sum(desk.clock.slept) <= 4


def test_an_unavailable_channel_is_tried_five_times(desk: Desk) -> None:
    provider = Blind([Unavailable("down")] * 9)
    assert desk.deliver(provider) == "down"
    assert provider.sent == [*KEYS, KEYS[0]]
    assert sum(desk.clock.slept) == pytest.approx(1 + 2 + 4 + 8)
    assert desk.states() == "pppp"


def test_a_reader_who_cannot_be_reached_now_does_not_stop_the_others(
    desk: Desk,
) -> None:
    class Greylisting(Blind):
        def send(self, message: Message) -> Receipt:
            if message.key == KEYS[0]:
                raise Unavailable("greylisted")
            return super().send(message)

    assert desk.deliver(Greylisting()) == "greylisted"
    assert sorted(desk.states()) == ["a", "a", "a", "p"]


def test_an_answer_between_makes_the_tries_start_anew(desk: Desk) -> None:
    down = Unavailable("down")
    provider = Blind([*[down] * 4, Receipt("1"), *[down] * 4])
    assert desk.deliver(provider) == ""
    assert desk.states() == "aaaa"


def test_no_answer_of_a_blind_channel_is_never_repeated(desk: Desk) -> None:
    provider = Blind([Uncertain("no answer")])
    assert desk.deliver(provider) == ""
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS
    assert desk.states() == "uaaa"


@pytest.mark.parametrize("span", [HOUR, FOREVER], ids=str)
def test_no_answer_is_repeated_where_the_key_is_remembered(
    desk: Desk, span: timedelta
) -> None:
    provider = remembering(span, [Uncertain("no answer")] * 2)
    assert desk.deliver(provider) == ""
    assert provider.sent == [KEYS[0]] * 2 + KEYS
    assert desk.states() == "aaaa"


def test_no_answer_however_often_is_uncertain(desk: Desk) -> None:
    provider = remembering(HOUR, [Uncertain("no answer")] * 3)
    assert desk.deliver(provider) == ""
    assert desk.states() == "uaaa"


def test_a_repeat_that_is_rejected_does_not_mean_that_nothing_arrived(
    desk: Desk,
) -> None:
    assert desk.deliver(remembering(HOUR, [Uncertain("?"), Rejected("twice")])) == ""
    assert desk.states() == "uaaa"


@pytest.mark.parametrize(
    "error", [Refused("token"), Throttled("wait", retry_after=900)], ids=repr
)
def test_a_doubtful_message_stays_claimed_when_the_channel_stops(
    desk: Desk, error: PublisherError
) -> None:
    # Planned again, it could go out after the provider forgot the key.
    desk.deliver(remembering(HOUR, [Uncertain("?"), error]))
    assert desk.states() == "cppp"
    desk.clock.now += 2 * HOUR
    provider = remembering(HOUR)
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS[1:]
    assert desk.states() == "uaaa"


def test_a_doubtful_message_is_repeated_after_a_short_wait(desk: Desk) -> None:
    answers = [Uncertain("?"), Throttled("wait", retry_after=5)]
    provider = remembering(HOUR, answers)
    assert desk.deliver(provider) == ""
    assert provider.sent == [KEYS[0]] * 2 + KEYS
    assert desk.states() == "aaaa"


@pytest.mark.parametrize(
    ("found", "states", "tries"),
    [
        (Receipt("42"), "aaaa", 1),
        (None, "aaaa", 2),
        (Uncertain("again"), "uaaa", 1),
        (ValueError("a plugin's mistake"), "uaaa", 1),
    ],
    ids=repr,
)
def test_a_channel_that_can_be_asked_is_asked(
    desk: Desk, found: Receipt | Exception | None, states: str, tries: int
) -> None:
    provider = Recalling([Uncertain("no answer")], found=found)
    assert desk.deliver(provider) == ""
    assert provider.sent.count(KEYS[0]) == tries
    assert desk.states() == states


def test_a_channel_that_never_takes_the_message_is_given_up(desk: Desk) -> None:
    provider = Recalling([Uncertain("no answer")] * 99, found=None)
    assert desk.deliver(provider) == "no answer"
    assert provider.sent == [KEYS[0]] * 5
    assert desk.states() == "pppp"


def test_a_mistake_in_a_provider_is_uncertain_and_logged_without_its_words(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Blind([ValueError("ana@example.org")])
    with caplog.at_level(logging.DEBUG):
        assert desk.deliver(provider) == ""
    assert desk.states() == "uaaa"
    assert desk.reasons()[0] == "ValueError"
    assert "x raised ValueError at" in caplog.text
    assert "ana@" not in caplog.text


def test_three_mistakes_in_a_row_stop_the_channel(desk: Desk) -> None:
    why = desk.deliver(Blind([ValueError("?")] * 9))
    assert why.startswith("x failed 3 times in a row")
    assert desk.states() == "uuup"


# --- what a killed sender left -----------------------------------------------------


def test_orphans_of_a_blind_channel_become_uncertain(desk: Desk) -> None:
    desk.claim(1)
    provider = Blind()
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS[1:]
    assert desk.states() == "uaaa"
    assert "before an answer came" in desk.reasons()[0]


def test_orphans_are_repeated_where_the_key_is_never_forgotten(desk: Desk) -> None:
    desk.claim(3)
    desk.clock.now += timedelta(days=400)
    provider = remembering(FOREVER)
    assert desk.deliver(provider) == ""
    assert provider.sent == KEYS
    assert desk.states() == "aaaa"


def test_a_clock_that_was_set_back_makes_no_orphan_younger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = iter([0.0, *[7_200.0] * 99])  # two hours by the clock that nobody sets
    monkeypatch.setattr("publisher.sender.turn.monotonic", lambda: next(marks))
    desk.claim(1)
    assert desk.deliver(remembering(HOUR)) == ""
    assert desk.states() == "uaaa"


def test_a_provider_that_never_answers_is_given_up(desk: Desk) -> None:
    """Or it would leave a whole list in doubt, each reader after a long wait."""
    desk.more(30)
    provider = Blind([Uncertain("no answer")] * 99)
    assert desk.deliver(provider) == "x gives no answers"
    assert len(provider.sent) == 3 + 4
    assert desk.clock.now - START == timedelta(seconds=1 + 2 + 4 + 8)
    assert desk.states().count("u") == 7
    assert desk.deliver(Blind()) == ""
    assert desk.states() == "u" * 7 + "a" * 27


@pytest.mark.parametrize(
    ("age", "states"),
    [
        (timedelta(minutes=53), "aaaa"),
        (timedelta(minutes=55), "uaaa"),  # whose clock is right?
        (HOUR, "uaaa"),
        (timedelta(minutes=-1), "uaaa"),  # the machine's clock was set back
    ],
    ids=str,
)
def test_orphans_are_repeated_only_while_the_key_is_remembered(
    desk: Desk, age: timedelta, states: str
) -> None:
    desk.claim(1)
    desk.clock.now += age
    assert desk.deliver(remembering(HOUR)) == ""
    assert desk.states() == states


@pytest.mark.parametrize(
    ("found", "states"),
    [(Receipt("42"), "aaaa"), (None, "aaaa"), (Uncertain("?"), "uaaa")],
    ids=repr,
)
def test_orphans_are_asked_about(
    desk: Desk, found: Receipt | Exception | None, states: str
) -> None:
    desk.claim(1)
    provider = Recalling(found=found)
    assert desk.deliver(provider) == ""
    assert (KEYS[0] in provider.sent) is (found is None)
    assert desk.states() == states


def test_a_wrong_token_does_not_turn_orphans_into_a_loss(desk: Desk) -> None:
    desk.claim(1)
    assert desk.deliver(Recalling(found=Refused("wrong token"))) == "wrong token"
    assert desk.states() == "cppp"
    assert desk.deliver(Recalling(found=Receipt("42"))) == ""
    assert desk.states() == "aaaa"


def test_an_outbox_follows_its_own_limits_not_those_it_stands_in_for(
    desk: Desk,
) -> None:
    desk.claim(2)
    provider = remembering(FOREVER)
    channel = Channel("x", "mastodon", "post", Limits(), provider, is_outbox=True)
    deliver(
        "i/1",
        channel=channel,
        ledger=desk.ledger,
        message_of=lambda one: Post(key=one.key, text="Hi"),
        skip_reason=lambda _: "",
        now=lambda: START,
        sleep=desk.clock.sleep,
    )
    assert provider.sent == KEYS


def test_who_is_suppressed_while_a_channel_waits_gets_nothing(books: Books) -> None:
    issue = Issue(id="i/1", campaign="i", number=1, articles=("a",), planned_at=START)
    draft = PostDraft(template="t", network="x", article="a", text="Hi")
    rows = [
        Delivery(
            key=key,
            issue="i/1",
            channel="x",
            draft=draft.id,
            recipient=f"Reader{number}@example.org",
        )
        for number, key in enumerate(KEYS)
    ]
    books.ledger.begin(issue, {draft.id: draft}, rows)
    desk = Desk(books.ledger, Clock())

    class Suppressing(Blind):
        def send(self, message: Message) -> Receipt:
            books.subscribers.suppress("reader2@example.org", reason="asked", now=START)
            return super().send(message)

    provider = Suppressing()
    assert desk.deliver(provider) == ""
    assert provider.sent == [KEYS[0], KEYS[1], KEYS[3]]
    assert desk.states() == "aasa"


def test_a_late_word_of_another_sender_changes_nothing(desk: Desk) -> None:
    assert desk.deliver(Blind()) == ""
    before = desk.ledger.deliveries("i/1")
    desk.ledger.settle([Outcome(key=KEYS[0], state=State.FAILED)], now=START)
    desk.ledger.release(KEYS)
    assert desk.ledger.deliveries("i/1") == before
    assert before[0] == replace(before[0], state=State.ACCEPTED)

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import (
    ProviderError,
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
    Post,
    PostDraft,
    Receipt,
)
from publisher.sender import STOPPED, deliver
from publisher.sender.flow import OFTEN
from publisher.store import Books, Ledger, open_books

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COUNT = 10
KEYS = [f"i/1/x/{number:02}" for number in range(COUNT)]
Answer = Receipt | ProviderError


@dataclass
class Stream:
    """Keeps up to `window` messages on their way, and answers the oldest first."""

    answers: dict[str, list[Answer | None]] = field(default_factory=dict)
    window: int = 3
    pulled: list[str] = field(default_factory=list)
    breaks_after: int | None = None

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(batch=4)

    def send_each(
        self, messages: Iterator[Message]
    ) -> Iterator[tuple[Message, Answer]]:
        under_way: list[Message] = []
        for message in messages:
            self.pulled.append(message.key)
            if len(self.pulled) == self.breaks_after:
                raise ZeroDivisionError
            under_way.append(message)
            if len(under_way) == self.window:
                yield from self._answer(under_way.pop(0))
        while under_way:
            yield from self._answer(under_way.pop(0))

    def _answer(self, message: Message) -> Iterator[tuple[Message, Answer]]:
        script = self.answers.get(message.key, [])
        answer = script.pop(0) if script else Receipt(message.key)
        if answer is not None:
            yield message, answer


@dataclass
class Desk:
    books: Books
    now: datetime = START
    slept: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += timedelta(seconds=seconds)

    def deliver(
        self,
        provider: Stream,
        *,
        stop: Callable[[], bool] = lambda: False,
        wish: Callable[[], str] = lambda: "",
        skip_reason: Callable[[Delivery], str] = lambda _: "",
        gone: Callable[[datetime], Mapping[str, str]] = lambda _: {},
        message_of: Callable[[Delivery], Message] = lambda one: Post(
            key=one.key, text="Hi"
        ),
    ) -> str:
        return deliver(
            "i/1",
            channel=Channel("x", "x", "post", Limits(), provider),  # type: ignore[arg-type]
            ledger=self.books.ledger,
            message_of=message_of,
            skip_reason=skip_reason,
            gone=gone,
            now=lambda: self.now,
            sleep=self.sleep,
            stop=stop,
            wish=wish,
        )

    def states(self) -> str:
        assert self.books.ledger.verify() == []
        rows = sorted(self.books.ledger.deliveries("i/1"), key=lambda one: one.key)
        return "".join(one.state[0] for one in rows)


def opened() -> Desk:
    books = open_books("sqlite://")
    issue = Issue(id="i/1", campaign="i", number=1, articles=("a",), planned_at=START)
    draft = PostDraft(template="t", network="x", article="a", text="Hi")
    rows = [Delivery(key=key, issue="i/1", channel="x", draft=draft.id) for key in KEYS]
    books.ledger.begin(issue, {draft.id: draft}, rows)
    return Desk(books)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = opened()
    with desk.books:
        yield desk


def test_everything_goes_once_and_in_order(desk: Desk) -> None:
    provider = Stream()
    assert desk.deliver(provider) == ""
    assert desk.deliver(provider) == ""
    assert provider.pulled == KEYS
    assert desk.states() == "a" * COUNT


def test_only_a_few_more_than_are_on_their_way_are_claimed(desk: Desk) -> None:
    most = 0

    def message_of(one: Delivery) -> Post:
        nonlocal most
        most = max(most, desk.books.ledger.counts("i/1")["x"]["claimed"])
        return Post(key=one.key, text="Hi")

    desk.deliver(Stream(window=2), message_of=message_of)
    assert most <= Stream.limits.batch + 2


def test_each_answer_settles_its_own_delivery(desk: Desk) -> None:
    provider = Stream(
        {KEYS[1]: [Rejected("no such mailbox")], KEYS[2]: [Uncertain("no answer")]}
    )
    assert desk.deliver(provider) == ""
    assert desk.states() == "afuaaaaaaa"


def test_a_message_that_has_no_answer_is_uncertain(desk: Desk) -> None:
    assert desk.deliver(Stream({KEYS[4]: [None]})) == ""
    assert desk.states() == "aaaauaaaaa"


def test_who_is_skipped_or_cannot_be_written_to_is_not_handed_over(desk: Desk) -> None:
    def message_of(one: Delivery) -> Post:
        if one.key == KEYS[1]:
            raise RenderError("no slot")
        return Post(key=one.key, text="Hi")

    provider = Stream()
    left = {KEYS[0]: "left"}
    desk.deliver(
        provider,
        message_of=message_of,
        skip_reason=lambda one: left.get(one.key, ""),
    )
    assert desk.states() == "sfaaaaaaaa"
    assert provider.pulled == KEYS[2:]


def test_who_leaves_after_the_claim_is_not_handed_over(desk: Desk) -> None:
    def message_of(one: Delivery) -> Post:
        if one.key == KEYS[0]:
            time.sleep(OFTEN)  # a slow channel: the claim is no longer new
        return Post(key=one.key, text="Hi")

    provider = Stream()
    desk.deliver(
        provider, message_of=message_of, gone=lambda _: {KEYS[1]: "left the list"}
    )
    assert desk.states() == "asaaaaaaaa"
    assert KEYS[1] not in provider.pulled
    reasons = desk.books.ledger.reasons("i/1")
    assert reasons == [("x", "skipped", "left the list", 1)]


def test_the_books_are_not_asked_again_for_what_was_just_claimed(desk: Desk) -> None:
    asked: list[datetime] = []

    def gone(now: datetime) -> Mapping[str, str]:
        asked.append(now)
        return {}

    desk.deliver(Stream(), gone=gone)
    assert asked == []


def test_a_channel_that_refuses_stops_and_fails_nobody(desk: Desk) -> None:
    provider = Stream({key: [Refused("wrong password")] for key in KEYS[3:]})
    assert desk.deliver(provider) == "wrong password"
    assert desk.states() == "aaappppppp"
    assert len(provider.pulled) <= 6


def test_a_channel_that_asks_to_wait_goes_on_after_it(desk: Desk) -> None:
    provider = Stream({KEYS[5]: [Throttled("slow down", retry_after=7)]})
    assert desk.deliver(provider) == ""
    assert desk.states() == "a" * COUNT
    assert desk.slept >= 7


def test_one_mailbox_that_cannot_take_it_now_holds_up_nobody(desk: Desk) -> None:
    later = Unavailable("greylisted", is_personal=True)
    provider = Stream({KEYS[0]: [later, later]})
    assert desk.deliver(provider) == ""
    assert desk.states() == "a" * COUNT
    assert provider.pulled == [*KEYS, KEYS[0], KEYS[0]]
    assert desk.slept == pytest.approx(6 * 60)  # a minute, then five


def test_a_mailbox_that_never_can_fails_at_last_and_says_why(desk: Desk) -> None:
    provider = Stream({KEYS[0]: [Unavailable("full", is_personal=True)] * 20})
    while why := desk.deliver(provider):
        assert "nobody else may have it before" in why
        desk.now += timedelta(hours=1)
    assert desk.states() == "faaaaaaaaa"
    assert desk.books.ledger.deliveries("i/1")[-1].reason == "full (after 8 tries)"


def test_a_wish_is_heard_between_two_messages(desk: Desk) -> None:
    provider = Stream()
    why = desk.deliver(provider, wish=lambda: "paused" if provider.pulled else "")
    assert why == "paused"
    assert desk.states() == "appppppppp"
    assert desk.deliver(provider) == ""
    assert Counter(provider.pulled) == Counter(KEYS)


def test_whoever_stops_the_sender_loses_and_doubles_nothing(desk: Desk) -> None:
    provider = Stream()
    assert desk.deliver(provider, stop=lambda: len(provider.pulled) > 3) == STOPPED
    assert desk.deliver(provider) == ""
    assert Counter(provider.pulled) == Counter(KEYS)


def test_books_that_fail_leave_nothing_in_doubt_that_is_answered(desk: Desk) -> None:
    """What is on its way comes to its end before the sender does."""

    class Torn(Ledger):
        claims_left = 2

        def claim(self, *args: Any, **named: Any) -> list[Delivery]:
            self.claims_left -= 1
            if self.claims_left < 0:
                raise StoreError("the file is damaged")
            return super().claim(*args, **named)

    provider = Stream()
    ledger = desk.books.ledger
    desk.books = replace(desk.books, ledger=Torn(desk.books.database))
    with pytest.raises(StoreError, match="the file is damaged"):
        desk.deliver(provider)
    assert len(provider.pulled) == 8
    desk.books = replace(desk.books, ledger=ledger)
    assert desk.states() == "aaaaaaaapp"
    assert desk.deliver(provider) == ""
    assert Counter(provider.pulled) == Counter(KEYS)


def test_what_a_broken_provider_had_is_uncertain_and_the_rest_is_not(
    desk: Desk,
) -> None:
    provider = Stream(breaks_after=3)
    assert desk.deliver(provider) == ""
    assert desk.states() == "uuuaaaaaaa"


def test_lines_that_break_again_and_again_do_not_make_a_whole_list_uncertain(
    desk: Desk,
) -> None:
    class Broken(Stream):
        def send_each(
            self, messages: Iterator[Message]
        ) -> Iterator[tuple[Message, Answer]]:
            yield next(messages), Uncertain("the line broke")

    assert "broke off" in desk.deliver(Broken())
    assert desk.states() == "uuuuu" + "ppppp"
    assert desk.slept == pytest.approx(1 + 2 + 4 + 8)


def test_a_provider_that_takes_nothing_is_named(desk: Desk) -> None:
    class Idle(Stream):
        def send_each(
            self, messages: Iterator[Message]
        ) -> Iterator[tuple[Message, Answer]]:
            return iter(())

    assert desk.deliver(Idle()) == "x takes no messages"
    assert desk.states() == "p" * COUNT


def test_a_killed_sender_leaves_in_doubt_only_what_was_pulled(desk: Desk) -> None:
    class Killed(Stream):
        def _answer(self, message: Message) -> Iterator[tuple[Message, Answer]]:
            if message.key == KEYS[3]:
                raise KeyboardInterrupt
            return super()._answer(message)

    with pytest.raises(KeyboardInterrupt):
        desk.deliver(Killed())
    assert desk.states() == "aaaccc" + "pppp"
    provider = Stream()
    assert desk.deliver(provider) == ""
    assert desk.states() == "aaauuuaaaa"
    assert provider.pulled == KEYS[6:]


@settings(max_examples=25, deadline=None)
@given(data=st.data(), window=st.integers(1, 12))
def test_whatever_is_answered_everything_is_accounted_for(
    data: st.DataObject, window: int
) -> None:
    kinds = st.sampled_from(
        [
            Receipt("r"),
            Rejected("no"),
            Refused("stop"),
            Throttled("wait", retry_after=2),
            Unavailable("down"),
            Unavailable("full", is_personal=True),
            Uncertain("?"),
            None,
        ]
    )
    script: dict[str, list[Answer | None]] = {
        key: data.draw(st.lists(kinds, max_size=3)) for key in KEYS
    }
    final = {
        key: any(not one or isinstance(one, Uncertain) for one in answers)
        for key, answers in script.items()
    }
    desk = opened()
    with desk.books:
        provider = Stream(script, window)
        for _ in range(60):
            if not desk.deliver(provider):
                break
            desk.now += timedelta(minutes=30)
        states = desk.states()
    assert set(states) <= set("afu")
    assert all(
        final[key] for key, state in zip(KEYS, states, strict=True) if state == "u"
    )

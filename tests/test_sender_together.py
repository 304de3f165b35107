"""Many messages in one call: nothing lost, nothing doubled, each settled for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    RenderError,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Channel,
    Delivery,
    Email,
    Issue,
    Limits,
    Mailing,
    Message,
    Post,
    PostDraft,
    Receipt,
    State,
)
from publisher.sender import deliver
from publisher.store import Books, open_books
from publisher.testing import sample_email

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
Answer = Receipt | ProviderError


class Many:
    """Takes calls of up to four; `script` says what happens to each call."""

    kind = "email"
    limits = Limits(batch=4)

    def __init__(self, *script: Exception | dict[int, ProviderError]) -> None:
        self.script = list(script)
        self.calls: list[list[str]] = []
        self.got: list[str] = []

    def send(self, message: Message) -> Receipt:
        raise AssertionError("this provider is called for many")

    def send_many(self, messages: Sequence[Message]) -> list[Answer]:
        self.calls.append([one.key for one in messages])
        event = self.script.pop(0) if self.script else {}
        if isinstance(event, Exception):
            raise event
        answers: list[Answer] = []
        for number, message in enumerate(messages):
            if number in event:
                answers.append(event[number])
                continue
            self.got.append(message.key)
            answers.append(Receipt(message.key))
        return answers


class Remembering(Many):
    limits = Limits(batch=4, remembers=timedelta(days=1))


class Strict(Remembering):
    """Refuses every call with one bad reader, and looks at what is claimed then."""

    def __init__(self, books: Books, bad: str) -> None:
        super().__init__()
        self.books, self.bad = books, bad
        self.claimed: list[list[str]] = []

    def send_many(self, messages: Sequence[Message]) -> list[Answer]:
        claims = self.books.ledger.claims("i/1", "x")
        self.claimed.append([claim.delivery.key for claim in claims])
        if self.bad in [one.key for one in messages]:
            self.script.append(Rejected("bad request"))
        return super().send_many(messages)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(f"sqlite:///{tmp_path / 'books.sqlite3'}") as opened:
        begin(opened, "i/1")
        yield opened


def begin(books: Books, name: str, count: int = 10) -> None:
    issue = Issue(id=name, campaign=name, number=1, articles=("a",), planned_at=NOW)
    draft = PostDraft(template="t", network="x", article="a", text="Hi")
    rows = [
        Delivery(key=f"{name}/x/{number}", issue=name, channel="x", draft=draft.id)
        for number in range(count)
    ]
    books.ledger.begin(issue, {draft.id: draft}, rows)


class Clock:
    """Stands still while nobody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def a_post(delivery: Delivery) -> Message:
    return Post(key=delivery.key, text="Hi")


def run(
    books: Books,
    provider: Many,
    name: str = "i/1",
    *,
    message_of: Callable[[Delivery], Message] = a_post,
    messages_of: Callable[[Sequence[Delivery]], Sequence[Message]] | None = None,
    skip: str = "",
    clock: Clock | None = None,
) -> str:
    clock = clock or Clock()
    channel = Channel("x", "x", "post", provider.limits, provider)  # type: ignore[arg-type]
    with books.ledger.lease(name):
        return deliver(
            name,
            channel=channel,
            ledger=books.ledger,
            message_of=message_of,
            messages_of=messages_of,
            skip_reason=lambda row: "left" if row.key == skip else "",
            now=clock.now,
            sleep=clock.sleep,
        )


def states(books: Books, name: str = "i/1") -> dict[str, str]:
    assert books.ledger.verify() == []
    rows = books.ledger.deliveries(name)
    return {row.key.rsplit("/", 1)[1]: row.state.value for row in rows}


def test_ten_messages_are_three_calls(books: Books) -> None:
    provider = Many()
    assert run(books, provider) == ""
    assert [len(call) for call in provider.calls] == [4, 4, 2]
    assert set(states(books).values()) == {"accepted"}


def test_messages_that_can_be_made_together_are(books: Books) -> None:
    provider, made = Many(), []

    def messages_of(rows: Sequence[Delivery]) -> list[Message]:
        made.append(len(rows))
        return [Post(key=row.key, text="Hi") for row in rows]

    def message_of(_: Delivery) -> Message:
        raise AssertionError("it was made already")

    run(books, provider, message_of=message_of, messages_of=messages_of, skip="i/1/x/0")
    assert made == [3, 4, 2]
    assert sorted(states(books).values()) == ["accepted"] * 9 + ["skipped"]


def test_one_that_cannot_be_made_harms_no_other(books: Books) -> None:
    def message_of(row: Delivery) -> Message:
        if row.key == "i/1/x/1":
            raise RenderError("nothing fills {{ x }}")
        return a_post(row)

    def messages_of(rows: Sequence[Delivery]) -> list[Message]:
        return [message_of(row) for row in rows]

    run(books, Many(), message_of=message_of, messages_of=messages_of)
    assert sorted(states(books).values()) == ["accepted"] * 9 + ["failed"]


def test_the_emails_of_one_call_share_a_mailing(books: Books) -> None:
    provider = Many()
    mailings = [sample_email(subject=name).mailing for name in ("Tides", "Nets")]

    def message_of(delivery: Delivery) -> Email:
        number = int(delivery.key.rsplit("/", 1)[1])
        email = sample_email(key=delivery.key)
        return replace(email, mailing=mailings[number % 2])

    assert run(books, provider, message_of=message_of) == ""
    assert [len(call) for call in provider.calls] == [2, 2, 2, 2, 1, 1]
    assert all(
        len({int(key.rsplit("/", 1)[1]) % 2 for key in call}) == 1
        for call in provider.calls
    )
    assert set(states(books).values()) == {"accepted"}


def test_the_halves_of_a_refused_call_keep_the_pace(books: Books) -> None:
    class Slow(Many):
        limits = Limits(batch=4, per_second=2)

        def send_many(self, messages: Sequence[Message]) -> list[Answer]:
            began.append(clock.seconds)
            return super().send_many(messages)

    began: list[float] = []
    clock = Clock()
    provider = Slow(Rejected("too long together"), Rejected("still too long"))
    assert run(books, provider, clock=clock) == ""
    assert [len(call) for call in provider.calls] == [4, 2, 1, 4, 4, 1]
    assert began == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5])


def test_one_bad_reader_fails_alone(books: Books) -> None:
    provider = Many({1: Rejected("no such reader")})
    run(books, provider)
    found = states(books)
    assert found.pop("1") == "failed"
    assert set(found.values()) == {"accepted"}


def test_a_refused_call_is_halved_until_the_bad_reader_is_found(books: Books) -> None:
    provider = Strict(books, bad="i/1/x/3")
    run(books, provider)
    found = states(books)
    assert found.pop("3") == "failed"
    assert set(found.values()) == {"accepted"}
    assert len(provider.got) == len(set(provider.got)) == 9


def test_what_is_claimed_is_one_call_also_while_a_bad_reader_is_sought(
    books: Books,
) -> None:
    provider = Strict(books, bad="i/1/x/2")
    run(books, provider)
    assert len(provider.calls) > 3
    assert provider.calls == provider.claimed


def test_a_wrong_token_stops_the_channel_and_fails_nobody(books: Books) -> None:
    assert run(books, Many(Refused("wrong token"))) == "wrong token"
    assert set(states(books).values()) == {"planned"}


def test_no_answer_of_a_blind_provider_is_uncertain_and_not_repeated(
    books: Books,
) -> None:
    provider = Many(Uncertain("no answer"))
    run(books, provider)
    found = states(books)
    assert [found[str(number)] for number in range(4)] == ["uncertain"] * 4
    assert len(provider.got) == 6


def test_no_answer_is_repeated_with_the_same_call_where_it_is_remembered(
    books: Books,
) -> None:
    provider = Remembering(Uncertain("no answer"))
    run(books, provider)
    assert provider.calls[0] == provider.calls[1]
    assert set(states(books).values()) == {"accepted"}


def test_a_throttled_message_waits_and_goes_later(books: Books) -> None:
    provider = Many({0: Throttled("slow down", retry_after=1)})
    assert run(books, provider) == ""
    assert set(states(books).values()) == {"accepted"}
    assert sorted(provider.got) == sorted(set(provider.got))


def test_what_a_killed_sender_left_is_one_call_again(books: Books) -> None:
    books.ledger.claim("i/1", "x", 4, now=NOW)
    provider = Remembering()
    run(books, provider)
    assert provider.calls[0] == [f"i/1/x/{number}" for number in range(4)]
    books.ledger.verify()
    assert set(states(books).values()) == {"accepted"}


def test_a_call_from_which_a_reader_is_gone_is_not_repeated(books: Books) -> None:
    books.ledger.claim("i/1", "x", 4, now=NOW)
    provider = Remembering()
    run(books, provider, skip="i/1/x/1")
    assert len(provider.got) == 6
    found = states(books)
    assert [found[str(number)] for number in range(4)] == [
        "uncertain",
        "skipped",
        "uncertain",
        "uncertain",
    ]


def test_what_a_killed_sender_left_with_a_blind_provider_is_uncertain(
    books: Books,
) -> None:
    books.ledger.claim("i/1", "x", 4, now=NOW)
    provider = Many()
    run(books, provider)
    assert len(provider.got) == 6
    assert sorted(states(books).values()).count("uncertain") == 4


def test_a_provider_that_answers_too_little_leaves_no_row_behind(books: Books) -> None:
    class Silent(Many):
        def send_many(self, messages: Sequence[Message]) -> list[Answer]:
            return super().send_many(messages)[:-1]

    run(books, Silent())
    assert sorted(states(books).values()).count("uncertain") == 3


errors = st.sampled_from(
    [
        Rejected("bad"),
        Unavailable("down"),
        Throttled("slow", retry_after=1),
        Uncertain("no answer"),
        ValueError("a bug"),
    ]
)
partly = st.dictionaries(
    st.integers(0, 3),
    st.sampled_from([Rejected("bad"), Unavailable("later"), Uncertain("?")]),
    max_size=3,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(script=st.lists(st.one_of(errors, partly), max_size=8), number=st.uuids())
def test_whatever_happens_nothing_is_doubled_and_all_is_counted(
    books: Books,
    script: list[Exception | dict[int, ProviderError]],
    number: object,
) -> None:
    name = f"i/{number}"
    begin(books, name)
    provider = Many(*script)
    for _ in range(4):
        run(books, provider, name)
    assert len(provider.got) == len(set(provider.got))
    found = states(books, name)
    assert len(found) == 10
    assert not set(found.values()) & {"claimed"}


class Narrow(Many):
    """Takes fewer where emails are long, as it says."""

    def __init__(self, *script: Exception | dict[int, ProviderError]) -> None:
        super().__init__(*script)
        self.room = 3
        self.claimed: list[int] = []
        self.books: Books | None = None

    def fits(self, mailing: Mailing) -> int:
        return self.room

    def send_many(self, messages: Sequence[Message]) -> list[Answer]:
        assert self.books
        self.claimed.append(len(self.books.ledger.claims("i/1", "x")))
        return super().send_many(messages)


def an_email(delivery: Delivery) -> Message:
    return replace(LONG, key=delivery.key)


LONG = sample_email()


def test_what_fits_into_a_call_is_all_that_is_claimed(books: Books) -> None:
    provider = Narrow()
    provider.books = books
    assert run(books, provider, message_of=an_email) == ""
    assert [len(call) for call in provider.calls] == [3, 3, 3, 1]
    assert provider.claimed == [3, 3, 3, 1]
    assert len({*provider.got}) == len(provider.got) == 10


def test_a_mailing_that_cannot_go_at_all_fails_nobody(books: Books) -> None:
    class Unable(Narrow):
        def fits(self, mailing: Mailing) -> int:
            raise Refused("a page cannot show images")

    why = run(books, Unable(), message_of=an_email)
    assert "a page cannot show images" in why
    assert books.ledger.counts("i/1")["x"][State.PLANNED] == 10

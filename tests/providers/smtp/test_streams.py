"""Streams: emails are pulled as there is room, and each is answered exactly once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Email, Mailbox, Receipt, Streams
from publisher.providers.smtp import Smtp
from publisher.providers.smtp.job import MOST

Start = Callable[..., Any]
Emails = Callable[[int], list[Email]]
CHUNKING = ("PIPELINING", "CHUNKING")
WAYS = [(), ("PIPELINING",), CHUNKING]


class Source:
    """Gives emails one by one, and notes who pulls and how many are unanswered."""

    def __init__(self, emails: Sequence[Email], *, slow: float = 0.0) -> None:
        self.emails = emails
        self.slow = slow
        self.pulled: list[str] = []
        self.answers: dict[str, Any] = {}
        self.most = 0
        self.threads: set[int] = set()
        self.stopped = False

    def __iter__(self) -> Iterator[Email]:
        for email in self.emails:
            if self.stopped:
                return
            time.sleep(self.slow)
            self.threads.add(threading.get_ident())
            self.pulled.append(email.key)
            self.most = max(self.most, len(self.pulled) - len(self.answers))
            yield email

    def sent(self, smtp: Smtp) -> dict[str, Any]:
        """Send all, and return the answers by key; no key is answered twice."""
        for email, answer in smtp.send_each(iter(self)):
            assert email.key not in self.answers
            assert email.key in self.pulled
            self.answers[email.key] = answer
        assert set(self.answers) == set(self.pulled)
        assert self.threads <= {threading.get_ident()}
        return self.answers


def smtp_to(*servers: Any, **others: Any) -> Smtp:
    hosts = " ".join(f"127.0.0.1:{one.port}" for one in servers)
    return Smtp(hosts, security="none", **others)


def kinds(answers: dict[str, Any]) -> Counter[str]:
    return Counter(type(one).__name__ for one in answers.values())


def assert_honest(server: Any, source: Source) -> None:
    taken = Counter(recipient for recipient, _ in server.accepted)
    for email in source.emails:
        answer = source.answers.get(email.key)
        count = taken[email.recipient.address]
        if isinstance(answer, Receipt):
            assert count == 1
        else:
            assert count <= isinstance(answer, Uncertain)


def test_smtp_streams() -> None:
    assert isinstance(Smtp("mx.example.org"), Streams)


@pytest.mark.parametrize("offers", WAYS)
@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("delay", [0.0, 0.015])
def test_each_email_is_pulled_when_there_is_room(
    server: Start,
    emails: Emails,
    offers: tuple[str, ...],
    connections: int,
    delay: float,
) -> None:
    sink = server(*offers)
    sink.delay = delay
    smtp = smtp_to(sink, connections=connections)
    source = Source(emails(150))
    assert kinds(source.sent(smtp)) == {"Receipt": 150}
    smtp.close()
    assert source.most <= 8 * connections + 8
    assert sink.together == sink.connections == (connections if delay else 1)
    assert sink.quits == sink.connections
    assert_honest(sink, source)


def test_never_more_than_64_are_unanswered(server: Start, emails: Emails) -> None:
    sink = server(*CHUNKING)
    sink.delay = 0.01
    smtp = smtp_to(sink, connections=20)
    source = Source(emails(400))
    assert kinds(source.sent(smtp)) == {"Receipt": 400}
    smtp.close()
    assert sink.together >= 3  # more, where the machine is idle
    assert 16 <= source.most <= MOST + 8 <= 64


@pytest.mark.parametrize("offers", WAYS)
def test_an_email_is_answered_before_a_slow_source_gives_the_next(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers)
    smtp = smtp_to(sink)
    source = Source(emails(4), slow=0.06)
    assert kinds(source.sent(smtp)) == {"Receipt": 4}
    smtp.close()
    assert source.most == 1


def test_nothing_is_opened_for_nobody(server: Start, emails: Emails) -> None:
    sink = server()
    smtp = smtp_to(sink)
    assert list(smtp.send_each(iter([]))) == []
    broken = [Mailbox("a b@example.net"), Mailbox("nobody")]
    bad = [replace(emails(1)[0], recipient=one, key=one.address) for one in broken]
    assert kinds(Source(bad).sent(smtp)) == {"Rejected": 2}
    smtp.close()
    assert sink.connections == 0


@pytest.mark.parametrize("offers", WAYS)
def test_a_refusal_answers_what_was_pulled_and_pulls_no_more(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers, says={"MAIL": "530 5.7.0 log in first"})
    smtp = smtp_to(sink)
    source = Source(emails(100))
    assert set(kinds(source.sent(smtp))) == {"Refused"}
    smtp.close()
    assert len(source.pulled) <= 10


def test_a_server_that_is_not_there_answers_the_first(
    server: Start, emails: Emails
) -> None:
    gone = server()
    gone.close()
    source = Source(emails(100))
    assert kinds(source.sent(smtp_to(gone))) == {"Unavailable": 1}


@pytest.mark.parametrize("offers", WAYS)
def test_who_closes_the_stream_cuts_it_off(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers)
    sink.delay = 0.01
    smtp = smtp_to(sink, connections=3)
    stream = smtp.send_each(iter(emails(500)))
    for _ in range(40):
        next(stream)
    began = time.monotonic()
    stream.close()  # type: ignore[attr-defined]
    smtp.close()
    assert time.monotonic() - began < 1
    assert threading.active_count() <= 2 + len(sink.threads)
    assert len(sink.accepted) < 120
    again = Source(emails(3))
    assert kinds(again.sent(smtp)) == {"Receipt": 3}
    smtp.close()


def test_an_error_of_the_source_comes_out(server: Start, emails: Emails) -> None:
    def failing() -> Iterator[Email]:
        yield from emails(3)
        raise ZeroDivisionError

    sink = server(*CHUNKING)
    smtp = smtp_to(sink)
    with pytest.raises(ZeroDivisionError):
        list(smtp.send_each(failing()))
    smtp.close()


def test_no_thread_survives_a_close(server: Start, emails: Emails) -> None:
    sink = server("PIPELINING", greeting="220 ready")
    sink.delay = 0.01
    before = set(threading.enumerate())
    smtp = smtp_to(sink, connections=4)
    assert kinds(Source(emails(80)).sent(smtp)) == {"Receipt": 80}
    smtp.close()
    after = set(threading.enumerate()) - before - set(sink.threads)
    assert after == set()


@pytest.mark.parametrize("offers", WAYS)
def test_a_server_that_closes_after_a_few_gets_another_connection(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers, most=7)
    smtp = smtp_to(sink, connections=2)
    source = Source(emails(60))
    assert kinds(source.sent(smtp)) == {"Receipt": 60}
    smtp.close()
    assert_honest(sink, source)


@pytest.mark.parametrize("offers", WAYS)
def test_greylisted_readers_stop_nobody_else(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    grey = {
        f"reader{number}@example.net": "450 4.2.0 later" for number in range(0, 60, 2)
    }
    sink = server(*offers, refuses=grey, keeps_envelopes=True)
    smtp = smtp_to(sink, connections=1)
    source = Source(emails(60))
    assert kinds(source.sent(smtp)) == {"Receipt": 30, "Unavailable": 30}
    smtp.close()
    assert sink.connections == 1
    assert_honest(sink, source)


def test_the_pace_pulls_when_a_turn_comes(server: Start, emails: Emails) -> None:
    sink = server(*CHUNKING)
    smtp = smtp_to(sink, per_second=10)
    source = Source(emails(50))
    begun = time.monotonic()
    for email, answer in smtp.send_each(iter(source)):
        source.answers[email.key] = answer
        source.stopped = time.monotonic() - begun > 0.45
    assert time.monotonic() - begun < 1.2
    smtp.close()
    assert kinds(source.answers) == {"Receipt": len(source.pulled)}
    assert 4 <= len(source.pulled) <= 7
    assert source.most == 1


# --- the pace of a domain ------------------------------------------------------------


def mixed(emails: Emails, domains: str) -> list[Email]:
    return [
        replace(one, recipient=Mailbox(f"reader{number}@{domain}.example"))
        for number, (one, domain) in enumerate(
            zip(emails(len(domains)), domains, strict=True)
        )
    ]


def test_a_domain_that_must_wait_lets_others_pass(
    server: Start, emails: Emails
) -> None:
    sink = server(*CHUNKING)
    smtp = smtp_to(sink, per_domain=20)
    source = Source(mixed(emails, "aaaaabbcd"))
    begun = time.monotonic()
    assert kinds(source.sent(smtp)) == {"Receipt": 9}
    assert 0.2 <= time.monotonic() - begun < 1
    smtp.close()
    domains = [address[-9] for address, _ in sink.accepted]
    assert {"b", "c", "d"} < set(domains[:7])
    assert domains[-1] == "a"


def test_who_would_wait_long_goes_later(server: Start, emails: Emails) -> None:
    sink = server(*CHUNKING)
    smtp = smtp_to(sink, per_domain=0.5)
    source = Source(mixed(emails, "aaabc"))
    begun = time.monotonic()
    answers = source.sent(smtp)
    assert time.monotonic() - begun < 1
    smtp.close()
    assert kinds(answers) == {"Receipt": 3, "Throttled": 2}
    waits = [one.retry_after for one in answers.values() if isinstance(one, Throttled)]
    assert all(1.5 < one <= 2 for one in waits)


# --- everything at once --------------------------------------------------------------

faults = st.tuples(
    st.sampled_from(["die", "forget", "half", "421", "garbage", "bytes"]),
    st.integers(0, 60),
    st.booleans(),
).map(lambda one: (one[0], one[1] * 150 if one[0] == "bytes" else one[1], one[2]))
refusals = st.dictionaries(
    st.integers(0, 29).map(lambda number: f"reader{number}@example.net"),
    st.sampled_from(["550 5.1.1 no such reader", "450 4.2.0 greylisted", "552 full"]),
    max_size=6,
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    offers=st.sampled_from(WAYS),
    planned=st.lists(st.one_of(st.none(), faults), max_size=6),
    refuses=refusals,
    returns=refusals,
    most=st.sampled_from([0, 0, 3]),
    delay=st.sampled_from([0.0, 0.0, 0.003]),
    count=st.integers(1, 30),
    connections=st.integers(1, 3),
)
def test_whatever_happens_each_pulled_email_is_answered_once(  # noqa: PLR0917
    server: Start,
    emails: Emails,
    offers: tuple[str, ...],
    planned: list[Any],
    refuses: dict[str, str],
    returns: dict[str, str],
    most: int,
    delay: float,
    count: int,
    connections: int,
) -> None:
    sink = server(
        *offers,
        faults=planned,
        refuses=refuses,
        returns=returns,
        most=most,
        delay=delay,
    )
    smtp = smtp_to(sink, connections=connections)
    source = Source(emails(count))
    answers = source.sent(smtp)
    smtp.close()
    assert_honest(sink, source)
    assert source.most <= 64
    bad = sum(isinstance(one, Rejected) for one in answers.values())
    assert bad <= len({*refuses, *returns})
    if len(source.pulled) < count:  # only what is about the channel ends it early
        assert any(
            isinstance(one, (Refused, Throttled, Unavailable, Uncertain))
            for one in answers.values()
        )
    assert all(isinstance(one, (Receipt, ProviderError)) for one in answers.values())

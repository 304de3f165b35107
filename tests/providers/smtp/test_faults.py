"""Whatever dies at whatever byte: no email twice, and the right word about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
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
from publisher.models import Email, Receipt
from publisher.providers.smtp import Smtp, wire

OFFERS = {
    "plain": (),
    "pipelining": ("PIPELINING", "SIZE 1000000"),
    "chunking": ("PIPELINING", "CHUNKING"),
    "chunking alone": ("CHUNKING",),
}
Answer = Receipt | ProviderError


def smtp_to(server: Any, **others: Any) -> Smtp:
    return Smtp("127.0.0.1", server.port, security="none", **others)


def handed_over(smtp: Smtp, emails: Sequence[Email]) -> list[Answer]:
    try:
        return smtp.send_many(emails)
    except (Refused, Throttled, Unavailable) as error:
        return [error] * len(emails)


def assert_honest(
    server: Any, emails: Sequence[Email], answers: Sequence[Answer]
) -> None:
    taken = Counter(recipient for recipient, _ in server.accepted)
    assert len(answers) == len(emails)
    for email, answer in zip(emails, answers, strict=True):
        address = email.recipient.address
        if isinstance(answer, Receipt):
            assert taken[address] == 1, answer
        elif isinstance(answer, Uncertain):
            assert taken[address] <= 1, answer
        else:
            assert taken[address] == 0, answer
    for recipient, content in server.accepted:
        assert f"To: Reader-{recipient[6:].partition('@')[0]}-".encode() in content
        assert content.endswith(b"--\r\n")


@pytest.mark.parametrize("offers", OFFERS)
@pytest.mark.parametrize("kind", ["die", "forget", "half", "421", "garbage"])
@pytest.mark.parametrize("resets", [False, True])
def test_a_server_that_fails_at_any_step(
    server: Callable[..., Any],
    emails: Callable[[int], list[Email]],
    offers: str,
    kind: str,
    resets: bool,
) -> None:
    three = emails(3)
    for step in range(16):
        sink = server(*OFFERS[offers], faults=[(kind, step, resets)])
        smtp = smtp_to(sink)
        answers = handed_over(smtp, three)
        assert_honest(sink, three, answers)
        smtp.close()


@pytest.mark.parametrize("offers", OFFERS)
def test_what_was_not_begun_goes_over_another_connection(
    server: Callable[..., Any], emails: Callable[[int], list[Email]], offers: str
) -> None:
    sink = server(*OFFERS[offers], faults=[("die", 6), None])
    smtp = smtp_to(sink, connections=1)
    many = emails(12)
    answers = smtp.send_many(many)
    smtp.close()
    assert_honest(sink, many, answers)
    assert sink.connections == 2
    assert [type(one) for one in answers[9:]] == [Receipt] * 3
    assert sum(isinstance(one, Receipt) for one in answers) >= 3


@pytest.mark.parametrize("offers", OFFERS)
def test_silence_is_in_doubt_only_where_the_whole_had_left(
    server: Callable[..., Any],
    emails: Callable[[int], list[Email]],
    offers: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "ANSWER", 0.1)
    two = emails(2)
    for step in range(8):
        sink = server(*OFFERS[offers], faults=[("silence", step)])
        smtp = smtp_to(sink)
        assert_honest(sink, two, handed_over(smtp, two))
        smtp.close()


faults = st.tuples(
    st.sampled_from(["die", "forget", "half", "421", "garbage", "bytes"]),
    st.integers(0, 40),
    st.booleans(),
).map(lambda one: (one[0], one[1] * 150 if one[0] == "bytes" else one[1], one[2]))
at_a_byte = st.tuples(st.just("bytes"), st.integers(0, 6000), st.booleans())
refusals = st.dictionaries(
    st.integers(0, 11).map(lambda number: f"reader{number}@example.net"),
    st.sampled_from(["550 5.1.1 no such reader", "450 4.2.0 greylisted", "552 full"]),
    max_size=4,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    offers=st.sampled_from(sorted(OFFERS)),
    planned=st.lists(st.one_of(st.none(), faults, at_a_byte), max_size=4),
    refuses=refusals,
    returns=refusals,
    keeps=st.booleans(),
    count=st.integers(1, 12),
    connections=st.integers(1, 3),
)
def test_whatever_dies_wherever_each_email_is_taken_at_most_once(  # noqa: PLR0917
    server: Callable[..., Any],
    emails: Callable[[int], list[Email]],
    offers: str,
    planned: list[Any],
    refuses: dict[str, str],
    returns: dict[str, str],
    keeps: bool,
    count: int,
    connections: int,
) -> None:
    sink = server(
        *OFFERS[offers],
        faults=planned,
        refuses=refuses,
        returns=returns,
        keeps_envelopes=keeps,
    )
    smtp = smtp_to(sink, connections=connections)
    sent = emails(count)
    first = handed_over(smtp, sent)
    assert_honest(sink, sent, first)
    assert sum(isinstance(one, Rejected) for one in first) <= len({*refuses, *returns})
    # What is not decided may be sent again, by another process as well.
    smtp.close()
    sink.faults.clear()
    sink.refuses.clear()
    sink.returns.clear()
    decided = (Receipt, Rejected, Uncertain)
    again = [
        one for one, a in zip(sent, first, strict=True) if not isinstance(a, decided)
    ]
    answers = handed_over(smtp, again) if again else []
    smtp.close()
    assert all(isinstance(one, Receipt) for one in answers)
    assert max(Counter(one for one, _ in sink.accepted).values(), default=0) <= 1

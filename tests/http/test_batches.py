from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from responses import RequestsMock

from publisher.errors import Refused, Rejected, Uncertain
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.models import Email, Json, Mailbox, Receipt
from publisher.testing import sample_email

URL = "https://api.example.org/batch"
LETTER = sample_email().mailing
SHORT = replace(LETTER, draft=replace(LETTER.draft, html=(), text=()))


def email(number: int, address: str = "") -> Email:
    box = Mailbox(address or f"reader{number}@example.net")
    made = sample_email(key=f"weekly/7/pigeon/{number}", recipient=box)
    return replace(made, mailing=SHORT)


def to(message: Email) -> Json:
    return {"to": message.recipient.address}


class Line:
    """Takes a call and answers each message of it, or only so many."""

    def __init__(self, answers: int = 99) -> None:
        self.answers = answers
        self.calls: list[bytes] = []

    def __call__(
        self, emails: list[Email], pieces: list[bytes]
    ) -> Sequence[batches.Answer]:
        self.calls.append(b"".join(pieces))
        return [Receipt(one.key) for one in emails][: self.answers]


def hand_over(emails: list[Email], line: Line, **limits: int) -> list[batches.Answer]:
    return batches.hand_over(
        emails,
        line,
        provider="pigeon",
        write=to,
        bodies=Bodies("html", "text"),
        longest=limits.get("longest", 1000),
        longest_call=limits.get("longest_call", 1000),
    )


def test_each_email_is_written_once_and_answered_in_order() -> None:
    line = Line()
    answers = hand_over([email(1), email(2)], line)
    assert answers == [Receipt("weekly/7/pigeon/1"), Receipt("weekly/7/pigeon/2")]
    assert line.calls == [b'{"to":"reader1@example.net"},{"to":"reader2@example.net"}']


def test_what_cannot_be_written_harms_no_other() -> None:
    line = Line()
    answers = hand_over([email(1), email(2, "nobody"), email(3)], line)
    assert [type(one) for one in answers] == [Receipt, Rejected, Receipt]
    assert answers[2] == Receipt("weekly/7/pigeon/3")


def test_an_email_that_is_too_long_harms_no_other() -> None:
    line = Line()
    long = email(2, f"{'x' * 60}@example.net")
    answers = hand_over([email(1), long], line, longest=50)
    assert [type(one) for one in answers] == [Receipt, Rejected]


def test_a_call_that_is_too_long_is_not_made() -> None:
    line = Line()
    short, long = email(1), email(2, f"{'x' * 30}@example.net")
    for emails in ([short, long], [long, short]):
        with pytest.raises(Rejected, match="too long together"):
            hand_over(emails, line, longest_call=65)
    assert not line.calls
    assert len(hand_over([short, short], line, longest_call=65)) == 2


@pytest.mark.parametrize("emails", [[], [email(1, "nobody")]])
def test_without_a_message_there_is_no_call(emails: list[Email]) -> None:
    line = Line()
    assert len(hand_over(emails, line)) == len(emails)
    assert not line.calls


def test_a_message_without_an_answer_is_uncertain() -> None:
    answers = hand_over([email(1), email(2)], Line(answers=1))
    assert [type(one) for one in answers] == [Receipt, Uncertain]


def test_the_mark_of_a_call_knows_its_emails_and_their_order() -> None:
    mark = batches.call_mark([email(1), email(2)])
    assert mark == batches.call_mark([email(1), email(2)])
    assert mark != batches.call_mark([email(2), email(1)])
    assert mark != batches.call_mark([email(1)])


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize("status", [404, 405])
def test_a_wrong_address_of_the_service_fails_nobody(
    web: RequestsMock, status: int
) -> None:
    web.post(URL, status=status)
    with pytest.raises(Refused, match="pigeon has no such service"):
        batches.post(URL, b"", provider="pigeon", emails=[], headers={})


def test_an_error_quotes_no_reader_however_the_provider_writes_them(
    web: RequestsMock,
) -> None:
    reader = email(1, '"Ada.B"@Example.net')
    web.post(URL, status=400, json={"Message": 'no "ada.b"@example.net here'})
    with pytest.raises(Rejected, match=r"no \*\*\* here"):
        batches.post(URL, b"", provider="pigeon", emails=[reader], headers={})

"""Envelopes: whom the server is told that a message comes from and goes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused, Rejected
from publisher.models import Email, Mailbox, Receipt
from publisher.providers.smtp import Smtp
from publisher.providers.smtp.envelope import address, sender_of
from publisher.testing import sample_email

Start = Callable[..., Any]
Emails = Callable[[int], list[Email]]


def test_a_bounce_names_the_delivery(server: Start, emails: Emails) -> None:
    sink = server("PIPELINING", "CHUNKING")
    smtp = Smtp("127.0.0.1", sink.port, security="none")
    smtp.sender = "bounces+{key}@example.org"
    marked = [
        replace(email, own_headers={"X-Publisher-Key": f"{number:032x}"})
        for number, email in enumerate(emails(3))
    ]
    smtp.send_many(marked)
    smtp.close()
    assert sink.senders == [f"bounces+{number:032x}@example.org" for number in range(3)]


def test_without_a_mark_the_key_makes_one() -> None:
    email = sample_email(key="weekly/7/smtp/5f2c")
    made = sender_of(email, "b+{key}@example.org")
    assert made == sender_of(email, "b+{key}@example.org")
    assert len(made) == len("b+@example.org") + 32
    assert made != sender_of(replace(email, key="other"), "b+{key}@example.org")


def test_a_sender_beyond_ascii_goes_where_it_is_offered(
    server: Start, emails: Emails
) -> None:
    sink = server("PIPELINING", "SMTPUTF8", "SIZE 90000")
    smtp = Smtp("127.0.0.1", sink.port, security="none", sender="rück@example.org")
    assert smtp.send(emails(1)[0]) == Receipt("A1")
    smtp.close()
    assert "MAIL FROM:<rück@example.org> SIZE=562 SMTPUTF8" in sink.seen


@pytest.mark.parametrize("offers", [("PIPELINING",), ("PIPELINING", "CHUNKING")])
def test_a_sender_beyond_ascii_stops_the_channel_elsewhere(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers)
    smtp = Smtp("127.0.0.1", sink.port, security="none", sender="rück@example.org")
    with pytest.raises(Refused, match="no sender beyond ASCII"):
        smtp.send_many(emails(5))
    smtp.close()
    assert sink.accepted == []


@pytest.mark.parametrize("offers", [("CHUNKING",), ("CHUNKING", "SMTPUTF8")])
def test_a_reader_beyond_ascii_fails_alone(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server("PIPELINING", *offers)
    three = emails(3)
    three[1] = replace(three[1], recipient=Mailbox("jürgen@example.org"))
    smtp = Smtp("127.0.0.1", sink.port, security="none")
    answers = smtp.send_many(three)
    smtp.close()
    assert [type(one) for one in answers] == [Receipt, Rejected, Receipt]
    assert "beyond ASCII before the @" in str(answers[1])
    assert len(sink.senders) == 2


def test_what_needs_no_smtputf8_does_not_ask_for_it(
    server: Start, emails: Emails
) -> None:
    sink = server("SMTPUTF8")
    smtp = Smtp("127.0.0.1", sink.port, security="none", sender="b@bücher.example")
    smtp.send(emails(1)[0])
    smtp.close()
    assert "MAIL FROM:<b@xn--bcher-kva.example>" in sink.seen


@pytest.mark.parametrize("way", ["CHUNKING", "PIPELINING"])
def test_a_server_of_8_bits_gets_7_too(server: Start, emails: Emails, way: str) -> None:
    sink = server("8BITMIME", "SIZE 90000", way)
    smtp = Smtp("127.0.0.1", sink.port, security="none")
    one = emails(1)[0]
    assert isinstance(smtp.send(replace(one, own_headers={"X-Port": "خ ü"})), Receipt)
    smtp.close()
    assert not [line for line in sink.seen if "BODY=" in line]
    assert sink.accepted[0][1].isascii()


def test_an_email_that_is_too_large_leaves_the_others_alone(
    server: Start, emails: Emails
) -> None:
    sink = server("PIPELINING", "CHUNKING", "SIZE 1000")
    three = emails(3)
    three[1] = replace(three[1], own_headers={"X-Long": "x " * 400})
    smtp = Smtp("127.0.0.1", sink.port, security="none")
    answers = smtp.send_many(three)
    smtp.close()
    assert [type(one) for one in answers] == [Receipt, Rejected, Receipt]
    assert "1000 are allowed" in str(answers[1])
    assert len(sink.senders) == 2


@given(st.text(max_size=30))
def test_no_address_brings_a_command(text: str) -> None:
    try:
        made = address(f"{text}@example.org")
    except Rejected:
        return
    assert not set(made) & set("<> \r\n\0\t")
    assert made.isprintable()

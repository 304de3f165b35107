from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from publisher.errors import Rejected, Uncertain
from publisher.http.merged import (
    Reader,
    fits,
    hand_over,
    same_headers,
    subject_of,
    with_tokens,
)
from publisher.models import Email, EmailDraft, Mailbox, Mailing, Receipt, Slot
from publisher.testing import SENDER, sample_email

NAME, OUT = Slot("subscriber.name"), Slot("unsubscribe_url")
PARTS = ("Hi ", NAME, ", ", OUT, " & ", NAME)
DRAFT = EmailDraft(template="digest", subject=("Hi ", NAME), html=PARTS, text=PARTS)
MAILING = Mailing(draft=DRAFT, sender=SENDER, slots=(NAME, OUT))


def email(name: str, **changes: Any) -> Email:
    made = Email(
        key=f"i/1/mail/{name}",
        mailing=MAILING,
        recipient=Mailbox(f"{name}@bücher.example"),
        values=(name, "/out"),
    )
    return replace(made, **changes)


def call(emails: Sequence[Email], *, answered: int = 9) -> tuple[list[Any], list[Any]]:
    calls = []

    def write(shared: str, reader: Reader) -> str:
        if reader.email.values[0] == "bad":
            raise Rejected("too long")
        return f"{shared} {reader.box.address} {reader.subject}"

    def send(_: str, readers: list[Reader], parts: list[str]) -> list[Receipt]:
        calls.append(parts)
        return [Receipt(reader.mark) for reader in readers][:answered]

    def once(mailing: Mailing) -> str:
        return mailing.sender.name

    return hand_over(emails, send, provider="pigeon", once=once, write=write), calls


def test_each_email_is_answered_in_its_place() -> None:
    bad, odd = email("bad"), email("odd", recipient=Mailbox("odd"))
    answers, [parts] = call([email("ada"), bad, odd, email("ben")])
    kinds = [Receipt, Rejected, Rejected, Receipt]
    assert [type(one) for one in answers] == kinds
    assert parts == [
        "The Ferry ada@xn--bcher-kva.example Hi ada",
        "The Ferry ben@xn--bcher-kva.example Hi ben",
    ]


def test_nobody_to_write_to_is_no_call() -> None:
    assert call([]) == ([], [])
    assert call([email("bad")])[1] == []


def test_what_is_not_answered_stays_open() -> None:
    answers, _ = call([email("ada"), email("ben")], answered=1)
    assert [type(one) for one in answers] == [Receipt, Uncertain]


def test_a_personal_subject_is_looked_at_for_each() -> None:
    answers, _ = call([email("ada", values=("a\x00b", "")), email("ben")])
    assert [type(one) for one in answers] == [Rejected, Receipt]


def test_one_call_has_one_mailing() -> None:
    with pytest.raises(Rejected):
        call([email("ada"), sample_email()])


def test_a_slot_is_written_as_its_token_and_the_rest_verbatim() -> None:
    text = with_tokens(PARTS, MAILING, "<{}>".format, lambda text: text.upper())
    assert text == "HI <0>, <1> & <0>"
    assert with_tokens((), MAILING, "<{}>".format) == ""


def test_a_subject_that_all_have_is_on_one_line() -> None:
    assert subject_of(MAILING) == ""
    draft = replace(DRAFT, subject=("Tides \n", " and nets "))
    assert subject_of(replace(MAILING, draft=draft)) == "Tides and nets"


def test_headers_that_only_some_have_part_a_call() -> None:
    assert same_headers([("X-A", "X-B"), ("X-A", "X-B")], "pigeon") == ("X-A", "X-B")
    with pytest.raises(Rejected):
        same_headers([("X-A",), ()], "pigeon")


def test_a_size_is_counted_in_bytes() -> None:
    assert fits(["a", "€€"], 7)
    assert not fits(["a", "€€"], 6)
    assert fits(["\ud800"], 1)
    assert fits([], 0)

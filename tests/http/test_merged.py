from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from publisher.errors import Rejected, Uncertain
from publisher.http.gaps import form_of, gap
from publisher.http.merged import (
    Part,
    Written,
    body_of,
    hand_over,
    marks_of,
    same_shape,
    with_tokens,
)
from publisher.http.readers import (
    ADDRESS,
    SUBJECT,
    VALUES,
    Shape,
    by_shape,
    readers_of,
)
from publisher.mime.fields import subject_of
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

    def write(shared: str, shape: Shape) -> Written:
        if "X-Bad" in shape.headers:
            raise Rejected("no such header")
        own = dict.fromkeys(shape.headers, gap(VALUES + 2))
        form = form_of({shared: gap(ADDRESS), "subject": gap(SUBJECT), **own})
        return Written(form, [VALUES], 9, "too long")

    def send(_: str, parts: list[Part]) -> list[Receipt]:
        calls.append(body_of(parts).decode())
        return [Receipt(mark) for mark in marks_of(parts)][:answered]

    def once(mailing: Mailing) -> str:
        return mailing.sender.name

    answers = hand_over(
        emails, send, provider="pigeon", once=once, write=write, in_header=str.upper
    )
    return answers, calls


def written(name: str, subject: str = "") -> str:
    address = f"{name}@xn--bcher-kva.example"
    return f'{{"The Ferry":"{address}","subject":"{subject or f"Hi {name}"}"}}'


def test_each_email_is_answered_in_its_place() -> None:
    long, odd = email("a reader"), email("odd", recipient=Mailbox("odd"))
    bad = email("bad", own_headers={"X-Bad": ""})
    emails = [email("ada"), replace(long, values=("a" * 10, "")), odd, bad]
    answers, [parts] = call([*emails, email("ben")])
    kinds = [Receipt, Rejected, Rejected, Rejected, Receipt]
    assert [type(one) for one in answers] == kinds
    assert parts == f"{written('ada')},{written('ben')}"


def test_readers_of_several_shapes_are_answered_in_their_places() -> None:
    own = {"X-A": "é"}
    emails = [email("ada"), email("ben", own_headers=own), email("cyd")]
    marked = [
        replace(one, own_headers={**one.own_headers, "X-Publisher-Key": one.key})
        for one in emails
    ]
    answers, [parts] = call(marked)
    assert answers == [Receipt(one.key) for one in marked]
    assert '"X-A":"É"' in parts


def test_nobody_to_write_to_is_no_call() -> None:
    assert call([]) == ([], [])
    assert call([email("ada", own_headers={"X-Bad": ""})])[1] == []
    assert call([email("odd", recipient=Mailbox("odd"))])[1] == []


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


def part(*names: str) -> Part:
    emails = [email("ada", own_headers=dict.fromkeys(names, "x"))]
    [(shape, numbers)] = by_shape(emails).items()
    readers, _ = readers_of(emails, numbers, shape, subjects=lambda _: [])
    return Part(readers, b"")


def test_headers_that_only_some_have_part_a_call() -> None:
    same = same_shape([part("X-A", "X-B"), part("X-A", "X-B")], "pigeon")
    assert same.headers == ("X-A", "X-B")
    with pytest.raises(Rejected):
        same_shape([part("X-A"), part()], "pigeon")

"""The sender and the providers of many emails, together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import ProviderError
from publisher.models import (
    Channel,
    Delivery,
    Email,
    Issue,
    Mailbox,
    PostDraft,
    Receipt,
)
from publisher.providers import Secret
from publisher.providers.brevo import Brevo
from publisher.providers.mailgun import Mailgun
from publisher.providers.mailjet import Mailjet
from publisher.providers.mailtrap import Mailtrap
from publisher.providers.postmark import Postmark
from publisher.providers.resend import Resend
from publisher.providers.sendgrid import SendGrid
from publisher.providers.sparkpost import SparkPost
from publisher.sender import deliver
from publisher.store import Books, open_books
from publisher.testing import ANYWHERE, sample_email

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAILING = sample_email().mailing
TOKEN = Secret("t0ken")
BLIND = [
    *(Postmark(TOKEN), Mailtrap(TOKEN), Mailjet(TOKEN, TOKEN)),
    *(Mailgun(TOKEN, "mg.example.org"), SendGrid(TOKEN), SparkPost(TOKEN)),
]
KEYS = [f"i/1/mail/{number}" for number in range(4)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(f"sqlite:///{tmp_path / 'books.sqlite3'}") as opened:
        issue = Issue(id="i/1", campaign="i", number=1, articles=("a",), planned_at=NOW)
        draft = PostDraft(template="t", network="mail", article="a", text="Hi")
        rows = [
            Delivery(key=key, issue="i/1", channel="mail", draft=draft.id)
            for key in KEYS
        ]
        opened.ledger.begin(issue, {draft.id: draft}, rows)
        yield opened


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def email(delivery: Delivery) -> Email:
    return Email(
        key=delivery.key,
        mailing=MAILING,
        recipient=Mailbox(f"reader{delivery.key[-1]}@example.net"),
        own_headers={"X-Publisher-Key": delivery.key.replace("/", "-")},
    )


def states(books: Books, provider: Any) -> list[str]:
    """Send, and return what became of each delivery."""
    channel = Channel("mail", "mail", "email", provider.limits, provider)
    with books.ledger.lease("i/1"):
        deliver(
            "i/1",
            channel=channel,
            ledger=books.ledger,
            message_of=email,
            skip_reason=lambda _: "",
            now=lambda: NOW,
            sleep=lambda _: None,
        )
    assert books.ledger.verify() == []
    found = {row.key: row.state.value for row in books.ledger.deliveries("i/1")}
    return [found[key] for key in KEYS]


ALL = [*BLIND, Resend(TOKEN), Brevo(TOKEN)]
names = st.sampled_from(
    "Messages Status To MessageID Errors ErrorCode StatusCode ErrorRelatedTo Message "
    "ErrorMessage data id errors index message name success responses message_ids "
    "messageIds messageId code results total_accepted_recipients field "
    "total_rejected_recipients rcpt_to_errors description".split()
)
odd = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 500), st.floats(), st.text(max_size=3)
) | st.sampled_from(["success", "error", "id", 406, 300, 0])
answers = st.recursive(
    odd,
    lambda some: st.lists(some, max_size=2) | st.dictionaries(names, some, max_size=5),
    max_leaves=12,
)


COUNTS = {"id": "7", "total_accepted_recipients": 0, "total_rejected_recipients": 1}
SHAPES: list[Callable[[Any], Any]] = [
    lambda some: some,
    lambda some: [some],
    lambda some: {"data": [some]},
    lambda some: {"data": [], "errors": [some]},
    lambda some: {"responses": [some]},
    lambda some: {"responses": [{"success": False, "errors": some}]},
    lambda some: {"results": some},
    lambda some: {"results": {**COUNTS, "rcpt_to_errors": some}},
    lambda some: {"Messages": [some]},
    lambda some: {"Messages": [{"Status": "success", "To": [some]}]},
    lambda some: {"Messages": [{"Status": "error", "Errors": [some]}]},
]


@settings(max_examples=150)
@given(
    provider=st.sampled_from(ALL),
    status=st.sampled_from([200, 201, 400, 409, 422, 429, 451]),
    answer=answers,
    shape=st.sampled_from(SHAPES),
)
def test_no_answer_however_strange_is_more_than_one_of_the_five_errors(
    provider: Any, status: int, answer: Any, shape: Callable[[Any], Any]
) -> None:
    with RequestsMock() as web:
        web.post(ANYWHERE, status=status, body=json.dumps(shape(answer)))
        with suppress(ProviderError):
            assert isinstance(provider.send(sample_email()), Receipt)


@pytest.mark.parametrize("provider", BLIND, ids=lambda one: type(one).__name__)
def test_a_call_without_an_answer_is_made_once(
    books: Books, web: RequestsMock, provider: Any
) -> None:
    web.post(ANYWHERE, body=requests.ReadTimeout())
    assert states(books, provider) == ["uncertain"] * 4
    assert len(web.calls) == 1


def test_resend_answers_the_same_call_again(books: Books, web: RequestsMock) -> None:
    web.post(ANYWHERE, body=requests.ReadTimeout())
    web.post(ANYWHERE, json={"data": [{"id": str(number)} for number in range(4)]})
    assert states(books, Resend(TOKEN)) == ["accepted"] * 4
    first, second = [one.request for one in web.calls]
    assert (first.body, first.headers) == (second.body, second.headers)


def test_brevo_says_that_the_call_came_before_and_nobody_gets_it_twice(
    books: Books, web: RequestsMock
) -> None:
    web.post(ANYWHERE, body=requests.ReadTimeout())
    web.post(ANYWHERE, status=400, json={"code": "duplicate_parameter"})
    assert states(books, Brevo(TOKEN)) == ["uncertain"] * 4
    assert len({one.request.body for one in web.calls}) == 1


def test_brevo_refuses_a_whole_call_for_one_reader_who_is_found(
    books: Books, web: RequestsMock
) -> None:
    def take(request: Any) -> tuple[int, dict[str, str], str]:
        if b"i-1-mail-2" in request.body:
            return 400, {}, '{"code": "invalid_parameter", "message": "not in to"}'
        count = request.body.count(b'"to":')
        return 201, {}, f'{{"messageIds": {["m"] * count}}}'.replace("'", '"')

    web.add_callback("POST", ANYWHERE, take)
    assert states(books, Brevo(TOKEN)) == [
        "accepted",
        "accepted",
        "failed",
        "accepted",
    ]


def test_mailjet_refuses_one_and_sends_the_others(
    books: Books, web: RequestsMock
) -> None:
    taken = {"Status": "success", "To": [{"MessageID": 7}]}
    answer = {"Messages": [taken, {"Status": "error"}, taken, taken]}
    web.post(ANYWHERE, status=400, json=answer)
    assert states(books, Mailjet(TOKEN, TOKEN)) == [
        "accepted",
        "failed",
        "accepted",
        "accepted",
    ]
    assert len(web.calls) == 1


@pytest.mark.parametrize(
    "provider",
    ALL,
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize("status", [401, 404])
def test_a_wrong_setting_fails_nobody(
    books: Books, web: RequestsMock, provider: Any, status: int
) -> None:
    web.post(ANYWHERE, status=status)
    assert states(books, provider) == ["planned"] * 4
    assert len(web.calls) == 1

"""The webhooks' door: what a provider is answered, and what is in the books then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from publisher.project import Project
from publisher.web import hooks
from tests.hooks.callers import CALLERS, NOW, Caller, News, amazon

if TYPE_CHECKING:
    from tests.conftest import Letters

READER = "ada.reader@example.net"
# The provider ses is made only where the package is that it sends with.
HERE = [one for one in CALLERS if one.name != "ses" or find_spec("boto3")]
each = pytest.mark.parametrize("caller", HERE, ids=lambda one: one.name)


class Door:
    """A project with every provider, one reader, and its webhooks' app."""

    def __init__(self, letters: Letters) -> None:
        environ = {
            key: one for caller in CALLERS for key, one in caller.environ.items()
        }
        self.now = NOW
        self.project = Project(letters.root, environ=environ, clock=self.clock)
        self.project.books.subscribers.add(READER, lists=["weekly"], now=NOW)
        self.client = TestClient(
            hooks.application(self.project), raise_server_exceptions=False
        )

    def clock(self) -> datetime:
        return self.now

    def post(self, caller: Caller, *news: News, is_forged: bool = False) -> int:
        request = caller.request(*news, is_forged=is_forged)
        answer = self.client.post(
            request.path, content=request.body, headers=dict(request.headers)
        )
        return answer.status_code

    @property
    def is_suppressed(self) -> bool:
        return self.project.books.subscribers.is_suppressed(READER)


@pytest.fixture
def door(letters: Letters) -> Iterator[Door]:
    made = Door(letters)
    with amazon(), made.project, made.client:
        yield made


@each
def test_a_complaint_is_in_the_books_when_it_is_answered(
    door: Door, caller: Caller
) -> None:
    news = News(kind="complained")
    assert door.post(caller, news) == 200
    assert door.is_suppressed
    assert door.post(caller, news) == 200


@each
def test_a_forged_complaint_is_refused(door: Door, caller: Caller) -> None:
    assert door.post(caller, News(kind="complained"), is_forged=True) == 401
    assert not door.is_suppressed


@each
def test_news_that_mean_nothing_are_well(door: Door, caller: Caller) -> None:
    assert door.post(caller, News(kind="unknown")) == 200


@each
def test_what_is_malformed_is_refused_in_words(door: Door, caller: Caller) -> None:
    request = caller.request(payload=b"[1, 2")
    answer = door.client.post(
        request.path, content=request.body, headers=dict(request.headers)
    )
    assert answer.status_code in {400, 401}
    assert answer.text


@pytest.mark.parametrize("name", ["smtp", "outbox", "nobody", "mailgun:work", "a%2Fb"])
def test_a_channel_without_a_webhook_is_not_here(door: Door, name: str) -> None:
    assert door.client.post(f"/hooks/{name}", content=b"{}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_post_is_heard(door: Door, method: str) -> None:
    assert door.client.request(method, "/hooks/mailgun").status_code == 405


def test_what_is_too_long_is_refused(door: Door) -> None:
    body = b" " * (hooks.LONGEST + 1)
    assert door.client.post("/hooks/sendgrid", content=body).status_code == 413


def test_a_token_of_mailgun_proves_one_event_only(door: Door) -> None:
    (mailgun,) = [one for one in CALLERS if one.name == "mailgun"]
    first = News(kind="opened", name="t0ken")
    assert door.post(mailgun, first) == 200
    assert door.post(mailgun, News(kind="complained", name="t0ken")) == 401
    assert not door.is_suppressed


def test_books_that_cannot_be_written_are_asked_again(door: Door) -> None:
    database = door.project.books.database
    with database.writing() as connection:
        connection.exec_driver_sql("drop table events")
    assert door.post(CALLERS[0], News(kind="complained")) == 503


def test_a_complaint_counts_at_once_while_an_issue_is_sent(
    door: Door, letters: Letters
) -> None:
    people = [f"r{number:03}@example.net" for number in range(300)]
    last = {*people[-20:]}
    (sendgrid,) = [one for one in CALLERS if one.name == "sendgrid"]
    with Project(letters.root, clock=door.clock) as project:
        rows = [{"email": one} for one in people]
        project.books.subscribers.import_rows(rows, lists=["weekly"], now=NOW)
        plan = project.plan("weekly", through="outbox")
        taken: list[int] = []

        def progress(_: int) -> None:
            if not taken:
                taken.append(len(letters.messages()))
                news = [News(kind="complained", address=one) for one in last]
                assert door.post(sendgrid, *news) == 200

        project.send(plan, progress=progress)
        assert taken[0] < 280
        texts = [path.read_text() for path in letters.messages()]
        assert len(texts) == 281  # with the reader who was there before
        assert not [
            one for one in last if any(f"\nTo: {one}" in text for text in texts)
        ]
        assert project.books.ledger.verify() == []

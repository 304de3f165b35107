"""Fakes and contract tests, for our own providers and for plugin authors.

    class TestPigeon(ProviderContract):
        provider = Pigeon(token=Secret("s3cret"))
        message = Post(key="weekly/7/pigeon/tides", text="Tides")
        secrets = ("s3cret",)

Needs pytest and responses, which a plugin has among its development packages.
"""

# ruff: noqa: S101, D102, PLR2004  these are tests: their names are sentences

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import requests
from responses import RequestsMock

from publisher.errors import (
    ProviderError,
    Refused,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Email,
    EmailDraft,
    Kind,
    Limits,
    Mailbox,
    Mailing,
    Message,
    Receipt,
)

METHODS = ("GET", "POST", "PUT", "PATCH")
SENDER = Mailbox("letters@example.org", "The Ferry")
READER = Mailbox("reader@example.net")
ANYWHERE = re.compile(r"https?://.*")


def sample_email(
    *,
    key: str = "weekly/7/fake/5f2c",
    sender: Mailbox = SENDER,
    recipient: Mailbox = READER,
    subject: str = "Tides",
    html: str = "<p>Hello</p>",
    text: str = "Hello\n",
    language: str = "en",
    **others: Any,
) -> Email:
    """Return an email without slots; `others` are fields of `Mailing` and `Email`.

    >>> sample_email(subject="Nets", reply_to="hello@example.org").subject
    'Nets'
    """
    draft = EmailDraft(
        template="digest",
        subject=(subject,),
        html=(html,),
        text=(text,),
        language=language,
    )
    names = {"own_headers", "message_id"} & set(others)
    own = {name: others.pop(name) for name in names}
    mailing = Mailing(draft=draft, sender=sender, **others)
    return Email(key=key, mailing=mailing, recipient=recipient, **own)


class FakeProvider:
    """Takes every message, remembers keys, and fails as its script says.

    Each item of the script answers one call: a receipt, or an error to raise; when it
    is used up, every message is taken. `sent` is what a real network would show: a
    message that was repeated with its key stands there once.
    """

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(remembers=timedelta.max)

    def __init__(self, *script: Receipt | Exception) -> None:
        self.script = list(script)
        self.calls = 0
        self.sent: dict[str, Message] = {}

    def send(self, message: Message) -> Receipt:
        """Answer as the script says; an `Uncertain` there was taken all the same."""
        self.calls += 1
        answer = self.script.pop(0) if self.script else Receipt(f"fake-{message.key}")
        if isinstance(answer, Receipt | Uncertain):
            self.sent.setdefault(message.key, message)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find(self, message: Message) -> Receipt | None:
        """Say whether the message was taken."""
        taken = message.key in self.sent
        return Receipt(f"fake-{message.key}") if taken else None


class FakeMail(FakeProvider):
    """The same for email, one message a call, with no memory for keys."""

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits()


class ProviderContract:
    """What every provider over HTTP keeps; a subclass names one and its message."""

    provider: Any
    message: Any
    secrets: tuple[str, ...] = ()
    reads_answers = True  # False: any 2xx is a yes, as for a webhook

    @pytest.fixture
    def web(self) -> Iterator[RequestsMock]:
        """A closed network: a request that the test did not allow fails."""
        with RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield mock

    def prepare(self, web: RequestsMock) -> None:
        """Answer what the provider asks before it sends, such as a login."""

    def failure(self, web: RequestsMock, **answer: Any) -> ProviderError:
        """Return the error that `send` raises when every call is answered so."""
        self.prepare(web)
        for method in METHODS:
            web.add(method, ANYWHERE, **answer)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(self.message)
        shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
        assert not [one for one in self.secrets if one in shown]
        return caught.value

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_wrong_token_stops_the_channel(
        self, web: RequestsMock, status: int
    ) -> None:
        said = {"error": " ".join(("no", *self.secrets))}
        assert type(self.failure(web, status=status, json=said)) is Refused

    def test_too_many_requests_wait_as_long_as_it_says(self, web: RequestsMock) -> None:
        error = self.failure(web, status=429, headers={"Retry-After": "7"})
        assert isinstance(error, Throttled)
        assert error.retry_after == 7

    def test_a_wrong_message_fails_alone(self, web: RequestsMock) -> None:
        said = {"error": " ".join(("bad", *self.secrets))}
        error = self.failure(web, status=422, json=said)
        assert not isinstance(error, Throttled | Unavailable | Uncertain)

    def test_unavailable_is_sent_again(self, web: RequestsMock) -> None:
        assert isinstance(self.failure(web, status=503), Unavailable)

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_a_crash_leaves_it_open(self, web: RequestsMock, status: int) -> None:
        assert isinstance(self.failure(web, status=status), Uncertain)

    def test_a_timeout_leaves_it_open(self, web: RequestsMock) -> None:
        assert isinstance(self.failure(web, body=requests.ReadTimeout()), Uncertain)

    def test_a_refused_connection_sent_nothing(self, web: RequestsMock) -> None:
        error = self.failure(web, body=requests.ConnectionError("refused"))
        assert isinstance(error, Unavailable)

    @pytest.mark.parametrize("body", ["<html>", '{"broken', "[]", "{}"])
    def test_an_answer_that_cannot_be_read_leaves_it_open(
        self, web: RequestsMock, body: str
    ) -> None:
        if self.reads_answers:
            assert isinstance(self.failure(web, status=200, body=body), Uncertain)

    def test_the_same_message_is_the_same_request(self, web: RequestsMock) -> None:
        self.prepare(web)
        for method in METHODS:
            web.add(method, ANYWHERE, status=500)
        seen = []
        for _ in range(2):
            with pytest.raises(ProviderError):
                self.provider.send(self.message)
            request: Any = web.calls[-1].request
            seen.append((request.method, request.url, request.body, request.headers))
        assert seen[0] == seen[1]

    def test_its_repr_holds_no_secret(self) -> None:
        shown = f"{self.provider!r} {self.provider!s}"
        assert not [one for one in self.secrets if one in shown]

    def test_its_payload_is_json(self) -> None:
        payload = getattr(self.provider, "payload", None)
        if payload is not None:
            data = payload(self.message)
            assert json.loads(json.dumps(data)) == data

    def test_its_limits_are_sane(self) -> None:
        limits = self.provider.limits
        assert limits.batch >= 1
        assert limits.length is None or limits.length > 0
        assert limits.remembers >= timedelta(0)
        assert self.provider.kind in {"email", "post"}

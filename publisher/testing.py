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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import requests
from responses import RequestsMock

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
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


LETTER = sample_email(
    key="weekly/7/mail/ada",
    sender=Mailbox("letters@example.org", "The Lantern, Öre"),
    recipient=Mailbox("ada.reader@example.net", "Ada Ångström"),
    subject="Tides & ferries – Ebbe",
    html="<p>Hi Ada, <b>tides</b> &amp; ferries</p>",
    text="Hi Ada, tides & ferries",
    reply_to="desk@example.org",
    headers={"List-Id": "<weekly.example.org>"},
    own_headers={
        "List-Unsubscribe": "<https://example.org/out/ada>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Publisher-Key": "0123456789abcdef",
    },
)


class EmailContract(ProviderContract):
    """What a provider keeps that takes many emails in one call.

    A subclass says how the provider answers a call of which it took everything.
    """

    message = LETTER

    def taken(self, ids: Sequence[str]) -> Any:
        """Return the JSON that takes one message for each id."""
        raise NotImplementedError

    def letters(self, body: Any) -> list[Any]:
        """Return the parts of a call that belong to one reader each."""
        raise NotImplementedError

    def email(self, name: str, **changes: Any) -> Email:
        """Return what another reader of the same draft gets."""
        own = replace(
            self.message,
            key=f"weekly/7/mail/{name}",
            recipient=Mailbox(f"{name}@example.net", name.title()),
            own_headers={
                "List-Unsubscribe": f"<https://example.org/out/{name}>",
                "X-Publisher-Key": f"mark-{name}",
            },
        )
        return replace(own, **changes)

    def sent(self, emails: Sequence[Email]) -> tuple[list[Any], list[Any]]:
        """Hand the emails over; return the answers and the bodies of the calls."""
        bodies: list[Any] = []

        def take(request: Any) -> tuple[int, dict[str, str], str]:
            bodies.append(json.loads(request.body))
            ids = [f"id-{number}" for number, _ in enumerate(self.letters(bodies[-1]))]
            return 200, {}, json.dumps(self.taken(ids))

        with RequestsMock(assert_all_requests_are_fired=False) as web:
            self.prepare(web)
            web.add_callback("POST", ANYWHERE, take)
            return self.provider.send_many(emails), bodies

    def test_many_emails_are_one_call_and_each_has_its_receipt(self) -> None:
        emails = [self.email(name) for name in ("ada", "ben", "cyd")]
        answers, bodies = self.sent(emails)
        assert [one.id for one in answers] == ["id-0", "id-1", "id-2"]
        assert len(bodies) == 1
        assert len(self.letters(bodies[0])) == 3

    def test_no_reader_sees_another(self) -> None:
        names = ("ada", "ben", "cyd")
        _, [body] = self.sent([self.email(name) for name in names])
        for name, letter in zip(names, self.letters(body), strict=True):
            shown = json.dumps(letter)
            assert [one for one in names if f"{one}@example.net" in shown] == [name]
            assert [one for one in names if f"/out/{one}>" in shown] == [name]
            assert [one for one in names if f"mark-{one}" in shown] == [name]
        assert json.dumps(body).count("@example.net") == 3

    def test_a_key_which_can_hold_names_stays_here(self) -> None:
        _, [body] = self.sent([self.email("ada")])
        assert "weekly/7" not in json.dumps(body)

    def test_an_email_that_cannot_be_written_fails_alone_and_unnamed(self) -> None:
        bad = [
            self.email("ben", recipient=Mailbox("ben")),
            self.email("ben", recipient=Mailbox("bén@example.net")),
            self.email("ben", own_headers={"X-A": "1\r\nBcc: all@example.net"}),
        ]
        answers, [body] = self.sent([self.email("ada"), *bad])
        assert len(self.letters(body)) == 1
        assert [type(one) for one in answers] == [Receipt, *[Rejected] * len(bad)]
        assert "ben" not in f"{answers}"

    def test_a_domain_is_written_as_dns_knows_it(self) -> None:
        reader = Mailbox("ada@bücher.example", "Ada")
        _, [body] = self.sent([self.email("ada", recipient=reader)])
        assert "ada@xn--bcher-kva.example" in json.dumps(self.letters(body)[0])

    def test_a_sender_that_is_none_stops_the_channel(self) -> None:
        with pytest.raises(Refused):
            self.sent([sample_email(sender=Mailbox("letters"))])

    def test_an_address_without_such_a_service_stops_the_channel(
        self, web: RequestsMock
    ) -> None:
        assert isinstance(self.failure(web, status=404, body="not here"), Refused)

    def test_without_a_message_there_is_no_call(self) -> None:
        assert self.sent([]) == ([], [])

    def test_the_same_emails_are_the_same_bytes(self) -> None:
        emails = [self.email(name) for name in ("ada", "ben")]
        assert self.sent(emails)[1] == self.sent(emails)[1]

    def test_a_call_that_is_answered_too_shortly_takes_nobody_for_granted(
        self, web: RequestsMock
    ) -> None:
        self.prepare(web)
        web.post(ANYWHERE, json=self.taken(["id-0"]))
        try:
            answers = self.provider.send_many([self.email("ada"), self.email("ben")])
        except Uncertain:
            return
        assert isinstance(answers[1], Uncertain)

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from responses import RequestsMock

from publisher.errors import Refused
from publisher.models import Card, Image, Post, Receipt
from publisher.providers import Secret, from_environ
from publisher.providers.webhook import Webhook
from publisher.testing import ProviderContract

URL = "https://hooks.example.org/in/s3cret-path"
KEY = base64.b64encode(b"a key of twenty-four by.").decode()
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POST = Post(
    key="weekly/7/webhook/gezeiten-wälder",
    text="Tides",
    language="en",
    hashtags=("Ferries",),
    card=Card(url="https://example.org/tides", title="Tides", description="Low."),
    images=(Image("https://example.org/t.png", "The quay"),),
    created=NOON,
)


def from_the_docs() -> Any:
    """The snippet that docs/webhook.md gives to a receiver, as it stands there."""
    page = Path(__file__).resolve().parents[2] / "docs/webhook.md"
    code = page.read_text().partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  our own page
    return names["is_genuine"]


class TestWebhook(ProviderContract):
    provider = Webhook(Secret(URL), Secret(f"whsec_{KEY}"), clock=lambda: NOON)
    message = POST
    secrets = ("s3cret-path", KEY)
    reads_answers = False

    def sent(self, web: RequestsMock) -> Any:
        web.post(URL, status=204)
        receipt = self.provider.send(POST)
        assert receipt == Receipt("weekly/7/webhook/gezeiten-w%C3%A4lder")
        return web.calls[0].request

    def test_send(self, web: RequestsMock) -> None:
        assert json.loads(self.sent(web).body) == {
            "type": "post.published",
            "id": "weekly/7/webhook/gezeiten-w%C3%A4lder",
            "key": "weekly/7/webhook/gezeiten-wälder",
            "timestamp": "2026-11-22T12:00:00+00:00",
            "text": "Tides",
            "language": "en",
            "hashtags": ["Ferries"],
            "content_warning": "",
            "url": "https://example.org/tides",
            "title": "Tides",
            "description": "Low.",
            "images": [{"url": "https://example.org/t.png", "alt": "The quay"}],
        }

    @pytest.mark.parametrize("secret", [f"whsec_{KEY}", "any long text"])
    def test_the_receiver_in_the_docs_finds_it_genuine(
        self, web: RequestsMock, secret: str
    ) -> None:
        now = datetime.now(UTC)
        web.post(URL, status=204)
        Webhook(Secret(URL), Secret(secret), clock=lambda: now).send(POST)
        request: Any = web.calls[0].request
        is_genuine = from_the_docs()
        assert is_genuine(request.headers, request.body, secret)
        assert not is_genuine(request.headers, request.body + b" ", secret)
        assert not is_genuine(request.headers, request.body, "another")
        old = {**request.headers, "webhook-timestamp": "1614265330"}
        assert not is_genuine(old, request.body, secret)

    def test_a_receiver_that_is_gone_stops_the_channel(self, web: RequestsMock) -> None:
        assert type(self.failure(web, status=410)) is Refused


# From the Standard Webhooks reference libraries' own tests.
def test_the_published_example_is_signed_alike() -> None:
    hook = Webhook(
        Secret(URL),
        Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        clock=lambda: datetime.fromtimestamp(1614265330, UTC),
    )
    headers = hook._signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_plain_secret_is_taken_as_it_stands() -> None:
    hook = Webhook(Secret(URL), Secret("plain"), clock=lambda: NOON)
    digest = hmac.new(b"plain", b"k.1795348800.{}", hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    assert hook._signed("k", b"{}")["webhook-signature"] == wanted


def test_a_broken_secret_is_named_and_not_shown() -> None:
    hook = Webhook(Secret(URL), Secret("whsec_?broken?"), clock=lambda: NOON)
    with pytest.raises(Refused, match="is no base64") as caught:
        hook.send(POST)
    assert "broken?" not in str(caught.value)


def test_only_its_owner_knows_how_long_the_receiver_remembers() -> None:
    environ = {"WEBHOOK_URL": URL, "WEBHOOK_SECRET": "s"}
    plain = from_environ(Webhook, "webhook", "", environ)
    assert plain.limits.remembers == timedelta(0)
    environ["WEBHOOK_REMEMBERS_HOURS"] = "24"
    sure = from_environ(Webhook, "webhook", "", environ)
    assert sure.limits.remembers == timedelta(hours=24)
    assert Webhook.limits.remembers == timedelta(0)
    assert replace(sure, remembers_hours=1).limits.remembers == timedelta(hours=1)

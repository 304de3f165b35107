"""The contract and the fakes, used as the author of a plugin would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from responses import RequestsMock
from responses.matchers import json_params_matcher

from publisher.errors import Rejected, Unavailable, Uncertain
from publisher.http.call import post_json
from publisher.models import Channel, Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret
from publisher.testing import FakeMail, FakeProvider, ProviderContract

HOOK = "https://discord.example.org/api/webhooks/42/s3cret-part"
POST = Post(key="friday/7/discord/tides", text="Hi")


@dataclass(frozen=True)
class Discord:
    webhook: Secret = field(metadata={"doc": "the webhook of a channel"})

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=2000)

    @staticmethod
    def payload(post: Post) -> Json:
        return {"content": post.text, "allowed_mentions": {"parse": []}}

    def send(self, post: Post) -> Receipt:
        message = post_json(
            f"{self.webhook}?wait=true",
            self.payload(post),
            secrets=("s3cret-part",),
        )
        if "id" not in message:
            raise Uncertain("discord answered without a message")
        return Receipt(id=message["id"])


class TestDiscord(ProviderContract):
    provider = Discord(webhook=Secret(HOOK))
    message = POST
    secrets = ("s3cret-part",)

    def test_send(self, web: RequestsMock) -> None:
        sent = json_params_matcher({"content": "Hi", "allowed_mentions": {"parse": []}})
        web.post(HOOK + "?wait=true", json={"id": "42"}, match=[sent])
        assert self.provider.send(POST) == Receipt(id="42")


def test_a_fake_takes_every_message_once() -> None:
    fake = FakeProvider()
    assert fake.send(POST) == fake.send(POST) == Receipt("fake-friday/7/discord/tides")
    assert fake.calls == 2
    assert list(fake.sent) == [POST.key]


def test_a_fake_fails_as_its_script_says() -> None:
    fake = FakeProvider(Unavailable("not now"), Receipt("7"), Rejected("never"))
    with pytest.raises(Unavailable):
        fake.send(POST)
    assert fake.find(POST) is None
    assert fake.send(POST) == Receipt("7")
    with pytest.raises(Rejected):
        fake.send(POST)


def test_what_is_uncertain_may_have_arrived() -> None:
    fake = FakeProvider(Uncertain("no answer"))
    with pytest.raises(Uncertain):
        fake.send(POST)
    assert fake.find(POST) == Receipt("fake-friday/7/discord/tides")


def test_a_fake_stands_in_for_a_channel() -> None:
    for fake in (FakeProvider(), FakeMail()):
        channel = Channel("fake", "fake", fake.kind, fake.limits, fake)
        assert channel.provider is fake

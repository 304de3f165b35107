from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.slack import Slack
from publisher.testing import ProviderContract

HOOK = "https://hooks.slack.com/services/T0SECRET/B0SECRET/s3cretpart"
API = "https://slack.com/api"
LINK = "https://example.org/tides?a=1&b=2"
POST = Post(
    key="weekly/7/slack/tides",
    text=f"Tides & <ferries>: {LINK}.\n\n#Ferries",
    hashtags=("Ferries",),
    card=Card(
        url=LINK,
        title="Tides & more",
        description="When the water is low.",
        image="https://example.org/tides.png",
        alt="A quay",
    ),
)
TEXT = (
    "Tides &amp; &lt;ferries&gt;: <https://example.org/tides?a=1&amp;b=2>.\n\n#Ferries"
)
MESSAGE = {
    "text": TEXT,
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": TEXT}},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*<https://example.org/tides?a=1&amp;b=2|Tides &amp; more>*"
                "\nWhen the water is low.",
            },
            "accessory": {
                "type": "image",
                "image_url": "https://example.org/tides.png",
                "alt_text": "A quay",
            },
        },
    ],
    "unfurl_links": False,
    "unfurl_media": False,
}
PICTURE = Media(
    content=b"--",
    media_type="image/png",
    url="https://example.org/a.png",
    alt="A ferry",
)


class TestWebhook(ProviderContract):
    provider = Slack(Secret(HOOK))
    message = POST
    secrets = ("T0SECRET", "B0SECRET", "s3cretpart")

    def test_send(self, web: RequestsMock) -> None:
        web.post(HOOK, body="ok", match=[json_params_matcher(MESSAGE)])
        receipt = self.provider.send(POST)
        assert receipt == Receipt("weekly/7/slack/tides")

    @pytest.mark.parametrize(
        ("status", "said", "error"),
        [
            (400, "invalid_payload", Rejected),
            (400, "no_text", Rejected),
            (403, "action_prohibited", Refused),
            (403, "invalid_token", Refused),
            (404, "channel_not_found", Refused),
            (404, "no_service", Refused),
            (410, "channel_is_archived", Refused),
            (500, "rollup_error", Uncertain),
        ],
    )
    def test_its_errors_are_plain_text(
        self, web: RequestsMock, status: int, said: str, error: type[ProviderError]
    ) -> None:
        web.post(HOOK, body=said, status=status, content_type="text/plain")
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error
        assert status == 500 or said in str(caught.value)

    def test_it_cannot_thread_change_or_take_back(self) -> None:
        assert self.provider.limits.has_threads is False
        with pytest.raises(Rejected, match="webhook cannot answer"):
            self.provider.send(replace(POST, thread=("two",)))
        with pytest.raises(Rejected, match="cannot change"):
            self.provider.edit("weekly/7/slack/tides", POST)
        with pytest.raises(Rejected, match="cannot change"):
            self.provider.delete("weekly/7/slack/tides")

    @pytest.mark.parametrize(
        ("status", "said", "is_known"),
        [(400, "invalid_payload", True), (404, "no_service", False)],
    )
    def test_it_is_known_without_posting(
        self, web: RequestsMock, status: int, said: str, is_known: bool
    ) -> None:
        empty = json_params_matcher({})
        web.post(
            HOOK, body=said, status=status, content_type="text/plain", match=[empty]
        )
        if is_known:
            assert self.provider.verify().name == "a webhook"
            return
        with pytest.raises(Refused):
            self.provider.verify()


class TestBot(ProviderContract):
    provider = Slack(Secret("xoxb-s3cret"), "C0123")
    message = POST
    secrets = ("xoxb-s3cret",)

    def test_send(self, web: RequestsMock) -> None:
        match = [
            json_params_matcher({"channel": "C0123", **MESSAGE}),
            header_matcher({"Authorization": "Bearer xoxb-s3cret"}),
        ]
        said = {"ok": True, "channel": "C0123", "ts": "1700.1"}
        web.post(f"{API}/chat.postMessage", json=said, match=match)
        assert self.provider.send(POST) == Receipt("C0123:1700.1")

    def taken(self, web: RequestsMock, *times: str) -> None:
        for at in times:
            said = {"ok": True, "channel": "C0123", "ts": at}
            web.post(f"{API}/chat.postMessage", json=said)

    def test_a_thread_answers_its_first_part(self, web: RequestsMock) -> None:
        self.taken(web, "1.1", "1.2", "1.3")
        receipt = self.provider.send(replace(POST, thread=("two", "three")))
        assert receipt == Receipt("C0123:1.1,C0123:1.2,C0123:1.3")
        bodies = [json.loads(one.request.body or b"") for one in web.calls]
        assert [one.get("thread_ts") for one in bodies] == [None, "1.1", "1.1"]
        assert [one["text"] for one in bodies] == [TEXT, "two", "three"]

    def test_half_a_thread_is_taken_back(self, web: RequestsMock) -> None:
        self.taken(web, "1.1")
        web.post(f"{API}/chat.postMessage", json={"ok": False, "error": "no_text"})
        gone = json_params_matcher({"channel": "C0123", "ts": "1.1"})
        web.post(f"{API}/chat.delete", json={"ok": True}, match=[gone])
        with pytest.raises(Rejected, match="no_text"):
            self.provider.send(replace(POST, thread=("two",)))

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ("invalid_auth", Refused),
            ("not_in_channel", Refused),
            ("missing_scope", Refused),
            ("channel_not_found", Refused),
            ("something_new", Refused),
            ("msg_blocks_too_long", Rejected),
            ("invalid_blocks", Rejected),
            ("ratelimited", Throttled),
            ("service_unavailable", Unavailable),
            ("internal_error", Uncertain),
        ],
    )
    def test_its_errors_have_the_status_200(
        self, web: RequestsMock, said: str, error: type[ProviderError]
    ) -> None:
        body = {"ok": False, "error": said}
        web.post(f"{API}/chat.postMessage", json=body, headers={"Retry-After": "9"})
        with pytest.raises(ProviderError, match=said) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error
        if isinstance(caught.value, Throttled):
            assert caught.value.retry_after == 9

    def test_an_edit_takes_the_place(self, web: RequestsMock) -> None:
        sent = {
            "channel": "C0123",
            "ts": "1.1",
            "text": TEXT,
            "blocks": MESSAGE["blocks"],
        }
        match = [json_params_matcher(sent)]
        web.post(f"{API}/chat.update", json={"ok": True}, match=match)
        assert self.provider.edit("C0123:1.1", POST) == Receipt("C0123:1.1")
        with pytest.raises(Rejected, match="1 messages"):
            self.provider.edit("C0123:1.1", replace(POST, thread=("two",)))

    def test_what_is_gone_is_deleted(self, web: RequestsMock) -> None:
        gone = {"ok": False, "error": "message_not_found"}
        web.post(f"{API}/chat.delete", json=gone)
        web.post(f"{API}/chat.delete", json={"ok": True})
        self.provider.delete("C0123:1.1,C0123:1.2")
        bodies = [json.loads(one.request.body or b"") for one in web.calls]
        assert [one["ts"] for one in bodies] == ["1.2", "1.1"]

    def test_it_knows_who_it_is(self, web: RequestsMock) -> None:
        said = {
            "ok": True,
            "user": "ferry",
            "team": "Harbour",
            "url": "https://h.test/",
        }
        web.post(f"{API}/auth.test", json=said)
        found = self.provider.verify()
        assert (found.name, found.url) == ("ferry in Harbour", "https://h.test/")

    def test_a_bot_needs_a_channel(self) -> None:
        with pytest.raises(ConfigError, match="says not where to post"):
            Slack(Secret("xoxb-s3cret"))


# --- the blocks --------------------------------------------------------------------


def test_pictures_are_shown_by_their_address() -> None:
    blocks = Slack.payload(replace(POST, media=(PICTURE,), card=None))["blocks"]
    assert blocks[1] == {
        "type": "image",
        "image_url": "https://example.org/a.png",
        "alt_text": "A ferry",
    }
    with pytest.raises(Rejected, match="picture 1 has none"):
        Slack(Secret(HOOK)).send(replace(POST, media=(replace(PICTURE, url=""),)))


def test_a_warning_stands_above_and_shows_no_picture() -> None:
    message = Slack.payload(replace(POST, content_warning="a <wreck>"))
    assert message["text"].startswith("CW: a &lt;wreck&gt;\n\nTides")
    assert "accessory" not in message["blocks"][-1]


def test_what_stands_in_the_text_stands_not_in_the_card() -> None:
    post = replace(POST, text="When the water is low.")
    shown = Slack.payload(post)["blocks"][-1]["text"]["text"]
    assert shown == "*<https://example.org/tides?a=1&amp;b=2|Tides &amp; more>*"


def test_a_text_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(Rejected, match=r"takes 12000 characters, .* has 12001"):
        Slack(Secret(HOOK)).send(Post(key="k", text="a" * 12_001))


def shown(message: Json) -> str:
    """The text of its blocks as readers see it, without white space."""
    texts = (block["text"]["text"] for block in message["blocks"])
    bare = re.sub(r"<(https?://[^>|]+)>", r"\1", "".join(texts))
    return re.sub(r"\s+", "", unescape(bare))


@given(st.text(alphabet="ab&<> \n", max_size=60), st.integers(0, 60))
def test_long_texts_are_cut_between_words(text: str, times: int) -> None:
    post = Post(key="k", text=f"{text} {LINK} " * times)
    message = Slack.payload(post)
    assert shown(message) == re.sub(r"\s+", "", post.text)
    assert len(message["blocks"]) <= 50
    for block in message["blocks"]:
        assert 1 <= len(block["text"]["text"]) <= 3000


@pytest.mark.parametrize("text", ["&" * 7000, "word " * 2400])
def test_no_block_is_too_long(text: str) -> None:
    for block in Slack.payload(Post(key="k", text=text))["blocks"]:
        assert 1 <= len(block["text"]["text"]) <= 3000


@pytest.mark.parametrize("post", [POST, replace(POST, media=(PICTURE,))])
def test_the_published_document_agrees(specs: Path, post: Post) -> None:
    document = json.loads((specs / "slack.json").read_text())
    told = document["paths"]["/chat.postMessage"]["post"]["parameters"]
    names = {one["name"] for one in told}
    message = {"channel": "C0123", "thread_ts": "1.1", **Slack.payload(post)}
    assert set(message) <= names
    for one in told:
        if one["name"] in message and one["type"] == "boolean":
            assert isinstance(message[one["name"]], bool)
    blocks = Draft4Validator(document["definitions"]["blocks"])
    assert list(blocks.iter_errors(message["blocks"])) == []
    assert list(blocks.iter_errors([{"text": "no type"}]))


def test_every_part_of_a_thread_is_warned_of() -> None:
    post = replace(POST, thread=("It sank",), content_warning="a wreck")
    assert Slack.payload(post)["messages"][1]["text"] == ("CW: a wreck\n\nIt sank")

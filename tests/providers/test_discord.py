from __future__ import annotations

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import json_params_matcher, query_param_matcher

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.discord import Discord
from publisher.testing import ProviderContract
from tests.conftest import SPECS

HOOK = "https://discord.com/api/webhooks/1122334455/s3cret-t0ken"
LINK = "https://example.org/the_tides_of_2026"
POST = Post(
    key="weekly/7/discord/tides",
    text=f"Tides_and_*ferries*\n\n{LINK}\n\n#Ferries",
    language="de",
    hashtags=("Ferries",),
    card=Card(
        url=LINK,
        title="Tides",
        description="When the water is low.",
        image="https://example.org/tides.png",
    ),
)
CONTENT = f"Tides\\_and\\_\\*ferries\\*\n\n<{LINK}>\n\n#Ferries"
PICTURE = Media(content=b"\x89PNG\r\n--", media_type="image/png", alt="A ferry")
TAKEN = {"id": "42", "channel_id": "7", "content": CONTENT}


def form_of(request: Any) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = message_from_bytes(head + request.body, policy=policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in parts.iter_parts()
    }


class TestDiscord(ProviderContract):
    provider = Discord(Secret(HOOK))
    message = POST
    secrets = ("s3cret-t0ken", "1122334455")

    def test_send(self, web: RequestsMock) -> None:
        sent = {
            "content": CONTENT,
            "allowed_mentions": {"parse": []},
            "embeds": [
                {
                    "url": LINK,
                    "title": "Tides",
                    "description": "When the water is low.",
                    "image": {"url": "https://example.org/tides.png"},
                }
            ],
        }
        match = [json_params_matcher(sent), query_param_matcher({"wait": "true"})]
        web.post(HOOK, json=TAKEN, match=match)
        assert self.provider.send(POST) == Receipt("42")

    def test_a_thread_of_discord_is_a_setting(self, web: RequestsMock) -> None:
        wanted = query_param_matcher({"wait": "true", "thread_id": "99"})
        web.post(HOOK, json=TAKEN, match=[wanted])
        inside = Discord(Secret(f"{HOOK}/?wait=false"), "99")
        assert inside.send(POST) == Receipt("42")

    def test_pictures_travel_with_their_alt_text(self, web: RequestsMock) -> None:
        web.post(HOOK, json=TAKEN)
        card = replace(PICTURE, content=b"card", media_type="image/jpeg", alt="")
        post = replace(POST, media=(PICTURE,), thumbnail=card)
        self.provider.send(post)
        sent = form_of(web.calls[0].request)
        message = json.loads(sent.pop("payload_json")[1])
        assert message == Discord.payload(post)
        assert message["attachments"] == [
            {"id": "0", "filename": "0.png", "description": "A ferry"},
            {"id": "1", "filename": "1.jpeg", "description": ""},
        ]
        assert message["embeds"][0]["image"] == {"url": "attachment://1.jpeg"}
        assert sent == {
            "files[0]": ("0.png", PICTURE.content),
            "files[1]": ("1.jpeg", b"card"),
        }

    def test_what_is_warned_of_is_hidden(self) -> None:
        post = replace(
            POST,
            text="It | sank",
            content_warning="a *wreck*",
            media=(PICTURE,),
            thumbnail=PICTURE,
        )
        message = Discord.payload(post)
        assert message["content"] == "CW: a \\*wreck\\*\n||It \\| sank||"
        assert message["attachments"][0]["filename"] == "SPOILER_0.png"
        assert message["embeds"] == [{"url": LINK, "title": "Tides"}]
        assert len(message["attachments"]) == 1

    def test_a_thread_is_several_messages(self, web: RequestsMock) -> None:
        for number in ("42", "43"):
            web.post(HOOK, json={"id": number})
        assert self.provider.send(replace(POST, thread=("two",))) == Receipt("42,43")
        second = json.loads(web.calls[1].request.body or b"")
        assert second == {"content": "two", "allowed_mentions": {"parse": []}}

    def test_half_a_thread_is_taken_back(self, web: RequestsMock) -> None:
        web.post(HOOK, json=TAKEN)
        web.post(HOOK, json={"message": "Invalid Form Body"}, status=400)
        web.delete(f"{HOOK}/messages/42", status=204)
        with pytest.raises(Rejected, match="Invalid Form Body"):
            self.provider.send(replace(POST, thread=("two",)))
        assert web.calls[-1].request.method == "DELETE"

    def test_half_a_thread_that_stays_is_uncertain(self, web: RequestsMock) -> None:
        web.post(HOOK, json=TAKEN)
        web.post(HOOK, json={"message": "Invalid Form Body"}, status=400)
        web.delete(f"{HOOK}/messages/42", status=500)
        with pytest.raises(Uncertain, match="has the first 1 messages"):
            self.provider.send(replace(POST, thread=("two",)))

    def test_a_text_that_is_too_long_is_not_sent(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match=r"takes 2000 characters, .* has 2001"):
            self.provider.send(Post(key="k", text="a" * 2001))

    def test_escaping_never_makes_a_text_too_long(self) -> None:
        long = Post(key="k", text="*" * 1001)
        assert Discord.payload(long)["content"] == long.text
        short = replace(long, text="*" * 1000)
        assert Discord.payload(short)["content"] == "\\*" * 1000

    @pytest.mark.parametrize(
        ("status", "code", "error"),
        [
            (404, 10015, Refused),
            (401, 50027, Refused),
            (400, 220001, Refused),
            (404, 10003, Refused),
            (400, 50035, Rejected),
        ],
    )
    def test_its_own_errors(
        self, web: RequestsMock, status: int, code: int, error: type[ProviderError]
    ) -> None:
        web.post(HOOK, json={"code": code, "message": "Said"}, status=status)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error

    def test_it_waits_for_parts_of_a_second(self, web: RequestsMock) -> None:
        said = {"message": "limited", "retry_after": 0.53, "global": False}
        web.post(HOOK, json=said, status=429)
        with pytest.raises(Throttled) as caught:
            self.provider.send(POST)
        assert caught.value.retry_after == 0.53

    def test_an_edit_takes_the_place(self, web: RequestsMock) -> None:
        sent = {
            "content": "New",
            "allowed_mentions": {"parse": []},
            "embeds": [],
            "attachments": [],
        }
        wanted = [json_params_matcher(sent), query_param_matcher({"thread_id": "99"})]
        web.patch(f"{HOOK}/messages/42", json=TAKEN, match=wanted)
        inside = Discord(Secret(HOOK), "99")
        assert inside.edit("42", Post(key="k", text="New")) == Receipt("42")

    def test_an_edit_cannot_add_a_message(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match="1 messages"):
            self.provider.edit("42", replace(POST, thread=("two",)))

    def test_what_is_gone_is_deleted(self, web: RequestsMock) -> None:
        gone = {"code": 10008, "message": "Unknown Message"}
        web.delete(f"{HOOK}/messages/43", json=gone, status=404)
        web.delete(f"{HOOK}/messages/42", status=204)
        self.provider.delete("42,43")
        assert len(web.calls) == 2

    def test_a_webhook_that_is_gone_is_no_deleted_post(self, web: RequestsMock) -> None:
        gone = {"code": 10015, "message": "Unknown Webhook"}
        web.delete(f"{HOOK}/messages/42", json=gone, status=404)
        with pytest.raises(Refused):
            self.provider.delete("42")

    def test_it_knows_who_it_is(self, web: RequestsMock) -> None:
        web.get(HOOK, json={"name": "Ferry", "guild_id": "1", "channel_id": "2"})
        found = self.provider.verify()
        assert found.name == "Ferry"
        assert found.url == "https://discord.com/channels/1/2"


@given(st.text(alphabet="ab \n\\*_~`|<[]#->@:", max_size=60))
def test_readers_see_the_text_as_it_was_written(text: str) -> None:
    made = Discord.payload(Post(key="k", text=text))["content"]
    assert re.sub(r"\\([\\*_~`|<\[#>-])", r"\1", made) == text
    bare = re.sub(r"\\.", "", made)  # what Markdown would see
    assert not re.search(r"[*_~`|<\[]", bare)
    assert not re.search(r"^\s*(#{1,3}\s|>|-#\s)", made, re.MULTILINE)


@given(
    st.text(max_size=300),
    st.text(max_size=5000),
    st.sampled_from(["", "wreck"]),
    st.lists(st.builds(replace, st.just(PICTURE), alt=st.text(max_size=1100))),
)
def test_every_message_is_within_the_limits(
    title: str, description: str, warning: str, media: list[Media]
) -> None:
    card = Card(url=LINK, title=title, description=description)
    post = Post(
        key="k",
        text=title,
        card=card,
        content_warning=warning,
        media=tuple(media),
        thumbnail=PICTURE,
    )
    message = Discord.payload(post)
    assert list(schema().iter_errors(message)) == []
    assert len(message.get("attachments", [])) <= 10


def schema() -> Any:
    path = SPECS / "discord.json"
    if not path.is_file():
        pytest.skip("the provider documents (../shared/specs) are not on this machine")
    document = json.loads(path.read_text())
    name = "IncomingWebhookRequestPartial"
    return Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"})


@pytest.mark.parametrize(
    "post",
    [
        POST,
        Post(key="k", text="Hi"),
        replace(POST, media=(PICTURE, PICTURE), thumbnail=PICTURE),
        replace(POST, content_warning="wreck", media=(PICTURE,)),
    ],
)
def test_the_published_document_agrees(specs: Path, post: Post) -> None:
    document = json.loads((specs / "discord.json").read_text())
    message: Json = Discord.payload(post)
    assert list(schema().iter_errors(message)) == []
    known = document["components"]["schemas"]
    names = known["IncomingWebhookRequestPartial"]["properties"]
    assert set(message) <= set(names)
    for embed in message.get("embeds", []):
        assert set(embed) <= set(known["RichEmbed"]["properties"])
    assert list(schema().iter_errors({"content": "a" * 2001}))


def test_every_part_of_a_thread_is_warned_of() -> None:
    post = replace(POST, thread=("It sank",), content_warning="a wreck")
    assert Discord.payload(post)["messages"][1]["content"] == (
        "CW: a wreck\n||It sank||"
    )

from __future__ import annotations

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock
from responses.matchers import json_params_matcher

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Uncertain,
)
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.telegram import Telegram
from publisher.testing import ProviderContract
from publisher.units import count

BASE = "https://api.telegram.org/bot7:t0ken"
LINK = "https://example.org/tides?a=1&b=2"
POST = Post(
    key="weekly/7/telegram/tides",
    text=f"Tides & <ferries>\n\n{LINK}\n\n#Ferries",
    language="de",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides & <ferries>", image="https://example.org/a.png"),
)
TEXT = (
    "<b>Tides &amp; &lt;ferries&gt;</b>\n\n"
    "https://example.org/tides?a=1&amp;b=2\n\n#Ferries"
)
PICTURE = Media(content=b"\x89PNG\r\n--", media_type="image/png", alt="A ferry")


def taken(*numbers: int) -> Json:
    sent = [{"message_id": one, "chat": {"id": -1007}} for one in numbers]
    return {"ok": True, "result": sent[0] if len(sent) == 1 else sent}


def refused(description: str, code: int = 400) -> Json:
    return {"ok": False, "error_code": code, "description": description}


def fields_of(request: Any) -> dict[str, Any]:
    """What stands in a form, with the files as bytes."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = message_from_bytes(
        head + request.body, policy=policy.HTTP
    ).iter_parts()
    found = {}
    for part in parts:
        content = part.get_payload(decode=True)
        is_file = part.get_filename() is not None
        name = part.get_param("name", header="content-disposition")
        found[name] = content if is_file else content.decode()
    return found


class TestTelegram(ProviderContract):
    provider = Telegram(Secret("7:t0ken"), "@ferries")
    message = POST
    secrets = ("7:t0ken",)

    def test_send(self, web: RequestsMock) -> None:
        sent = {
            "chat_id": "@ferries",
            "text": TEXT,
            "parse_mode": "HTML",
            "link_preview_options": {"url": LINK, "prefer_large_media": True},
        }
        web.post(
            f"{BASE}/sendMessage", json=taken(42), match=[json_params_matcher(sent)]
        )
        assert self.provider.send(POST) == Receipt("42", "https://t.me/ferries/42")

    def test_a_topic_and_silence_are_the_accounts(self, web: RequestsMock) -> None:
        sent = {
            "chat_id": "-1007",
            "message_thread_id": 3,
            "disable_notification": True,
            "text": "Hi",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        web.post(
            f"{BASE}/sendMessage", json=taken(42), match=[json_params_matcher(sent)]
        )
        group = Telegram(Secret("7:t0ken"), "-1007", "3", silent=True)
        assert group.send(Post(key="k", text="Hi")).url == "https://t.me/c/7/42"

    def test_what_is_warned_of_is_hidden(self) -> None:
        post = Post(key="k", text="It sank", content_warning="a <wreck>")
        assert Telegram.payload(post)["text"] == (
            "CW: a &lt;wreck&gt;\n\n<tg-spoiler>It sank</tg-spoiler>"
        )
        photo = Telegram.payload(replace(post, media=(PICTURE,)))
        assert photo["has_spoiler"] is True

    def test_a_picture_has_the_text_as_its_caption(self, web: RequestsMock) -> None:
        web.post(f"{BASE}/sendPhoto", json=taken(42))
        self.provider.send(replace(POST, media=(PICTURE,)))
        assert fields_of(web.calls[0].request) == {
            "chat_id": "@ferries",
            "caption": TEXT,
            "parse_mode": "HTML",
            "photo": PICTURE.content,
        }

    def test_pictures_are_an_album(self, web: RequestsMock) -> None:
        web.post(f"{BASE}/sendMediaGroup", json=taken(42, 43))
        other = replace(PICTURE, content=b"other")
        receipt = self.provider.send(replace(POST, media=(PICTURE, other)))
        assert receipt == Receipt("42,43", "https://t.me/ferries/42")
        sent = fields_of(web.calls[0].request)
        assert (sent["photo0"], sent["photo1"]) == (PICTURE.content, b"other")
        first, second = json.loads(sent["media"])
        assert first == {
            "type": "photo",
            "media": "attach://photo0",
            "caption": TEXT,
            "parse_mode": "HTML",
        }
        assert second == {"type": "photo", "media": "attach://photo1"}

    def test_a_text_longer_than_a_caption_follows_the_picture(
        self, web: RequestsMock
    ) -> None:
        web.post(f"{BASE}/sendPhoto", json=taken(42))
        web.post(f"{BASE}/sendMessage", json=taken(43))
        for length, calls in ((1024, 1), (1025, 2), (4096, 2)):
            web.calls.reset()
            post = Post(key="k", text="a" * length, media=(PICTURE,))
            assert len(self.provider.send(post).id.split(",")) == calls
            assert len(web.calls) == calls
            assert ("caption" in fields_of(web.calls[0].request)) == (calls == 1)

    @pytest.mark.parametrize("text", ["a" * 4097, "😀" * 2049])
    def test_a_text_that_is_too_long_is_not_sent(
        self, web: RequestsMock, text: str
    ) -> None:
        with pytest.raises(Rejected, match=r"takes 4096 UTF-16 units, .* has 409"):
            self.provider.send(Post(key="k", text=text))

    def test_signs_that_become_entities_count_once(self, web: RequestsMock) -> None:
        web.post(f"{BASE}/sendMessage", json=taken(42))
        assert self.provider.send(Post(key="k", text="&" * 4096)).id == "42"

    def test_a_thread_answers_itself(self, web: RequestsMock) -> None:
        for number in (42, 43, 44):
            web.post(f"{BASE}/sendMessage", json=taken(number))
        receipt = self.provider.send(replace(POST, thread=("two", "three")))
        assert receipt == Receipt("42,43,44", "https://t.me/ferries/42")
        bodies = [json.loads(one.request.body or b"") for one in web.calls]
        assert [one.get("reply_parameters") for one in bodies] == [
            None,
            {"message_id": 42, "allow_sending_without_reply": True},
            {"message_id": 43, "allow_sending_without_reply": True},
        ]
        assert [one["text"] for one in bodies] == [TEXT, "two", "three"]

    def test_half_a_thread_is_taken_back(self, web: RequestsMock) -> None:
        web.post(f"{BASE}/sendMessage", json=taken(42))
        web.post(f"{BASE}/sendMessage", json=refused("Bad Request: x"), status=400)
        gone = json_params_matcher({"chat_id": "@ferries", "message_id": 42})
        web.post(
            f"{BASE}/deleteMessage", json={"ok": True, "result": True}, match=[gone]
        )
        with pytest.raises(Rejected):
            self.provider.send(replace(POST, thread=("two",)))
        assert f"{web.calls[-1].request.url}".endswith("/deleteMessage")

    def test_half_a_thread_that_stays_is_uncertain(self, web: RequestsMock) -> None:
        web.post(f"{BASE}/sendMessage", json=taken(42))
        web.post(f"{BASE}/sendMessage", json=refused("Bad Request: x"), status=400)
        said = refused("Bad Request: message can't be deleted")
        web.post(f"{BASE}/deleteMessage", json=said, status=400)
        with pytest.raises(Uncertain, match="has the first 1 messages"):
            self.provider.send(replace(POST, thread=("two",)))

    def test_nobody_knows_whether_the_second_part_is_there(
        self, web: RequestsMock
    ) -> None:
        web.post(f"{BASE}/sendMessage", json=taken(42))
        web.post(f"{BASE}/sendMessage", body=requests.ReadTimeout())
        with pytest.raises(Uncertain, match="has the first 1 messages"):
            self.provider.send(replace(POST, thread=("two",)))
        assert len(web.calls) == 2

    @pytest.mark.parametrize(
        ("status", "said", "error"),
        [
            (400, "Bad Request: chat not found", Refused),
            (400, "Bad Request: not enough rights to send text messages", Refused),
            (400, "Bad Request: message thread not found", Refused),
            (400, "Bad Request: can't parse entities", Rejected),
            (403, "Forbidden: bot was kicked from the channel chat", Refused),
            (404, "Not Found", Refused),
        ],
    )
    def test_its_own_errors(
        self, web: RequestsMock, status: int, said: str, error: type[ProviderError]
    ) -> None:
        web.post(f"{BASE}/sendMessage", json=refused(said, status), status=status)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error

    def test_it_waits_as_its_body_says(self, web: RequestsMock) -> None:
        said = {**refused("Too Many Requests", 429), "parameters": {"retry_after": 35}}
        web.post(f"{BASE}/sendMessage", json=said, status=429)
        with pytest.raises(Throttled) as caught:
            self.provider.send(POST)
        assert caught.value.retry_after == 35

    def test_an_edit_changes_text_and_captions(self, web: RequestsMock) -> None:
        done = {"ok": True, "result": True}
        web.post(f"{BASE}/editMessageCaption", json=done)
        same = refused("Bad Request: message is not modified: specified new ...")
        web.post(f"{BASE}/editMessageText", json=same, status=400)
        post = replace(POST, media=(PICTURE, PICTURE), thread=("two",))
        assert self.provider.edit("42,43,44", post) == Receipt("42,43,44")
        bodies = [json.loads(one.request.body or b"") for one in web.calls]
        assert bodies == [
            {
                "chat_id": "@ferries",
                "message_id": 42,
                "caption": TEXT,
                "parse_mode": "HTML",
            },
            {
                "chat_id": "@ferries",
                "message_id": 44,
                "text": "two",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            },
        ]

    def test_an_edit_cannot_add_a_message(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match="1 messages"):
            self.provider.edit("42", replace(POST, thread=("two",)))

    def test_what_is_gone_is_deleted(self, web: RequestsMock) -> None:
        said = refused("Bad Request: message to delete not found")
        web.post(f"{BASE}/deleteMessage", json=said, status=400)
        web.post(f"{BASE}/deleteMessage", json={"ok": True, "result": True})
        self.provider.delete("42,43")
        numbers = [json.loads(one.request.body or b"") for one in web.calls]
        assert [one["message_id"] for one in numbers] == [43, 42]

    def test_it_knows_who_it_is(self, web: RequestsMock) -> None:
        bot = {"id": 7, "username": "ferry_bot"}
        web.post(f"{BASE}/getMe", json={"ok": True, "result": bot})
        chat = {"id": -1007, "type": "channel", "title": "Ferries", "username": "f"}
        web.post(f"{BASE}/getChat", json={"ok": True, "result": chat})
        member = {"ok": True, "result": {"status": "member"}}
        web.post(f"{BASE}/getChatMember", json=member)
        found = self.provider.verify()
        assert (found.name, found.url) == ("@ferry_bot in Ferries", "https://t.me/f")
        assert "may not post" in found.remarks[0]


@given(st.text(max_size=200), st.booleans())
def test_readers_see_the_text_as_it_was_written(text: str, has_warning: bool) -> None:
    post = replace(POST, text=text, content_warning="cw" if has_warning else "")
    made = Telegram.payload(post)["text"]
    seen = unescape(re.sub(r"</?(?:b|tg-spoiler)>", "", made))
    assert seen == ("CW: cw\n\n" if has_warning else "") + text
    assert count(seen, "utf16") <= count(made, "utf16")


def problems(specs: Path, method: str, fields: Json) -> list[str]:
    """What the published document says of a call: unknown, missing, wrong type."""
    document = json.loads((specs / "telegram.botapi.json").read_text())
    known = {one["name"]: one for one in document["methods"][method]["fields"]}
    found = [f"{one} is unknown" for one in fields if one not in known]
    found += [
        f"{name} is missing"
        for name, one in known.items()
        if one["required"] and name not in fields
    ]
    plain = {"String": str, "Boolean": bool, "Integer": int}
    for name, value in fields.items():
        types = known.get(name, {"types": []})["types"]
        wanted = [plain[one] for one in types if one in plain]
        if wanted and type(value) not in wanted:
            found.append(f"{name} is a {type(value).__name__}")
        for one in (value,) if isinstance(value, dict) else ():
            inner = {each["name"] for each in document["types"][types[0]]["fields"]}
            found += [f"{name}.{each} is unknown" for each in one.keys() - inner]
    return found


@pytest.mark.parametrize(
    ("post", "method"),
    [
        (POST, "sendMessage"),
        (Post(key="k", text="Hi", content_warning="x"), "sendMessage"),
        (replace(POST, media=(PICTURE,), content_warning="x"), "sendPhoto"),
        (replace(POST, media=(PICTURE, PICTURE)), "sendMediaGroup"),
    ],
)
def test_the_published_document_agrees(specs: Path, post: Post, method: str) -> None:
    sent = {"chat_id": "@ferries", **Telegram.payload(post)}
    assert problems(specs, method, sent) == []
    photo = json.loads((specs / "telegram.botapi.json").read_text())["types"]
    known = {one["name"] for one in photo["InputMediaPhoto"]["fields"]}
    assert all(set(one) <= known for one in sent.get("media", []))


def test_the_document_finds_what_is_wrong(specs: Path) -> None:
    wrong = {"text": 7, "txt": "x", "link_preview_options": {"uri": "x"}}
    assert problems(specs, "sendMessage", wrong) == [
        "txt is unknown",
        "chat_id is missing",
        "text is a int",
        "link_preview_options.uri is unknown",
    ]


def test_every_part_of_a_thread_is_warned_of() -> None:
    post = replace(POST, thread=("It sank",), content_warning="a wreck")
    assert Telegram.payload(post)["messages"][1]["text"] == (
        "CW: a wreck\n\n<tg-spoiler>It sank</tg-spoiler>"
    )

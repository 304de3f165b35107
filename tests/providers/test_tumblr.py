from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import Refused
from publisher.models import Card, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.tumblr import Tumblr
from publisher.testing import ProviderContract

BASE = "https://api.tumblr.com/v2"
BLOG = f"{BASE}/blog/ferry.tumblr.com"
LINK = "https://example.org/tides"
POST = Post(
    key="weekly/7/tumblr/tides",
    text=f"Tides\n\n🌊 See {LINK}.\n\n#Ferries #OpenSea",
    hashtags=("Ferries", "OpenSea"),
    card=Card(url=LINK, title="Tides", description="Of the sea."),
    created=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
PICTURE = Media(
    content=b"\x89PNG", media_type="image/png", alt="A ferry", width=4, height=3
)
TAKEN = {"response": {"id": "99"}}
# A post that is made, by https://www.tumblr.com/docs/npf
URL = {"type": "string", "pattern": "^https?://"}
PLACE = {"type": "integer", "minimum": 0}
FORMAT = {
    "type": "object",
    "required": ["start", "end", "type", "url"],
    "properties": {"start": PLACE, "end": PLACE, "type": {"const": "link"}, "url": URL},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["content"],
    "properties": {
        "tags": {"type": "string"},
        "source_url": URL,
        "state": {"enum": ["published", "draft", "queue", "private"]},
        "content": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["type", "text"],
                        "properties": {
                            "type": {"const": "text"},
                            "text": {"type": "string", "maxLength": 4096},
                            "subtype": {"const": "heading1"},
                            "formatting": {"type": "array", "items": FORMAT},
                        },
                    },
                    {
                        "type": "object",
                        "required": ["type", "media"],
                        "properties": {
                            "type": {"const": "image"},
                            "alt_text": {"type": "string", "maxLength": 4096},
                        },
                    },
                    {
                        "type": "object",
                        "required": ["type", "url"],
                        "properties": {"type": {"const": "link"}, "url": URL},
                    },
                ]
            },
        },
    },
}


@pytest.fixture
def blog() -> Tumblr:
    return Tumblr(Secret("t0ken"), "ferry.tumblr.com")


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = Tumblr(Secret("t0ken"), "ferry.tumblr.com")
    message = POST
    secrets = ("t0ken",)


def sent(web: RequestsMock) -> Json:
    call: Any = web.calls[-1]
    body: Json = json.loads(call.request.body)
    jsonschema.validate(body, SCHEMA)
    return body


def test_a_post_is_blocks_with_tags_beside_it(blog: Tumblr, web: RequestsMock) -> None:
    web.post(f"{BLOG}/posts", status=201, json=TAKEN)
    assert blog.send(POST) == Receipt("99", "https://www.tumblr.com/ferry/99")
    body = sent(web)
    assert body["tags"] == "Ferries,OpenSea"
    assert body["source_url"] == LINK
    assert body["state"] == "published"
    heading, text, card = body["content"]
    assert heading == {"type": "text", "text": "Tides", "subtype": "heading1"}
    (mark,) = text["formatting"]
    assert text["text"][mark["start"] : mark["end"]] == LINK == mark["url"]
    assert card["description"] == "Of the sea."


def test_pictures_are_in_the_same_call_with_what_they_show(
    blog: Tumblr, web: RequestsMock
) -> None:
    web.post(f"{BLOG}/posts", status=201, json=TAKEN)
    blog.send(replace(POST, media=(PICTURE,)))
    call: Any = web.calls[-1]
    assert b'name="json"' in call.request.body
    assert b'"alt_text": "A ferry"' in call.request.body
    assert b'name="picture0"' in call.request.body
    assert b'"identifier": "picture0"' in call.request.body


@given(
    st.text(max_size=400),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=9), max_size=4),
    st.integers(0, 2),
)
def test_every_post_has_the_form_of_the_format(
    text: str, hashtags: list[str], pictures: int
) -> None:
    post = replace(
        POST, text=text, hashtags=tuple(hashtags), media=(PICTURE,) * pictures
    )
    body = Tumblr.payload(post)
    jsonschema.validate(body, SCHEMA)
    for block in body["content"]:
        for mark in block.get("formatting", []):
            assert block["text"][mark["start"] : mark["end"]] == mark["url"]


def shown(web: RequestsMock, **more: Any) -> None:
    blocks = Tumblr.payload(POST)["content"]
    when = int(datetime(2026, 11, 23, 12, 1, tzinfo=UTC).timestamp())
    one = {
        "id_string": "99",
        "post_url": "https://ferry.tumblr.com/post/99",
        "timestamp": when,
        "content": blocks,
        **more,
    }
    web.get(f"{BLOG}/posts", json={"response": {"posts": [one]}})


def test_the_blog_is_asked_before_a_repeat(blog: Tumblr, web: RequestsMock) -> None:
    shown(web)
    assert blog.find(POST) == Receipt("99", "https://ferry.tumblr.com/post/99")


@pytest.mark.parametrize("more", [{"content": []}, {"timestamp": 1_700_000_000}])
def test_another_post_is_not_taken_for_it(
    blog: Tumblr, web: RequestsMock, more: Json
) -> None:
    shown(web, **more)
    assert blog.find(POST) is None


def test_it_can_be_changed_and_taken_back(blog: Tumblr, web: RequestsMock) -> None:
    web.put(f"{BLOG}/posts/99", json=TAKEN)
    assert blog.edit("99", POST).id == "99"
    web.post(f"{BLOG}/post/delete", json={})
    blog.delete("99")
    web.replace("POST", f"{BLOG}/post/delete", status=404, json={})
    blog.delete("99")


def test_a_warning_stands_above_the_text() -> None:
    body = Tumblr.payload(replace(POST, content_warning="Storms"))
    assert body["content"][0] == {"type": "text", "text": "CW: Storms"}


def test_the_blog_must_be_one_of_the_account_s(blog: Tumblr, web: RequestsMock) -> None:
    own = {"name": "Ferry", "url": "https://ferry.tumblr.com/"}
    user = {"user": {"blogs": [own]}}
    web.get(f"{BASE}/user/info", json={"response": user})
    assert blog.verify() == Identity(name="Ferry", url="https://ferry.tumblr.com/")
    own["name"] = "other"
    web.replace("GET", f"{BASE}/user/info", json={"response": user})
    with pytest.raises(Refused, match="none of the blogs"):
        blog.verify()

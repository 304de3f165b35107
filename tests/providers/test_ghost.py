from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import Refused, Rejected
from publisher.models import Document, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.ghost import Ghost
from publisher.testing import ProviderContract

BASE = "https://ghost.example/ghost/api/admin"
KEY = "6748592f4b9b7700010f6564:" + "ab" * 32
DOCUMENT = Document(
    title="Tides",
    html="<p>Of the sea.</p>",
    summary="A summary.",
    url="https://example.org/tides",
    image="https://example.org/a.png",
    tags=("Open Data", "Sea"),
)
POST = Post(key="weekly/7/ghost/tides", text="Tides", document=DOCUMENT)
ONE = {"id": "g1", "url": "https://ghost.example/tides/"}
TAKEN = {"posts": [ONE]}
# A post that is written, by https://docs.ghost.org/admin-api/posts/creating-a-post
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["posts"],
    "properties": {
        "posts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["title"],
                "properties": {
                    "title": {"type": "string", "maxLength": 255},
                    "slug": {"type": "string", "maxLength": 191},
                    "html": TEXT,
                    "custom_excerpt": {"type": "string", "maxLength": 300},
                    "canonical_url": {"type": "string", "format": "uri"},
                    "feature_image": {"type": "string", "format": "uri"},
                    "feature_image_alt": {"type": "string", "maxLength": 191},
                    "status": {"enum": ["draft", "published"]},
                    "updated_at": TEXT,
                    "tags": {
                        "type": "array",
                        "items": {"type": "object", "required": ["name"]},
                    },
                },
            },
        }
    },
}


@pytest.fixture
def site() -> Ghost:
    return Ghost("https://ghost.example/", Secret(KEY))


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.providers.ghost.time.time", lambda: 1_790_000_000)


class TestContract(ProviderContract):
    provider = Ghost("https://ghost.example", Secret(KEY))
    message = POST
    secrets = (KEY, KEY.partition(":")[2])


def sent(web: RequestsMock, at: int = -1) -> Json:
    call: Any = web.calls[at]
    body: Json = json.loads(call.request.body)
    jsonschema.validate(body, SCHEMA)
    post: Json = body["posts"][0]
    return post


def test_a_post_is_a_draft_with_the_articles_slug_and_address(
    site: Ghost, web: RequestsMock
) -> None:
    web.post(f"{BASE}/posts/?source=html", status=201, json=TAKEN)
    assert site.send(POST) == Receipt("g1", "https://ghost.example/tides/")
    assert sent(web) == {
        "title": "Tides",
        "slug": "tides",
        "html": "<p>Of the sea.</p>",
        "tags": [{"name": "Open Data"}, {"name": "Sea"}],
        "custom_excerpt": "A summary.",
        "canonical_url": "https://example.org/tides",
        "feature_image": "https://example.org/a.png",
        "status": "draft",
    }


def test_its_token_is_signed_for_five_minutes(site: Ghost, web: RequestsMock) -> None:
    web.post(f"{BASE}/posts/?source=html", status=201, json=TAKEN)
    site.send(POST)
    said = web.calls[0].request.headers["Authorization"].removeprefix("Ghost ")
    head, body, mark = said.split(".")
    key = bytes.fromhex(KEY.partition(":")[2])
    signed = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64encode(signed).rstrip(b"=").decode() == mark
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims["exp"] - claims["iat"] == 300
    assert claims["aud"] == "/admin/"
    kid = json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]
    assert kid == KEY.partition(":")[0]


@given(st.text(max_size=400), st.text(max_size=400), st.lists(st.text(), max_size=5))
def test_every_post_has_the_form_of_the_document(
    title: str, summary: str, tags: list[str]
) -> None:
    document = replace(DOCUMENT, title=title, summary=summary, tags=tuple(tags))
    jsonschema.validate(Ghost.payload(replace(POST, document=document)), SCHEMA)


def test_a_picture_is_uploaded_with_what_it_shows(
    site: Ghost, web: RequestsMock
) -> None:
    place = "https://ghost.example/content/a.png"
    web.post(f"{BASE}/images/upload/", status=201, json={"images": [{"url": place}]})
    web.post(f"{BASE}/posts/?source=html", status=201, json=TAKEN)
    picture = Media(content=b"\x89PNG", media_type="image/png", alt="A ferry")
    site.send(replace(POST, media=(picture,)))
    assert sent(web)["feature_image"] == place
    assert sent(web)["feature_image_alt"] == "A ferry"


def test_the_slug_is_looked_up(site: Ghost, web: RequestsMock) -> None:
    one = {**ONE, "canonical_url": "https://example.org/tides"}
    web.get(f"{BASE}/posts/slug/tides/", json={"posts": [one]})
    assert site.find(POST) == Receipt("g1", "https://ghost.example/tides/")
    one["canonical_url"] = "https://example.org/other"
    web.replace("GET", f"{BASE}/posts/slug/tides/", json={"posts": [one]})
    assert site.find(POST) is None
    web.replace("GET", f"{BASE}/posts/slug/tides/", status=404, json={"errors": []})
    assert site.find(POST) is None


def test_a_collision_is_tried_once_more(site: Ghost, web: RequestsMock) -> None:
    for moment in ("2026-11-23T12:00:00.000Z", "2026-11-23T12:00:01.000Z"):
        known = {"posts": [{"id": "g1", "updated_at": moment}]}
        web.get(f"{BASE}/posts/g1/", json=known)
    web.put(f"{BASE}/posts/g1/?source=html", status=409, json={"errors": []})
    web.put(f"{BASE}/posts/g1/?source=html", json=TAKEN)
    assert site.edit("g1", POST).id == "g1"
    assert sent(web)["updated_at"] == "2026-11-23T12:00:01.000Z"
    assert "status" not in sent(web)


@pytest.mark.parametrize("status", [204, 404])
def test_what_is_gone_is_taken_back(
    site: Ghost, web: RequestsMock, status: int
) -> None:
    web.delete(f"{BASE}/posts/g1/", status=status)
    site.delete("g1")


def test_a_key_for_the_content_alone_is_not_connected(
    site: Ghost, web: RequestsMock
) -> None:
    found = {"site": {"title": "The Ferry", "url": "https://ghost.example/"}}
    web.get(f"{BASE}/site/", json=found)
    web.get(f"{BASE}/posts/", json={"posts": []})
    name = Identity(name="The Ferry", url="https://ghost.example/")
    assert site.verify() == name
    with pytest.raises(Refused, match="no Admin API key"):
        Ghost("https://ghost.example", Secret("22444f78447824223cefc48062")).verify()
    web.replace("GET", f"{BASE}/posts/", status=401, json={"errors": []})
    with pytest.raises(Refused):
        site.verify()


def test_a_post_without_its_article_is_refused(site: Ghost) -> None:
    with pytest.raises(Rejected, match="whole articles"):
        site.send(replace(POST, document=None))

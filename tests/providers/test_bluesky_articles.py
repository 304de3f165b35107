from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from responses import RequestsMock

from publisher.errors import ConfigError
from publisher.models import Card, Document, Json, Post
from publisher.providers import Secret
from publisher.providers.bluesky import Bluesky
from publisher.providers.bluesky.address import cid
from publisher.providers.bluesky.keys import record_key

URL = "https://pds.example.org"
DID = "did:plc:ferry"
SESSION = {"did": DID, "accessJwt": "jwt", "handle": "f.test"}
SITE = f"at://{DID}/site.standard.publication/3abc"
DOCUMENT = Document(
    title="Tides",
    html="<h2>High</h2><p>and low</p>",
    summary="Both",
    url="https://example.org/a/tides?b=1",
    tags=("Ferries", "Sea"),
    published="2026-11-20T08:00:00+01:00",
)
POST = Post(
    key="weekly/7/bluesky/tides",
    text="Tides",
    card=Card(url=DOCUMENT.url, title="Tides"),
    content_warning="porn",
    created=datetime(2026, 11, 20, 8, tzinfo=UTC),
    document=DOCUMENT,
)


def account(publication: str = SITE) -> Bluesky:
    return Bluesky("f.test", Secret("app-pass"), URL, publication)


def method(name: str) -> str:
    return f"{URL}/xrpc/com.atproto.{name}"


def writes(post: Post, publication: str) -> list[Json]:
    with RequestsMock() as pds:
        pds.post(method("server.createSession"), json=SESSION)
        missing = {"error": "RecordNotFound"}
        pds.get(method("repo.getRecord"), status=400, json=missing)
        pds.post(method("repo.applyWrites"), json={})
        account(publication).send(post)
        call: Any = pds.calls[-1]
        found: list[Json] = json.loads(call.request.body)["writes"]
    return found


def test_the_article_is_written_with_its_post() -> None:
    post, article = writes(POST, SITE)
    assert post["rkey"] == article["rkey"] == record_key(POST)
    assert article["collection"] == "site.standard.document"
    place = f"at://{DID}/app.bsky.feed.post/{post['rkey']}"
    assert article["value"] == {
        "$type": "site.standard.document",
        "title": "Tides",
        "publishedAt": "2026-11-20T07:00:00.000Z",
        "textContent": "High\n\nand low",
        "description": "Both",
        "tags": ["Ferries", "Sea"],
        "site": SITE,
        "path": "/a/tides?b=1",
        "labels": {
            "$type": "com.atproto.label.defs#selfLabels",
            "values": [{"val": "porn"}],
        },
        "bskyPostRef": {"uri": place, "cid": cid(post["value"])},
    }


def test_an_address_of_a_site_is_a_publication_too() -> None:
    _, article = writes(POST, "https://example.org/a/")
    assert article["value"]["site"] == "https://example.org/a"
    assert article["value"]["path"] == "/tides?b=1"


def test_an_article_without_its_day_has_that_of_its_post() -> None:
    bare = replace(POST, document=Document(title="Tides", html="", url=DOCUMENT.url))
    _, article = writes(bare, SITE)
    assert article["value"]["publishedAt"] == "2026-11-20T08:00:00.000Z"


@pytest.mark.parametrize(
    ("url", "publication"),
    [(DOCUMENT.url, "https://example.org/b"), ("", SITE)],
)
def test_an_article_that_stands_elsewhere_stays_there(
    url: str, publication: str
) -> None:
    with RequestsMock() as pds:
        pds.post(method("server.createSession"), json=SESSION)
        place = f"at://{DID}/app.bsky.feed.post/1"
        pds.post(method("repo.putRecord"), json={"uri": place, "cid": "c"})
        post = replace(POST, document=replace(DOCUMENT, url=url))
        assert account(publication).send(post).id == place


def test_a_repeat_finds_both() -> None:
    with RequestsMock() as pds:
        pds.post(method("server.createSession"), json=SESSION)
        pds.get(method("repo.getRecord"), json={"uri": "at://x", "value": {}})
        first, second = account().send(POST).id.split(",")
    assert "app.bsky.feed.post" in first
    assert "site.standard.document" in second


def test_the_preview_shows_both() -> None:
    post, article = Bluesky.payload(POST)["records"]
    assert post["text"] == "Tides"
    assert article["title"] == "Tides"
    assert account().limits.has_document
    assert not Bluesky.limits.has_document


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match="BLUESKY_PUBLICATION"):
        account("example.org")

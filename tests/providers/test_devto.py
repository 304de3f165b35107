from __future__ import annotations

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
from publisher.models import Document, Identity, Json, Post, Receipt
from publisher.providers import Secret
from publisher.providers.devto import DevTo
from publisher.testing import ProviderContract

BASE = "https://dev.to/api"
DOCUMENT = Document(
    title="Tides",
    html="<p>Of the <em>sea</em> and {{ salt }}.</p>",
    summary="A summary.",
    url="https://example.org/tides",
    image="https://example.org/a.png",
    tags=("Open Data", "sea", "Sea", "C#", "salt", "one too many"),
)
POST = Post(key="weekly/7/devto/tides", text="Tides", document=DOCUMENT)
TAKEN = {"id": 5, "url": "https://dev.to/ferry/tides"}
# An article that is written, by https://developers.forem.com/api/v1#operation/createArticle
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["article"],
    "properties": {
        "article": {
            "type": "object",
            "additionalProperties": False,
            "required": ["title", "body_markdown"],
            "properties": {
                "title": {"type": "string", "maxLength": 128},
                "body_markdown": {"type": "string"},
                "published": {"type": "boolean"},
                "description": {"type": "string"},
                "canonical_url": {"type": "string", "format": "uri"},
                "main_image": {"type": "string", "format": "uri"},
                "tags": {
                    "type": "array",
                    "maxItems": 4,
                    "items": {"type": "string", "pattern": "^[a-z0-9]+$"},
                },
            },
        }
    },
}


@pytest.fixture
def account() -> DevTo:
    return DevTo(Secret("t0ken"))


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = DevTo(Secret("t0ken"))
    message = POST
    secrets = ("t0ken",)


def sent(web: RequestsMock) -> Json:
    call: Any = web.calls[-1]
    body: Json = json.loads(call.request.body)
    jsonschema.validate(body, SCHEMA)
    article: Json = body["article"]
    return article


def test_an_article_is_a_draft_with_its_own_address(
    account: DevTo, web: RequestsMock
) -> None:
    web.post(f"{BASE}/articles", status=201, json=TAKEN)
    assert account.send(POST) == Receipt("5", "https://dev.to/ferry/tides")
    body = sent(web)
    assert body["published"] is False
    assert body["canonical_url"] == "https://example.org/tides"
    assert body["tags"] == ["opendata", "sea", "c", "salt"]
    assert web.calls[0].request.headers["api-key"] == "t0ken"


def test_what_forem_would_run_is_shown(account: DevTo, web: RequestsMock) -> None:
    web.post(f"{BASE}/articles", status=201, json=TAKEN)
    account.send(replace(POST, document=replace(DOCUMENT, html="{% raw %} {{ x }}")))
    assert sent(web)["body_markdown"] == "&#123;% raw %} &#123;{ x }}"


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(), max_size=9))
def test_every_article_has_the_form_of_the_document(
    title: str, page: str, tags: list[str]
) -> None:
    document = replace(DOCUMENT, title=title, html=page, tags=tuple(tags))
    body = DevTo.payload(replace(POST, document=document))
    jsonschema.validate(body, SCHEMA)


def test_one_s_own_articles_are_looked_through(
    account: DevTo, web: RequestsMock
) -> None:
    other = {"id": 4, "canonical_url": "https://example.org/other"}
    same = {**TAKEN, "canonical_url": "https://example.org/tides"}
    web.get(f"{BASE}/articles/me/all", json=[other, same])
    assert account.find(POST) == Receipt("5", "https://dev.to/ferry/tides")
    web.replace("GET", f"{BASE}/articles/me/all", json=[other])
    assert account.find(POST) is None


def test_an_edit_leaves_open_whether_it_is_published(
    account: DevTo, web: RequestsMock
) -> None:
    web.put(f"{BASE}/articles/5", json=TAKEN)
    assert account.edit("5", POST).id == "5"
    assert "published" not in sent(web)
    web.put(f"{BASE}/articles/6", status=404, json={"error": "not found"})
    with pytest.raises(Rejected):
        account.edit("6", POST)


def test_the_key_says_whose_it_is(account: DevTo, web: RequestsMock) -> None:
    web.get(f"{BASE}/users/me", json={"username": "ferry"})
    assert account.verify() == Identity(name="@ferry", url="https://dev.to/ferry")
    web.replace("GET", f"{BASE}/users/me", status=401, json={"error": "unauthorized"})
    with pytest.raises(Refused):
        account.verify()


def test_a_post_without_its_article_is_refused(account: DevTo) -> None:
    with pytest.raises(Rejected, match="whole articles"):
        account.send(replace(POST, document=None))

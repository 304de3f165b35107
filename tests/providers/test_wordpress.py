from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock
from responses.matchers import query_param_matcher

from publisher.errors import Refused, Rejected, Unavailable
from publisher.models import Document, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.wordpress import WordPress
from publisher.testing import ProviderContract

BASE = "https://wp.example/wp-json/wp/v2"
DOCUMENT = Document(
    title="Tides & ferries",
    html="<p>Of the sea.</p>",
    summary="A summary.",
    url="https://example.org/tides?a=1&b=2",
    tags=("Sea", "Salt & light"),
)
POST = Post(key="weekly/7/wordpress/tides", text="Tides", document=DOCUMENT)
PLAIN = replace(POST, document=replace(DOCUMENT, tags=()))
CONTENT = (
    "<p>Of the sea.</p>\n"
    '<p><a rel="canonical" href="https://example.org/tides?a=1&amp;b=2">'
    "https://example.org/tides?a=1&amp;b=2</a></p>"
)
TAKEN = {"id": 9, "link": "https://wp.example/?p=9"}
# A post that is written, by https://developer.wordpress.org/rest-api/reference/posts/
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string"},
        "slug": {"type": "string"},
        "content": {"type": "string"},
        "excerpt": {"type": "string"},
        "status": {"enum": ["publish", "future", "draft", "pending", "private"]},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "featured_media": {"type": "integer"},
    },
}


@pytest.fixture
def site() -> WordPress:
    return WordPress("https://wp.example/", "ferry", Secret("p4ss word"))


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = WordPress("https://wp.example", "ferry", Secret("p4ss word"))
    message = PLAIN
    secrets = ("p4ss word",)


def sent(web: RequestsMock, at: int = -1) -> Json:
    call: Any = web.calls[at]
    body: Json = json.loads(call.request.body)
    return body


def test_a_post_is_a_draft_that_links_to_the_article(
    site: WordPress, web: RequestsMock
) -> None:
    web.post(f"{BASE}/posts", status=201, json=TAKEN)
    assert site.send(PLAIN) == Receipt("9", "https://wp.example/?p=9")
    assert sent(web) == {
        "title": "Tides & ferries",
        "slug": "tides",
        "content": CONTENT,
        "excerpt": "A summary.",
        "status": "draft",
    }
    said = web.calls[0].request.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(said) == b"ferry:p4ss word"


def test_lines_end_only_where_text_is_preformatted() -> None:
    page = "<p>Of the\nsea.</p>\n<pre>a\nb</pre>\n<p>x\ny</p>"
    document = replace(DOCUMENT, html=page, url="")
    body = WordPress.payload(replace(POST, document=document))
    assert body["content"] == "<p>Of the sea.</p> <pre>a\nb</pre> <p>x y</p>"


def test_tags_are_found_or_made(site: WordPress, web: RequestsMock) -> None:
    match = [query_param_matcher({"search": "Sea", "per_page": "100"})]
    seaside = {"id": 1, "name": "Seaside"}
    web.get(f"{BASE}/tags", json=[seaside, {"id": 2, "name": "sea"}], match=match)
    match = [query_param_matcher({"search": "Salt & light", "per_page": "100"})]
    web.get(f"{BASE}/tags", json=[], match=match)
    web.post(f"{BASE}/tags", status=201, json={"id": 3})
    web.post(f"{BASE}/posts", status=201, json=TAKEN)
    site.send(POST)
    assert sent(web)["tags"] == [2, 3]
    jsonschema.validate(sent(web), SCHEMA)


def test_a_tag_that_cannot_be_made_is_never_in_doubt(
    site: WordPress, web: RequestsMock
) -> None:
    web.get(f"{BASE}/tags", json=[])
    web.post(f"{BASE}/tags", status=500)
    with pytest.raises(Unavailable):
        site.send(POST)


def test_a_picture_is_uploaded_with_what_it_shows(
    site: WordPress, web: RequestsMock
) -> None:
    web.post(f"{BASE}/media", status=201, json={"id": 4})
    web.post(f"{BASE}/media/4", json={"id": 4})
    web.post(f"{BASE}/posts", status=201, json=TAKEN)
    picture = Media(content=b"\x89PNG", media_type="image/png", alt="A ferry")
    site.send(replace(PLAIN, media=(picture,)))
    assert sent(web, 1) == {"alt_text": "A ferry"}
    assert sent(web)["featured_media"] == 4


@given(st.text(), st.text(), st.text())
def test_every_post_has_the_form_of_the_document(
    title: str, page: str, summary: str
) -> None:
    document = replace(DOCUMENT, title=title, html=page, summary=summary)
    jsonschema.validate(WordPress.payload(replace(POST, document=document)), SCHEMA)


def test_the_slug_is_looked_up(site: WordPress, web: RequestsMock) -> None:
    asked = {"slug": "tides", "status": "any", "context": "edit"}
    one = {**TAKEN, "content": {"raw": CONTENT}}
    match = [query_param_matcher(asked)]
    web.get(f"{BASE}/posts", json=[one], match=match)
    assert site.find(POST) == Receipt("9", "https://wp.example/?p=9")
    one["content"] = {"raw": "<p>another</p>"}
    web.replace("GET", f"{BASE}/posts", json=[one], match=match)
    assert site.find(POST) is None


def test_where_addresses_are_not_pretty(web: RequestsMock) -> None:
    site = WordPress("https://wp.example", "ferry", Secret("p"), pretty=False)
    asked = {"rest_route": "/wp/v2/users/me", "context": "edit"}
    me = {"name": "The Ferry", "capabilities": {"publish_posts": True}}
    web.get("https://wp.example/", json=me, match=[query_param_matcher(asked)])
    assert site.verify() == Identity(name="The Ferry")


def test_it_can_be_changed_and_taken_back(site: WordPress, web: RequestsMock) -> None:
    web.post(f"{BASE}/posts/9", json=TAKEN)
    assert site.edit("9", POST).id == "9"
    assert "status" not in sent(web)
    web.delete(f"{BASE}/posts/9", json={})
    site.delete("9")
    web.delete(f"{BASE}/posts/8", status=404, json={})
    site.delete("8")


def test_who_may_not_publish_is_told(site: WordPress, web: RequestsMock) -> None:
    web.get(f"{BASE}/users/me", json={"name": "F", "capabilities": {}})
    assert site.verify().remarks == ("may write drafts only",)
    web.replace("GET", f"{BASE}/users/me", status=401, json={"message": "no"})
    with pytest.raises(Refused):
        site.verify()


def test_a_post_without_its_article_is_refused(site: WordPress) -> None:
    with pytest.raises(Rejected, match="whole articles"):
        site.send(replace(POST, document=None))

from __future__ import annotations

import base64
import hmac
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
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
from publisher.models import (
    Card,
    Deletes,
    Edits,
    Identity,
    Json,
    Media,
    Post,
    Prices,
    Recalls,
    Receipt,
    Verifies,
)
from publisher.providers import Secret
from publisher.providers import x as room
from publisher.providers.x import X
from publisher.testing import ProviderContract
from tests.conftest import SPECS

TOKEN = "s3cret-t0ken"
API = "https://api.x.com/2"
POSTS, ME = f"{API}/tweets", f"{API}/users/me"
MINE = f"{API}/users/7/tweets"
LINK = "https://example.org/tides"
POST = Post(
    key="weekly/7/x/tides",
    text=f"Tides & ferries\n\n{LINK}\n\n#Ferries",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides"),
    created=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
)
THREAD = replace(POST, thread=("Two", "Three"))
PICTURE = Media(content=b"\x89PNG\r\n--", media_type="image/png", alt="A ferry")
IDENTITY = {"data": {"id": "7", "username": "lighthouse", "name": "The lighthouse"}}
SHOWN = {
    "id": "42",
    "text": "Tides &amp; ferries\n\nhttps://t.co/abc\n\n#Ferries https://t.co/pic",
    "created_at": "2026-11-23T08:00:03.000Z",
    "entities": {
        "urls": [
            {"url": "https://t.co/abc", "expanded_url": LINK},
            {
                "url": "https://t.co/pic",
                "expanded_url": "https://x.com/lighthouse/status/42/photo/1",
            },
        ]
    },
}
PROBLEMS = "https://api.x.com/2/problems"


def made(number: str) -> Json:
    return {"data": {"id": number, "text": "..."}}


def problem(detail: str, kind: str = "about:blank", status: int = 403) -> Json:
    return {"type": kind, "title": "Forbidden", "detail": detail, "status": status}


def answer_to(number: str, text: str, before: str) -> Json:
    others = [{"type": "replied_to", "id": before}]
    return {"id": number, "text": text, "referenced_tweets": others}


def timeline(*posts: Json) -> Json:
    return {"data": list(posts), "meta": {"result_count": len(posts)}}


class TestX(ProviderContract):
    provider = X(Secret(TOKEN))
    message = POST
    secrets = (TOKEN,)

    def test_send(self, web: RequestsMock) -> None:
        wanted = [
            json_params_matcher({"text": POST.text}),
            header_matcher({"Authorization": f"Bearer {TOKEN}"}),
        ]
        web.post(POSTS, json=made("42"), status=201, match=wanted)
        receipt = Receipt("42", "https://x.com/i/status/42")
        assert self.provider.send(POST) == receipt

    def test_it_can_all_but_edit(self) -> None:
        for ability in (Deletes, Recalls, Verifies, Prices):
            assert isinstance(self.provider, ability)
        assert not isinstance(self.provider, Edits)

    def test_pictures_are_handed_over_with_what_they_show(
        self, web: RequestsMock
    ) -> None:
        web.post(f"{API}/media/upload", json={"data": {"id": "8", "media_key": "3_8"}})
        said = {"id": "8", "metadata": {"alt_text": {"text": "A ferry"}}}
        match = [json_params_matcher(said)]
        web.post(f"{API}/media/metadata", json={"data": {"id": "8"}}, match=match)
        sent = {"text": POST.text, "media": {"media_ids": ["8", "8"]}}
        web.post(POSTS, json=made("42"), match=[json_params_matcher(sent)])
        bare = replace(PICTURE, alt="", media_type="image/gif")
        self.provider.send(replace(POST, media=(PICTURE, bare)))
        assert parts_of(web.calls[0].request) == {
            "media_category": b"tweet_image",
            "media": PICTURE.content,
        }
        assert parts_of(web.calls[2].request)["media_category"] == b"tweet_gif"
        assert len(web.calls) == 4

    def test_a_picture_that_is_worked_on_is_waited_for(
        self, web: RequestsMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(room, "PAUSE", 0)
        works: Json = {"id": "8", "processing_info": {"state": "pending"}}
        web.post(f"{API}/media/upload", json={"data": works})
        web.get(f"{API}/media/upload", json={"data": works})
        web.get(f"{API}/media/upload", json={"data": {"id": "8"}})
        web.post(POSTS, json=made("42"))
        post = replace(POST, media=(replace(PICTURE, alt=""),))
        assert self.provider.send(post).id == "42"
        assert "media_id=8&command=STATUS" in f"{web.calls[1].request.url}"

    def test_a_picture_that_fails_has_posted_nothing(self, web: RequestsMock) -> None:
        web.post(f"{API}/media/upload", status=500)
        with pytest.raises(Unavailable):
            self.provider.send(replace(POST, media=(PICTURE,)))

    def test_a_picture_that_cannot_be_used_is_rejected(self, web: RequestsMock) -> None:
        failed = {"id": "8", "processing_info": {"state": "failed"}}
        web.post(f"{API}/media/upload", json={"data": failed})
        with pytest.raises(Rejected, match="cannot use a picture"):
            self.provider.send(replace(POST, media=(PICTURE,)))

    def test_each_part_of_a_thread_answers_the_one_before(
        self, web: RequestsMock
    ) -> None:
        for number, text, before in (
            ("42", POST.text, None),
            ("43", "Two", "42"),
            ("44", "Three", "43"),
        ):
            more = {"reply": {"in_reply_to_tweet_id": before}} if before else {}
            match = [json_params_matcher({"text": text, **more})]
            web.post(POSTS, json=made(number), match=match)
        assert self.provider.send(THREAD).id == "42,43,44"

    def test_a_thread_that_x_does_not_want_is_taken_back(
        self, web: RequestsMock
    ) -> None:
        web.post(POSTS, json=made("42"))
        said = problem("You are not permitted to perform this action.")
        web.post(POSTS, json=said, status=403)
        web.delete(f"{POSTS}/42", json={"data": {"deleted": True}})
        with pytest.raises(Rejected, match="takes no thread") as caught:
            self.provider.send(THREAD)
        assert "without a thread" in caught.value.hint
        assert web.calls[-1].request.method == "DELETE"

    def test_half_a_thread_that_stays_is_uncertain(self, web: RequestsMock) -> None:
        web.post(POSTS, json=made("42"))
        web.post(POSTS, json=problem("No."), status=403)
        web.delete(f"{POSTS}/42", status=500)
        with pytest.raises(Uncertain, match="has the first 1 messages"):
            self.provider.send(THREAD)

    def test_a_text_that_is_too_long_is_not_sent(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match=r"takes 280 weighted .* has 282"):
            self.provider.send(Post(key="k", text="潮" * 141))
        with pytest.raises(Rejected):
            self.provider.send(Post(key="k", text="a" * 278, content_warning="b"))
        assert len(web.calls) == 0

    def test_what_is_warned_of_stands_above(self) -> None:
        post = replace(POST, text="It sank", content_warning="a wreck")
        assert X.payload(post) == {"text": "CW: a wreck\n\nIt sank"}

    def test_a_preview_shows_every_part(self) -> None:
        parts = [{"text": POST.text}, {"text": "Two"}, {"text": "Three"}]
        assert X.payload(THREAD) == {"messages": parts}

    # --- what is refused ---

    @pytest.mark.parametrize(
        ("detail", "error"),
        [
            ("You are not allowed to create a Tweet with duplicate content.", Rejected),
            ("Your Tweet text is too long.", Rejected),
            ("Posts may have one cashtag at most.", Rejected),
            ("Your account is suspended and is not permitted to access it.", Refused),
            ("You are not permitted to perform this action.", Refused),
        ],
    )
    def test_a_403_is_about_the_post_or_about_the_account(
        self, web: RequestsMock, detail: str, error: type[ProviderError]
    ) -> None:
        web.post(POSTS, json=problem(detail), status=403)
        web.get(ME, json=IDENTITY)
        web.get(MINE, json={"meta": {"result_count": 0}})
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert isinstance(caught.value, error)
        assert caught.value.hint

    def test_errors_in_a_list_are_read_too(self, web: RequestsMock) -> None:
        said = {"errors": [{"message": "duplicate content"}, "odd"], "title": None}
        web.post(POSTS, json=said, status=403)
        with pytest.raises(Rejected, match="takes none twice"):
            self.provider.send(replace(POST, created=None))

    def test_a_repeat_that_is_there_already_is_that_post(
        self, web: RequestsMock
    ) -> None:
        """After an unknown outcome, with a timeline that was late."""
        web.post(POSTS, json=problem("duplicate content"), status=403)
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=timeline(SHOWN))
        assert self.provider.send(POST).id == "42"

    def test_a_duplicate_that_cannot_be_looked_up_stays_one(
        self, web: RequestsMock
    ) -> None:
        web.post(POSTS, json=problem("duplicate content"), status=403)
        web.get(ME, status=503)
        with pytest.raises(Rejected, match="takes none twice"):
            self.provider.send(POST)

    def test_money_that_is_spent_stops_the_channel(self, web: RequestsMock) -> None:
        web.post(POSTS, json=problem("credits depleted", status=402), status=402)
        with pytest.raises(Refused):
            self.provider.send(POST)

    def test_it_waits_until_the_moment_that_x_names(self, web: RequestsMock) -> None:
        headers = {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": f"{int(time.time()) + 600}",
        }
        web.post(POSTS, json=problem("Too Many"), status=429, headers=headers)
        with pytest.raises(Throttled) as caught:
            self.provider.send(POST)
        assert 595 < caught.value.retry_after < 603

    # --- what is there ---

    def test_a_post_is_found_by_its_text(self, web: RequestsMock) -> None:
        web.get(ME, json=IDENTITY)
        other = {"id": "41", "text": "Other"}
        web.get(MINE, json=timeline(other, SHOWN))
        found = self.provider.find(replace(POST, card=None))
        assert found == Receipt("42", "https://x.com/i/status/42")
        assert "start_time=2026-11-23T07%3A55%3A00Z" in f"{web.calls[1].request.url}"

    def test_a_post_is_found_by_its_link(self, web: RequestsMock) -> None:
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=timeline({**SHOWN, "text": "Tides https://t.co/abc"}))
        assert self.provider.find(POST) == Receipt("42", "https://x.com/i/status/42")

    def test_a_bare_domain_is_found_though_x_makes_a_link_of_it(
        self, web: RequestsMock
    ) -> None:
        url = {"url": "https://t.co/abc", "expanded_url": "http://example.org/"}
        shown = {"id": "42", "text": "On https://t.co/abc", "entities": {"urls": [url]}}
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=timeline(shown))
        post = Post(key="k", text="On example.org")
        assert self.provider.find(post) == Receipt("42", "https://x.com/i/status/42")

    @pytest.mark.parametrize(
        "said", [{"meta": {"result_count": 0}}, timeline({"id": "1", "text": "Other"})]
    )
    def test_what_is_not_there_is_not_found(
        self, web: RequestsMock, said: Json
    ) -> None:
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=said)
        assert self.provider.find(POST) is None

    def test_a_thread_is_found_part_by_part(self, web: RequestsMock) -> None:
        web.get(ME, json=IDENTITY)
        others = [answer_to("44", "Three", "43"), answer_to("43", "Two", "42")]
        web.get(MINE, json=timeline(*others, SHOWN))
        found = self.provider.find(THREAD)
        assert found is not None
        assert found.id == "42,43,44"

    def test_half_a_thread_is_uncertain(self, web: RequestsMock) -> None:
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=timeline(answer_to("43", "Two", "42"), SHOWN))
        with pytest.raises(Uncertain, match="2 of 3 parts"):
            self.provider.find(THREAD)

    @pytest.mark.parametrize("said", [[], {}, {"data": "x"}, {"data": [{}]}])
    def test_a_timeline_that_cannot_be_read_decides_nothing(
        self, web: RequestsMock, said: Any
    ) -> None:
        web.get(ME, json=IDENTITY)
        web.get(MINE, json=said)
        with pytest.raises(Unavailable):
            self.provider.find(POST)

    # --- afterwards ---

    def test_a_thread_is_deleted_from_its_end(self, web: RequestsMock) -> None:
        web.delete(f"{POSTS}/43", json=problem("Not Found", status=404), status=404)
        web.delete(f"{POSTS}/42", json={"data": {"deleted": True}})
        self.provider.delete("42,43")
        assert [f"{one.request.url}"[-2:] for one in web.calls] == ["43", "42"]

    def test_it_says_whose_token_it_is(self, web: RequestsMock) -> None:
        web.get(ME, json=IDENTITY)
        me = Identity(name="@lighthouse", url="https://x.com/lighthouse")
        assert self.provider.verify() == me

    def test_the_token_of_an_app_is_nobodys(self, web: RequestsMock) -> None:
        detail = "Authenticating with OAuth 2.0 Application-Only is forbidden for this."
        kind = f"{PROBLEMS}/unsupported-authentication"
        web.get(ME, json=problem(detail, kind), status=403)
        with pytest.raises(Refused, match="an app's") as caught:
            self.provider.verify()
        assert "X_TOKEN" in caught.value.hint

    @pytest.mark.parametrize("said", [{}, {"data": {}}, {"data": []}, []])
    def test_an_answer_without_a_name_is_nobody(
        self, web: RequestsMock, said: Any
    ) -> None:
        web.get(ME, json=said)
        with pytest.raises(Unavailable):
            self.provider.verify()


# --- OAuth 1.0a -----------------------------------------------------------------------

SIGNED = {
    "token": Secret("own-t0ken"),
    "key": Secret("app-k3y"),
    "key_secret": Secret("app-s3cret"),
    "token_secret": Secret("own-s3cret"),
}


def test_every_call_of_oauth_1_is_signed(web: RequestsMock) -> None:
    pytest.importorskip("requests_oauthlib", reason="it comes with the extra x")
    web.get(ME, json=IDENTITY)
    web.get(MINE, json={"meta": {"result_count": 0}})
    web.post(f"{API}/media/upload", json={"data": {"id": "8"}})
    web.post(f"{API}/media/metadata", json={"data": {}})
    web.post(POSTS, json=made("42"))
    provider = X(**SIGNED)
    assert provider.find(POST) is None
    provider.send(replace(POST, media=(PICTURE,)))
    for one in web.calls:
        login = f"{one.request.headers['Authorization']}"
        given = dict(re.findall(r'(oauth_\w+)="([^"]*)"', login))
        assert unquote(given.pop("oauth_signature")) == signature_of(
            f"{one.request.method}", f"{one.request.url}", given
        )
        assert (given["oauth_consumer_key"], given["oauth_token"]) == (
            "app-k3y",
            "own-t0ken",
        )


def signature_of(method: str, address: str, given: dict[str, str]) -> str:
    """Sign a call by hand (RFC 5849, 3.4)."""
    base, _, query = address.partition("?")
    values = sorted((quote(a, ""), quote(b, "")) for a, b in parse_qsl(query))
    values = sorted([*values, *given.items()])
    parts = (method, base, "&".join(f"{a}={b}" for a, b in values))
    text = "&".join(quote(one, "") for one in parts)
    digest = hmac.new(b"app-s3cret&own-s3cret", text.encode(), "sha1").digest()
    return base64.b64encode(digest).decode()


def test_half_of_oauth_1_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="the secrets of both"):
        X(Secret("own-t0ken"), key=Secret("app-k3y"))


def test_oauth_1_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    with pytest.raises(ConfigError) as caught:
        X(**SIGNED)
    assert "pip install 'publisher[x]'" in caught.value.hint


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def parts_of(request: Any) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = message_from_bytes(head + request.body, policy=policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(
            decode=True
        )
        for part in parts.iter_parts()
    }


@pytest.mark.parametrize(
    ("post", "price"),
    [
        (Post(key="k", text="Tides"), 0.015),
        (Post(key="k", text="Tides", thread=("Two", "Three")), 0.045),
        (POST, 0.20),
        (Post(key="k", text="On example.org"), 0.20),
        (replace(POST, thread=("Two", LINK)), 0.415),
        (replace(POST, media=(PICTURE,) * 5), 0.22),
        (replace(POST, media=(replace(PICTURE, alt=""),)), 0.20),
    ],
)
def test_each_part_and_each_alt_text_has_its_price(post: Post, price: float) -> None:
    assert X.price(post) == price


# --- the official document ------------------------------------------------------------

TEXTS = st.text(max_size=140)
POSTED = st.builds(
    Post,
    key=st.just("k"),
    text=TEXTS,
    thread=st.lists(TEXTS, max_size=2).map(tuple),
    media=st.lists(st.just(PICTURE), max_size=4).map(tuple),
)


@given(POSTED)
def test_every_call_is_as_the_document_wants(post: Post) -> None:
    path = SPECS / "x.json"
    if not path.is_file():
        pytest.skip("the document of X's API is not here")
    schemas = {
        POSTS: "CreatePostsRequest",
        f"{API}/media/metadata": "CreateMediaMetadataRequest",
    }
    for url, body in calls_of(post):
        wanted = {"$ref": f"#/components/schemas/{schemas[url]}"}
        assert not list(validator(wanted).iter_errors(body)), body
        assert url != POSTS or body["text"] in (post.text, *post.thread)


@cache
def document() -> Json:
    found: Json = json.loads((SPECS / "x.json").read_text())
    return found


def validator(schema: Json) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document()["components"]})


def calls_of(post: Post) -> list[tuple[str, Json]]:
    """Return the JSON that a post makes us send."""
    with RequestsMock(assert_all_requests_are_fired=False) as web:
        web.post(f"{API}/media/upload", json={"data": {"id": "1234"}})
        web.post(f"{API}/media/metadata", json={"data": {}})
        web.post(POSTS, json=made("42"), status=201)
        X(Secret(TOKEN)).send(post)
        return [
            (f"{one.request.url}", json.loads(one.request.body or b""))
            for one in web.calls
            if not f"{one.request.url}".endswith("/upload")
        ]

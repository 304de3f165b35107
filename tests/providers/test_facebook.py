from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.models import Card, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.facebook import Facebook
from publisher.testing import ProviderContract

BASE = "https://graph.facebook.com/v26.0"
LINK = "https://example.org/tides"
POST = Post(
    key="weekly/7/facebook/tides",
    text=f"Tides & ferries\n\n{LINK}",
    card=Card(url=LINK, title="Tides"),
    created=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
PICTURE = Media(content=b"\x89PNG", media_type="image/png", alt="A ferry")
# What the page's feed takes of us (api_specs of facebook-business-sdk-codegen).
KNOWN = {"message", "link", "attached_media"}


@pytest.fixture
def page() -> Facebook:
    return Facebook(Secret("t0ken"), "7")


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = Facebook(Secret("t0ken"), "7")
    message = POST
    secrets = ("t0ken",)


def sent(web: RequestsMock, at: int = -1) -> dict[str, str]:
    call: Any = web.calls[at]
    return {name: one[0] for name, one in parse_qs(call.request.body).items()}


def error(code: int, **more: Any) -> Json:
    return {"error": {"message": "no t0ken", "code": code, **more}}


def test_a_page_posts_words_and_a_link(page: Facebook, web: RequestsMock) -> None:
    web.post(f"{BASE}/7/feed", json={"id": "7_1"})
    assert page.send(POST) == Receipt("7_1", "https://www.facebook.com/7_1")
    assert sent(web) == {"message": POST.text, "link": LINK}
    assert web.calls[0].request.headers["Authorization"] == "Bearer t0ken"


def test_pictures_go_first_with_what_they_show(
    page: Facebook, web: RequestsMock
) -> None:
    web.post(f"{BASE}/7/photos", json={"id": "31"})
    web.post(f"{BASE}/7/photos", json={"id": "32"})
    web.post(f"{BASE}/7/feed", json={"id": "7_1"})
    page.send(replace(POST, media=(PICTURE, PICTURE)))
    call: Any = web.calls[0]
    first = call.request.body
    assert b"A ferry" in first
    assert b'name="published"\r\n\r\nfalse' in first
    attached = [{"media_fbid": "31"}, {"media_fbid": "32"}]
    assert json.loads(sent(web)["attached_media"]) == attached
    assert "link" not in sent(web)


@given(st.text(max_size=200), st.booleans(), st.integers(0, 3))
def test_a_post_has_only_what_the_feed_takes(
    text: str, has_card: bool, pictures: int
) -> None:
    card = POST.card if has_card else None
    post = replace(POST, text=text, card=card, media=(PICTURE,) * pictures)
    assert set(Facebook.payload(post)) <= KNOWN


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, error(190), Refused),
        (400, error(190, error_subcode=2069032), Refused),
        (403, error(200), Refused),
        (400, error(368), Refused),
        (400, error(4), Throttled),
        (400, error(100), Rejected),
        (400, error(506), Rejected),
        (500, error(1), Uncertain),
        (500, error(2), Uncertain),
    ],
)
def test_its_codes_say_whose_fault_it_is(
    page: Facebook,
    web: RequestsMock,
    status: int,
    said: Json,
    kind: type[ProviderError],
) -> None:
    web.post(f"{BASE}/7/feed", status=status, json=said)
    with pytest.raises(kind) as caught:
        page.send(POST)
    assert "t0ken" not in str(caught.value)


def test_a_person_s_token_is_named(page: Facebook, web: RequestsMock) -> None:
    web.post(f"{BASE}/7/feed", status=400, json=error(190, error_subcode=2069032))
    with pytest.raises(Refused, match="a page's own token, and this is a person's"):
        page.send(POST)


def test_it_waits_as_long_as_the_use_case_says(
    page: Facebook, web: RequestsMock
) -> None:
    use = json.dumps({"7": [{"estimated_time_to_regain_access": 3}]})
    headers = {"x-business-use-case-usage": use}
    web.post(f"{BASE}/7/feed", status=400, json=error(32), headers=headers)
    with pytest.raises(Throttled) as caught:
        page.send(POST)
    assert caught.value.retry_after == 180


def shown(web: RequestsMock, **more: str) -> None:
    one = {
        "id": "7_1",
        "message": POST.text,
        "created_time": "2026-11-23T12:01:00+0000",
        "permalink_url": "https://www.facebook.com/7/posts/1",
        **more,
    }
    web.get(f"{BASE}/7/posts", json={"data": [one]})


def test_the_page_is_asked_before_a_repeat(page: Facebook, web: RequestsMock) -> None:
    shown(web)
    assert page.find(POST) == Receipt("7_1", "https://www.facebook.com/7/posts/1")


@pytest.mark.parametrize(
    "more", [{"message": "Other"}, {"created_time": "2026-11-22T12:00:00+0000"}]
)
def test_another_post_is_not_taken_for_it(
    page: Facebook, web: RequestsMock, more: dict[str, str]
) -> None:
    shown(web, **more)
    assert page.find(POST) is None


def test_it_can_be_changed_and_taken_back(page: Facebook, web: RequestsMock) -> None:
    web.post(f"{BASE}/7_1", json={"success": True})
    assert page.edit("7_1", POST).id == "7_1"
    assert sent(web) == {"message": POST.text}
    web.delete(f"{BASE}/7_1", json={"success": True})
    page.delete("7_1")
    web.delete(f"{BASE}/7_2", status=400, json=error(100))
    page.delete("7_2")


def test_the_token_must_be_the_page_s(page: Facebook, web: RequestsMock) -> None:
    web.get(f"{BASE}/me", json={"id": "7", "name": "The Ferry"})
    assert page.verify() == Identity(name="The Ferry")
    web.replace("GET", f"{BASE}/me", json={"id": "12", "name": "A person"})
    with pytest.raises(Refused, match="not that of the page"):
        page.verify()


def test_a_version_that_has_ended_is_known() -> None:
    assert Facebook(Secret("t"), "7", version="v20.0").version_ends() == date(
        2026, 9, 24
    )
    assert Facebook(Secret("t"), "7").version_ends() is None

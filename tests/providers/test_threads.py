from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import Refused, Rejected, Unavailable, Uncertain
from publisher.models import Card, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.threads import Threads
from publisher.testing import ProviderContract
from publisher.units import count

BASE = "https://graph.threads.net/v1.0"
LINK = "https://example.org/tides"
POST = Post(
    key="weekly/7/threads/tides",
    text=f"Tides\n\n{LINK}\n\n#Ferries",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides"),
    created=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
PICTURE = Media(
    content=b"\x89PNG",
    media_type="image/png",
    alt="A ferry",
    url="https://example.org/ferry.png",
)
# What the publishing API takes of us (its collection of requests).
KNOWN = {"media_type", "text", "link_attachment", "image_url", "alt_text", "children"}


@pytest.fixture
def account() -> Threads:
    return Threads(Secret("t0ken"))


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.providers.threads.PAUSE", 0)


class TestContract(ProviderContract):
    provider = Threads(Secret("t0ken"))
    message = POST
    secrets = ("t0ken",)

    def prepare(self, web: RequestsMock) -> None:
        for _ in range(2):  # an answer is used up where another one would do, too
            web.post(f"{BASE}/me/threads", json={"id": "c1"})


def sent(web: RequestsMock, at: int) -> dict[str, str]:
    return {name: one[0] for name, one in fields_of(web.calls[at]).items()}


def fields_of(call: Any) -> dict[str, list[str]]:
    return parse_qs(call.request.body)


def containers(web: RequestsMock, *names: str) -> None:
    for name in names:
        web.post(f"{BASE}/me/threads", json={"id": name})


def published(web: RequestsMock, *names: str) -> None:
    for name in names:
        web.post(f"{BASE}/me/threads_publish", json={"id": name})
    first = f"{BASE}/{names[0]}"
    web.get(first, json={"permalink": "https://www.threads.net/@f/post/1"})


def test_a_container_is_made_and_published(account: Threads, web: RequestsMock) -> None:
    containers(web, "c1")
    published(web, "9")
    assert account.send(POST) == Receipt("9", "https://www.threads.net/@f/post/1")
    assert sent(web, 0) == {
        "media_type": "TEXT",
        "text": POST.text,
        "link_attachment": LINK,
        "access_token": "t0ken",
    }
    assert sent(web, 1) == {"creation_id": "c1", "access_token": "t0ken"}


def test_the_parts_of_a_thread_answer_each_other(
    account: Threads, web: RequestsMock
) -> None:
    containers(web, "c1", "c2", "c3")
    published(web, "1", "2", "3")
    assert account.send(replace(POST, thread=("Two", "Three"))).id == "1,2,3"
    assert sent(web, 2)["reply_to_id"] == "1"
    assert sent(web, 4)["reply_to_id"] == "2"


def test_a_thread_that_is_refused_is_taken_back(
    account: Threads, web: RequestsMock
) -> None:
    containers(web, "c1")
    web.post(f"{BASE}/me/threads_publish", json={"id": "1"})
    refused = {"error": {"message": "too long", "code": 100}}
    web.post(f"{BASE}/me/threads", status=400, json=refused)
    web.delete(f"{BASE}/1", json={"success": True})
    with pytest.raises(Rejected):
        account.send(replace(POST, thread=("Two",)))
    assert web.calls[-1].request.method == "DELETE"


def test_a_picture_is_fetched_by_its_address_with_what_it_shows(
    account: Threads, web: RequestsMock
) -> None:
    containers(web, "c1")
    web.get(f"{BASE}/c1", json={"status": "IN_PROGRESS"})
    web.get(f"{BASE}/c1", json={"status": "FINISHED"})
    published(web, "9")
    account.send(replace(POST, media=(PICTURE,)))
    body = sent(web, 0)
    assert (body["media_type"], body["alt_text"]) == ("IMAGE", "A ferry")
    assert body["image_url"] == "https://example.org/ferry.png"


def test_several_pictures_are_a_carousel(account: Threads, web: RequestsMock) -> None:
    containers(web, "i1", "i2", "c1")
    for name in ("i1", "i2", "c1"):
        web.get(f"{BASE}/{name}", json={"status": "FINISHED"})
    published(web, "9")
    account.send(replace(POST, media=(PICTURE, PICTURE)))
    posts = [one for one in web.calls if one.request.method == "POST"]
    bodies = [fields_of(one) for one in posts]
    assert bodies[0]["is_carousel_item"] == ["true"]
    assert bodies[2]["children"] == ["i1,i2"]
    assert bodies[2]["media_type"] == ["CAROUSEL"]


def test_a_picture_without_an_address_stays_away() -> None:
    post = replace(POST, media=(replace(PICTURE, url="images/ferry.png"),))
    assert Threads.payload(post)["media_type"] == "TEXT"


def test_a_picture_that_it_cannot_read_is_told(
    account: Threads, web: RequestsMock
) -> None:
    containers(web, "c1")
    said = {"status": "ERROR", "error_message": "FAILED_DOWNLOADING_IMAGE"}
    web.get(f"{BASE}/c1", json=said)
    with pytest.raises(Rejected, match="FAILED_DOWNLOADING_IMAGE"):
        account.send(replace(POST, media=(PICTURE,)))


@given(
    st.text(max_size=200),
    st.booleans(),
    st.lists(st.sampled_from([PICTURE, replace(PICTURE, url="")]), max_size=3),
)
def test_a_post_has_only_what_the_api_takes(
    text: str, has_card: bool, media: list[Media]
) -> None:
    card = POST.card if has_card else None
    post = replace(POST, text=text, card=card, media=tuple(media))
    assert set(Threads.payload(post)) <= KNOWN


def test_more_links_than_it_takes_are_refused_before(account: Threads) -> None:
    text = " ".join(f"https://example.org/{number}" for number in range(6))
    with pytest.raises(Rejected, match="5 links"):
        account.send(replace(POST, text=text))


def test_a_container_is_never_in_doubt(account: Threads, web: RequestsMock) -> None:
    web.post(f"{BASE}/me/threads", status=500)
    with pytest.raises(Unavailable):
        account.send(POST)


def test_a_publication_is(account: Threads, web: RequestsMock) -> None:
    containers(web, "c1")
    web.post(f"{BASE}/me/threads_publish", status=500)
    with pytest.raises(Uncertain):
        account.send(POST)


def shown(web: RequestsMock, **more: str) -> None:
    one = {
        "id": "9",
        "text": POST.text,
        "timestamp": "2026-11-23T12:00:30+0000",
        "permalink": "https://www.threads.net/@f/post/1",
        **more,
    }
    web.get(f"{BASE}/me/threads", json={"data": [one]})


def test_the_account_is_asked_before_a_repeat(
    account: Threads, web: RequestsMock
) -> None:
    shown(web)
    assert account.find(POST) == Receipt("9", "https://www.threads.net/@f/post/1")
    with pytest.raises(Uncertain):
        account.find(replace(POST, thread=("Two",)))


@pytest.mark.parametrize(
    "more", [{"text": "Other"}, {"timestamp": "2026-11-22T12:00:00+0000"}]
)
def test_another_post_is_not_taken_for_it(
    account: Threads, web: RequestsMock, more: dict[str, str]
) -> None:
    shown(web, **more)
    assert account.find(POST) is None


def test_it_is_taken_back_from_its_end(account: Threads, web: RequestsMock) -> None:
    web.delete(f"{BASE}/2", status=400, json={"error": {"code": 100}})
    web.delete(f"{BASE}/1", json={"success": True})
    account.delete("1,2")
    assert [f"{one.request.url}"[-1] for one in web.calls] == ["2", "1"]


def test_the_token_says_whose_it_is_and_what_is_left(
    account: Threads, web: RequestsMock
) -> None:
    web.get(f"{BASE}/me", json={"id": "1", "username": "ferry"})
    quota: Any = {"quota_usage": 3, "config": {"quota_total": 250}}
    web.get(f"{BASE}/me/threads_publishing_limit", json={"data": [quota]})
    found = account.verify()
    assert found.name == "@ferry"
    assert found.remarks == ("3 of 250 posts of a day are used",)


def test_a_wrong_token_is_not_connected(account: Threads, web: RequestsMock) -> None:
    said = {"error": {"message": "t0ken is invalid", "code": 190}}
    web.get(f"{BASE}/me", status=400, json=said)
    with pytest.raises(Refused) as caught:
        account.verify()
    assert "t0ken" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "length"),
    [("abc", 3), ("潮", 1), ("a👍", 5), ("👩‍👩‍👧‍👦", 25), ("🇮🇹", 8)],
)
def test_an_emoji_counts_by_its_bytes(text: str, length: int) -> None:
    assert count(text, "threads") == length

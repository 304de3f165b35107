from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import ProviderError, Refused, Rejected, Unavailable
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.bluesky import Bluesky
from publisher.providers.bluesky.address import cid
from publisher.providers.bluesky.keys import record_key
from publisher.testing import ProviderContract
from tests.doubles.lexicons import Lexicons

URL = "https://pds.example.org"
LOGIN = f"{URL}/xrpc/com.atproto.server.createSession"
PUT = f"{URL}/xrpc/com.atproto.repo.putRecord"
DID = "did:plc:ferry"
LINK = "https://example.org/tides"
POST = Post(
    key="weekly/7/bluesky/tides",
    text=f"Gezeiten 🌊 am Meer\n\n{LINK}#low (#Ferries) #FährTag #Ferries!",
    language="de",
    hashtags=("Ferries", "FährTag"),
    card=Card(url=LINK, title="Tides", description="When the water is low."),
    content_warning="nudity",
    created=datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC),
)
TAKEN = {"uri": f"at://{DID}/app.bsky.feed.post/x", "cid": "bafy"}
SESSION = {"did": DID, "accessJwt": "jwt-one", "refreshJwt": "r", "handle": "f.test"}


def marked(record: Json) -> list[tuple[str, Json]]:
    """The text that each facet covers, with what it is."""
    raw = record["text"].encode()
    return [
        (
            raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(),
            one["features"][0],
        )
        for one in record.get("facets", [])
    ]


class TestBluesky(ProviderContract):
    message = POST
    secrets = ("app-pass-word", "jwt-one")

    @pytest.fixture(autouse=True)
    def _own_session(self) -> None:
        self.provider = Bluesky("@ferry.example.org", Secret("app-pass-word"), URL)

    def prepare(self, web: RequestsMock) -> None:
        wanted = {"identifier": "ferry.example.org", "password": "app-pass-word"}
        web.post(LOGIN, json=SESSION, match=[json_params_matcher(wanted)])

    def test_send(self, web: RequestsMock) -> None:
        self.prepare(web)
        sent = {
            "repo": DID,
            "collection": "app.bsky.feed.post",
            "rkey": record_key(POST),
            "record": Bluesky.payload(POST),
        }
        token = header_matcher({"Authorization": "Bearer jwt-one"})
        web.post(PUT, json=TAKEN, match=[json_params_matcher(sent), token])
        url = f"https://bsky.app/profile/ferry.example.org/post/{record_key(POST)}"
        assert self.provider.send(POST) == Receipt(TAKEN["uri"], url)

    def test_one_session_serves_many_posts(self, web: RequestsMock) -> None:
        self.prepare(web)
        web.post(PUT, json=TAKEN)
        for _ in range(3):
            self.provider.send(POST)
        assert [call.request.url for call in web.calls] == [LOGIN, PUT, PUT, PUT]

    def test_an_expired_session_is_opened_anew(self, web: RequestsMock) -> None:
        self.prepare(web)
        over = {"error": "ExpiredToken", "message": "Token has expired"}
        web.post(PUT, status=400, json=over)
        web.post(LOGIN, json={**SESSION, "accessJwt": "jwt-two"})
        token = header_matcher({"Authorization": "Bearer jwt-two"})
        web.post(PUT, json=TAKEN, match=[token])
        assert self.provider.send(POST).id == TAKEN["uri"]

    def test_a_session_that_keeps_expiring_is_tried_again_later(
        self, web: RequestsMock
    ) -> None:
        self.prepare(web)
        web.post(PUT, status=400, json={"error": "ExpiredToken"})
        with pytest.raises(Unavailable, match="ended the session"):
            self.provider.send(POST)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"status": 401, "json": {"error": "AuthenticationRequired"}}, Refused),
            ({"status": 400, "json": {"error": "InvalidRequest"}}, Refused),
            ({"status": 500}, Unavailable),
            ({"status": 200, "body": "<html>"}, Unavailable),
            ({"status": 200, "json": {}}, Unavailable),
        ],
    )
    def test_a_failed_login_posted_nothing(
        self, web: RequestsMock, answer: Any, error: type[ProviderError]
    ) -> None:
        web.post(LOGIN, **answer)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error
        assert "app-pass-word" not in str(caught.value)

    def test_a_text_that_is_too_long_is_not_sent(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match=r"takes 300 characters, .* has 301"):
            self.provider.send(replace(POST, text="a" * 301))

    def test_its_own_words_reach_the_person(self, web: RequestsMock) -> None:
        self.prepare(web)
        said = {"error": "InvalidRequest", "message": "Invalid record at $.langs"}
        web.post(PUT, status=400, json=said)
        with pytest.raises(Rejected, match="Invalid record at"):
            self.provider.send(POST)


# --- the record --------------------------------------------------------------------


BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkrei"},
    "mimeType": "image/png",
    "size": 4,
}
THREAD = replace(POST, text="One (1/3)", thread=("Two (2/3)", "Three #FährTag (3/3)"))
LAMP = Media(
    content=b"\x89PNG", media_type="image/png", alt="A lamp", width=4, height=3
)


@pytest.fixture
def account() -> Bluesky:
    return Bluesky("ferry.example.org", Secret("app-pass-word"), URL)


@pytest.fixture
def pds() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        mock.post(LOGIN, json=SESSION)
        yield mock


def written(pds: RequestsMock) -> list[Json]:
    """What was put, in order."""
    calls = [one.request for one in pds.calls if one.request.url == PUT]
    return [json.loads(one.body or b"") for one in calls]


def answers(pds: RequestsMock, count: int) -> None:
    for number in range(1, count + 1):
        uri = f"at://{DID}/app.bsky.feed.post/{number}"
        pds.post(PUT, json={"uri": uri, "cid": f"cid{number}"})


GET = f"{URL}/xrpc/com.atproto.repo.getRecord"
APPLY = f"{URL}/xrpc/com.atproto.repo.applyWrites"
NOT_THERE = {"error": "RecordNotFound", "message": "Could not locate record"}


def creations(pds: RequestsMock) -> list[Json]:
    """What was written at once: its keys and its records."""
    call: Any = pds.calls[-1]
    assert call.request.url == APPLY
    writes: list[Json] = json.loads(call.request.body)["writes"]
    return writes


def test_each_part_of_a_thread_answers_the_one_before(
    account: Bluesky, pds: RequestsMock
) -> None:
    pds.get(GET, status=400, json=NOT_THERE)
    pds.post(APPLY, json={"results": []})
    receipt = account.send(THREAD)
    writes = creations(pds)
    uris = [f"at://{DID}/app.bsky.feed.post/{one['rkey']}" for one in writes]
    assert receipt.id == ",".join(uris)
    first, second, third = (one["value"] for one in writes)
    assert "reply" not in first
    root = {"uri": uris[0], "cid": cid(first)}
    assert second["reply"] == {"root": root, "parent": root}
    parent = {"uri": uris[1], "cid": cid(second)}
    assert third["reply"] == {"root": root, "parent": parent}
    assert "embed" in first
    assert "embed" not in second
    assert first["createdAt"] < second["createdAt"] < third["createdAt"]
    assert [text for text, _ in marked(third)] == ["#FährTag"]


def test_a_thread_that_stands_is_not_written_again(
    account: Bluesky, pds: RequestsMock
) -> None:
    pds.get(GET, json={"uri": "at://x", "value": {}})
    first = account.send(THREAD)
    assert first == account.send(THREAD)
    assert len(first.id.split(",")) == 3


def test_a_thread_is_written_whole_or_not_at_all(
    account: Bluesky, pds: RequestsMock
) -> None:
    pds.get(GET, status=400, json=NOT_THERE)
    pds.post(APPLY, status=400, json={"error": "InvalidRequest", "message": "no"})
    with pytest.raises(Rejected):
        account.send(THREAD)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({}, "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"),
        (
            {"b": [1, -1, 300, True, None], "aa": "é", "a": {"c": "x" * 70_000}},
            "bafyreibldel3hx4gtnmcdjkw5nasxojn6zyaxtgtpgh2bwcmj72y3mrjay",
        ),
    ],
)
def test_a_record_is_named_by_what_is_in_it(record: Json, name: str) -> None:
    assert cid(record) == name


def test_a_part_that_is_too_long_sends_nothing(account: Bluesky) -> None:
    with pytest.raises(Rejected, match="300 characters"):
        account.send(replace(THREAD, thread=("x" * 301,)))


def test_an_edit_keeps_the_places(account: Bluesky, pds: RequestsMock) -> None:
    base = f"at://{DID}/app.bsky.feed.post"
    receipt = Receipt(f"{base}/1,{base}/2,{base}/3")
    answers(pds, 3)
    account.edit(receipt.id, replace(THREAD, text="1 (1/3)"))
    edited = written(pds)
    assert [one["rkey"] for one in edited] == ["1", "2", "3"]
    assert edited[0]["record"]["text"] == "1 (1/3)"
    with pytest.raises(Rejected, match="3 parts"):
        account.edit(receipt.id, POST)


def test_pictures_stand_in_the_place_of_the_card(
    account: Bluesky, pds: RequestsMock
) -> None:
    upload = f"{URL}/xrpc/com.atproto.repo.uploadBlob"
    pds.post(upload, json={"blob": BLOB})
    answers(pds, 1)
    account.send(replace(POST, media=(LAMP,)))
    (put,) = written(pds)
    assert put["record"]["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [
            {
                "alt": "A lamp",
                "image": BLOB,
                "aspectRatio": {"width": 4, "height": 3},
            }
        ],
    }


def test_a_card_has_its_picture(account: Bluesky, pds: RequestsMock) -> None:
    upload = f"{URL}/xrpc/com.atproto.repo.uploadBlob"
    pds.post(upload, json={"blob": BLOB})
    answers(pds, 1)
    account.send(replace(POST, thumbnail=LAMP))
    (put,) = written(pds)
    assert put["record"]["embed"]["external"]["thumb"] == BLOB


def test_a_picture_without_an_answer_has_posted_nothing(
    account: Bluesky, pds: RequestsMock
) -> None:
    pds.post(f"{URL}/xrpc/com.atproto.repo.uploadBlob", status=500, json={})
    with pytest.raises(Unavailable):
        account.send(replace(POST, media=(LAMP,)))


def test_the_password_says_whose_it_is(account: Bluesky, pds: RequestsMock) -> None:
    assert account.verify().name == "@f.test"
    assert len(pds.calls) == 1


def test_the_record() -> None:
    record = Bluesky.payload(POST)
    assert {name: record[name] for name in record if name != "facets"} == {
        "$type": "app.bsky.feed.post",
        "text": POST.text,
        "createdAt": "2026-11-20T08:00:00.123Z",
        "langs": ["de"],
        "embed": {
            "$type": "app.bsky.embed.external",
            "external": {
                "uri": LINK,
                "title": "Tides",
                "description": "When the water is low.",
            },
        },
        "labels": {
            "$type": "com.atproto.label.defs#selfLabels",
            "values": [{"val": "nudity"}],
        },
    }


def test_links_and_hashtags_are_marked_in_bytes() -> None:
    kind = "app.bsky.richtext.facet"
    assert marked(Bluesky.payload(POST)) == [
        (f"{LINK}#low", {"$type": f"{kind}#link", "uri": f"{LINK}#low"}),
        ("#Ferries", {"$type": f"{kind}#tag", "tag": "Ferries"}),
        ("#FährTag", {"$type": f"{kind}#tag", "tag": "FährTag"}),
        ("#Ferries", {"$type": f"{kind}#tag", "tag": "Ferries"}),
    ]


def test_only_chosen_hashtags_are_marked_and_none_within_a_link() -> None:
    post = replace(
        POST,
        text="C# #1 #FerriesToday https://example.org/#Ferries",
        hashtags=("Ferries",),
    )
    assert [text for text, _ in marked(Bluesky.payload(post))] == [
        "https://example.org/#Ferries"
    ]


@settings(deadline=None)  # a busy machine is no bug
@given(st.text(max_size=80), st.text(max_size=80))
def test_every_facet_covers_what_it_says(before: str, after: str) -> None:
    post = replace(POST, text=f"{before} {LINK} #Ferries {after}")
    record = Bluesky.payload(post)
    ends = 0
    for text, feature in marked(record):
        assert text == feature.get("uri") or text[1:] == feature.get("tag")
    for one in record["facets"]:
        assert ends <= one["index"]["byteStart"] < one["index"]["byteEnd"]
        ends = one["index"]["byteEnd"]


@pytest.mark.parametrize(
    ("warning", "labels", "text"),
    [
        ("", [], "Hi"),
        ("Nudity", ["nudity"], "Hi"),
        ("spoilers", [], "CW: spoilers\n\nHi"),
        ("porn, spoilers , food", ["porn"], "CW: spoilers, food\n\nHi"),
    ],
)
def test_no_warning_gets_lost(warning: str, labels: list[str], text: str) -> None:
    record = Bluesky.payload(
        replace(POST, text="Hi", content_warning=warning, card=None, hashtags=())
    )
    values = record.get("labels", {}).get("values", [])
    assert [one["val"] for one in values] == labels
    assert record["text"] == text


# --- the key -----------------------------------------------------------------------


def test_the_key_is_the_same_for_ever() -> None:
    assert record_key(POST) == record_key(replace(POST, text="other"))
    assert record_key(POST) == "3n2q4ks4xclkm"


@settings(deadline=None)  # a busy machine is no bug
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text(min_size=1),
)
def test_the_key_is_a_tid_of_the_planned_second(created: datetime, key: str) -> None:
    tid = record_key(replace(POST, key=key, created=created))
    letters = "234567abcdefghijklmnopqrstuvwxyz"
    assert len(tid) == 13
    assert tid[0] in letters[:16]  # https://atproto.com/specs/tid: the top bit is 0
    number = 0
    for letter in tid:
        number = number << 5 | letters.index(letter)
    at = datetime.fromtimestamp((number >> 10) // 1_000_000, UTC)
    assert timedelta(0) <= created - at < timedelta(seconds=1)


def test_posts_planned_together_have_their_own_keys() -> None:
    keys = {record_key(replace(POST, key=f"w/1/bluesky/{n}")) for n in range(5000)}
    assert len(keys) == 5000


def test_a_post_without_its_time_is_not_sent() -> None:
    with pytest.raises(Rejected, match="needs the time"):
        Bluesky("f.test", Secret("p"), URL).send(replace(POST, created=None))


# --- the published lexicons --------------------------------------------------------


@pytest.fixture
def lexicons(specs: Path) -> Lexicons:
    return Lexicons(specs / "bluesky.lexicons.json")


@pytest.mark.parametrize(
    "post",
    [
        POST,
        replace(POST, content_warning="spoilers, porn"),
        Post(key="k", text="Hi", created=POST.created),
        replace(POST, text="👨‍👩‍👧‍👦" * 100),
    ],
)
def test_the_published_lexicon_agrees(lexicons: Lexicons, post: Post) -> None:
    assert lexicons.check(Bluesky.payload(post), "app.bsky.feed.post") == []


def test_the_lexicon_finds_what_is_wrong(lexicons: Lexicons) -> None:
    record = {**Bluesky.payload(POST), "langs": ["a"] * 4, "text": "a" * 301, "x": 1}
    del record["createdAt"]
    assert sorted(lexicons.check(record, "app.bsky.feed.post")) == [
        "$.createdAt is missing",
        "$.langs",
        "$.text is too long",
        "$.x is unknown",
    ]

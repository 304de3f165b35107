from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.matrix import Matrix
from publisher.testing import ProviderContract

URL = "https://matrix.example.org"
API = f"{URL}/_matrix/client/v3"
ROOM = "!abc:example.org"
SENDS = re.compile(rf"{API}/rooms/%21abc%3Aexample.org/send/m.room.message/\w+\.\d$")
LINK = "https://example.org/tides?a=1&b=2"
PLANNED = datetime(2026, 11, 20, 8, tzinfo=UTC)
POST = Post(
    key="weekly/7/matrix/gezeiten-wälder",
    text=f"Tides & <ferries>\n\n{LINK}\n\n#Ferries",
    card=Card(url=LINK, title="Tides & <ferries>"),
    created=PLANNED,
)
CONTENT = {
    "msgtype": "m.text",
    "body": POST.text,
    "format": "org.matrix.custom.html",
    "formatted_body": "<strong>Tides &amp; &lt;ferries&gt;</strong><br><br>"
    '<a href="https://example.org/tides?a=1&amp;b=2">'
    "https://example.org/tides?a=1&amp;b=2</a><br><br>#Ferries",
    "m.mentions": {},
}
PICTURE = Media(
    content=b"--", media_type="image/png", alt="A ferry", width=640, height=480
)


class TestMatrix(ProviderContract):
    provider = Matrix(URL + "/", Secret("syt_t0ken"), ROOM)
    message = POST
    secrets = ("syt_t0ken",)

    def taken(self, web: RequestsMock, *ids: str) -> None:
        for one in ids:
            web.put(SENDS, json={"event_id": one})

    def bodies(self, web: RequestsMock) -> list[Any]:
        return [
            json.loads(one.request.body or b"")
            for one in web.calls
            if one.request.method == "PUT"
        ]

    def test_send(self, web: RequestsMock) -> None:
        match = [
            json_params_matcher(CONTENT),
            header_matcher({"Authorization": "Bearer syt_t0ken"}),
        ]
        web.put(SENDS, json={"event_id": "$one"}, match=match)
        url = "https://matrix.to/#/%21abc%3Aexample.org/%24one"
        assert self.provider.send(POST) == Receipt("$one", url)

    def test_the_same_key_is_the_same_transaction(self, web: RequestsMock) -> None:
        self.taken(web, "$one")
        for post in (POST, replace(POST, text="other"), replace(POST, key="other")):
            self.provider.send(post)
        first, again, other = [one.request.url for one in web.calls]
        assert first == again != other

    def test_a_room_has_a_name(self, web: RequestsMock) -> None:
        web.get(f"{API}/directory/room/%23ferry%3Aexample.org", json={"room_id": ROOM})
        self.taken(web, "$one")
        named = Matrix("matrix.example.org", Secret("t"), "#ferry:example.org")
        assert named.send(POST).id == "$one"

    def test_a_room_that_is_not_there_stops_the_channel(
        self, web: RequestsMock
    ) -> None:
        said = {"errcode": "M_NOT_FOUND", "error": "Room alias not found"}
        url = f"{API}/directory/room/%23ferry%3Aexample.org"
        web.get(url, json=said, status=404)
        with pytest.raises(Refused, match="no such room"):
            Matrix(URL, Secret("t"), "#ferry:example.org").send(POST)

    def test_a_thread_answers_its_first_part(self, web: RequestsMock) -> None:
        self.taken(web, "$one", "$two", "$three")
        receipt = self.provider.send(replace(POST, thread=("two", "three")))
        assert receipt.id == "$one,$two,$three"
        assert [one.get("m.relates_to") for one in self.bodies(web)] == [
            None,
            {
                "rel_type": "m.thread",
                "event_id": "$one",
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": "$one"},
            },
            {
                "rel_type": "m.thread",
                "event_id": "$one",
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": "$two"},
            },
        ]
        urls = {f"{one.request.url}".rpartition("/")[2] for one in web.calls}
        assert len(urls) == 3

    def test_pictures_are_uploaded_and_say_what_they_show(
        self, web: RequestsMock
    ) -> None:
        upload = f"{URL}/_matrix/media/v3/upload"
        kind = header_matcher({"Content-Type": "image/png"})
        web.post(upload, json={"content_uri": "mxc://example.org/1"}, match=[kind])
        self.taken(web, "$one", "$two", "$three")
        post = replace(POST, media=(PICTURE,), thread=("two",))
        assert self.provider.send(post).id == "$one,$two,$three"
        assert web.calls[0].request.body == b"--"
        assert self.bodies(web)[1] == {
            "msgtype": "m.image",
            "body": "A ferry",
            "filename": "1.png",
            "url": "mxc://example.org/1",
            "info": {"mimetype": "image/png", "size": 2, "w": 640, "h": 480},
            "m.mentions": {},
        }

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"status": 413, "json": {"errcode": "M_TOO_LARGE"}}, Rejected),
            ({"status": 500}, Unavailable),
            ({"status": 200, "json": {}}, Unavailable),
        ],
    )
    def test_a_picture_that_is_not_taken_posted_nothing(
        self, web: RequestsMock, answer: Any, error: type[ProviderError]
    ) -> None:
        web.post(f"{URL}/_matrix/media/v3/upload", **answer)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(replace(POST, media=(PICTURE,)))
        assert type(caught.value) is error

    def test_what_is_warned_of_is_hidden(self) -> None:
        post = Post(key="k", text="It sank", content_warning='a "wreck"')
        content = Matrix.payload(post)
        assert content["body"] == 'CW: a "wreck"\n\nIt sank'
        assert content["formatted_body"] == (
            "CW: a &quot;wreck&quot;<br>"
            '<span data-mx-spoiler="a &quot;wreck&quot;">It sank</span>'
        )

    def test_it_waits_as_its_body_says(self, web: RequestsMock) -> None:
        said = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}
        web.put(SENDS, json=said, status=429)
        with pytest.raises(Throttled) as caught:
            self.provider.send(POST)
        assert caught.value.retry_after == 2.5

    @pytest.mark.parametrize(
        ("status", "code", "error"),
        [
            (401, "M_UNKNOWN_TOKEN", Refused),
            (403, "M_FORBIDDEN", Refused),
            (404, "M_NOT_FOUND", Refused),
            (413, "M_TOO_LARGE", Rejected),
            (400, "M_BAD_JSON", Rejected),
        ],
    )
    def test_its_own_errors(
        self, web: RequestsMock, status: int, code: str, error: type[ProviderError]
    ) -> None:
        web.put(SENDS, json={"errcode": code, "error": "Said"}, status=status)
        with pytest.raises(ProviderError) as caught:
            self.provider.send(POST)
        assert type(caught.value) is error

    def test_an_event_that_is_too_long_is_not_sent(self, web: RequestsMock) -> None:
        with pytest.raises(Rejected, match="60000 bytes"):
            self.provider.send(Post(key="k", text="a" * 30_000))
        longest = Matrix.limits.byte_length or 0
        self.taken(web, "$one")
        for text in ("é" * (longest // 2), "word" * (longest // 4)):
            assert self.provider.send(Post(key="k", text=text)).id == "$one"

    def test_an_edit_replaces_the_texts(self, web: RequestsMock) -> None:
        web.put(re.compile(rf"{API}/rooms/.*"), json={"event_id": "$new"})
        post = replace(POST, media=(PICTURE,), thread=("two",))
        assert self.provider.edit("$one,$two,$three", post).id == "$one,$two,$three"
        first, third = self.bodies(web)
        assert first == {
            **CONTENT,
            "body": f"* {CONTENT['body']}",
            "formatted_body": f"* {CONTENT['formatted_body']}",
            "m.new_content": CONTENT,
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$one"},
        }
        assert third["m.relates_to"]["event_id"] == "$three"
        with pytest.raises(Rejected, match="1 events"):
            self.provider.edit("$one", post)

    def test_what_is_gone_is_deleted(self, web: RequestsMock) -> None:
        path = f"{API}/rooms/%21abc%3Aexample.org/redact"
        gone = {"errcode": "M_NOT_FOUND"}
        web.put(re.compile(rf"{path}/%24two/\w+$"), json=gone, status=404)
        web.put(re.compile(rf"{path}/%24one/\w+$"), json={"event_id": "$r"})
        self.provider.delete("$one,$two")
        assert len(web.calls) == 2

    def test_it_knows_who_it_is(self, web: RequestsMock) -> None:
        web.get(f"{API}/account/whoami", json={"user_id": "@ferry:example.org"})
        web.get(f"{API}/joined_rooms", json={"joined_rooms": [ROOM]})
        found = self.provider.verify()
        assert (found.name, found.remarks) == ("@ferry:example.org", ())
        other = Matrix(URL, Secret("t"), "!other:example.org").verify()
        assert other.remarks == ("it has not joined !other:example.org",)

    # --- a post that was lost longer ago than the homeserver remembers ---

    def recent(self, web: RequestsMock, *events: Json) -> None:
        web.get(f"{API}/account/whoami", json={"user_id": "@ferry:example.org"})
        url = f"{API}/rooms/%21abc%3Aexample.org/messages"
        web.get(url, json={"chunk": [*events]})

    def event(
        self,
        number: str,
        body: str,
        *,
        sender: str = "@ferry:example.org",
        after: timedelta = timedelta(0),
    ) -> Json:
        return {
            "event_id": number,
            "sender": sender,
            "origin_server_ts": int((PLANNED + after).timestamp() * 1000),
            "content": {"msgtype": "m.text", "body": body},
        }

    def test_a_lost_post_is_found(self, web: RequestsMock) -> None:
        other = self.event("$x", POST.text, sender="@other:example.org")
        self.recent(web, other, self.event("$two", "two"), self.event("$1", POST.text))
        found = self.provider.find(replace(POST, thread=("two",)))
        assert found
        assert found.id == "$1,$two"

    def test_an_older_post_of_the_same_words_is_another(
        self, web: RequestsMock
    ) -> None:
        old = self.event("$1", POST.text, after=-timedelta(hours=1))
        self.recent(web, old, {"sender": "x"})
        assert self.provider.find(POST) is None

    def test_half_a_thread_is_for_a_person(self, web: RequestsMock) -> None:
        self.recent(web, self.event("$1", POST.text))
        with pytest.raises(Uncertain, match="1 of this post's 2 events"):
            self.provider.find(replace(POST, thread=("two",)))

    @pytest.mark.parametrize("answer", [{}, [], "x", {"chunk": [7]}])
    def test_a_strange_answer_to_the_question_is_no_answer(
        self, web: RequestsMock, answer: Any
    ) -> None:
        web.get(f"{API}/account/whoami", json={"user_id": "@ferry:example.org"})
        web.get(f"{API}/rooms/%21abc%3Aexample.org/messages", json=answer)
        with pytest.raises(Unavailable):
            self.provider.find(POST)


@given(st.text(max_size=200), st.booleans())
def test_readers_see_the_text_as_it_was_written(text: str, has_warning: bool) -> None:
    post = replace(POST, text=text, content_warning="cw" if has_warning else "")
    made = Matrix.payload(post)["formatted_body"]
    bare = re.sub(r"<(?!br>)[^>]*>", "", made).replace("<br>", "\n")
    assert unescape(bare) == ("CW: cw\n" if has_warning else "") + text
    tags = {one.split()[0].strip("</>") for one in re.findall(r"<[^>]+>", made)}
    assert tags <= {"a", "br", "strong", "span"}


def test_every_part_of_a_thread_is_warned_of() -> None:
    post = replace(POST, thread=("It sank",), content_warning="a wreck")
    assert Matrix.payload(post)["events"][1]["formatted_body"] == (
        'CW: a wreck<br><span data-mx-spoiler="a wreck">It sank</span>'
    )

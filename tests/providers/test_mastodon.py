from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher, query_param_matcher

from publisher.errors import Rejected, Unavailable, Uncertain
from publisher.models import Card, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.mastodon import Mastodon
from publisher.testing import ProviderContract

URL = "https://social.example.org"
LINK = "https://example.org/tides?utm_source=mastodon&utm_medium=social"
PLANNED = datetime(2026, 11, 20, 8, tzinfo=UTC)
POST = Post(
    key="weekly/7/mastodon/gezeiten-wälder",
    text=f"Tides & ferries\n\n{LINK}\n\n#Ferries",
    language="de-AT",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides"),
    content_warning="seasickness",
    created=PLANNED,
)
TAKEN = {"id": "109", "url": f"{URL}/@ferry/109"}


def status(number: str, content: str, *, after: timedelta = timedelta(0)) -> Json:
    created = (PLANNED + after).isoformat().replace("+00:00", "Z")
    url = f"{URL}/@ferry/{number}"
    return {"id": number, "url": url, "created_at": created, "content": content}


class TestMastodon(ProviderContract):
    provider = Mastodon(URL + "/", Secret("t0ken"))
    message = POST
    secrets = ("t0ken",)

    def test_send(self, web: RequestsMock) -> None:
        sent = {
            "status": POST.text,
            "language": "de",
            "spoiler_text": "seasickness",
            "sensitive": True,
            "visibility": "public",
        }
        headers = {
            "Authorization": "Bearer t0ken",
            "Idempotency-Key": "weekly/7/mastodon/gezeiten-w%C3%A4lder",
        }
        web.post(
            f"{URL}/api/v1/statuses",
            json=TAKEN,
            match=[json_params_matcher(sent), header_matcher(headers)],
        )
        assert self.provider.send(POST) == Receipt("109", f"{URL}/@ferry/109")

    def test_a_bare_server_name_is_enough(self, web: RequestsMock) -> None:
        web.post(f"{URL}/api/v1/statuses", json=TAKEN)
        bare = Mastodon("social.example.org", Secret("t0ken"), "unlisted")
        assert bare.send(POST).id == "109"

    def test_its_own_words_reach_the_person(self, web: RequestsMock) -> None:
        said = {"error": "Validation failed: Text character limit of 500 exceeded"}
        web.post(f"{URL}/api/v1/statuses", status=422, json=said)
        with pytest.raises(Rejected, match="Text character limit of 500 exceeded"):
            self.provider.send(POST)

    def recent(self, web: RequestsMock, *statuses: Json) -> None:
        web.get(f"{URL}/api/v1/accounts/verify_credentials", json={"id": "7"})
        wanted = query_param_matcher({"limit": "40", "exclude_reblogs": "true"})
        web.get(f"{URL}/api/v1/accounts/7/statuses", json=[*statuses], match=[wanted])

    def test_a_lost_post_is_found_by_its_text(self, web: RequestsMock) -> None:
        href = LINK.replace("&", "&amp;")
        content = (
            f'<p>Tides &amp; ferries</p><p><a href="{href}" rel="nofollow">'
            '<span class="invisible">https://</span>'
            '<span class="ellipsis">example.org/tides?utm_source=m</span>'
            '<span class="invisible">astodon&amp;utm_medium=social</span></a></p>'
            '<p><a href="https://social.example.org/tags/ferries" class="mention '
            'hashtag">#<span>Ferries</span></a></p>'
        )
        self.recent(web, status("1", "<p>Other</p>"), status("2", content))
        assert self.provider.find(POST) == Receipt("2", f"{URL}/@ferry/2")

    def test_a_lost_post_is_found_by_its_link(self, web: RequestsMock) -> None:
        href = LINK.replace("&", "&amp;")
        self.recent(web, status("2", f'<p>Reworded <a href="{href}">x</a></p>'))
        assert self.provider.find(POST) == Receipt("2", f"{URL}/@ferry/2")

    def test_an_older_post_with_the_same_link_is_another(
        self, web: RequestsMock
    ) -> None:
        old = status("2", f'<a href="{LINK}">x</a>', after=-timedelta(days=1))
        self.recent(web, old)
        assert self.provider.find(POST) is None

    @pytest.mark.parametrize("answer", [{}, [], "x", [{"id": "3"}]])
    def test_a_strange_answer_to_the_question_is_no_answer(
        self, web: RequestsMock, answer: Any
    ) -> None:
        web.get(f"{URL}/api/v1/accounts/verify_credentials", json=answer)
        with pytest.raises(Unavailable):
            self.provider.find(POST)


class TestItsServersLimits:
    """Servers take what they like, from 300 characters to many thousands."""

    me: ClassVar[Json] = {"id": "7", "acct": "ferry", "url": f"{URL}/@ferry"}
    limit: ClassVar[Json] = {"configuration": {"statuses": {"max_characters": 5000}}}

    def asked(self, length: int, *answers: tuple[int, Any]) -> Identity:
        with RequestsMock() as web:
            web.get(f"{URL}/api/v1/accounts/verify_credentials", json=self.me)
            for version, (status, said) in zip("21", answers, strict=False):
                web.get(f"{URL}/api/v{version}/instance", json=said, status=status)
            return Mastodon(URL, Secret("t0ken"), length=length).verify()

    def test_posts_are_written_for_what_the_server_takes(self) -> None:
        assert Mastodon(URL, Secret("t0ken"), length=5000).limits.length == 5000
        assert Mastodon(URL, Secret("t0ken")).limits.length == 500
        assert self.asked(5000, (200, self.limit)).remarks == ()

    def test_a_test_of_the_channel_tells_another_limit(self) -> None:
        (said,) = self.asked(500, (200, self.limit)).remarks
        assert said.startswith("its posts may have 5000 characters, and here")

    def test_a_server_without_the_newer_address_is_asked_at_the_older(self) -> None:
        assert self.asked(5000, (500, {}), (200, self.limit)).remarks == ()
        assert len(self.asked(500, (404, {}), (200, self.limit)).remarks) == 1

    def test_a_server_that_does_not_tell_is_left_alone(self) -> None:
        assert self.asked(500, (200, {}), (200, [])).remarks == ()


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


THREAD = replace(POST, text="One (1/3)", thread=("Two (2/3)", "Three (3/3)"))


class TestThreads:
    provider = Mastodon(URL, Secret("t0ken"))

    def part(self, web: RequestsMock, number: int, **answer: Any) -> None:
        """Expect a part: with its own key, answering the one before."""
        key = "weekly/7/mastodon/gezeiten-w%C3%A4lder" + f"%23{number}" * (number > 1)
        texts = ("", THREAD.text, *THREAD.thread)
        sent = {"status": texts[number]}
        if number > 1:
            sent["in_reply_to_id"] = f"{number - 1}"
        given = {"json": {"id": f"{number}", "url": f"{URL}/@ferry/{number}"}, **answer}
        web.post(
            f"{URL}/api/v1/statuses",
            match=[
                json_params_matcher(sent, strict_match=False),
                header_matcher({"Idempotency-Key": key}),
            ],
            **given,
        )

    def test_each_part_answers_the_one_before(self, web: RequestsMock) -> None:
        for number in (1, 2, 3):
            self.part(web, number)
        assert self.provider.send(THREAD) == Receipt("1,2,3", f"{URL}/@ferry/1")

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_what_is_cut_off_is_open_and_taken_up_again(
        self, web: RequestsMock, status: int
    ) -> None:
        self.part(web, 1)
        self.part(web, 2, status=status, json={"error": "later"})
        with pytest.raises(Uncertain, match="1 of 3 parts"):
            self.provider.send(THREAD)
        web.reset()
        for number in (1, 2, 3):
            self.part(web, number)
        assert self.provider.send(THREAD).id == "1,2,3"

    def test_what_is_rejected_half_way_is_taken_back(self, web: RequestsMock) -> None:
        self.part(web, 1)
        self.part(web, 2)
        self.part(web, 3, status=422, json={"error": "too long"})
        web.delete(f"{URL}/api/v1/statuses/2", json={})
        web.delete(f"{URL}/api/v1/statuses/1", status=404, json={})
        with pytest.raises(Rejected, match="too long"):
            self.provider.send(THREAD)

    @pytest.mark.parametrize("count", [1, 2])
    def test_half_a_thread_is_not_the_whole(
        self, web: RequestsMock, count: int
    ) -> None:
        me = {"id": "7"}
        first = {**status("1", "<p>One (1/3)</p>"), "account": me}
        others = [
            {"id": "9", "in_reply_to_id": "1", "account": {"id": "8"}},
            {"id": "2", "in_reply_to_id": "1", "account": me},
            {"id": "3", "in_reply_to_id": "2", "account": me},
        ]
        web.get(f"{URL}/api/v1/accounts/verify_credentials", json=me)
        web.get(f"{URL}/api/v1/accounts/7/statuses", json=[first])
        shown = {"descendants": others[: count + 1]}
        web.get(f"{URL}/api/v1/statuses/1/context", json=shown)
        if count == 1:
            with pytest.raises(Uncertain, match="2 of 3 parts"):
                self.provider.find(THREAD)
        else:
            assert self.provider.find(THREAD) == Receipt("1,2,3", f"{URL}/@ferry/1")

    def test_an_edit_changes_each_part(self, web: RequestsMock) -> None:
        for number, text in enumerate((THREAD.text, *THREAD.thread), start=1):
            web.get(f"{URL}/api/v1/statuses/{number}", json={"id": f"{number}"})
            web.put(
                f"{URL}/api/v1/statuses/{number}",
                json={"id": f"{number}", "url": f"{URL}/@ferry/{number}"},
                match=[json_params_matcher({"status": text}, strict_match=False)],
            )
        assert self.provider.edit("1,2,3", THREAD).id == "1,2,3"
        with pytest.raises(Rejected, match="3 parts"):
            self.provider.edit("1,2,3", POST)

    def test_an_edit_keeps_the_pictures(self, web: RequestsMock) -> None:
        attached = {"id": "1", "media_attachments": [{"id": "5"}, {"id": "6"}]}
        web.get(f"{URL}/api/v1/statuses/1", json=attached)
        sent = {"status": POST.text, "media_ids": ["5", "6"]}
        match = [json_params_matcher(sent, strict_match=False)]
        web.put(f"{URL}/api/v1/statuses/1", json={"id": "1"}, match=match)
        self.provider.edit("1", POST)

    def test_it_is_taken_back_from_its_end(self, web: RequestsMock) -> None:
        for number in (3, 2, 1):
            web.delete(f"{URL}/api/v1/statuses/{number}", json={})
        self.provider.delete("1,2,3")
        called = [call.request.url for call in web.calls]
        assert [url[-1] for url in called if url] == ["3", "2", "1"]

    def test_the_token_says_whose_it_is(self, web: RequestsMock) -> None:
        me = {"acct": "ferry", "url": f"{URL}/@ferry"}
        web.get(f"{URL}/api/v1/accounts/verify_credentials", json=me)
        assert self.provider.verify() == Identity(name="@ferry", url=f"{URL}/@ferry")


class TestPictures:
    provider = Mastodon(URL, Secret("t0ken"))
    picture = Media(content=b"\x89PNG", media_type="image/png", alt="A lamp")

    def test_they_are_attached_with_what_they_show(self, web: RequestsMock) -> None:
        web.post(f"{URL}/api/v2/media", status=202, json={"id": "5", "url": None})
        web.get(f"{URL}/api/v1/media/5", json={"id": "5", "url": "https://x"})
        sent = {"media_ids": ["5"]}
        match = [json_params_matcher(sent, strict_match=False)]
        web.post(f"{URL}/api/v1/statuses", json=TAKEN, match=match)
        self.provider.send(replace(POST, media=(self.picture,)))
        body = web.calls[0].request.body
        assert isinstance(body, bytes)
        assert b"A lamp" in body
        assert b"\x89PNG" in body

    def test_a_picture_without_an_answer_has_posted_nothing(
        self, web: RequestsMock
    ) -> None:
        web.post(f"{URL}/api/v2/media", status=500, json={"error": "no"})
        with pytest.raises(Unavailable):
            self.provider.send(replace(POST, media=(self.picture,)))


@pytest.mark.parametrize(
    ("tag", "language"), [("en", "en"), ("pt-BR", "pt"), ("zh-TW", "zh-TW")]
)
def test_languages_are_codes_that_mastodon_knows(tag: str, language: str) -> None:
    assert Mastodon.payload(Post(key="k", text="Hi", language=tag)) == {
        "status": "Hi",
        "language": language,
    }


@pytest.mark.parametrize("post", [POST, Post(key="k", text="Hi")])
def test_the_published_document_agrees(specs: Path, post: Post) -> None:
    document = json.loads((specs / "mastodon.json").read_text())
    schema = {**document, "$ref": "#/components/schemas/TextStatus"}
    validator = Draft202012Validator(schema)
    body = {**Mastodon.payload(post), "visibility": "public"}
    assert list(validator.iter_errors(body)) == []
    known = document["components"]["schemas"]
    names = {*known["BaseStatus"]["properties"]}
    names |= {*known["TextStatus"]["allOf"][1]["properties"]}
    assert set(body) <= names
    assert list(validator.iter_errors({"status": 7}))

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher, query_param_matcher

from publisher.errors import Rejected, Unavailable
from publisher.models import Card, Json, Post, Receipt
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

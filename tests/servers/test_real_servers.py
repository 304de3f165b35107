"""Against real servers on loopback, installed once into `~/.cache/publisher-tests`."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.errors import (
    ProviderError,
    Refused,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Card, Document, Mailbox, Media, Post
from publisher.providers import Secret
from publisher.providers.bluesky import Bluesky
from publisher.providers.mastodon import Mastodon
from publisher.providers.smtp import Smtp
from publisher.testing import sample_email
from tests.servers.installed import free_port, running, venv

pytestmark = pytest.mark.servers


# --- mastodon-mock, a Mastodon API server with state, from PyPI --------------------


SEED = """
[[mastodon_mock.seed.accounts]]
username = "ferry"
access_token = "t0ken"
"""
LINK = "https://example.org/tides?utm_source=mastodon&utm_medium=social"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bin_ = venv("mastodon-mock", "mastodon-mock==0.6.1")
    port = free_port()
    config = tmp_path_factory.mktemp("mastodon") / "mock.toml"
    config.write_text(SEED.replace("mastodon_mock.", ""))
    serve = [str(bin_ / "mastodon_mock"), "serve", "--in-memory", "--port", str(port)]
    with running([*serve, "--config", str(config)], port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def mastodon(server: str) -> Mastodon:
    return Mastodon(server, Secret("t0ken"))


@pytest.fixture
def post(request: pytest.FixtureRequest) -> Post:
    name = request.node.name
    return Post(
        key=f"weekly/7/mastodon/{name}",
        text=f"Tides & ferries: {name}\n\n{LINK}\n\n#Ferries",
        language="en",
        hashtags=("Ferries",),
        card=Card(url=LINK, title="Tides"),
        content_warning="seasickness",
        created=datetime.now(UTC),
    )


def shown(mastodon: Mastodon) -> list[Any]:
    me = mastodon._get("/api/v1/accounts/verify_credentials")["id"]
    statuses: list[Any] = mastodon._get(f"/api/v1/accounts/{me}/statuses", limit="40")
    return statuses


def fault(server: str, **effect: Any) -> None:
    rule = {"match": {"methods": ["POST"], "path": "/api/v1/statuses"}, "count": 1}
    url = f"{server}/api/v1/_mock/faults"
    requests.post(url, json={**rule, "effect": effect}, timeout=5).raise_for_status()


def test_a_post_is_published_as_planned(mastodon: Mastodon, post: Post) -> None:
    receipt = mastodon.send(post)
    status = mastodon._get(f"/api/v1/statuses/{receipt.id}")
    assert status["spoiler_text"] == "seasickness"
    assert status["sensitive"] is True
    assert status["language"] == "en"
    assert status["visibility"] == "public"
    assert [tag["name"].lower() for tag in status["tags"]] == ["ferries"]
    assert receipt.url == status["url"]


def test_the_same_key_is_one_status(mastodon: Mastodon, post: Post) -> None:
    before = len(shown(mastodon))
    receipts = {mastodon.send(post) for _ in range(3)}
    assert len(receipts) == 1
    assert len(shown(mastodon)) == before + 1


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


def test_a_thread_is_a_chain_and_is_repeated_edited_and_taken_back(
    mastodon: Mastodon, post: Post
) -> None:
    before = len(shown(mastodon))
    lamp = Media(content=PNG, media_type="image/png", alt="A lamp")
    long = replace(
        post,
        text="One (1/3)",
        thread=("Two (2/3)", "Three (3/3)"),
        card=None,
        media=(lamp,),
    )
    receipt = mastodon.send(long)
    assert mastodon.send(long) == receipt
    assert len(shown(mastodon)) == before + 3
    assert mastodon.find(long) == receipt
    first, second, third = receipt.id.split(",")
    chain = [mastodon._get(f"/api/v1/statuses/{one}") for one in (first, second, third)]
    assert [one["in_reply_to_id"] for one in chain] == [None, first, second]
    (attached,) = chain[0]["media_attachments"]
    assert attached["description"] == "A lamp"
    other = replace(long, thread=("2 (2/3)", "3 (3/3)"))
    assert mastodon.edit(receipt.id, other).id == receipt.id
    assert "3 (3/3)" in mastodon._get(f"/api/v1/statuses/{third}")["content"]
    mastodon.delete(receipt.id)
    mastodon.delete(receipt.id)
    assert len(shown(mastodon)) == before
    assert mastodon.verify().name == "@ferry"


def test_a_thread_that_was_cut_off_is_taken_up_where_it_was(
    mastodon: Mastodon, server: str, post: Post
) -> None:
    before = len(shown(mastodon))
    long = replace(post, text="One (1/2)", thread=("Two (2/2)",), card=None)
    first = mastodon.send(replace(long, thread=()))
    fault(server, type="status", status=503)
    with pytest.raises(Unavailable):  # the first part, again
        mastodon.send(long)
    receipt = mastodon.send(long)
    assert receipt.id.split(",")[0] == first.id
    assert len(shown(mastodon)) == before + 2


def test_a_lost_post_is_found(mastodon: Mastodon, post: Post) -> None:
    assert mastodon.find(replace(post, text="never sent", card=None)) is None
    receipt = mastodon.send(post)
    assert mastodon.find(post) == receipt


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ({"type": "status", "status": 500}, Uncertain),
        ({"type": "malformed"}, Uncertain),
        ({"type": "ratelimit", "headers": {"Retry-After": "9"}}, Throttled),
    ],
)
def test_after_a_fault_the_repeat_is_the_only_status(
    server: str,
    mastodon: Mastodon,
    post: Post,
    effect: dict[str, Any],
    error: type[ProviderError],
) -> None:
    before = len(shown(mastodon))
    fault(server, **effect)
    with pytest.raises(error):
        mastodon.send(post)
    mastodon.send(post)
    assert len(shown(mastodon)) == before + 1


def test_a_wrong_token_is_refused(server: str, post: Post) -> None:
    with pytest.raises(Refused):
        Mastodon(server, Secret("wr0ng")).send(post)


# --- a Bluesky PDS, from npm, on a Node from PyPI ----------------------------------

BLUESKY_POST = Post(
    key="weekly/7/bluesky/tides",
    text="Gezeiten 🌊 am Meer\n\nhttps://example.org/tides\n\n#Ferries #FährTag",
    language="de",
    hashtags=("Ferries", "FährTag"),
    card=Card(url="https://example.org/tides", title="Tides", description="Low."),
    content_warning="nudity, spoilers",
    created=datetime(2026, 11, 20, 8, tzinfo=UTC),
)


@pytest.fixture
def bluesky(pds: Any) -> Bluesky:
    return Bluesky(pds["handle"], Secret(pds["password"]), pds["url"])


def records(pds: Any, collection: str = "app.bsky.feed.post") -> list[Any]:
    wanted = {"repo": pds["handle"], "collection": collection}
    url = f"{pds['url']}/xrpc/com.atproto.repo.listRecords"
    found: list[Any] = requests.get(url, params=wanted, timeout=5).json()["records"]
    return found


def test_the_record_is_stored_as_we_wrote_it(pds: Any, bluesky: Bluesky) -> None:
    receipt = bluesky.send(BLUESKY_POST)
    stored = {one["uri"]: one["value"] for one in records(pds)}
    assert stored[receipt.id] == Bluesky.payload(BLUESKY_POST)


def test_a_post_that_is_put_again_is_the_same_record(
    pds: Any, bluesky: Bluesky
) -> None:
    bluesky.send(BLUESKY_POST)
    before = records(pds)
    again = Bluesky(pds["handle"], Secret(pds["password"]), pds["url"])
    assert again.send(BLUESKY_POST) == bluesky.send(BLUESKY_POST)
    assert records(pds) == before


def test_posts_of_one_issue_stand_beside_each_other(pds: Any, bluesky: Bluesky) -> None:
    before = len(records(pds))
    for name in ("one", "two", "three"):
        bluesky.send(replace(BLUESKY_POST, key=f"weekly/7/bluesky/{name}"))
    assert len(records(pds)) == before + 3


def test_a_thread_stands_once_in_its_order_and_can_be_changed_and_taken_back(
    pds: Any, bluesky: Bluesky
) -> None:
    before = len(records(pds))
    lamp = Media(content=PNG, media_type="image/png", alt="A lamp", width=1, height=1)
    long = replace(
        BLUESKY_POST,
        key="weekly/7/bluesky/thread",
        text="One (1/3)",
        thread=("Two (2/3)", "Three (3/3)"),
        media=(lamp,),
    )
    receipt = bluesky.send(long)
    again = Bluesky(pds["handle"], Secret(pds["password"]), pds["url"])
    assert again.send(long) == receipt
    stored = {one["uri"]: one for one in records(pds)}
    assert len(stored) == before + 3
    first, second, third = (stored[uri] for uri in receipt.id.split(","))
    assert third["value"]["reply"]["root"]["cid"] == first["cid"]
    assert third["value"]["reply"]["parent"]["cid"] == second["cid"]
    (image,) = first["value"]["embed"]["images"]
    assert image["alt"] == "A lamp"
    bluesky.edit(receipt.id, replace(long, thread=("2 (2/3)", "3 (3/3)")))
    texts = {one["uri"]: one["value"]["text"] for one in records(pds)}
    assert texts[third["uri"]] == "3 (3/3)"
    bluesky.delete(receipt.id)
    bluesky.delete(receipt.id)
    assert len(records(pds)) == before
    assert bluesky.verify().name == f"@{pds['handle']}"


def test_an_article_stands_beside_its_post(pds: Any) -> None:
    site = "https://example.org"
    bluesky = Bluesky(pds["handle"], Secret(pds["password"]), pds["url"], site)
    document = Document(
        title="Tides",
        html="<p>High &amp; low</p>",
        summary="Low.",
        url=f"{site}/tides",
        tags=("Ferries",),
        published="2026-11-20T08:00:00",
    )
    lamp = Media(content=PNG, media_type="image/png")
    post = replace(
        BLUESKY_POST,
        key="weekly/7/bluesky/article",
        thread=("Two",),
        document=document,
        thumbnail=lamp,
    )
    receipt = bluesky.send(post)
    assert bluesky.send(post) == receipt
    first, _, uri = receipt.id.split(",")
    posts = {one["uri"]: one for one in records(pds)}
    (stored,) = records(pds, "site.standard.document")
    assert stored["uri"] == uri
    found = stored["value"]
    assert found["bskyPostRef"] == {"uri": first, "cid": posts[first]["cid"]}
    assert found["site"] + found["path"] == document.url
    assert found["textContent"] == "High & low"
    assert found["coverImage"]["mimeType"] == "image/png"
    place = {"collection": "site.standard.document", "rkey": uri.split("/")[-1]}
    again = {**place, "record": found, "validate": True}
    said = bluesky._in_session("com.atproto.repo.putRecord", again)
    assert said["cid"] == stored["cid"]
    bluesky.edit(receipt.id, replace(post, document=replace(document, title="Low")))
    (changed,) = records(pds, "site.standard.document")
    posts = {one["uri"]: one for one in records(pds)}
    assert changed["value"]["title"] == "Low"
    assert changed["value"]["bskyPostRef"]["cid"] == posts[first]["cid"]
    bluesky.delete(receipt.id)
    assert not records(pds, "site.standard.document")


def test_a_card_with_a_picture_is_taken(pds: Any, bluesky: Bluesky) -> None:
    lamp = Media(content=PNG, media_type="image/png")
    post = replace(BLUESKY_POST, key="weekly/7/bluesky/thumb", thumbnail=lamp)
    receipt = bluesky.send(post)
    stored = {one["uri"]: one["value"] for one in records(pds)}
    assert stored[receipt.id]["embed"]["external"]["thumb"]["mimeType"] == "image/png"


def test_a_session_that_is_over_is_opened_anew(bluesky: Bluesky) -> None:
    bluesky.send(BLUESKY_POST)
    bluesky._session["accessJwt"] = "over"
    assert bluesky.send(BLUESKY_POST).id.startswith("at://")


def test_a_wrong_app_password_is_refused(pds: Any) -> None:
    with pytest.raises(Refused, match="refused the login"):
        Bluesky(pds["handle"], Secret("wr0ng"), pds["url"]).send(BLUESKY_POST)


# --- Postfix's smtp-sink -----------------------------------------------------------


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("smtp-sink is not on this machine: it comes with postfix")
    port = free_port()
    serve = [program, "-d", f"{tmp_path}/mail.", f"127.0.0.1:{port}", "100"]
    if os.geteuid() == 0:
        tmp_path.chmod(0o777)
        for above in list(tmp_path.parents)[:2]:
            above.chmod(0o755)
        serve[1:1] = ["-u", "nobody"]
    with running(serve, port):
        yield port, tmp_path


def test_a_hundred_emails_reach_a_postfix_sink(sink: tuple[int, Path]) -> None:
    port, folder = sink
    smtp = Smtp("127.0.0.1", port, security="none")
    for number in range(100):
        email = sample_email(
            key=f"weekly/7/smtp/{number}",
            recipient=Mailbox(f"reader{number}@example.net"),
            subject=f"Tides {number}",
            text="Hello\n.\n",
            message_id=f"{number}@example.org",
        )
        assert smtp.send(email).id
    smtp.close()
    mails = [path.read_text() for path in folder.glob("mail.*")]
    subjects = {re.findall(r"^Subject: (.*)$", mail, re.M)[0] for mail in mails}
    assert subjects == {f"Tides {number}" for number in range(100)}

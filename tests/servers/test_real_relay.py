"""Nostr against nostr-relay, a relay from PyPI; needs the packages of the extra."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import Rejected
from publisher.models import Document, Post
from publisher.providers import Secret
from publisher.providers.nostr import Nostr
from publisher.providers.nostr.relays import opened
from tests.servers.installed import free_port, running, venv

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        find_spec("coincurve") is None or find_spec("websocket") is None,
        reason="coincurve and websocket-client are in the extra nostr",
    ),
]


def settings(folder: Path, port: int) -> Path:
    """Write its config.yaml, which may be JSON."""
    rules = ("is_not_too_large", "is_signed", "is_recent")
    config = {
        "storage": {
            "sqlalchemy.url": f"sqlite+aiosqlite:///{folder}/events.sqlite3",
            "validators": [f"nostr_relay.validators.{one}" for one in rules],
        },
        "gunicorn": {"bind": f"127.0.0.1:{port}", "workers": 1},
        "verification": {"nip05_verification": "disabled"},
        "authentication": {"enabled": False},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bin_ = venv("nostr-relay", "nostr-relay==1.14")
    folder, port = tmp_path_factory.mktemp("nostr"), free_port()
    serve = [str(bin_ / "nostr-relay"), "-c", str(settings(folder, port)), "serve"]
    with running(serve, port, within=60, cwd=folder):
        yield f"ws://127.0.0.1:{port}"


@pytest.fixture
def nostr(relay: str) -> Nostr:
    return Nostr(Secret("11" * 32), relay)


@pytest.fixture
def post(request: pytest.FixtureRequest) -> Post:
    name = request.node.name
    return Post(
        key=f"weekly/7/nostr/{name}",
        text=f"Tides & ferries 🌊 {name}\n\n#Ferries",
        hashtags=("Ferries",),
        content_warning="seasickness",
        created=datetime.now(UTC) - timedelta(minutes=1),
    )


def asked(relay: str, **question: Any) -> list[Any]:
    """What the relay shows to anybody who asks."""
    wire = opened(relay)
    wire.send(json.dumps(["REQ", "ours", question]))
    found = []
    while (said := json.loads(wire.recv()))[0] != "EOSE":
        found.append(said[2])
    wire.close()
    return found


def test_a_note_stands_as_we_wrote_it(relay: str, nostr: Nostr, post: Post) -> None:
    receipt = nostr.send(post)
    (found,) = asked(relay, ids=[receipt.id])
    assert {name: found[name] for name in Nostr.payload(post)} == Nostr.payload(post)


def test_a_repeat_is_the_same_note(relay: str, nostr: Nostr, post: Post) -> None:
    before = len(asked(relay, kinds=[1]))
    assert len({nostr.send(post) for _ in range(3)}) == 1
    assert len(asked(relay, kinds=[1])) == before + 1


def test_a_thread_is_found_by_its_first_part(
    relay: str, nostr: Nostr, post: Post
) -> None:
    first, *rest = nostr.send(replace(post, thread=("two", "three"))).id.split(",")
    found = asked(relay, **{"#e": [first]})
    assert sorted(one["id"] for one in found) == sorted(rest)


def test_a_deleted_note_is_gone(relay: str, nostr: Nostr, post: Post) -> None:
    receipt = nostr.send(post)
    nostr.delete(receipt.id)
    assert asked(relay, ids=[receipt.id]) == []


def test_a_later_article_replaces_the_earlier(
    relay: str, nostr: Nostr, post: Post
) -> None:
    document = Document(title="Tides", html="<p>Low</p>", url="https://example.org/t")
    article = replace(post, document=document)
    receipt = nostr.send(article)
    newer = replace(document, html="<p>High</p>")
    assert nostr.edit(receipt.id, replace(article, document=newer)).id == receipt.id
    assert [one["content"].strip() for one in asked(relay, kinds=[30023])] == ["High"]


def test_a_note_of_long_ago_is_rejected(nostr: Nostr, post: Post) -> None:
    with pytest.raises(Rejected, match="did not take it"):
        nostr.send(replace(post, created=datetime(2020, 1, 1, tzinfo=UTC)))

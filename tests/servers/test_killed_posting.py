"""Kills the real `publisher send` while real servers take its posts: each stands once.

`PUBLISHER_KILLS=200 pytest -m chaos tests/servers/test_killed_posting.py` for more.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers import test_real_room as rooms
from tests.servers import test_real_servers as servers
from tests.servers.installed import free_port, running, venv

pytestmark = pytest.mark.chaos
KILLS = int(os.environ.get("PUBLISHER_KILLS", "4"))
ARTICLES = 12
PATIENCE = 30  # seconds: servers are slow where a machine is busy
SCHEDULE = """\
articles: {since: last issue, at_most: 100}
posts: [{template: short, through: [%s]}]
"""
YAML = """\
site: {name: The Ferry, url: "https://example.org/"}
sender: {address: letters@example.org}
pace: {%s: {per_second: 6}}
"""
ARTICLE = """\
---
title: Article {name}
date: 2026-11-10
canonical: https://example.org/{name}
---

Text of {name}.
"""


@dataclass(frozen=True)
class Network:
    """A real server: how it is configured, and the titles that stand there.

    `newest` is quick, and changes when there is another one.
    """

    name: str
    environ: dict[str, str]
    titles: Callable[[], list[str]]
    newest: Callable[[], str]


@pytest.fixture(scope="module")
def mastodon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    bin_ = venv("mastodon-mock", "mastodon-mock==0.6.1")
    port = free_port()
    config = tmp_path_factory.mktemp("mastodon") / "mock.toml"
    config.write_text(servers.SEED.replace("mastodon_mock.", ""))
    serve = [str(bin_ / "mastodon_mock"), "serve", "--in-memory", "--port", str(port)]
    with running([*serve, "--config", str(config)], port):
        url = f"http://127.0.0.1:{port}"

        def titles() -> list[str]:
            head = {"Authorization": "Bearer t0ken"}
            me = f"{url}/api/v1/accounts/verify_credentials"
            number = requests.get(me, headers=head, timeout=PATIENCE).json()["id"]
            place = f"{url}/api/v1/accounts/{number}/statuses"
            found: list[str] = []
            asked = {"limit": "40"}
            while True:
                answer = requests.get(
                    place, headers=head, params=asked, timeout=PATIENCE
                )
                some = answer.json()
                if not some:
                    return found
                found += [title_in(one["content"]) for one in some]
                asked["max_id"] = some[-1]["id"]

        def newest() -> str:
            head = {"Authorization": "Bearer t0ken"}
            me = f"{url}/api/v1/accounts/verify_credentials"
            number = requests.get(me, headers=head, timeout=PATIENCE).json()["id"]
            place = f"{url}/api/v1/accounts/{number}/statuses?limit=1"
            said = requests.get(place, headers=head, timeout=PATIENCE).json()
            return f"{said[0]['id']}" if said else ""

        environ = {"MASTODON_URL": url, "MASTODON_TOKEN": "t0ken"}
        yield Network("mastodon", environ, titles, newest)


@pytest.fixture(scope="module")
def bluesky(pds: Any) -> Network:
    def titles() -> list[str]:
        place = f"{pds['url']}/xrpc/com.atproto.repo.listRecords"
        wanted = {
            "repo": pds["handle"],
            "collection": "app.bsky.feed.post",
            "limit": "100",
        }
        found: list[str] = []
        while True:
            said = requests.get(place, params=wanted, timeout=PATIENCE).json()
            found += [title_in(one["value"]["text"]) for one in said["records"]]
            if not said.get("cursor") or not said["records"]:
                return found
            wanted["cursor"] = said["cursor"]

    environ = {
        "BLUESKY_URL": pds["url"],
        "BLUESKY_HANDLE": pds["handle"],
        "BLUESKY_PASSWORD": pds["password"],
    }
    return Network("bluesky", environ, titles, lambda: f"{len(titles())}")


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    bin_ = venv("synapse", "matrix-synapse==1.163.0")
    folder, port = tmp_path_factory.mktemp("synapse"), free_port()
    serve = [str(bin_ / "python"), "-m", "synapse.app.homeserver"]
    serve += ["-c", str(rooms.settings(folder, port))]
    make = [*serve, "--generate-keys"]
    subprocess.run(make, check=True, cwd=folder, timeout=60, capture_output=True)
    with running(serve, port, within=60, cwd=folder):
        url = f"http://127.0.0.1:{port}"
        made = rooms.joined(url)

        def titles() -> list[str]:
            path = f"/rooms/{made.room}/messages"
            said = made._get(path, dir="b", limit="900")
            return [
                title_in(one["content"]["body"])
                for one in said["chunk"]
                if one["type"] == "m.room.message"
            ]

        environ = {
            "MATRIX_URL": url,
            "MATRIX_TOKEN": made.token.reveal(),
            "MATRIX_ROOM": made.room,
        }
        yield Network("matrix", environ, titles, lambda: f"{len(titles())}")


def title_in(text: str) -> str:
    found = re.search(r"Article \w+", text)
    assert found, text
    return found[0]


@pytest.fixture(params=["mastodon", "bluesky", "matrix"])
def network(request: pytest.FixtureRequest) -> Network:
    found: Network = request.getfixturevalue(request.param)
    return found


class Owner:
    """A folder with articles, sent by a process that may be killed."""

    def __init__(self, root: Path, network: Network) -> None:
        self.root, self.network = root, network
        self.written = 0
        self.write("publisher.yaml", YAML % network.name)
        self.write("schedules/all.yaml", SCHEDULE % network.name)
        self.write("templates/social/short.txt.j2", "{{ title }} {{ url }}")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def articles(self) -> None:
        for _ in range(ARTICLES):
            name = f"{self.network.name[0]}{self.written}"
            self.written += 1
            self.write(f"articles/{name}.md", ARTICLE.format(name=name))

    def send(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", "send", "all", "--yes"],
            cwd=self.root,
            env={**os.environ, **self.network.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self) -> None:
        """Go on until nothing is left, so that the next issue is another one."""
        with self.send() as process:
            said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said


def test_however_often_it_is_killed_each_post_stands_once(
    network: Network, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311  repeatable on purpose
    owner = Owner(tmp_path, network)
    killed = at_work = 0
    owner.articles()
    while killed < KILLS:
        before = network.newest()
        with owner.send() as process:
            wait_for(chance, process, partial(has_more, network, before))
            if process.poll() is None:
                process.kill()
                killed += 1
                at_work += network.newest() != before
            else:
                process.communicate()
                owner.articles()
    owner.finish()
    assert at_work > killed / 2
    stands = Counter(network.titles())
    wanted = {f"Article {network.name[0]}{at}" for at in range(owner.written)}
    assert {title for title, count in stands.items() if count > 1} == set()
    assert wanted == set(stands)
    verify = [sys.executable, "-m", "publisher", "verify"]
    subprocess.run(verify, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    print(
        f"{network.name}: killed {killed} times, {at_work} of them at work; "
        f"{len(wanted)} posts, each once"
    )


def has_more(network: Network, before: str) -> bool:
    return network.newest() != before


def wait_for(
    chance: random.Random, process: subprocess.Popen[str], has_begun: Callable[[], bool]
) -> None:
    """Let it plan, or mostly until it has posted; then a moment that may be any."""
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.2, 1.5))
        return
    while process.poll() is None and not has_begun():
        time.sleep(0.1)
    time.sleep(chance.uniform(0, 0.5))

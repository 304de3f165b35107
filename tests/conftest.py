"""Closes the network for every test: only loopback and Unix sockets answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

# A busy machine is no reason to fail. Whether a change lands must not depend on chance:
# there the examples are always the same, and everywhere else they are new ones.
settings.register_profile(
    "busy",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=int(os.environ.get("EXAMPLES", "40")),  # the suite has three minutes
)
settings.load_profile("busy")

SPECS = Path(__file__).resolve().parents[2] / "shared" / "specs"


@pytest.fixture(autouse=True)
def _closed_network() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own channels must never be what a test sends through."""
    files = (Path(__file__).parents[1] / "publisher" / "providers").glob("[!_]*")
    prefixes = ("PUBLISHER_", "BOUNCES_", *(f"{one.stem.upper()}_" for one in files))
    for name in list(os.environ):
        if name.startswith(prefixes):
            monkeypatch.delenv(name)


@pytest.fixture
def specs() -> Path:
    """The folder of official provider documents, beside the checkout."""
    if not SPECS.is_dir():
        pytest.skip("the provider documents (../shared/specs) are not on this machine")
    return SPECS


YAML = """\
site:
  name: The Lantern
  url: https://lantern.example.org/
  timezone: Europe/Rome
  postal_address: 1 Harbour Road, Portsend
  archive_url: https://lantern.example.org/letters/{issue}/
sender: {name: The Lantern, address: letters@example.org}
lists: {weekly: The weekly letter}
rules:
  - {tags: [storm], content_warning: storm damage, hashtags: [Weather]}
"""
SCHEDULE = """\
when: Fri 08:00
timezone: Europe/Rome
articles: {since: last issue, at_most: 8}
email: {template: digest, list: weekly}
posts: [{template: announcement, through: [mastodon]}]
"""
ARTICLE = """\
---
title: {title}
date: {date}
tags: [{tags}]
canonical: https://lantern.example.org/{slug}
summary: What {title} is about.
---

The lamp was lit at dusk, and the boats came home by it one after the other.
"""


class Letters:
    """A publisher folder made for one test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("publisher.yaml", YAML)
        self.write("schedules/weekly.yaml", SCHEDULE)
        self.article("first-light", date="2026-11-10")
        self.article("second-wind", date="2026-11-12", tags="storm, sea")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def article(self, slug: str, *, date: str, tags: str = "sea") -> Path:
        title = slug.replace("-", " ").capitalize()
        text = ARTICLE.format(title=title, slug=slug, date=date, tags=tags)
        return self.write(f"articles/{slug}.md", text)

    def messages(self) -> list[Path]:
        """The emails in the outbox."""
        return sorted((self.root / "outbox").rglob("*.eml"))


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    """A folder with two articles, one campaign and no readers."""
    return Letters(tmp_path / "letters")

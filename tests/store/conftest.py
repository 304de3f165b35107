"""Books in a fresh folder, and one issue to write into them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.models import Delivery, Draft, EmailDraft, Issue, PostDraft, Slot
from publisher.store import Books, open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / '.publisher' / 'books.sqlite3'}"


@pytest.fixture
def books(url: str) -> Iterator[Books]:
    with open_books(url) as opened:
        yield opened


@pytest.fixture
def issue() -> Issue:
    return Issue(
        id="weekly/1",
        campaign="weekly",
        number=1,
        articles=("on-bread", "على-الخبز"),
        planned_at=NOW,
        scheduled_at=NOW,
        list="weekly",
        hash="abc",
    )


@pytest.fixture
def drafts() -> dict[str, Draft]:
    email = EmailDraft(
        template="digest",
        subject=("Hello ", Slot("subscriber.first_name", "header", "you", ("upper",))),
        html=("<p>Hi</p>",),
        text=("Hi",),
        articles=("on-bread",),
    )
    post = PostDraft(
        template="announcement", network="mastodon", article="on-bread", text="Bread!"
    )
    return {email.id: email, post.id: post}


@pytest.fixture
def deliveries(drafts: dict[str, Draft]) -> list[Delivery]:
    email, post = drafts
    letters = [
        Delivery(
            key=f"weekly/1/smtp/{number}",
            issue="weekly/1",
            channel="smtp",
            draft=email,
            recipient=f"Reader{number}@example.org",
        )
        for number in (3, 1, 2)
    ]
    one = Delivery(
        key="weekly/1/mastodon/on-bread",
        issue="weekly/1",
        channel="mastodon",
        draft=post,
    )
    return [*letters, one]

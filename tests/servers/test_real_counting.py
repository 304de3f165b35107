"""A real PDS takes each text that we count as fitting, and no other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import requests

from publisher.providers.bluesky import Bluesky
from publisher.units import fits

pytestmark = pytest.mark.chaos  # it takes a minute

TEXTS = 10_000
AT_ONCE = 100  # records in one call


def strings() -> Iterator[str]:
    """Yield texts around the limits: letters, marks, emoji, flags, Hangul, joiners."""
    chance = random.Random(11)  # noqa: S311  the same texts each time
    family = "👩‍👩‍👧‍👦"
    alphabets = [
        ["a", "é", " ", "\n", "x"],
        ["👍", "👍🏽", family, "🇮🇹", "❤️", "1️⃣"],
        ["e\u0301", "ก็", "ক্ষ", "नि", "각", "ᄀ", "\u200d", "🇮"],
        ["海", "ら", "\r\n", "a", "👍", "e\u0301"],
        [family, "a", "b", "c", "d"],
    ]
    for number in range(TEXTS):
        alphabet = alphabets[number % len(alphabets)]
        longest = chance.choice([20, 290, 300, 301, 320])
        size = chance.randrange(max(longest - 4, 1), longest + 4)
        yield "".join(chance.choice(alphabet) for _ in range(size))


def test_ten_thousand_texts_are_counted_as_the_server_counts(pds: Any) -> None:
    login = {"identifier": pds["handle"], "password": pds["password"]}
    url = f"{pds['url']}/xrpc/com.atproto"
    session = requests.post(f"{url}.server.createSession", json=login, timeout=5).json()
    head = {"Authorization": f"Bearer {session['accessJwt']}"}

    def is_taken(texts: Sequence[str]) -> bool:
        """Write them all into a collection of posts, or none of them."""
        writes = [
            {
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": "app.bsky.feed.post",
                "value": {
                    "$type": "app.bsky.feed.post",
                    "text": text,
                    "createdAt": "2026-11-23T12:00:00.000Z",
                },
            }
            for text in texts
        ]
        body = {"repo": session["did"], "validate": True, "writes": writes}
        answer = requests.post(
            f"{url}.repo.applyWrites", json=body, headers=head, timeout=60
        )
        assert answer.status_code in {200, 400}, answer.text
        return answer.status_code == 200

    texts = [*strings()]
    fitting = [one for one in texts if fits(one, Bluesky.limits)]
    others = [one for one in texts if not fits(one, Bluesky.limits)]
    assert len(fitting) > TEXTS / 10 < len(others)
    for start in range(0, len(fitting), AT_ONCE):
        some = fitting[start : start + AT_ONCE]
        wrong = [] if is_taken(some) else [one for one in some if not is_taken([one])]
        assert not wrong
    assert [one for one in others if is_taken([one])] == []

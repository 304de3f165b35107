"""The keys of records: chosen when a post is planned, so that a repeat finds itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from publisher.errors import Rejected
from publisher.models import Post

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


def record_key(post: Post) -> str:
    """Return the record's key: a TID of the planned second and the post's own key.

    https://atproto.com/specs/tid: 53 bits of microseconds, then 10 bits for a clock.
    Below the second both come from the key, so posts planned together stay apart.
    """
    digest = int.from_bytes(hashlib.sha256(post.key.encode()).digest()[:8], "big")
    second = int(planned(post).timestamp())
    micros = second * 1_000_000 + (digest >> 10) % 1_000_000
    number = (micros << 10) | (digest & 0x3FF)
    return "".join(_SORTABLE[(number >> shift) & 31] for shift in range(60, -1, -5))


def planned(post: Post) -> datetime:
    """Return when the post was planned, without which it has no key."""
    if post.created is None:
        raise Rejected("bluesky needs the time at which a post was planned")
    return post.created


def stamp(at: datetime) -> str:
    """Return a moment as records have it."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")

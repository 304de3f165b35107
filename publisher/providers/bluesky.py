"""Bluesky, over the AT protocol.

https://docs.bsky.app/docs/advanced-guides/posts

A record has a key that we choose when the post is planned, and `putRecord` with the
same key and record changes nothing: a post may be repeated for ever. Mentions stay
plain text and cards have no picture: both would need more calls than the post.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from publisher.errors import ProviderError, Refused, Rejected, Unavailable, Uncertain
from publisher.http.call import post_json
from publisher.models import Card, Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret
from publisher.units import count, fits, links

if TYPE_CHECKING:
    from publisher.http.call import Response

COLLECTION = "app.bsky.feed.post"
# https://docs.bsky.app/docs/advanced-guides/moderation#self-labels
SELF_LABELS = ("sexual", "nudity", "porn", "graphic-media")
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


class _Expired(Unavailable):
    """The session is over; the password still is good."""


@dataclass(frozen=True)
class Bluesky:
    """Posts to one account, with an app password."""

    handle: str = field(metadata={"doc": "your handle, ferry.bsky.social"})
    password: Secret = field(
        metadata={"doc": "an app password: Settings > Privacy and security"}
    )
    url: str = field(
        default="https://bsky.social",
        metadata={"doc": "your own PDS, if you have one"},
    )
    _session: Json = field(default_factory=dict, init=False, repr=False, compare=False)

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=300,
        unit="graphemes",
        byte_length=3000,
        per_second=1,  # 1666 posts in an hour
        remembers=timedelta.max,
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the record: what readers' apps will read."""
        labels, words = _warnings(post.content_warning)
        text = f"CW: {words}\n\n{post.text}" if words else post.text
        record: Json = {
            "$type": COLLECTION,
            "text": text,
            "createdAt": _iso(post.created),
        }
        if post.language:
            record["langs"] = [post.language]
        if facets := _facets(text, post.hashtags):
            record["facets"] = facets
        if post.card:
            record["embed"] = _embed(post.card)
        if labels:
            record["labels"] = {
                "$type": "com.atproto.label.defs#selfLabels",
                "values": [{"val": label} for label in labels],
            }
        return record

    def send(self, post: Post) -> Receipt:
        """Put the record where its key says; a repeat finds itself there."""
        record = self.payload(post)
        if not fits(record["text"], self.limits):
            length = count(record["text"], "graphemes")
            raise Rejected(f"bluesky takes 300 characters, and this post has {length}")
        try:
            return self._put(post, record)
        except _Expired:
            self._session.clear()
            return self._put(post, record)

    def _put(self, post: Post, record: Json) -> Receipt:
        if not self._session:
            self._session.update(self._login())
        key = record_key(post)
        answer = self._call(
            "com.atproto.repo.putRecord",
            {
                "repo": self._session["did"],
                "collection": COLLECTION,
                "rkey": key,
                "record": record,
            },
            headers={"Authorization": f"Bearer {self._session['accessJwt']}"},
            verdict=_verdict,
        )
        if "uri" not in answer:
            raise Uncertain("bluesky answered without a record")
        return Receipt(
            answer["uri"], f"https://bsky.app/profile/{self._name}/post/{key}"
        )

    def _login(self) -> Json:
        """Open a session. Nothing was posted yet, so no failure here is uncertain."""
        try:
            session = self._call(
                "com.atproto.server.createSession",
                {"identifier": self._name, "password": self.password.reveal()},
            )
        except Uncertain as error:
            raise Unavailable(error.message) from None
        except (Rejected, Refused) as error:
            raise Refused(
                f"bluesky refused the login for {self._name}: {error.message}",
                hint="Try: make a new app password for BLUESKY_PASSWORD.",
            ) from None
        if not {"did", "accessJwt"} <= set(session):
            raise Unavailable("bluesky answered the login without a session")
        return session

    @property
    def _name(self) -> str:
        return self.handle.strip().lstrip("@")

    def _call(self, method: str, json: Json, **options: Any) -> Json:
        return post_json(
            f"{self.url.strip().rstrip('/')}/xrpc/{method}",
            json,
            provider="bluesky",
            secrets=(self.password,),
            **options,
        )


def record_key(post: Post) -> str:
    """Return the record's key: a TID of the planned second and the post's own key.

    https://atproto.com/specs/tid: 53 bits of microseconds, then 10 bits for a clock.
    Below the second both come from the key, so posts planned together stay apart.
    """
    digest = int.from_bytes(hashlib.sha256(post.key.encode()).digest()[:8], "big")
    second = int(_planned(post.created).timestamp())
    micros = second * 1_000_000 + (digest >> 10) % 1_000_000
    number = (micros << 10) | (digest & 0x3FF)
    return "".join(_SORTABLE[(number >> shift) & 31] for shift in range(60, -1, -5))


def _planned(created: datetime | None) -> datetime:
    if created is None:
        raise Rejected("bluesky needs the time at which a post was planned")
    return created


def _iso(created: datetime | None) -> str:
    at = _planned(created).astimezone(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _warnings(content_warning: str) -> tuple[list[str], str]:
    """Split a warning into the labels that Bluesky knows and words for the rest.

    Words stand above the text: Bluesky has no other place, and none may get lost.
    """
    parts = [part.strip() for part in content_warning.split(",") if part.strip()]
    labels = [label for label in SELF_LABELS if label in map(str.casefold, parts)]
    words = [part for part in parts if part.casefold() not in SELF_LABELS]
    return labels, ", ".join(words)


def _embed(card: Card) -> Json:
    return {
        "$type": "app.bsky.embed.external",
        "external": {
            "uri": card.url,
            "title": card.title,
            "description": card.description,
        },
    }


def _facets(text: str, hashtags: tuple[str, ...]) -> list[Json]:
    """Mark links and hashtags, in UTF-8 bytes; the server checks none of it."""
    parts = [(link.start, link.end, {"link": link.url}) for link in links(text)]
    taken = {place for start, end, _ in parts for place in range(start, end)}
    for tag in dict.fromkeys(hashtags):
        parts += [
            (match.start(), match.end(), {"tag": tag})
            for match in re.finditer(rf"(?<!\w)[#＃]{re.escape(tag)}(?!\w)", text)
            if match.start() not in taken
        ]
    return [_facet(text, *part) for part in sorted(parts, key=lambda part: part[0])]


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> Json:
    ((name, value),) = feature.items()
    place = "uri" if name == "link" else name
    return {
        "index": {
            "byteStart": len(text[:start].encode()),
            "byteEnd": len(text[:end].encode()),
        },
        "features": [{"$type": f"app.bsky.richtext.facet#{name}", place: value}],
    }


def _verdict(response: Response) -> ProviderError | None:
    """Tell an expired session (a 400) from a wrong record (also a 400)."""
    try:
        name = response.json().get("error")
    except (ValueError, AttributeError):
        return None
    if name in {"ExpiredToken", "InvalidToken"}:
        return _Expired("bluesky ended the session")
    return None

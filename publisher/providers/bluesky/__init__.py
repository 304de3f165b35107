"""Bluesky, over the AT protocol.

https://docs.bsky.app/docs/advanced-guides/posts

A record has a key that we choose when the post is planned, and `putRecord` with the
same key and record changes nothing: a post may be repeated for ever. The parts of a
thread have keys of their own, and are written in one call, all of them or none.
Mentions stay plain text: they would need a look-up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from publisher.errors import ProviderError, Refused, Rejected, Unavailable, Uncertain
from publisher.http.call import call, get_json, post_json, read_json
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.bluesky.address import cid
from publisher.providers.bluesky.record import embed, facets, warnings
from publisher.units import count, fits

if TYPE_CHECKING:
    from publisher.http.call import Response

COLLECTION = "app.bsky.feed.post"
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


class _Missing(Rejected):
    """There is no such record."""


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
        hashtag_length=64,
        per_second=1,  # 1666 posts in an hour
        remembers=timedelta.max,
        images=4,
        alt=2000,
        image_bytes=1_000_000,
        has_threads=True,
        has_thumbnail=True,
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the record: what readers' apps will read."""
        labels, words = warnings(post.content_warning)
        text = f"CW: {words}\n\n{post.text}" if words else post.text
        record: Json = {
            "$type": COLLECTION,
            "text": text,
            "createdAt": _iso(post.created),
        }
        if post.language:
            record["langs"] = [post.language]
        if marks := facets(text, post.hashtags):
            record["facets"] = marks
        if post.card:
            record["embed"] = embed(post.card)
        if labels:
            record["labels"] = {
                "$type": "com.atproto.label.defs#selfLabels",
                "values": [{"val": label} for label in labels],
            }
        return record

    def send(self, post: Post) -> Receipt:
        """Put the record where its key says; a repeat finds itself there.

        Of a thread each part answers the one before, and they come all at once.
        """
        keys = [record_key(part) for part in _parts(post)]
        return self._at_once(post, keys) if post.thread else self._written(post, keys)

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Write other records in the place of those that stand there.

        Apps may go on showing what they have read already.
        """
        keys = [uri.rpartition("/")[2] for uri in receipt.split(",")]
        if len(keys) != 1 + len(post.thread):
            raise Rejected(
                f"bluesky has {len(keys)} parts of this post, and its new version has "
                f"{1 + len(post.thread)}",
                hint="Try: delete it, and send the new one.",
            )
        return self._written(post, keys)

    def delete(self, receipt: str) -> None:
        """Take it back, the last part first; what is gone already stays gone."""
        for uri in reversed(receipt.split(",")):
            place = {"collection": COLLECTION, "rkey": uri.rpartition("/")[2]}
            self._in_session("com.atproto.repo.deleteRecord", place)

    def verify(self) -> Identity:
        """Open a session, and say whose it is."""
        session = self._login()
        name = f"{session.get('handle') or self._name}"
        return Identity(name=f"@{name}", url=f"https://bsky.app/profile/{name}")

    def _at_once(self, post: Post, keys: Sequence[str]) -> Receipt:
        """Write all parts of a thread in one call; what is there already is the thread.

        https://docs.bsky.app/docs/api/com-atproto-repo-apply-writes
        """
        records = self._records(post)
        if not self._session:
            self._session.update(self._login())
        base = f"at://{self._session['did']}/{COLLECTION}"
        uris = [f"{base}/{key}" for key in keys]
        if not self._stands(keys[0]):
            refs: list[Json] = []
            for uri, record in zip(uris, records, strict=True):
                if refs:
                    record["reply"] = {"root": refs[0], "parent": refs[-1]}
                refs.append({"uri": uri, "cid": cid(record)})
            self._in_session(
                "com.atproto.repo.applyWrites",
                {"validate": True, "writes": _creations(keys, records)},
            )
        return Receipt(",".join(uris), self._web(keys[0]))

    def _stands(self, key: str) -> bool:
        """Say whether a record is there."""
        place = {"repo": self._session["did"], "collection": COLLECTION, "rkey": key}
        try:
            get_json(
                self._address("com.atproto.repo.getRecord"),
                provider="bluesky",
                params=place,
                verdict=_missing,
            )
        except _Missing:
            return False
        return True

    def _records(self, post: Post) -> list[Json]:
        """Return the records of a post and its thread, with what stands below it."""
        records = [self.payload(part) for part in _parts(post)]
        for record in records:
            _refuse_long(record["text"])
        records[0] |= self._embedded(post)
        return records

    def _web(self, key: str) -> str:
        return f"https://bsky.app/profile/{self._name}/post/{key}"

    def _written(self, post: Post, keys: Sequence[str]) -> Receipt:
        done: list[Json] = []
        for key, record in zip(keys, self._records(post), strict=True):
            if done:
                record["reply"] = {"root": _ref(done[0]), "parent": _ref(done[-1])}
            done.append(self._put(key, record))
        return Receipt(",".join(one["uri"] for one in done), self._web(keys[0]))

    def _put(self, key: str, record: Json) -> Json:
        place = {"collection": COLLECTION, "rkey": key, "record": record}
        answer = self._in_session("com.atproto.repo.putRecord", place)
        if "uri" not in answer:
            raise Uncertain("bluesky answered without a record")
        return answer

    def _embedded(self, post: Post) -> Json:
        """Return what stands below the text: pictures, or the card, and not both."""
        if post.media:
            some = post.media[: self.limits.images]
            return {"embed": _pictures([(one, self._upload(one)) for one in some])}
        if post.card and post.thumbnail:
            card = embed(post.card)
            card["external"]["thumb"] = self._upload(post.thumbnail)
            return {"embed": card}
        return {}

    def _upload(self, media: Media) -> Json:
        """Hand a picture over. It is named by what is in it, so a repeat is the same.

        Nothing is posted by it, so no failure here is uncertain.
        """
        try:
            answer = self._in_session("com.atproto.repo.uploadBlob", media=media)
        except Uncertain as error:
            raise Unavailable(error.message) from None
        if not isinstance(answer.get("blob"), dict):
            raise Unavailable("bluesky answered without a picture")
        blob: Json = answer["blob"]
        return blob

    def _in_session(
        self, method: str, place: Json | None = None, *, media: Media | None = None
    ) -> Json:
        """Call a method as the account, in a new session where the last is over."""
        try:
            return self._as_account(method, place, media)
        except _Expired:
            self._session.clear()
            return self._as_account(method, place, media)

    def _as_account(self, method: str, place: Json | None, media: Media | None) -> Json:
        if not self._session:
            self._session.update(self._login())
        headers = {"Authorization": f"Bearer {self._session['accessJwt']}"}
        if media is None:
            json = {"repo": self._session["did"], **(place or {})}
            return self._call(method, json, headers=headers, verdict=_verdict)
        response = call(
            "POST",
            self._address(method),
            provider="bluesky",
            data=media.content,
            headers={**headers, "Content-Type": media.media_type},
            secrets=(self.password,),
            verdict=_verdict,
        )
        return read_json(response, provider="bluesky")

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

    def _address(self, method: str) -> str:
        return f"{self.url.strip().rstrip('/')}/xrpc/{method}"

    @property
    def _name(self) -> str:
        return self.handle.strip().lstrip("@")

    def _call(self, method: str, json: Json, **options: Any) -> Json:
        return post_json(
            self._address(method),
            json,
            provider="bluesky",
            secrets=(self.password,),
            **options,
        )


def _parts(post: Post) -> list[Post]:
    """Return the parts of a thread as posts of their own; only the first has a card.

    Each is a little younger than the one before. The words of a warning stand above the
    first alone, its labels are those of all.
    """
    labels, _ = warnings(post.content_warning)
    parts = [post]
    for number, text in enumerate(post.thread, start=2):
        later = _planned(post.created) + timedelta(milliseconds=number)
        key = f"{post.key}#{number}"
        part = replace(post, key=key, text=text, created=later, card=None)
        parts.append(replace(part, content_warning=", ".join(labels)))
    return parts


def _refuse_long(text: str) -> None:
    if not fits(text, Bluesky.limits):
        length = count(text, "graphemes")
        raise Rejected(f"bluesky takes 300 characters, and this post has {length}")


def _ref(answer: Json) -> Json:
    return {"uri": answer["uri"], "cid": answer.get("cid", "")}


def _pictures(some: Sequence[tuple[Media, Json]]) -> Json:
    images: list[Json] = []
    for media, blob in some:
        image: Json = {"alt": media.alt[: Bluesky.limits.alt], "image": blob}
        if media.width and media.height:
            image["aspectRatio"] = {"width": media.width, "height": media.height}
        images.append(image)
    return {"$type": "app.bsky.embed.images", "images": images}


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


def _missing(response: Response) -> ProviderError | None:
    """Tell a record that is not there (a 400) from a call that is wrong."""
    try:
        is_missing = response.json().get("error") == "RecordNotFound"
    except (ValueError, AttributeError):
        return None
    return _Missing("bluesky has no such record") if is_missing else None


def _creations(keys: Sequence[str], records: Sequence[Json]) -> list[Json]:
    return [
        {
            "$type": "com.atproto.repo.applyWrites#create",
            "collection": COLLECTION,
            "rkey": key,
            "value": record,
        }
        for key, record in zip(keys, records, strict=True)
    ]


def _verdict(response: Response) -> ProviderError | None:
    """Tell an expired session (a 400) from a wrong record (also a 400)."""
    try:
        name = response.json().get("error")
    except (ValueError, AttributeError):
        return None
    if name in {"ExpiredToken", "InvalidToken"}:
        return _Expired("bluesky ended the session")
    return None

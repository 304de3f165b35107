"""Bluesky, over the AT protocol.

https://docs.bsky.app/docs/advanced-guides/posts

A record has a key that we choose when the post is planned, and `putRecord` with the
same key and record changes nothing: a post may be repeated for ever. The parts of a
thread have keys of their own, and are written in one call, all of them or none.
Mentions stay plain text: they would need a look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Rejected,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, post_json, read_json
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret, whole
from publisher.providers.bluesky import document
from publisher.providers.bluesky.address import cid
from publisher.providers.bluesky.keys import record_key, stamp
from publisher.providers.bluesky.record import (
    COLLECTION,
    cover_of,
    embed,
    parts,
    pictures,
    post_record,
)
from publisher.units import count, fits

if TYPE_CHECKING:
    from publisher.http.call import Response


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
    publication: str = field(
        default="",
        metadata={
            "doc": "at:// address of your site.standard.publication, or your site's "
            "https://; then the article stands beside its post"
        },
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

    def __post_init__(self) -> None:
        if not self.publication:
            return
        if not self.publication.strip().startswith(("at://", "https://")):
            raise ConfigError(
                "bluesky: BLUESKY_PUBLICATION is no address of a publication",
                hint="Try: at://did:plc:.../site.standard.publication/..., or "
                "https://example.org",
            )
        limits = replace(self.limits, has_document=True)
        object.__setattr__(self, "limits", limits)

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the record; of a thread, or with its article, all `records`."""
        records = [post_record(part) for part in parts(post)]
        if post.document:
            records.append(document.record(post.document, post))
        return records[0] if len(records) == 1 else {"records": records}

    def send(self, post: Post) -> Receipt:
        """Put the record where its key says; a repeat finds itself there.

        Of a thread each part answers the one before. Its parts and the article beside
        it come all at once.
        """
        keys = [record_key(part) for part in parts(post)]
        if post.thread or self._site(post):
            return self._at_once(post, keys)
        (done,) = self._written(keys, self._records(post))
        return Receipt(done["uri"], self._web(keys[0]))

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Write other records in the place of those that stand there.

        Apps may go on showing what they have read already.
        """
        places = [_place(uri) for uri in receipt.split(",")]
        keys = [one["rkey"] for one in places if one["collection"] == COLLECTION]
        if len(keys) != 1 + len(post.thread):
            raise Rejected(
                f"bluesky has {len(keys)} parts of this post, and its new version has "
                f"{1 + len(post.thread)}",
                hint="Try: delete it, and send the new one.",
            )
        records = self._records(post)
        first, *_ = self._written(keys, records)
        if len(places) > len(keys) and self._site(post):
            article = self._article(post, records[0], _ref(first))
            changed = {"updatedAt": stamp(datetime.now(UTC))}
            self._put(places[-1]["rkey"], article | changed)
        return Receipt(receipt, self._web(keys[0]))

    def delete(self, receipt: str) -> None:
        """Take it back, the last part first; what is gone already stays gone."""
        for uri in reversed(receipt.split(",")):
            self._in_session("com.atproto.repo.deleteRecord", _place(uri))

    def verify(self) -> Identity:
        """Open a session, and say whose it is."""
        session = self._login()
        name = f"{session.get('handle') or self._name}"
        return Identity(name=f"@{name}", url=f"https://bsky.app/profile/{name}")

    def _at_once(self, post: Post, keys: Sequence[str]) -> Receipt:
        """Write all records in one call; what is there already is all of them.

        https://docs.bsky.app/docs/api/com-atproto-repo-apply-writes
        """
        records = self._records(post)
        if not self._session:
            self._session.update(self._login())
        refs: list[Json] = []
        for key, record in zip(keys, records, strict=True):
            if refs:
                record["reply"] = {"root": refs[0], "parent": refs[-1]}
            refs.append({"uri": self._uri(key, record), "cid": cid(record)})
        if self._site(post):
            keys = [*keys, keys[0]]
            records.append(self._article(post, records[0], refs[0]))
        if not self._stands(keys[0]):
            writes = _creations(keys, records)
            self._in_session("com.atproto.repo.applyWrites", {"writes": writes})
        uris = [self._uri(key, one) for key, one in zip(keys, records, strict=True)]
        return Receipt(",".join(uris), self._web(keys[0]))

    def _uri(self, key: str, record: Json) -> str:
        return f"at://{self._session['did']}/{record['$type']}/{key}"

    def _site(self, post: Post) -> Json:
        """Return where the article stands; empty where no document goes with it."""
        if not (self.publication and post.document):
            return {}
        return document.place(post.document, self.publication)

    def _article(self, post: Post, first: Json, ref: Json) -> Json:
        """Return the article's record, which names its post and has its picture."""
        article = whole(post, "bluesky")
        cover = cover_of(first)
        return {
            **document.record(article, post),
            **self._site(post),
            **({"coverImage": cover} if cover else {}),
            **({"labels": first["labels"]} if "labels" in first else {}),
            "bskyPostRef": ref,
        }

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
        records = [post_record(part) for part in parts(post)]
        for record in records:
            _refuse_long(record["text"])
        records[0] |= self._embedded(post)
        return records

    def _web(self, key: str) -> str:
        return f"https://bsky.app/profile/{self._name}/post/{key}"

    def _written(self, keys: Sequence[str], records: Sequence[Json]) -> list[Json]:
        """Put records where their keys say, each an answer to the one before."""
        done: list[Json] = []
        for key, record in zip(keys, records, strict=True):
            if done:
                record["reply"] = {"root": _ref(done[0]), "parent": _ref(done[-1])}
            done.append(self._put(key, record))
        return done

    def _put(self, key: str, record: Json) -> Json:
        place = {"collection": record["$type"], "rkey": key, "record": record}
        answer = self._in_session("com.atproto.repo.putRecord", place)
        if "uri" not in answer:
            raise Uncertain("bluesky answered without a record")
        return answer

    def _embedded(self, post: Post) -> Json:
        """Return what stands below the text: pictures, or the card, and not both."""
        if post.media:
            some = post.media[: self.limits.images]
            return {"embed": pictures([(one, self._upload(one)) for one in some])}
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


def _refuse_long(text: str) -> None:
    if not fits(text, Bluesky.limits):
        length = count(text, "graphemes")
        raise Rejected(f"bluesky takes 300 characters, and this post has {length}")


def _place(uri: str) -> Json:
    """Return where a record stands, from its at:// address."""
    collection, key = uri.split("/")[-2:]
    return {"collection": collection, "rkey": key}


def _ref(answer: Json) -> Json:
    return {"uri": answer["uri"], "cid": answer.get("cid", "")}


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
            "collection": record["$type"],
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

"""Nostr: signed notes and articles, handed to relays.

https://github.com/nostr-protocol/nips/blob/master/01.md (and 10, 23, 36, 92)

An event's id is made of what it says and of when it was planned, so it may be repeated
for ever: a relay that has it says "duplicate".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any, ClassVar
from urllib.parse import urlsplit

from publisher.errors import ConfigError, ProviderError, Rejected
from publisher.markup import html_to_text
from publisher.models import (
    Document,
    Identity,
    Json,
    Kind,
    Limits,
    Media,
    Post,
    Receipt,
)
from publisher.providers import Secret
from publisher.providers.nostr.keys import encode, secret
from publisher.providers.nostr.relays import hand_over, opened

NOTE, DELETION, ARTICLE = 1, 5, 30023
# NIP-01 writes these as they are, JSON does not: the ids would differ.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Nostr:
    """Posts as the owner of a key, through one relay or several."""

    secret_key: Secret = field(metadata={"doc": "your key: nsec1... or 64 hex digits"})
    relays: str = field(
        metadata={"doc": "where to, wss://relay.example.org; several with commas"}
    )
    long_form: bool = field(
        default=False, metadata={"doc": "yes: whole articles instead of notes"}
    )
    clock: Callable[[], datetime] = field(
        default=_now, repr=False, compare=False, metadata={"setting": False}
    )
    connect: Callable[[str], Any] = field(
        default=opened, repr=False, compare=False, metadata={"setting": False}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        byte_length=32_000,
        images=10,
        has_threads=True,
        per_second=1,
        remembers=timedelta.max,
    )

    def __post_init__(self) -> None:
        """Say at once what is missing; the packages are loaded when one sends."""
        wanted = [one for one in ("coincurve", "websocket") if find_spec(one) is None]
        if wanted:
            raise ConfigError(
                f"the provider nostr needs the package {wanted[0]}",
                hint="Try: pip install 'publisher[nostr]'",
            )
        try:
            secret(self.secret_key.reveal())
        except ValueError:
            raise ConfigError(
                "nostr: NOSTR_SECRET_KEY is no key",
                hint="Try: nsec1..., or its 64 hexadecimal digits.",
            ) from None
        if not self._relays or not all(map(_is_relay, self._relays)):
            raise ConfigError(
                "nostr: NOSTR_RELAYS has no address of a relay, or one that is none",
                hint="Try: wss://relay.example.org",
            )
        if self.long_form:
            limits = replace(self.limits, takes="document", byte_length=None)
            object.__setattr__(self, "limits", limits)

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the event without key and signature; of a thread, all `events`."""
        events = _events(post)
        return events[0] if len(events) == 1 else {"events": events}

    def send(self, post: Post) -> Receipt:
        """Hand it to the relays; a thread's parts name the first and the last one."""
        signed: list[Json] = []
        for event in _events(post):
            tags = [*event["tags"], *_reply(signed)]
            signed.append(self._signed({**event, "tags": tags}))
        hand_over(signed, self._relays, self.connect)
        if post.document:
            return Receipt(self._place(post.document), _address(signed[0]["id"]))
        return Receipt(",".join(one["id"] for one in signed), _address(signed[0]["id"]))

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Put a newer article in the place of the older; notes cannot be changed."""
        if not post.document or receipt != self._place(post.document):
            raise Rejected(
                "nostr: a note cannot be changed",
                hint="Try: delete it, and send the new one.",
            )
        event = self._signed({**_events(post)[0], "created_at": self._second()})
        hand_over([event], self._relays, self.connect)
        return Receipt(receipt, _address(event["id"]))

    def delete(self, receipt: str) -> None:
        """Ask the relays to forget it; what others have copied stays (NIP-09)."""
        if ":" in receipt:
            tags = [["a", receipt], ["k", f"{ARTICLE}"]]
        else:
            tags = [["e", one] for one in receipt.split(",")] + [["k", f"{NOTE}"]]
        event = {
            "kind": DELETION,
            "created_at": self._second(),
            "tags": tags,
            "content": "",
        }
        hand_over([self._signed(event)], self._relays, self.connect)

    def verify(self) -> Identity:
        """Say whose key it is, and which relays cannot be reached."""
        remarks = []
        for url in self._relays:
            try:
                self.connect(url).close()
            except ProviderError as error:
                remarks.append(error.message)
        name = encode("npub", bytes.fromhex(self._owner))
        return Identity(
            name=name, url=f"https://njump.me/{name}", remarks=tuple(remarks)
        )

    # --- keys and time ---

    @property
    def _relays(self) -> list[str]:
        return [one for one in re.split(r"[\s,]+", self.relays) if one]

    @property
    def _owner(self) -> str:
        from coincurve import PublicKeyXOnly

        value = secret(self.secret_key.reveal())
        return PublicKeyXOnly.from_secret(value).format().hex()  # type: ignore[no-any-return, unused-ignore]

    def _place(self, document: Document) -> str:
        """Return where an article is: its newest version is what stands there."""
        return f"{ARTICLE}:{self._owner}:{_name(document)}"

    def _second(self) -> int:
        return int(self.clock().timestamp())

    def _signed(self, event: Json) -> Json:
        """Return the event with its id and its signature (BIP-340)."""
        from coincurve import PrivateKey

        whole = {"pubkey": self._owner, **event}
        number = event_id(whole)
        # Without randomness the same event has the same signature.
        sign: Any = PrivateKey(secret(self.secret_key.reveal())).sign_schnorr
        signature = sign(bytes.fromhex(number), None)
        return {"id": number, **whole, "sig": signature.hex()}


def _is_relay(url: str) -> bool:
    return url.startswith(("wss://", "ws://")) and bool(urlsplit(url).hostname)


def event_id(event: Json) -> str:
    """Return the SHA-256 of an event as NIP-01 writes it."""
    names = ("pubkey", "created_at", "kind", "tags", "content")
    parts = [0, *(event[name] for name in names)]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _address(number: str) -> str:
    return f"https://njump.me/{encode('note', bytes.fromhex(number))}"


# --- what is sent ------------------------------------------------------------------


def _events(post: Post) -> list[Json]:
    if post.document:
        return [_article(post, post.document)]
    text = "\n\n".join([post.text, *(_shown(one) for one in post.media)])
    tags = [["t", tag.lower()] for tag in post.hashtags]
    tags += _warning(post) + [_imeta(one) for one in post.media]
    parts = [_event(post, NOTE, text, tags)]
    return [*parts, *(_event(post, NOTE, one, _warning(post)) for one in post.thread)]


def _event(post: Post, kind: int, content: str, tags: list[list[str]]) -> Json:
    if post.created is None:
        raise Rejected("nostr needs the time at which a post was planned")
    return {
        "kind": kind,
        "created_at": int(post.created.timestamp()),
        "tags": [[_CONTROL.sub("", one) for one in tag] for tag in tags],
        "content": _CONTROL.sub("", content),
    }


def _article(post: Post, document: Document) -> Json:
    """Return a long-form article (NIP-23)."""
    tags = [["d", _name(document)], ["title", document.title]]
    if document.summary:
        tags.append(["summary", document.summary])
    if document.image:
        tags.append(["image", document.image])
    if document.published:
        published = datetime.fromisoformat(document.published)
        aware = published if published.tzinfo else published.replace(tzinfo=UTC)
        tags.append(["published_at", f"{int(aware.timestamp())}"])
    if document.url:
        tags.append(["r", document.url])
    tags += [["t", tag.lower()] for tag in document.tags]
    text = html_to_text(document.html)
    return _event(post, ARTICLE, text, [*tags, *_warning(post)])


def _name(document: Document) -> str:
    """Return what an article is called on the relays; it must never change."""
    last = urlsplit(document.url).path.strip("/").rpartition("/")[2]
    digest = hashlib.sha256((document.url or document.title).encode()).hexdigest()[:8]
    return f"{last}-{digest}" if last else digest


def _warning(post: Post) -> list[list[str]]:
    return [["content-warning", post.content_warning]] if post.content_warning else []


def _shown(media: Media) -> str:
    if not media.url.startswith("http"):
        raise Rejected(
            "nostr shows pictures by their public address, and this one has none"
        )
    return media.url


def _imeta(media: Media) -> list[str]:
    tag = ["imeta", f"url {media.url}", f"m {media.media_type}"]
    return [*tag, f"alt {media.alt}"] if media.alt else tag


def _reply(before: list[Json]) -> list[list[str]]:
    """Name the thread's first event and the last one (NIP-10)."""
    if not before:
        return []
    first, last = before[0], before[-1]
    owner = first["pubkey"]
    tags = [["e", first["id"], "", "root", owner]]
    if last is not first:
        tags.append(["e", last["id"], "", "reply", owner])
    return [*tags, ["p", owner]]

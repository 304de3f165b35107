"""A webhook of your own: a signed JSON POST, as Standard Webhooks describes it.

https://www.standardwebhooks.com; docs/webhook.md shows how a receiver verifies one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from publisher.errors import ProviderError, Refused
from publisher.http.call import call
from publisher.models import Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

GONE = 410
PREFIX = "whsec_"
SHORT = 6  # a shorter part of an address is a word, not a token


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Webhook:
    """Posts to an address of yours.

    A repeat has the same `webhook-id`. Only you know whether your receiver drops it:
    say for how long with `remembers_hours`, and an unknown outcome is then repeated
    instead of being left for a person.
    """

    url: Secret = field(metadata={"doc": "where to post; it may hold a token"})
    secret: Secret = field(
        metadata={"doc": "the signing key, whsec_... or any long random text"}
    )
    remembers_hours: int = field(
        default=0,
        metadata={"doc": "how long your receiver drops a repeated webhook-id"},
    )
    clock: Callable[[], datetime] = field(
        default=_now, repr=False, compare=False, metadata={"setting": False}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits()

    def __post_init__(self) -> None:
        remembers = timedelta(hours=self.remembers_hours)
        object.__setattr__(self, "limits", replace(self.limits, remembers=remembers))

    @staticmethod
    def payload(post: Post) -> Json:
        """Return what the receiver gets."""
        card = post.card
        return {
            "type": "post.published",
            "id": quote(post.key),
            "key": post.key,
            "timestamp": post.created and post.created.isoformat(),
            "text": post.text,
            "language": post.language,
            "hashtags": list(post.hashtags),
            "content_warning": post.content_warning,
            "url": card.url if card else "",
            "title": card.title if card else "",
            "description": card.description if card else "",
            "images": [{"url": one.url, "alt": one.alt} for one in post.images],
        }

    def send(self, post: Post) -> Receipt:
        """Post it, signed; any 2xx is a yes, whatever its body says."""
        body = json.dumps(self.payload(post), ensure_ascii=False).encode()
        call(
            "POST",
            self.url,
            provider="webhook",
            data=body,
            headers={
                "Content-Type": "application/json",
                **self._signed(post.key, body),
            },
            secrets=self._hidden(),
            verdict=_verdict,
        )
        return Receipt(quote(post.key))

    def _hidden(self) -> list[str]:
        """Return what no error may quote: any part of the address may be a token."""
        parts = urlsplit(self.url.reveal())
        secret = self.secret.reveal()
        return [
            secret,
            secret.removeprefix(PREFIX),
            *(part for part in parts.path.split("/") if len(part) >= SHORT),
            *(value for _, value in parse_qsl(parts.query)),
        ]

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        name = quote(key)
        at = str(int(self.clock().timestamp()))
        signed = f"{name}.{at}.".encode() + body
        digest = hmac.new(_key(self.secret.reveal()), signed, hashlib.sha256).digest()
        return {
            "webhook-id": name,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise Refused(
            "webhook: the secret begins with whsec_ but is no base64",
            hint="Try: copy it again into .env.",
        ) from None


def _verdict(response: Response) -> ProviderError | None:
    if response.status_code == GONE:
        return Refused("webhook: the receiver wants no more posts (410)")
    return None

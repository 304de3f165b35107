"""Ghost: the whole article, found again by its slug.

https://docs.ghost.org/admin-api/

A second post of the same slug becomes `-2` there, so the slug is looked up first. The
key signs a token for five minutes (RFC 7519, HS256).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from publisher.errors import (
    Gone,
    ProviderError,
    Refused,
    Rejected,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, read_json
from publisher.http.forms import File, form
from publisher.models import (
    Identity,
    Json,
    Kind,
    Limits,
    Media,
    Post,
    Receipt,
)
from publisher.providers import Secret, whole

if TYPE_CHECKING:
    from publisher.http.call import Response

SECONDS = 300  # that a token lives, at most
LONGEST_TITLE, LONGEST_EXCERPT = 255, 300
HINT = "Try: the Admin API key of a custom integration, id:secret; not the Content one"


class _Stale(Rejected):
    """Somebody else changed it meanwhile."""


@dataclass(frozen=True)
class Ghost:
    """Writes posts of one site; drafts, until you publish them or say so here."""

    url: str = field(metadata={"doc": "your site, https://example.org"})
    key: Secret = field(
        metadata={"doc": "Admin API key: Settings > Integrations > Add, id:secret"}
    )
    status: Literal["draft", "published"] = field(
        default="draft", metadata={"doc": "draft, or published at once"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        takes="document", images=1, alt=191, image_bytes=5_000_000, per_second=2
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post, without whether it is published and its uploaded picture."""
        document = whole(post, "ghost")
        found: Json = {
            "title": document.title[:LONGEST_TITLE],
            "slug": post.slug,
            "html": document.html,
            "tags": [{"name": tag} for tag in document.tags],
        }
        if document.summary:
            found["custom_excerpt"] = document.summary[:LONGEST_EXCERPT]
        if document.url:
            found["canonical_url"] = document.url
        if document.image.startswith("https://") and not post.media:
            found["feature_image"] = document.image
        return {"posts": [found]}

    def send(self, post: Post) -> Receipt:
        """Write the post, after its picture is there."""
        body = self.payload(post)
        body["posts"][0]["status"] = self.status
        if post.media:
            body["posts"][0] |= self._upload(post.media[0])
        answer = self._call("POST", "posts/?source=html", json=body)
        return _receipt(read_json(answer, provider="ghost"))

    def find(self, post: Post) -> Receipt | None:
        """Look the post up by its slug; it is ours where its canonical address is."""
        found = self._by_slug(post.slug)
        if found is None:
            return None
        if (found.get("canonical_url") or "") != whole(post, "ghost").url:
            return None
        return Receipt(f"{found['id']}", f"{found.get('url') or ''}")

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the post; if somebody did meanwhile, once more upon that."""
        body = self.payload(post)
        body["posts"][0].pop("feature_image", None)  # the one that it has stays
        try:
            return self._change(receipt, body)
        except _Stale:
            return self._change(receipt, body)

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already stays gone."""
        try:
            self._call("DELETE", f"posts/{quote(receipt)}/")
        except Gone:
            return

    def verify(self) -> Identity:
        """Ask whose key it is: a key for the content alone cannot write."""
        found = self._get("site/")
        try:
            site = found["site"]
            self._get("posts/?limit=1&fields=id")
            return Identity(name=f"{site['title']}", url=f"{site['url']}")
        except (KeyError, TypeError):
            raise Unavailable("ghost answered something unreadable") from None

    def _change(self, receipt: str, body: Json) -> Receipt:
        known = self._get(f"posts/{quote(receipt)}/?fields=id,updated_at")
        try:
            body["posts"][0]["updated_at"] = known["posts"][0]["updated_at"]
        except (KeyError, TypeError, IndexError):
            raise Unavailable("ghost answered something unreadable") from None
        answer = self._call("PUT", f"posts/{quote(receipt)}/?source=html", json=body)
        return _receipt(read_json(answer, provider="ghost"))

    def _by_slug(self, slug: str) -> Json | None:
        try:
            found = self._get(f"posts/slug/{quote(slug)}/")
            one: Json = found["posts"][0]
        except Gone:
            return None
        except (KeyError, TypeError, IndexError):
            raise Unavailable("ghost answered something unreadable") from None
        return one

    def _upload(self, media: Media) -> Json:
        """Hand a picture over; nothing is posted by it, so nothing is uncertain."""
        name = f"picture.{media.media_type.rpartition('/')[2]}"
        body, content_type = form(
            {"purpose": "image"}, [File("file", name, media.media_type, media.content)]
        )
        try:
            answer = self._call(
                "POST",
                "images/upload/",
                data=body,
                headers={"Content-Type": content_type},
            )
            place = read_json(answer, provider="ghost")["images"][0]["url"]
        except Uncertain as error:
            raise Unavailable(error.message) from None
        except (KeyError, TypeError, IndexError):
            raise Unavailable("ghost answered without a picture") from None
        return {"feature_image": place, "feature_image_alt": media.alt[:191]}

    # --- calls ---

    @property
    def _base(self) -> str:
        return f"{self.url.strip().rstrip('/')}/ghost/api/admin"

    @property
    def _secrets(self) -> list[str]:
        return [self.key.reveal(), self.key.reveal().partition(":")[2]]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Ghost {self._token()}", "Accept-Version": "v5.0"}

    def _token(self) -> str:
        name, _, secret = self.key.reveal().partition(":")
        try:
            key = bytes.fromhex(secret)
        except ValueError:
            key = b""
        if not (name and key):
            raise Refused("ghost: GHOST_KEY is no Admin API key", hint=HINT)
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT", "kid": name}
        body = {"iat": now, "exp": now + SECONDS, "aud": "/admin/"}
        signed = ".".join(_encoded(json.dumps(one).encode()) for one in (head, body))
        mark = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_encoded(mark)}"

    def _call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **m: Any
    ) -> Response:
        return call(
            method,
            f"{self._base}/{path}",
            provider="ghost",
            headers={**self._headers(), **(headers or {})},
            secrets=self._secrets,
            verdict=_verdict,
            **m,
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}/{path}",
            provider="ghost",
            headers=self._headers(),
            secrets=self._secrets,
            verdict=_verdict,
        )


def _verdict(response: Response) -> ProviderError | None:
    match response.status_code:
        case HTTPStatus.NOT_FOUND:
            return Gone("ghost has no such post")
        case HTTPStatus.CONFLICT:
            return _Stale("somebody else changes this post at the same time")
    return None


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _receipt(answer: Json) -> Receipt:
    try:
        one = answer["posts"][0]
        return Receipt(f"{one['id']}", f"{one.get('url') or ''}")
    except (KeyError, TypeError, IndexError):
        raise Uncertain("ghost answered without the id of the post") from None

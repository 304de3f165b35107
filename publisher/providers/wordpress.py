"""WordPress: the whole article, found again by its slug.

https://developer.wordpress.org/rest-api/reference/posts/

WordPress has no field for a canonical address, so the article ends with a link to it.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from publisher.errors import Gone, Unavailable, Uncertain
from publisher.http.call import call, get_json, read_json
from publisher.http.recall import gone
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
from publisher.providers import Secret, whole

if TYPE_CHECKING:
    from publisher.http.call import Response

MOST_TAGS = 20
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL | re.IGNORECASE)
WRITES = "publish_posts"


@dataclass(frozen=True)
class WordPress:
    """Writes posts of one site; drafts, until you publish them or say so here."""

    url: str = field(metadata={"doc": "your site, https://example.org"})
    username: str = field(metadata={"doc": "who writes there"})
    password: Secret = field(
        metadata={"doc": "an application password: Users > Profile, not your own"}
    )
    status: Literal["draft", "publish"] = field(
        default="draft", metadata={"doc": "draft, or publish at once"}
    )
    pretty: bool = field(
        default=True, metadata={"doc": "no, where /wp-json/ is not found there"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        takes="document", images=1, image_bytes=2_000_000, per_second=2
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post, without its tags' and its picture's numbers."""
        document = whole(post, "wordpress")
        found: Json = {
            "title": document.title,
            "slug": post.slug,
            "content": _content(document),
            "excerpt": document.summary,
        }
        return found

    def send(self, post: Post) -> Receipt:
        """Write the post, after its tags and its picture are there."""
        body = {**self.payload(post), "status": self.status}
        try:
            tags = whole(post, "wordpress").tags[:MOST_TAGS]
            if numbers := [self._tag(tag) for tag in tags]:
                body["tags"] = numbers
            if post.media:
                body["featured_media"] = self._upload(post.media[0])
        except Uncertain as error:  # nothing is posted yet
            raise Unavailable(error.message) from None
        answer = self._call("POST", "posts", json=body)
        return _receipt(read_json(answer, provider="wordpress"))

    def find(self, post: Post) -> Receipt | None:
        """Look the post up by its slug; it is ours where it links to the article."""
        asked = {"slug": post.slug, "status": "any", "context": "edit"}
        found = self._get("posts", **asked)
        place = html.escape(whole(post, "wordpress").url)
        try:
            for one in found:
                if place in one["content"]["raw"]:
                    return _receipt(one)
        except (KeyError, TypeError):
            raise Unavailable("wordpress answered something unreadable") from None
        return None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the words; tags, picture and whether it is published stay."""
        answer = self._call("POST", f"posts/{quote(receipt)}", json=self.payload(post))
        return _receipt(read_json(answer, provider="wordpress"))

    def delete(self, receipt: str) -> None:
        """Move it to the trash; what is gone already stays gone."""
        with suppress(Gone):
            self._call("DELETE", f"posts/{quote(receipt)}")

    def verify(self) -> Identity:
        """Ask whose password it is, and whether they may publish."""
        me = self._get("users/me", context="edit")
        if not isinstance(me, dict) or not me.get("name"):
            raise Unavailable("wordpress answered something unreadable")
        can = me.get("capabilities") or {}
        remarks = () if can.get(WRITES) else ("may write drafts only",)
        url = f"{me.get('link') or ''}"
        return Identity(name=f"{me['name']}", url=url, remarks=remarks)

    def _tag(self, name: str) -> int:
        """Return a tag's number; one that is not there is made."""
        try:
            for one in self._get("tags", search=name, per_page="100"):
                if html.unescape(one["name"]).casefold() == name.casefold():
                    return int(one["id"])
            answer = self._call("POST", "tags", json={"name": name})
            return int(read_json(answer, provider="wordpress")["id"])
        except (KeyError, TypeError, ValueError):
            raise Unavailable("wordpress answered something unreadable") from None

    def _upload(self, media: Media) -> int:
        name = f"picture.{media.media_type.rpartition('/')[2]}"
        headers = {
            "Content-Type": media.media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        answer = self._call("POST", "media", data=media.content, headers=headers)
        try:
            number = int(read_json(answer, provider="wordpress")["id"])
        except (KeyError, TypeError, ValueError):
            raise Unavailable("wordpress answered without a picture") from None
        if media.alt:
            self._call("POST", f"media/{number}", json={"alt_text": media.alt})
        return number

    # --- calls ---

    def _place(self, path: str, params: Mapping[str, str]) -> str:
        base, query = self.url.strip().rstrip("/"), urlencode(params)
        if self.pretty:
            return f"{base}/wp-json/wp/v2/{path}{query and '?'}{query}"
        return f"{base}/?rest_route=/wp/v2/{path}{query and '&'}{query}"

    @property
    def _headers(self) -> dict[str, str]:
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Response:
        return call(
            method,
            self._place(path, {}),
            provider="wordpress",
            headers={**self._headers, **(headers or {})},
            secrets=[self.password.reveal()],
            verdict=gone("wordpress has no such post"),
            **more,
        )

    def _get(self, path: str, **params: str) -> Any:
        return get_json(
            self._place(path, params),
            provider="wordpress",
            headers=self._headers,
            secrets=[self.password.reveal()],
        )


def _content(document: Document) -> str:
    """Return the page with a link to where it was published first.

    WordPress makes a break of each line's end, so only preformatted text has any.
    """
    parts = _PREFORMATTED.split(document.html)
    page = "".join(
        part if number % 2 else " ".join(part.split("\n"))
        for number, part in enumerate(parts)
    )
    if not document.url:
        return page
    place = html.escape(document.url)
    return f'{page}\n<p><a rel="canonical" href="{place}">{place}</a></p>'


def _receipt(answer: Json) -> Receipt:
    if not answer.get("id"):
        raise Uncertain("wordpress answered without the id of the post")
    return Receipt(f"{answer['id']}", f"{answer.get('link') or ''}")

"""Tumblr, in its Neue Post Format.

https://www.tumblr.com/docs/en/api/v2#posts---createreblog-a-post-neue-post-format
https://www.tumblr.com/docs/npf

It knows no key for a repeat, so the blog is asked before one. Places in a text are
counted in characters; tags stand beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from publisher.errors import (
    Gone,
    Refused,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, read_json
from publisher.http.forms import File, form
from publisher.http.recall import bare, gone, is_since
from publisher.models import Identity, Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret
from publisher.units import links

if TYPE_CHECKING:
    from publisher.http.call import Response

RECENT = 20
MOST_TAGS = 30
LONGEST_BLOCK = 4096
_HASHTAGS = re.compile(r"\s*(?:#\S+\s*)+")


@dataclass(frozen=True)
class Tumblr:
    """Posts to one blog, as one of its members; the token needs basic and write."""

    token: Secret = field(metadata={"doc": "an OAuth 2 access token of your app"})
    blog: str = field(metadata={"doc": "the blog's name, ferry.tumblr.com"})
    state: Literal["published", "draft", "queue"] = field(
        default="published", metadata={"doc": "published, draft or queue"}
    )
    url: str = field(
        default="https://api.tumblr.com", metadata={"doc": "where its API is"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LONGEST_BLOCK,
        images=30,
        alt=4096,
        image_bytes=20_000_000,
        per_second=0.2,  # 250 in a day
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post, without its state."""
        body: Json = {"content": [*_blocks(post)], "tags": ",".join(_tags(post))}
        if post.card:
            body["source_url"] = post.card.url
        return body

    def send(self, post: Post) -> Receipt:
        """Post it, with its pictures in the same call."""
        body = {**self.payload(post), "state": self.state}
        answer = read_json(self._put("POST", "", body, post), provider="tumblr")
        number = _number(answer)
        if not number:
            raise Uncertain("tumblr answered without the id of the post")
        return self._receipt(number)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the blog's recent ones."""
        found = self._get(f"posts?npf=true&limit={RECENT}")
        try:
            for one in found["response"]["posts"]:
                if _is_same(one, post):
                    return Receipt(
                        f"{one['id_string']}", f"{one.get('post_url') or ''}"
                    )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unavailable("tumblr answered something unreadable") from None
        return None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Put the new version in the place of the old one."""
        body = {**self.payload(post), "state": self.state}
        self._put("PUT", f"/{quote(receipt)}", body, post)
        return self._receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already stays gone."""
        try:
            self._call("POST", "post/delete", data={"id": receipt})
        except Gone:
            return

    def verify(self) -> Identity:
        """Ask whose token it is: the blog must be one of theirs."""
        place = f"{self._root}/user/info"
        found = get_json(place, provider="tumblr", headers=self._headers)
        try:
            user = found["response"]["user"]
            blogs = {f"{one['name']}".casefold(): one for one in user["blogs"]}
        except (KeyError, TypeError):
            raise Unavailable("tumblr answered something unreadable") from None
        own = blogs.get(self.blog.removesuffix(".tumblr.com").casefold())
        if own is None:
            raise Refused(
                "tumblr: TUMBLR_BLOG is none of the blogs of the token's account",
                hint=f"Try: one of {', '.join(blogs) or 'its blogs'}",
            )
        return Identity(name=f"{own['name']}", url=f"{own.get('url') or ''}")

    # --- calls ---

    @property
    def _root(self) -> str:
        return f"{self.url.strip().rstrip('/')}/v2"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _put(self, method: str, path: str, body: Json, post: Post) -> Response:
        if not post.media:
            return self._call(method, f"posts{path}", json=body)
        files = [
            File(f"picture{at}", f"picture{at}", one.media_type, one.content)
            for at, one in enumerate(post.media[: self.limits.images])
        ]
        data, content_type = form({"json": json.dumps(body)}, files)
        headers = {"Content-Type": content_type}
        return self._call(method, f"posts{path}", data=data, headers=headers)

    def _call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **m: Any
    ) -> Response:
        return call(
            method,
            f"{self._root}/blog/{quote(self.blog)}/{path}",
            provider="tumblr",
            headers={**self._headers, **(headers or {})},
            verdict=gone("tumblr has no such post or blog"),
            **m,
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._root}/blog/{quote(self.blog)}/{path}",
            provider="tumblr",
            headers=self._headers,
        )

    def _receipt(self, number: str) -> Receipt:
        name = self.blog.removesuffix(".tumblr.com")
        return Receipt(number, f"https://www.tumblr.com/{name}/{number}")


def _blocks(post: Post) -> Iterator[Json]:
    """Yield the post in blocks: its words, its pictures, and the card below."""
    for number, text in enumerate(_paragraphs(post)):
        block: Json = {"type": "text", "text": text}
        if number == 0 and post.card and text == post.card.title:
            block["subtype"] = "heading1"
        marks = [
            {"start": one.start, "end": one.end, "type": "link", "url": one.url}
            for one in links(text)
        ]
        if marks:
            block["formatting"] = marks
        yield block
    for at, one in enumerate(post.media[: Tumblr.limits.images]):
        media: Json = {"type": one.media_type, "identifier": f"picture{at}"}
        if one.width and one.height:
            media |= {"width": one.width, "height": one.height}
        yield {
            "type": "image",
            "media": [media],
            **({"alt_text": one.alt[:4096]} if one.alt else {}),
        }
    if post.card:
        card = {"type": "link", "url": post.card.url, "title": post.card.title}
        if post.card.description:
            card["description"] = post.card.description
        yield card


def _paragraphs(post: Post) -> list[str]:
    """Return what a reader reads; its hashtags alone are tags, and stand beside it."""
    warning = [f"CW: {post.content_warning}"] if post.content_warning else []
    parts = (one for one in post.text.split("\n\n") if one.strip())
    said = [one for one in parts if not _HASHTAGS.fullmatch(one)]
    return [*warning, *said]


def _tags(post: Post) -> list[str]:
    """Return its hashtags; a comma would part one."""
    return [tag.replace(",", " ") for tag in post.hashtags[:MOST_TAGS]]


def _number(answer: Json) -> str:
    found = answer.get("response")
    return f"{found.get('id') or ''}" if isinstance(found, dict) else ""


def _is_same(found: Json, post: Post) -> bool:
    made = datetime.fromtimestamp(int(found["timestamp"]), UTC)
    if not is_since(made, post.created):
        return False
    texts = [one["text"] for one in found["content"] if one.get("type") == "text"]
    return bare("".join(texts)) == bare("".join(_paragraphs(post)))

"""DEV (dev.to), and every Forem: the whole article, with its own address as canonical.

https://developers.forem.com/api/v1

It knows no key for a repeat, so one's own articles are looked through before one. The
body is the article's HTML, which Forem takes inside of Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from publisher.errors import Unavailable, Uncertain
from publisher.http.call import call, get_json, read_json
from publisher.http.recall import gone
from publisher.models import Identity, Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret, whole

MOST_TAGS = 4
LONGEST_TITLE, LONGEST_DESCRIPTION = 128, 256
RECENT = 100  # of one's own articles
# Forem runs what stands in {% %} and {{ }}; an entity is shown and not run.
_LIQUID = re.compile(r"\{(?=[%{])")


@dataclass(frozen=True)
class DevTo:
    """Writes articles for one account: drafts, unless you say so here."""

    key: Secret = field(
        metadata={"doc": "an API key: dev.to > Settings > Extensions > Generate"}
    )
    status: Literal["draft", "published"] = field(
        default="draft", metadata={"doc": "draft, or published at once"}
    )
    url: str = field(
        default="https://dev.to", metadata={"doc": "dev.to, or another Forem"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(takes="document", per_second=0.3)

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the article, without whether it is published."""
        document = whole(post, "devto")
        article = {
            "title": document.title[:LONGEST_TITLE],
            "body_markdown": _body(document.html),
            "description": document.summary[:LONGEST_DESCRIPTION],
            "tags": _tags(document.tags),
        }
        if document.url:
            article["canonical_url"] = document.url
        if document.image.startswith("https://"):
            article["main_image"] = document.image
        return {"article": article}

    def send(self, post: Post) -> Receipt:
        """Write the article."""
        answer = read_json(self._call("POST", "articles", post), provider="devto")
        return _receipt(answer)

    def find(self, post: Post) -> Receipt | None:
        """Look for the article among one's own, by its canonical address."""
        document = whole(post, "devto")
        mine = self._get(f"articles/me/all?per_page={RECENT}")
        try:
            for one in mine:
                if document.url:
                    is_same = one.get("canonical_url") == document.url
                else:
                    is_same = one.get("title") == document.title[:LONGEST_TITLE]
                if is_same:
                    return _receipt(one)
        except (TypeError, AttributeError):
            raise Unavailable("devto answered something unreadable") from None
        return None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the article; whether it is published stays as it is there."""
        path = f"articles/{receipt}"
        body = self.payload(post)
        return _receipt(
            read_json(self._put(path, body, method="PUT"), provider="devto")
        )

    def verify(self) -> Identity:
        """Ask whose key it is."""
        me = self._get("users/me")
        if not isinstance(me, dict) or not me.get("username"):
            raise Unavailable("devto answered something unreadable")
        name = f"{me['username']}"
        return Identity(name=f"@{name}", url=f"{self._base}/{name}")

    @property
    def _base(self) -> str:
        return self.url.strip().rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "api-key": self.key.reveal(),
            "Accept": "application/vnd.forem.api-v1+json",
        }

    def _call(self, method: str, path: str, post: Post) -> Any:
        body = self.payload(post)
        body["article"]["published"] = self.status == "published"
        return self._put(path, body, method=method)

    def _put(self, path: str, body: Json, *, method: str) -> Any:
        return call(
            method,
            f"{self._base}/api/{path}",
            provider="devto",
            json=body,
            headers=self._headers,
            secrets=[self.key.reveal()],
            verdict=gone("devto has no such article"),
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}/api/{path}",
            provider="devto",
            headers=self._headers,
            secrets=[self.key.reveal()],
        )


def _body(page: str) -> str:
    """Return HTML that Forem shows as it is, a block on a line of its own."""
    return _LIQUID.sub("&#123;", page)


def _tags(tags: tuple[str, ...]) -> list[str]:
    """Return what Forem takes for tags: letters and digits, in small ones.

    >>> _tags(("Open Data", "C#", "海"))
    ['opendata', 'c']
    """
    bare = (re.sub(r"[^a-z0-9]", "", tag.lower()) for tag in tags)
    return list(dict.fromkeys(filter(None, bare)))[:MOST_TAGS]


def _receipt(answer: Json) -> Receipt:
    if not answer.get("id"):
        raise Uncertain("devto answered without the id of the article")
    return Receipt(f"{answer['id']}", f"{answer.get('url') or ''}")

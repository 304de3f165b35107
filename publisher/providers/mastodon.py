"""Mastodon, and what speaks its language.

https://docs.joinmastodon.org/methods/statuses/#create

The link card is made by the server from the first link, so nothing is uploaded. A
content warning counts towards the 500 characters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from publisher.errors import Unavailable, Uncertain
from publisher.http.call import get_json, post_json
from publisher.models import Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret

CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Mastodon:
    """Posts to one account; its token needs write:statuses.

    With read:accounts and read:statuses too, a post whose outcome is unknown can be
    looked up when the hour is over in which the server remembers our key.
    """

    url: str = field(metadata={"doc": "your server, https://mastodon.social"})
    token: Secret = field(
        metadata={"doc": "an access token: Preferences > Development > New application"}
    )
    visibility: Literal["public", "unlisted", "private"] = field(
        default="public", metadata={"doc": "who sees it: public, unlisted or private"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=500,
        unit="mastodon",
        link=23,
        per_second=1,  # 300 in five minutes
        remembers=timedelta(hours=1),
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the status as the API wants it, without the account's visibility."""
        status: Json = {"status": post.text}
        if post.language:
            status["language"] = _language(post.language)
        if post.content_warning:
            status["spoiler_text"] = post.content_warning
            status["sensitive"] = True
        return status

    def send(self, post: Post) -> Receipt:
        """Post it; the same key within the hour answers with the same status."""
        status = post_json(
            f"{self._base}/api/v1/statuses",
            {**self.payload(post), "visibility": self.visibility},
            provider="mastodon",
            headers={**self._headers, "Idempotency-Key": quote(post.key)},
        )
        if not status.get("id"):
            raise Uncertain("mastodon answered without a status")
        return _receipt(status)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the account's own recent ones.

        It is the same if its text is, or if it has the same link and is younger than
        our plan: some servers rewrite a text, none rewrites a link.
        """
        me = self._get("/api/v1/accounts/verify_credentials")
        try:
            path = f"/api/v1/accounts/{me['id']}/statuses"
            recent = self._get(path, limit="40", exclude_reblogs="true")
            return _same(recent, post)
        except (KeyError, TypeError, ValueError):
            raise Unavailable("mastodon answered something unreadable") from None

    @property
    def _base(self) -> str:
        url = self.url.strip().rstrip("/")
        return url if "://" in url else f"https://{url}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _get(self, path: str, **params: str) -> Any:
        return get_json(
            f"{self._base}{path}",
            provider="mastodon",
            headers=self._headers,
            params=params,
        )


def _receipt(status: Json) -> Receipt:
    return Receipt(str(status["id"]), status.get("url") or status.get("uri") or "")


def _language(tag: str) -> str:
    """Return the ISO 639 code: of regions, Mastodon knows only those of Chinese."""
    language = tag.partition("-")[0].lower()
    return tag if language == "zh" else language


def _is_younger(status: Json, created: datetime | None) -> bool:
    if created is None:
        return True
    return datetime.fromisoformat(status["created_at"]) >= created - CLOCKS_DIFFER


def _same(statuses: Iterable[Json], post: Post) -> Receipt | None:
    young = [status for status in statuses if _is_younger(status, post.created)]
    wanted = _bare(post.text)
    for status in young:
        if _bare(_words(status["content"])) == wanted:
            return _receipt(status)
    if post.card is None or post.created is None:
        return None
    for status in young:
        if post.card.url in _links(status["content"]):
            return _receipt(status)
    return None


def _links(content: str) -> list[str]:
    return [html.unescape(url) for url in re.findall(r'href="([^"]+)"', content)]


def _words(content: str) -> str:
    """Return the text of a status; a link's hidden parts are part of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", content))


def _bare(text: str) -> str:
    """Return the text without white space, which servers fold as they like."""
    return re.sub(r"\s+", "", text)

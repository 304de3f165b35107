"""A Facebook page, by its own token.

https://developers.facebook.com/docs/pages-api/posts

It knows no key for a repeat, so a page is asked what it has posted before one. The card
is made by Facebook of the link.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from publisher.errors import Refused, Rejected, Unavailable, Uncertain
from publisher.http import graph
from publisher.http.call import call, get_json, read_json
from publisher.http.forms import File, form
from publisher.http.recall import bare, is_since
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret

RECENT = 25
HINT = "Try: a token of the page, from Graph API Explorer > Page Access Tokens"


@dataclass(frozen=True)
class Facebook:
    """Posts as one page; its token needs pages_manage_posts, pages_read_engagement."""

    token: Secret = field(metadata={"doc": "the page's own access token, not yours"})
    page: str = field(metadata={"doc": "the page's number"})
    version: str = field(
        default="v26.0", metadata={"doc": "of its API; each lives for about two years"}
    )
    url: str = field(
        default="https://graph.facebook.com", metadata={"doc": "where its API is"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=63_206, images=10, image_bytes=10_000_000, per_second=1
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post without its pictures' ids."""
        if post.card and not post.media:
            return {"message": post.text, "link": post.card.url}
        return {"message": post.text}

    def send(self, post: Post) -> Receipt:
        """Post it, after its pictures are there and not yet seen."""
        body = self.payload(post)
        media = [self._upload(one) for one in post.media[: self.limits.images]]
        if media:
            body["attached_media"] = json.dumps([{"media_fbid": one} for one in media])
        answer = read_json(self._post(f"{self.page}/feed", body), provider="facebook")
        if not answer.get("id"):
            raise Uncertain("facebook answered without the id of the post")
        return _receipt(f"{answer['id']}")

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the page's recent ones."""
        fields = "id,message,created_time,permalink_url"
        found = self._get(f"{self.page}/posts?fields={fields}&limit={RECENT}")
        try:
            for one in found["data"]:
                if _is_same(one, post):
                    return Receipt(f"{one['id']}", f"{one.get('permalink_url') or ''}")
        except (KeyError, TypeError, ValueError):
            raise Unavailable("facebook answered something unreadable") from None
        return None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the words; card and pictures stay."""
        self._post(receipt, {"message": post.text})
        return _receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already stays gone."""
        with suppress(Rejected):
            call(
                "DELETE",
                f"{self._base}/{receipt}",
                provider="facebook",
                headers=self._headers,
                verdict=graph.verdict("facebook", [self.token], HINT),
            )

    def verify(self) -> Identity:
        """Ask whose token it is: it must be the page's, not that of a person."""
        me = self._get("me?fields=id,name,link")
        if not isinstance(me, dict) or not me.get("id"):
            raise Unavailable("facebook answered something unreadable")
        if f"{me['id']}" != self.page.strip():
            raise Refused(
                "facebook: the token is not that of the page FACEBOOK_PAGE", hint=HINT
            )
        return Identity(name=f"{me.get('name')}", url=f"{me.get('link') or ''}")

    def version_ends(self) -> date | None:
        """Return the day from which the version is refused, where it is known."""
        return graph.version_ends(self.version)

    def _upload(self, media: Media) -> str:
        """Hand a picture over; nobody sees it yet, so nothing is uncertain."""
        name = f"picture.{media.media_type.rpartition('/')[2]}"
        file = File("source", name, media.media_type, media.content)
        fields = {"published": "false", "alt_text_custom": media.alt}
        body, content_type = form({k: v for k, v in fields.items() if v}, [file])
        try:
            answer = read_json(
                call(
                    "POST",
                    f"{self._base}/{self.page}/photos",
                    provider="facebook",
                    data=body,
                    headers={**self._headers, "Content-Type": content_type},
                    verdict=graph.verdict("facebook", [self.token], HINT),
                ),
                provider="facebook",
            )
        except Uncertain as error:
            raise Unavailable(error.message) from None
        if not answer.get("id"):
            raise Unavailable("facebook answered without a picture")
        return f"{answer['id']}"

    @property
    def _base(self) -> str:
        return f"{self.url.strip().rstrip('/')}/{self.version}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _post(self, path: str, body: Json) -> Any:
        return call(
            "POST",
            f"{self._base}/{path}",
            provider="facebook",
            data=body,
            headers=self._headers,
            verdict=graph.verdict("facebook", [self.token], HINT),
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}/{path}",
            provider="facebook",
            headers=self._headers,
            verdict=graph.verdict("facebook", [self.token], HINT),
        )


def _receipt(number: str) -> Receipt:
    return Receipt(number, f"https://www.facebook.com/{number}")


def _is_same(found: Json, post: Post) -> bool:
    made = datetime.fromisoformat(found["created_time"])
    if not is_since(made, post.created):
        return False
    return bare(found.get("message") or "") == bare(post.text)

"""LinkedIn, for a member or for an organisation's page.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api

It knows no key for a repeat. A page can be asked what it posted; a member cannot, so
there a call without an answer stays uncertain. It scrapes no link: the card is ours.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlsplit

from publisher.errors import (
    ConfigError,
    Gone,
    ProviderError,
    Refused,
    Rejected,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, read_json
from publisher.http.recall import bare, is_since
from publisher.models import (
    Identity,
    Json,
    Kind,
    Limits,
    Login,
    Media,
    Post,
    Receipt,
)
from publisher.providers import Secret
from publisher.providers.linkedin.little import little, plain

if TYPE_CHECKING:
    from publisher.http.call import Response

MEMBER, PAGE = "urn:li:person:", "urn:li:organization:"
VERSION = "202607"
LOOKS, PAUSE = 20, 1.0  # at a picture of a page; seconds between them
RECENT = 20  # posts of a page that are looked through
OUTDATED = HTTPStatus.UPGRADE_REQUIRED
_SEEN = {"": "PUBLIC", "public": "PUBLIC"}


@dataclass(frozen=True)
class LinkedIn:
    """Posts as one member, or as one page."""

    token: Secret = field(
        metadata={"doc": "an access token; publisher channels login linkedin gets one"}
    )
    author: str = field(
        metadata={"doc": "urn:li:person:AbC, or urn:li:organization:123 for a page"}
    )
    version: str = field(
        default=VERSION,
        metadata={"doc": "of its API, a year and a month; each lives for a year"},
    )
    url: str = field(
        default="https://api.linkedin.com", metadata={"doc": "where its API is"}
    )
    client_id: str = field(default="", metadata={"doc": "of your app, for logging in"})
    client_secret: Secret = field(
        default=Secret(""), metadata={"doc": "of your app, for logging in"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=3000,
        per_second=1,
        images=20,
        alt=4086,
        image_pixels=36_152_320,
        image_bytes=20_000_000,
        has_thumbnail=True,
    )
    login: ClassVar[Login] = Login(
        authorize="https://www.linkedin.com/oauth/v2/authorization",
        token="https://www.linkedin.com/oauth/v2/accessToken",  # noqa: S106  where
        scopes=("openid", "profile", "w_member_social"),
        has_pkce=False,
        needs_secret=True,
    )

    def __post_init__(self) -> None:
        if not self.author.startswith((MEMBER, PAGE)):
            raise ConfigError(
                "linkedin: LINKEDIN_AUTHOR names neither a member nor a page",
                hint=f"Try: {PAGE}123, or {MEMBER}AbC",
            )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post without its author and its pictures' ids."""
        content = _content(post)
        return {
            "commentary": little(post.text, post.hashtags),
            "visibility": _SEEN.get(post.visibility, "CONNECTIONS"),
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            **({"content": content} if content else {}),
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }

    def send(self, post: Post) -> Receipt:
        """Post it, after its pictures are there."""
        body = {"author": self.author, **self.payload(post)}
        if self.author.startswith(PAGE):
            body["visibility"] = "PUBLIC"
        self._attach(body, post)
        answer = self._call("POST", "/rest/posts", json=body)
        name = answer.headers.get("x-restli-id") or answer.headers.get("x-linkedin-id")
        if not name:
            raise Uncertain("linkedin answered without the id of the post")
        return _receipt(name)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the page's recent ones; a member's cannot be read."""
        if not self.author.startswith(PAGE):
            raise Uncertain("linkedin shows nobody what a member has posted")
        path = f"/rest/posts?q=author&author={quote(self.author, safe='')}"
        path = f"{path}&count={RECENT}&sortBy=CREATED"
        answer = get_json(
            f"{self._base}{path}",
            provider="linkedin",
            headers={**self._headers, "X-RestLi-Method": "FINDER"},
            verdict=self._verdict,
        )
        try:
            found = [one for one in answer["elements"] if _is_same(one, post)]
            return _receipt(found[0]["id"]) if found else None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unavailable("linkedin answered something unreadable") from None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the words; LinkedIn lets nobody change card and pictures."""
        words = {"commentary": little(post.text, post.hashtags)}
        self._call(
            "POST",
            f"/rest/posts/{quote(receipt, safe='')}",
            json={"patch": {"$set": words}},
            headers={"X-RestLi-Method": "PARTIAL_UPDATE"},
        )
        return _receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already stays gone."""
        try:
            self._call(
                "DELETE",
                f"/rest/posts/{quote(receipt, safe='')}",
                headers={"X-RestLi-Method": "DELETE"},
            )
        except Gone:
            return

    def verify(self) -> Identity:
        """Ask whose token it is, and whether it is that of the author."""
        return self._page() if self.author.startswith(PAGE) else self._member()

    def version_ends(self) -> date | None:
        """Return the day from which the version is refused: a year after its month."""
        found = re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])", self.version)
        return date(int(found[1]) + 1, int(found[2]), 15) if found else None

    # --- who one is ---

    def _member(self) -> Identity:
        me = self._get("/v2/userinfo")
        if not isinstance(me, dict) or not me.get("sub"):
            raise Unavailable("linkedin answered something unreadable")
        if f"{MEMBER}{me['sub']}" != self.author:
            raise Refused(
                "linkedin: the token is that of another member than LINKEDIN_AUTHOR",
                hint=f"Try: LINKEDIN_AUTHOR={MEMBER}{me['sub']}",
            )
        return Identity(name=f"{me.get('name') or me['sub']}")

    def _page(self) -> Identity:
        found = self._get("/rest/organizationAcls?q=roleAssignee&state=APPROVED")
        try:
            roles = [
                one["role"]
                for one in found["elements"]
                if one["organization"] == self.author
            ]
        except (KeyError, TypeError):
            raise Unavailable("linkedin answered something unreadable") from None
        if not roles:
            raise Refused(
                "linkedin: the token's member has no role on the page LINKEDIN_AUTHOR",
                hint="Try: a token of one of its administrators",
            )
        number = self.author.removeprefix(PAGE)
        url = f"https://www.linkedin.com/company/{number}"
        return Identity(
            name=f"page {number}", url=url, remarks=(f"role: {', '.join(roles)}",)
        )

    # --- pictures ---

    def _attach(self, body: Json, post: Post) -> None:
        """Hand the pictures over, and name them in the post."""
        content = body.get("content", {})
        if post.media:
            media = post.media[: self.limits.images]
            named = [{"id": self._upload(one), **_alt(one)} for one in media]
            body["content"] = (
                {"media": named[0]}
                if len(named) == 1
                else {"multiImage": {"images": named}}
            )
        elif "article" in content and post.thumbnail:
            content["article"]["thumbnail"] = self._upload(post.thumbnail)

    def _upload(self, media: Media) -> str:
        """Hand a picture over; nothing is posted by it, so nothing is uncertain."""
        try:
            asked = {"initializeUploadRequest": {"owner": self.author}}
            path = "/rest/images?action=initializeUpload"
            answer = read_json(
                self._call("POST", path, json=asked), provider="linkedin"
            )
            value = answer["value"]
            place, name = f"{value['uploadUrl']}", f"{value['image']}"
            call(
                "PUT",
                place,
                provider="linkedin",
                data=media.content,
                headers={"Content-Type": media.media_type, **self._login_for(place)},
                verdict=self._verdict,
            )
        except Uncertain as error:
            raise Unavailable(error.message) from None
        except (KeyError, TypeError):
            raise Unavailable("linkedin answered something unreadable") from None
        if self.author.startswith(PAGE):
            self._await(name)
        return name

    def _await(self, name: str) -> None:
        """Wait until a page's picture can be shown; a member's cannot be asked for."""
        for _ in range(LOOKS):
            found = self._get(f"/rest/images/{quote(name, safe='')}")
            status = found.get("status") if isinstance(found, dict) else None
            if status == "PROCESSING_FAILED":
                raise Rejected("linkedin cannot read a picture of this post")
            if status == "AVAILABLE":
                return
            time.sleep(PAUSE)
        raise Unavailable("linkedin works on a picture of this post for too long")

    def _login_for(self, place: str) -> Mapping[str, str]:
        """Show the token only to those who gave it."""
        host = urlsplit(place).hostname or ""
        is_theirs = (
            host.endswith(".linkedin.com") or host == urlsplit(self._base).hostname
        )
        return {"Authorization": f"Bearer {self.token}"} if is_theirs else {}

    # --- calls ---

    @property
    def _base(self) -> str:
        return self.url.strip().rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "LinkedIn-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }

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
            f"{self._base}{path}",
            provider="linkedin",
            headers={**self._headers, **(headers or {})},
            verdict=self._verdict,
            **more,
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}{path}",
            provider="linkedin",
            headers=self._headers,
            verdict=self._verdict,
        )

    def _verdict(self, response: Response) -> ProviderError | None:
        if response.status_code == OUTDATED:
            return Refused(
                f"linkedin no longer speaks version {self.version} of its API",
                hint="Try: a newer LINKEDIN_VERSION in .env, such as one of this year",
            )
        if response.status_code == HTTPStatus.NOT_FOUND:
            return Gone("linkedin has no such post")
        return None


def _content(post: Post) -> Json:
    """Return the card, where no picture takes its place."""
    if post.media:
        return {}
    if post.card is None:
        return {}
    card = {"source": post.card.url, "title": post.card.title[:400]}
    if post.card.description:
        card["description"] = post.card.description[:4086]
    return {"article": card}


def _alt(media: Media) -> Json:
    return {"altText": media.alt} if media.alt else {}


def _receipt(name: str) -> Receipt:
    return Receipt(name, f"https://www.linkedin.com/feed/update/{name}/")


def _is_same(found: Json, post: Post) -> bool:
    """Say whether a post of the page is this one: its words, or its card since then."""
    made = datetime.fromtimestamp(int(found["createdAt"]) / 1000, UTC)
    if not is_since(made, post.created):
        return False
    if bare(plain(found.get("commentary") or "")) == bare(post.text):
        return True
    source = found.get("content", {}).get("article", {}).get("source")
    return bool(post.card and post.created and source == post.card.url)

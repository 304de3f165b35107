"""Mastodon, and what speaks its language.

https://docs.joinmastodon.org/methods/statuses/#create

The link card is made by the server from the first link, and only where no picture is
attached. A content warning counts towards the characters. The parts of a thread
have a key each, so one that was cut off is taken up where it was.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from publisher.errors import Gone, ProviderError, Rejected, Unavailable, Uncertain
from publisher.http.call import call, get_json, post_json, read_json
from publisher.http.forms import File, form
from publisher.http.recall import bare, gone, is_since
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret

LENGTH = 500  # where the server says nothing else
LOOKS, PAUSE = 20, 1.0  # at a picture that is being worked on; seconds between them


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
    length: int = field(
        default=LENGTH,
        metadata={
            "doc": "how many characters your server takes; channels test tells it"
        },
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LENGTH,
        unit="mastodon",
        link=23,
        per_second=1,  # 300 in five minutes
        remembers=timedelta(hours=1),
        images=4,
        alt=1500,
        image_bytes=16_000_000,
        image_pixels=33_000_000,
        has_threads=True,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", replace(self.limits, length=self.length))

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the status as the API wants it, without the account's visibility."""
        status: Json = {"status": post.text}
        if post.language:
            status["language"] = _language(post.language)
        if post.content_warning:
            status["spoiler_text"] = post.content_warning
            status["sensitive"] = True
        if post.visibility:
            status["visibility"] = post.visibility
        return status

    def send(self, post: Post) -> Receipt:
        """Post it; the same key within the hour answers with the same status.

        Of a thread each part answers the one before.
        """
        media = [self._upload(one) for one in post.media[: self.limits.images]]
        done = [self._put(post, {"media_ids": media} if media else {}, post.key)]
        for number, text in enumerate(post.thread, start=2):
            answer = {"in_reply_to_id": done[-1]["id"]}
            part = replace(post, text=text)
            try:
                done.append(self._put(part, answer, f"{post.key}#{number}"))
            except Rejected:
                for status in reversed(done):
                    self.delete(f"{status['id']}")
                raise
            except ProviderError as error:
                raise _cut_off(len(done), post, error) from None
        return _receipt(done)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the account's own recent ones.

        It is the same if its text is, or if it has the same link and is younger than
        our plan: some servers rewrite a text, none rewrites a link.
        """
        me = self._get("/api/v1/accounts/verify_credentials")
        try:
            path = f"/api/v1/accounts/{me['id']}/statuses"
            recent = self._get(path, limit="40", exclude_reblogs="true")
            found = _same(recent, post)
            if found is None:
                return None
            if not post.thread:
                return _receipt([found])
            context = self._get(f"/api/v1/statuses/{found['id']}/context")
            parts = _chained(found, context["descendants"])
        except (KeyError, TypeError, ValueError):
            raise Unavailable("mastodon answered something unreadable") from None
        if len(parts) <= len(post.thread):
            raise _cut_off(len(parts), post, None)
        return _receipt(parts[: 1 + len(post.thread)])

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change what stands there, part by part.

        https://docs.joinmastodon.org/methods/statuses/#edit
        """
        ids, texts = receipt.split(","), (post.text, *post.thread)
        if len(ids) != len(texts):
            raise Rejected(
                f"mastodon has {len(ids)} parts of this post, and its new version has "
                f"{len(texts)}",
                hint="Try: delete it, and send the new one.",
            )
        changed = [
            post_json(
                f"{self._base}/api/v1/statuses/{number}",
                self.payload(replace(post, text=text, visibility=""))
                | self._kept(number),
                method="PUT",
                provider="mastodon",
                headers=self._headers,
            )
            for number, text in zip(ids, texts, strict=True)
        ]
        return _receipt(changed)

    def _kept(self, number: str) -> Json:
        """Name the pictures that a status has: what is not named is taken away."""
        status = self._get(f"/api/v1/statuses/{number}")
        media = status.get("media_attachments") if isinstance(status, dict) else None
        return {"media_ids": [one["id"] for one in media]} if media else {}

    def delete(self, receipt: str) -> None:
        """Take it back, the last part first; what is gone already stays gone."""
        for number in reversed(receipt.split(",")):
            with suppress(Gone):
                call(
                    "DELETE",
                    f"{self._base}/api/v1/statuses/{number}",
                    provider="mastodon",
                    headers=self._headers,
                    verdict=gone("mastodon has no such post"),
                )

    def verify(self) -> Identity:
        """Ask whose token it is."""
        me = self._get("/api/v1/accounts/verify_credentials")
        if not isinstance(me, dict) or not me.get("acct"):
            raise Unavailable("mastodon answered something unreadable")
        return Identity(
            name=f"@{me['acct']}",
            url=f"{me.get('url') or ''}",
            remarks=tuple(self._other_limits()),
        )

    def _other_limits(self) -> Iterator[str]:
        """Say where the server's limit is not the one that posts are written for."""
        for version in ("v2", "v1"):  # older servers, and some others, have only v1
            try:
                said = self._get(f"/api/{version}/instance")
                most = int(said["configuration"]["statuses"]["max_characters"])
            except (ProviderError, KeyError, TypeError, ValueError):
                continue
            if most != self.length:
                yield (
                    f"its posts may have {most} characters, and here they are written "
                    f"for {self.length}: set its LENGTH in .env"
                )
            return

    def _put(self, post: Post, more: Json, key: str) -> Json:
        visibility = {"visibility": self.visibility}
        status = post_json(
            f"{self._base}/api/v1/statuses",
            {**visibility, **self.payload(post), **more},
            provider="mastodon",
            headers={**self._headers, "Idempotency-Key": quote(key)},
        )
        if not status.get("id"):
            raise Uncertain("mastodon answered without a status")
        return status

    def _upload(self, media: Media) -> str:
        """Hand a picture over, and wait until it can be attached.

        Nothing is posted by it, so no failure here is uncertain.
        """
        name = f"picture.{media.media_type.rpartition('/')[2]}"
        file = File("file", name, media.media_type, media.content)
        alt = media.alt[: self.limits.alt]
        body, content_type = form({"description": alt}, [file])
        try:
            answer = read_json(
                call(
                    "POST",
                    f"{self._base}/api/v2/media",
                    provider="mastodon",
                    data=body,
                    headers={**self._headers, "Content-Type": content_type},
                ),
                provider="mastodon",
            )
        except Uncertain as error:
            raise Unavailable(error.message) from None
        number = f"{answer.get('id') or ''}"
        for _ in range(LOOKS):
            if not number or answer.get("url"):
                break
            time.sleep(PAUSE)
            answer = self._get(f"/api/v1/media/{number}")
        if not number:
            raise Unavailable("mastodon answered without a picture")
        return number

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


def _receipt(parts: Sequence[Json]) -> Receipt:
    """Return the ids of all parts, and the address of the first."""
    url = parts[0].get("url") or parts[0].get("uri") or ""
    return Receipt(",".join(f"{one['id']}" for one in parts), url)


def _cut_off(done: int, post: Post, error: ProviderError | None) -> Uncertain:
    why = f", and then: {error.message}" if error else ""
    return Uncertain(f"mastodon has {done} of {1 + len(post.thread)} parts{why}")


def _chained(first: Json, others: Sequence[Json]) -> list[Json]:
    """Return a post with its own answers to itself, each to the one before."""
    mine = first["account"]["id"]
    parts = [first]
    while after := [
        one
        for one in others
        if one.get("in_reply_to_id") == parts[-1]["id"] and one["account"]["id"] == mine
    ]:
        parts.append(after[0])
    return parts


def _language(tag: str) -> str:
    """Return the ISO 639 code: of regions, Mastodon knows only those of Chinese."""
    language = tag.partition("-")[0].lower()
    return tag if language == "zh" else language


def _is_younger(status: Json, created: datetime | None) -> bool:
    return is_since(datetime.fromisoformat(status["created_at"]), created)


def _same(statuses: Iterable[Json], post: Post) -> Json | None:
    young = [status for status in statuses if _is_younger(status, post.created)]
    wanted = bare(post.text)
    for status in young:
        if bare(_words(status["content"])) == wanted:
            return status
    if post.card is None or post.created is None:
        return None
    for status in young:
        if post.card.url in _links(status["content"]):
            return status
    return None


def _links(content: str) -> list[str]:
    return [html.unescape(url) for url in re.findall(r'href="([^"]+)"', content)]


def _words(content: str) -> str:
    """Return the text of a status; a link's hidden parts are part of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", content))

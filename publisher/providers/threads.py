"""Threads: a container first, which nobody sees, and then its publication.

https://developers.facebook.com/docs/threads/posts

The first hashtag of a text is its topic. A container that was made and not published is
forgotten after a day, so making one is never in doubt. Publishing is: there the account
is asked what it has posted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from publisher.errors import ProviderError, Rejected, Unavailable, Uncertain
from publisher.http import graph
from publisher.http.call import call, get_json, read_json
from publisher.http.chain import put_all
from publisher.http.recall import bare, is_since
from publisher.models import Identity, Json, Kind, Limits, Login, Post, Receipt, unique
from publisher.providers import Secret
from publisher.units import links

RECENT = 25
MOST_LINKS = 5  # it refuses more in one post
LOOKS, PAUSE = 20, 1.0  # at a container that is worked on; seconds between them
HINT = "Try: publisher channels login threads"


@dataclass(frozen=True)
class Threads:
    """Posts as one account; its token needs threads_basic, threads_content_publish."""

    token: Secret = field(
        metadata={"doc": "an access token; publisher channels login threads gets one"}
    )
    user: str = field(default="me", metadata={"doc": "the account's number, or me"})
    url: str = field(
        default="https://graph.threads.net/v1.0", metadata={"doc": "where its API is"}
    )
    client_id: str = field(default="", metadata={"doc": "of your app, for logging in"})
    client_secret: Secret = field(
        default=Secret(""), metadata={"doc": "of your app, for logging in"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=500,
        unit="threads",
        hashtags=1,
        hashtag_length=50,
        images=20,
        alt=1000,
        image_bytes=8_000_000,
        has_threads=True,
        per_second=0.5,  # 250 in a day
    )
    login: ClassVar[Login] = Login(
        authorize="https://threads.net/oauth/authorize",
        token="https://graph.threads.net/oauth/access_token",  # noqa: S106  where
        scopes=("threads_basic", "threads_content_publish"),
        separator=",",
        has_pkce=False,
        needs_secret=True,
        exchange=("https://graph.threads.net/access_token", "th_exchange_token"),
        renewal=("https://graph.threads.net/refresh_access_token", "th_refresh_token"),
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the first container, without the ids of its pictures' own."""
        body: Json = {"media_type": "TEXT", "text": post.text}
        pictures = _pictures(post)
        if len(pictures) == 1:
            body = {**body, "media_type": "IMAGE", **pictures[0]}
        elif pictures:
            body |= {"media_type": "CAROUSEL", "children": pictures}
        elif post.card:
            body["link_attachment"] = post.card.url
        return body

    def send(self, post: Post) -> Receipt:
        """Post it; the parts of a thread answer each other."""
        _refuse_links(post)
        puts = [partial(self._put, self.payload(post))]
        puts += [
            partial(self._put, {"media_type": "TEXT", "text": text})
            for text in post.thread
        ]
        ids = put_all(puts, self.delete, provider="threads")
        return Receipt(",".join(ids), self._address(ids[0]))

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the account's recent ones."""
        fields = "id,text,timestamp,permalink"
        found = self._get(f"{self.user}/threads?fields={fields}&limit={RECENT}")
        try:
            same = [one for one in found["data"] if _is_same(one, post)]
        except (KeyError, TypeError, ValueError):
            raise Unavailable("threads answered something unreadable") from None
        if not same:
            return None
        if post.thread:
            raise Uncertain("threads has its first part; look there for the others")
        return Receipt(f"{same[0]['id']}", f"{same[0].get('permalink') or ''}")

    def delete(self, receipt: str) -> None:
        """Take it back, the last part first; what is gone already stays gone."""
        for number in reversed(receipt.split(",")):
            with suppress(Rejected):
                self._call("DELETE", number, {})

    def verify(self) -> Identity:
        """Ask whose token it is, and how many posts it may still make today."""
        me = self._get(f"{self.user}?fields=id,username")
        if not isinstance(me, dict) or not me.get("username"):
            raise Unavailable("threads answered something unreadable")
        name = f"{me['username']}"
        return Identity(
            name=f"@{name}",
            url=f"https://www.threads.net/@{name}",
            remarks=self._quota(),
        )

    def _quota(self) -> tuple[str, ...]:
        with suppress(ProviderError, KeyError, TypeError, IndexError):
            found = self._get(
                f"{self.user}/threads_publishing_limit?fields=quota_usage,config"
            )
            one = found["data"][0]
            used, most = one["quota_usage"], one["config"]["quota_total"]
            return (f"{used} of {most} posts of a day are used",)
        return ()

    # --- containers ---

    def _put(self, body: Json, done: Sequence[str]) -> Sequence[str]:
        """Make a container and publish it; it answers the last of what is done."""
        fields = dict(body)
        if done:
            fields["reply_to_id"] = done[-1]
        if children := fields.pop("children", ()):
            of_all = {"media_type": "IMAGE", "is_carousel_item": "true"}
            made = [self._container({**one, **of_all}) for one in children]
            fields["children"] = ",".join(made)
        container = self._container(fields)
        answer = read_json(
            self._call(
                "POST", f"{self.user}/threads_publish", {"creation_id": container}
            ),
            provider="threads",
        )
        if not answer.get("id"):
            raise Uncertain("threads answered without the id of the post")
        return [f"{answer['id']}"]

    def _container(self, fields: Mapping[str, str]) -> str:
        """Make one, and wait until it can be published; nobody sees it yet."""
        try:
            path = f"{self.user}/threads"
            answer = read_json(self._call("POST", path, fields), provider="threads")
        except Uncertain as error:
            raise Unavailable(error.message) from None
        if not answer.get("id"):
            raise Unavailable("threads answered without a container")
        number = f"{answer['id']}"
        if fields["media_type"] != "TEXT":
            self._await(number)
        return number

    def _await(self, number: str) -> None:
        for _ in range(LOOKS):
            found = self._get(f"{number}?fields=status,error_message")
            status = found.get("status") if isinstance(found, dict) else None
            if status in {"ERROR", "EXPIRED"}:
                why = f"{found.get('error_message') or ''}"[:200]
                raise Rejected(f"threads cannot use a picture of this post: {why}")
            if status in {"FINISHED", "PUBLISHED"}:
                return
            time.sleep(PAUSE)
        raise Unavailable("threads works on a picture of this post for too long")

    def _address(self, number: str) -> str:
        with suppress(ProviderError):
            found = self._get(f"{number}?fields=permalink")
            return f"{found.get('permalink') or ''}" if isinstance(found, dict) else ""
        return ""

    # --- calls ---

    @property
    def _base(self) -> str:
        return self.url.strip().rstrip("/")

    def _call(self, method: str, path: str, fields: Mapping[str, str]) -> Any:
        return call(
            method,
            f"{self._base}/{path}",
            provider="threads",
            data={**fields, "access_token": self.token.reveal()},
            secrets=[self.token.reveal()],
            verdict=graph.verdict("threads", [self.token.reveal()], HINT),
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}/{path}",
            provider="threads",
            headers={"Authorization": f"Bearer {self.token}"},
            verdict=graph.verdict("threads", [self.token.reveal()], HINT),
        )


def _pictures(post: Post) -> list[Json]:
    """Return those that have an address: Threads fetches them itself."""
    return [
        {"image_url": one.url, **({"alt_text": one.alt} if one.alt else {})}
        for one in post.media[: Threads.limits.images]
        if one.url.startswith("https://")
    ]


def _refuse_links(post: Post) -> None:
    for text in (post.text, *post.thread):
        found = [link.url for link in links(text)]
        if post.card and text == post.text:
            found.append(post.card.url)
        if len(unique(found)) > MOST_LINKS:
            raise Rejected(
                f"threads takes {MOST_LINKS} links in a post, and this one has "
                f"{len(unique(found))}",
                hint="Try: fewer links in its template",
            )


def _is_same(found: Json, post: Post) -> bool:
    made = datetime.fromisoformat(found["timestamp"])
    if not is_since(made, post.created):
        return False
    return bare(found.get("text") or "") == bare(post.text)

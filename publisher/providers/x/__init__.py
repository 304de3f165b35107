"""X, as the user whose token it is.

https://docs.x.com/x-api/posts/create-post

X knows no key, but it refuses the same text twice, and shows an account its own posts,
so it is asked after an unknown outcome. It takes money for each post, and thirteen
times as much for one with a link. Whether an account may answer itself depends on its
plan: a thread that is refused is taken back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from importlib.util import find_spec
from typing import Any, ClassVar
from urllib.parse import urlencode

from publisher.errors import (
    ConfigError,
    Gone,
    ProviderError,
    Rejected,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, post_json, read_json
from publisher.http.chain import put_all
from publisher.http.forms import File, form
from publisher.http.recall import CLOCKS_DIFFER
from publisher.models import Identity, Json, Kind, Limits, Login, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.x.answers import (
    Duplicate,
    Judge,
    gone,
    verdict,
    verdict_on_answer,
)
from publisher.providers.x.timeline import chained, same
from publisher.units import X_LINK, count, x

LONGEST, ALT = 280, 1000
# US dollars, https://docs.x.com/x-api/getting-started/pricing (since 2026-04-20)
POST, POST_WITH_LINK, METADATA = 0.015, 0.20, 0.005
READ = 50  # own posts looked through at most; each of them costs 0.001 $
LOOKS, PAUSE = 20, 1.0  # at a picture that is being worked on; seconds between them
_FIELDS = {"tweet.fields": "created_at,entities,referenced_tweets,note_tweet"}


@dataclass(frozen=True)
class X:
    """Posts to one account on X; each post costs money."""

    token: Secret = field(
        metadata={
            "doc": "a user's token (OAuth 2) with tweet.read, tweet.write, users.read "
            "and media.write; an app's bearer token cannot post"
        }
    )
    key: Secret = field(
        default=Secret(""),
        metadata={
            "doc": "only for OAuth 1.0a (`pip install 'publisher[x]'`): the app's"
        },
    )
    key_secret: Secret = field(
        default=Secret(""), metadata={"doc": "only for OAuth 1.0a: the app's"}
    )
    token_secret: Secret = field(
        default=Secret(""), metadata={"doc": "only for OAuth 1.0a: the token's"}
    )
    url: str = field(
        default="https://api.x.com", metadata={"doc": "where the API is, for tests"}
    )
    client_id: str = field(default="", metadata={"doc": "of your app, for logging in"})
    client_secret: Secret = field(
        default=Secret(""), metadata={"doc": "of your app, if it has one"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LONGEST,
        unit="weighted",
        link=X_LINK,
        hashtags=2,
        images=4,
        alt=ALT,
        image_bytes=5_000_000,
        has_threads=True,
        per_second=1,  # 100 in a quarter of an hour, and then it says when
    )

    login: ClassVar[Login] = Login(
        authorize="https://x.com/i/oauth2/authorize",
        token="https://api.x.com/2/oauth2/token",  # noqa: S106  where
        scopes=(
            *("tweet.read", "tweet.write", "users.read", "media.write"),
            "offline.access",
        ),
        proves="basic",
    )

    def __post_init__(self) -> None:
        """Say at once what is missing for OAuth 1.0a."""
        given = (self.key, self.key_secret, self.token_secret)
        if not any(given):
            return
        if not all(given):
            raise ConfigError(
                "x: OAuth 1.0a needs a key, a token, and the secrets of both",
                where=".env",
                hint="Try: X_KEY, X_KEY_SECRET and X_TOKEN_SECRET, or none of them.",
            )
        if find_spec("requests_oauthlib") is None:
            raise ConfigError(
                "x: OAuth 1.0a needs the package requests-oauthlib",
                hint="Try: pip install 'publisher[x]'",
            )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the post; of a thread, all of them as a list of `messages`."""
        parts = [{"text": text} for text in _texts(post)]
        return parts[0] if len(parts) == 1 else {"messages": parts}

    @staticmethod
    def price(post: Post) -> float:
        """Return what X takes, in US dollars: for each part and each alt text."""
        parts = [POST_WITH_LINK if x.links(one) else POST for one in _texts(post)]
        alts = [METADATA for one in post.media[: X.limits.images] if one.alt]
        return round(sum(parts + alts), 3)

    def send(self, post: Post) -> Receipt:
        """Post it; of a thread each part answers the one before."""
        texts = _checked(post)
        media = [self._upload(one) for one in post.media[: self.limits.images]]
        first = partial(self._put, texts[0], media)
        others = [partial(self._put, text, ()) for text in texts[1:]]
        try:
            ids = put_all([first, *others], self._take_back, provider="x")
        except Duplicate:
            found = self._known(post)
            if found is None:
                raise
            return found
        return _receipt(ids)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the account's own ones since it was planned.

        It is the same if its text is, or if it has the same link and is younger than
        our plan.
        """
        recent = self._recent(post)
        try:
            found = same(recent, post, _texts(post)[0])
            parts = chained(found, recent) if found else []
        except (KeyError, TypeError, ValueError):
            raise Unavailable("x answered something unreadable") from None
        if not parts:
            return None
        wanted = 1 + len(post.thread)
        if len(parts) < wanted:
            raise Uncertain(f"x has {len(parts)} of {wanted} parts of this post")
        return _receipt(parts[:wanted])

    def delete(self, receipt: str) -> None:
        """Take it back, the last part first; what is gone already stays gone."""
        for one in reversed(receipt.split(",")):
            self._take_back(one)

    def verify(self) -> Identity:
        """Ask whose token it is; an app's own token is nobody's, and refused."""
        me = self._me()
        return Identity(
            name=f"@{me['username']}",
            url=f"https://x.com/{me['username']}",
        )

    # --- calls ---

    def _known(self, post: Post) -> Receipt | None:
        """Return a post that is there since it was planned, and so is this very one.

        A timeline may be late, so that an earlier `find` has not seen it.
        """
        if post.created is None:
            return None
        try:
            return self.find(post)
        except ProviderError:
            return None

    def _put(self, text: str, media: Sequence[str], before: Sequence[str]) -> list[str]:
        fields: Json = {"text": text}
        if media:
            fields["media"] = {"media_ids": list(media)}
        if before:
            fields["reply"] = {"in_reply_to_tweet_id": before[-1]}
        judge = verdict_on_answer if before else verdict
        address = f"{self._base}/tweets"
        said = post_json(address, fields, **self._options("POST", address, judge))
        number = _data(said).get("id")
        if not number:
            raise Uncertain("x answered without a post")
        return [f"{number}"]

    def _take_back(self, number: str) -> None:
        address = f"{self._base}/tweets/{number}"
        with suppress(Gone):
            call("DELETE", address, **self._options("DELETE", address, gone))

    def _upload(self, media: Media) -> str:
        """Hand a picture over, with what it shows; return its number.

        Nothing is posted by it, so no failure here is uncertain.
        https://docs.x.com/x-api/media/media-upload
        """
        kind = media.media_type.rpartition("/")[2]
        category = "tweet_gif" if kind == "gif" else "tweet_image"
        file = File("media", f"picture.{kind}", media.media_type, media.content)
        body, content_type = form({"media_category": category}, [file])
        address = f"{self._base}/media/upload"
        options = self._options("POST", address, verdict)
        options["headers"] |= {"Content-Type": content_type}
        try:
            answer = call("POST", address, data=body, **options)
            data = _data(read_json(answer, provider="x"))
            number = f"{data.get('id') or ''}"
            self._await(number, data)
            if media.alt and number:
                self._describe(number, media.alt)
        except Uncertain as error:
            raise Unavailable(error.message) from None
        if not number:
            raise Unavailable("x answered without a picture")
        return number

    def _await(self, number: str, data: Json) -> None:
        """Wait until a picture can be attached; most can at once."""
        for _ in range(LOOKS):
            work = data.get("processing_info") or {}
            if work.get("state") == "failed":
                raise Rejected("x cannot use a picture of this post")
            if work.get("state") not in {"pending", "in_progress"}:
                return
            time.sleep(PAUSE)
            data = _data(self._get("/media/upload", media_id=number, command="STATUS"))
        raise Unavailable("x is still working on a picture")

    def _describe(self, number: str, alt: str) -> None:
        metadata = {"alt_text": {"text": alt[:ALT]}}
        said = {"id": number, "metadata": metadata}
        address = f"{self._base}/media/metadata"
        post_json(address, said, **self._options("POST", address, verdict))

    def _recent(self, post: Post) -> list[Json]:
        """Return the account's own posts since this one was planned, newest first."""
        params = {**_FIELDS, "max_results": f"{READ}"}
        if post.created:
            since = (post.created - CLOCKS_DIFFER).astimezone(UTC)
            params["start_time"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = self._get(f"/users/{self._me()['id']}/tweets", **params)
        found = answer.get("data") if isinstance(answer, dict) else None
        if found is None and isinstance(answer, dict) and "meta" in answer:
            return []  # of nothing there is no list
        if not isinstance(found, list):
            raise Unavailable("x answered something unreadable")
        return found

    def _me(self) -> Json:
        me = _data(self._get("/users/me"))
        if not me.get("id") or not me.get("username"):
            raise Unavailable("x answered something unreadable")
        return me

    def _get(self, path: str, **params: str) -> Any:
        query = f"?{urlencode(params)}" if params else ""
        address = f"{self._base}{path}{query}"  # whole, for it is what gets signed
        return get_json(address, **self._options("GET", address, verdict))

    def _options(self, method: str, address: str, judge: Judge) -> dict[str, Any]:
        return {
            "provider": "x",
            "headers": {"Authorization": self._login(method, address)},
            "secrets": (self.token, self.key, self.key_secret, self.token_secret),
            "verdict": judge,
        }

    def _login(self, method: str, address: str) -> str:
        """Return who we are; of OAuth 1.0a, a signature of the call without its body.

        https://docs.x.com/fundamentals/authentication/oauth-1-0a/authorizing-a-request
        """
        if not self.key:
            return f"Bearer {self.token}"
        from requests_oauthlib import OAuth1

        app = (self.key.reveal(), self.key_secret.reveal())
        own = (self.token.reveal(), self.token_secret.reveal())
        signer = OAuth1(*app, *own, decoding=None).client
        _, headers, _ = signer.sign(address, http_method=method)
        return f"{headers['Authorization']}"

    @property
    def _base(self) -> str:
        return f"{self.url.strip().rstrip('/')}/2"


def _data(answer: Any) -> Json:
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _receipt(ids: Sequence[str]) -> Receipt:
    return Receipt(",".join(ids), f"https://x.com/i/status/{ids[0]}")


# --- what is sent ---------------------------------------------------------------------


def _texts(post: Post) -> list[str]:
    """Return the text of each part; the API has no place for a warning but the text."""
    warning = f"CW: {post.content_warning}\n\n" if post.content_warning else ""
    return [warning + text for text in (post.text, *post.thread)]


def _checked(post: Post) -> list[str]:
    texts = _texts(post)
    for text in texts:
        if (length := count(text, "weighted")) > LONGEST:
            raise Rejected(
                f"x takes {LONGEST} weighted characters, and this post has {length}"
            )
    return texts

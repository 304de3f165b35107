"""Pinterest: a pin on a board, which always is a picture.

https://developers.pinterest.com/docs/api/v5/pins-create

It knows no key for a repeat, so the board is asked before one. A pin of an app on trial
is seen by its creator alone.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from publisher.errors import Gone, Rejected, Unavailable, Uncertain
from publisher.http.call import call, get_json, read_json
from publisher.http.recall import gone
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST_TITLE, LONGEST_LINK, ALT = 100, 2048, 500
RECENT = 25  # pins of the board that are looked through
TYPES = ("image/jpeg", "image/png")


@dataclass(frozen=True)
class Pinterest:
    """Pins to one board; its token needs pins:read, pins:write and boards:read."""

    token: Secret = field(metadata={"doc": "an access token of your app"})
    board: str = field(metadata={"doc": "the board's number"})
    url: str = field(
        default="https://api.pinterest.com", metadata={"doc": "where its API is"}
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=800,
        images=1,
        alt=ALT,
        image_bytes=20_000_000,
        has_thumbnail=True,
        per_second=1,
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the pin, without its board and its picture's bytes."""
        title = post.card.title if post.card else post.text.partition("\n")[0]
        pin: Json = {"title": title[:LONGEST_TITLE], "description": post.text}
        if post.card and len(post.card.url) <= LONGEST_LINK:
            pin["link"] = post.card.url
        picture = _picture(post)
        if picture and picture.alt:
            pin["alt_text"] = picture.alt[:ALT]
        return pin

    def send(self, post: Post) -> Receipt:
        """Make the pin; one without a picture cannot be."""
        picture = _picture(post)
        if picture is None or picture.media_type not in TYPES:
            raise Rejected(
                "pinterest needs a picture, JPEG or PNG, and this post has none",
                hint="Try: a picture in the article and pictures: 1, or cards: true",
            )
        source = {
            "source_type": "image_base64",
            "content_type": picture.media_type,
            "data": base64.b64encode(picture.content).decode(),
        }
        body = {**self.payload(post), "board_id": self.board, "media_source": source}
        answer = read_json(self._call("POST", "pins", json=body), provider="pinterest")
        if not answer.get("id"):
            raise Uncertain("pinterest answered without the id of the pin")
        return _receipt(f"{answer['id']}")

    def find(self, post: Post) -> Receipt | None:
        """Look for the pin among the newest of the board, by its link and its words."""
        wanted = self.payload(post)
        found = get_json(
            f"{self._base}/boards/{self.board}/pins?page_size={RECENT}",
            provider="pinterest",
            headers=self._headers,
        )
        try:
            for one in found["items"]:
                if _said(one) == _said(wanted):
                    return _receipt(f"{one['id']}")
        except (KeyError, TypeError, AttributeError):
            raise Unavailable("pinterest answered something unreadable") from None
        return None

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the words and the link; the picture stays."""
        self._call("PATCH", f"pins/{receipt}", json=self.payload(post))
        return _receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already stays gone."""
        try:
            self._call("DELETE", f"pins/{receipt}")
        except Gone:
            return

    def verify(self) -> Identity:
        """Ask whose token it is, and whether the board is theirs."""
        me = self._get("user_account")
        board = self._get(f"boards/{self.board}")
        try:
            name = f"{me['username']}"
            return Identity(
                name=f"@{name}",
                url=f"https://www.pinterest.com/{name}/",
                remarks=(f"board: {board['name']}",),
            )
        except (KeyError, TypeError):
            raise Unavailable("pinterest answered something unreadable") from None

    @property
    def _base(self) -> str:
        return f"{self.url.strip().rstrip('/')}/v5"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _call(self, method: str, path: str, **more: Any) -> Response:
        return call(
            method,
            f"{self._base}/{path}",
            provider="pinterest",
            headers=self._headers,
            verdict=gone("pinterest has no such pin or board"),
            **more,
        )

    def _get(self, path: str) -> Any:
        return get_json(
            f"{self._base}/{path}", provider="pinterest", headers=self._headers
        )


def _picture(post: Post) -> Media | None:
    return next(iter(post.media), post.thumbnail)


def _said(pin: Json) -> tuple[str, str, str]:
    """Return what tells a pin from others."""
    names = ("title", "description", "link")
    title, description, link = ((pin.get(name) or "").strip() for name in names)
    return title, " ".join(description.split()), link


def _receipt(number: str) -> Receipt:
    return Receipt(number, f"https://www.pinterest.com/pin/{number}/")

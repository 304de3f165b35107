"""Matrix: a room on any homeserver.

https://spec.matrix.org/latest/client-server-api/#sending-events-to-a-room

Each event has a transaction id that is made of the post's key, so a repeat finds the
event that is there. Homeservers keep these ids for a day; after that, the room is read.
"""

from __future__ import annotations

import hashlib
import html
import json as jsons
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from publisher.errors import (
    Gone,
    ProviderError,
    Refused,
    Rejected,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, post_json, read_json
from publisher.http.recall import CLOCKS_DIFFER
from publisher.models import (
    Identity,
    Json,
    Kind,
    Limits,
    Media,
    Post,
    Receipt,
    fingerprint,
)
from publisher.providers import Secret
from publisher.units import links

if TYPE_CHECKING:
    from publisher.http.call import Response

API = "/_matrix/client/v3"
# An event has 65,536 bytes at most, and the server adds its own: hashes, signatures.
LONGEST = 60_000
RECENT = 100  # events of a room in which a lost post is looked for


@dataclass(frozen=True)
class Matrix:
    """Posts to one room, as the account whose access token this is."""

    url: str = field(metadata={"doc": "your homeserver, https://matrix.example.org"})
    token: Secret = field(metadata={"doc": "the account's access token"})
    room: str = field(
        metadata={
            "doc": "the room it has joined: !abc:example.org or #name:example.org"
        }
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        byte_length=16_000,  # it stands in an event twice, and escaped
        images=10,
        image_bytes=10_000_000,
        has_threads=True,
        per_second=1,
        remembers=timedelta(hours=24),
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the event's content; of more than one, all as a list of `events`.

        Only the homeserver knows where a picture is and what a thread answers.
        """
        events = _events(post)
        return events[0] if len(events) == 1 else {"events": events}

    def send(self, post: Post) -> Receipt:
        """Put each event under its own transaction id, the pictures' files before."""
        events = _checked(post)
        room = self._room()
        files = [self._upload(one) for one in post.media]
        ids: list[str] = []
        for number, event in enumerate(events):
            content = dict(event)
            if event["msgtype"] == "m.image":
                content["url"] = files[number - 1]
            elif ids:
                content["m.relates_to"] = _in_thread(ids)
            ids.append(self._put(room, content, f"{_mark(post.key)}.{number}"))
        return _receipt(room, ids)

    def find(self, post: Post) -> Receipt | None:
        """Look for the post among the room's last events."""
        room, me = self._room(), self._whoami()
        said = self._get(f"/rooms/{quote(room)}/messages", dir="b", limit=f"{RECENT}")
        try:
            recent = [one for one in said["chunk"] if one["sender"] == me]
            found = [_same(recent, event, post) for event in _events(post)]
        except (KeyError, TypeError):
            raise Unavailable("matrix answered something unreadable") from None
        ids = [one for one in found if one]
        if not ids:
            return None
        if len(ids) < len(found):
            raise Uncertain(f"matrix has {len(ids)} of this post's {len(found)} events")
        return _receipt(room, ids)

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Replace the texts; readers see the new ones. Pictures stay."""
        ids, events = receipt.split(","), _checked(post)
        if len(ids) != len(events):
            raise Rejected(
                f"matrix has {len(ids)} events of this post, and its new version has "
                f"{len(events)}",
                hint="Try: delete it, and send the new one.",
            )
        room = self._room()
        for number, event in zip(ids, events, strict=True):
            if event["msgtype"] != "m.image":
                content = _replacing(number, event)
                self._put(room, content, fingerprint(content)[:32])
        return _receipt(room, ids)

    def delete(self, receipt: str) -> None:
        """Redact every event: what it said goes, and that there was one stays."""
        room = self._room()
        for number in reversed(receipt.split(",")):
            path = f"/rooms/{quote(room)}/redact/{quote(number)}/{_mark(number)}"
            try:
                self._send("PUT", path, json={}, verdict=_of_redaction)
            except Gone:
                continue

    def verify(self) -> Identity:
        """Say whose token it is, and whether the account has joined the room."""
        name, room = self._whoami(), self._room()
        said = self._get("/joined_rooms")
        rooms = said.get("joined_rooms", []) if isinstance(said, dict) else []
        return Identity(
            name=name,
            url=f"https://matrix.to/#/{quote(name)}",
            remarks=() if room in rooms else (f"it has not joined {self.room}",),
        )

    # --- calls ---

    def _room(self) -> str:
        """Return the room's id; a name is looked up."""
        room = self.room.strip()
        if not room.startswith("#"):
            return room
        said = self._get(f"/directory/room/{quote(room)}")
        if not isinstance(said, dict) or not said.get("room_id"):
            raise Unavailable("matrix answered something unreadable")
        return f"{said['room_id']}"

    def _whoami(self) -> str:
        said = self._get("/account/whoami")
        if not isinstance(said, dict) or not said.get("user_id"):
            raise Unavailable("matrix answered something unreadable")
        return f"{said['user_id']}"

    def _upload(self, media: Media) -> str:
        """Upload a file. Nobody sees one without an event, so none is uncertain."""
        try:
            answer = call(
                "POST",
                f"{self._base}/_matrix/media/v3/upload",
                data=media.content,
                headers={**self._headers, "Content-Type": media.media_type},
                provider="matrix",
                secrets=(self.token,),
                verdict=_verdict,
            )
            return f"{read_json(answer, provider='matrix')['content_uri']}"
        except (KeyError, Uncertain):
            raise Unavailable("matrix did not take a picture") from None

    def _put(self, room: str, content: Json, transaction: str) -> str:
        path = f"/rooms/{quote(room)}/send/m.room.message/{transaction}"
        answer = self._send("PUT", path, json=content, verdict=_verdict)
        if not answer.get("event_id"):
            raise Uncertain("matrix answered without an event")
        return f"{answer['event_id']}"

    @property
    def _base(self) -> str:
        url = self.url.strip().rstrip("/")
        return url if "://" in url else f"https://{url}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal().strip()}"}

    def _send(self, method: str, path: str, **options: Any) -> Json:
        return post_json(
            f"{self._base}{API}{path}",
            method=method,
            provider="matrix",
            headers=self._headers,
            secrets=(self.token,),
            **options,
        )

    def _get(self, path: str, **params: str) -> Any:
        return get_json(
            f"{self._base}{API}{path}",
            provider="matrix",
            headers=self._headers,
            params=params,
            secrets=(self.token,),
            verdict=_verdict,
        )


def _receipt(room: str, ids: Sequence[str]) -> Receipt:
    url = f"https://matrix.to/#/{quote(room)}/{quote(ids[0])}"
    return Receipt(",".join(ids), url)


def _mark(key: str) -> str:
    """Return a transaction id: keys can hold what an address cannot."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


# --- what is sent ------------------------------------------------------------------


def _events(post: Post) -> list[Json]:
    """Return the contents: the text, then its pictures, then the parts of a thread."""
    images = [_image(number, one) for number, one in enumerate(post.media)]
    title = post.card.title if post.card else post.title
    first = _text(post.text, title=title, warning=post.content_warning)
    others = (_text(part, warning=post.content_warning) for part in post.thread)
    return [first, *images, *others]


def _checked(post: Post) -> list[Json]:
    events = _events(post)
    for one in events:
        if len(jsons.dumps(one, ensure_ascii=False).encode()) > LONGEST:
            raise Rejected(
                f"matrix takes events of {LONGEST} bytes, and this is longer"
            )
    return events


def _text(text: str, *, title: str = "", warning: str = "") -> Json:
    """Return a message as text and as HTML: the title in bold, the warned of hidden."""
    shown = _markup(text)
    first, line_end, rest = shown.partition("<br>")
    if title and first == html.escape(title):
        shown = f"<strong>{first}</strong>{line_end}{rest}"
    if warning:
        words = html.escape(warning)
        shown = f'CW: {words}<br><span data-mx-spoiler="{words}">{shown}</span>'
    return {
        "msgtype": "m.text",
        "body": f"CW: {warning}\n\n{text}" if warning else text,
        "format": "org.matrix.custom.html",
        "formatted_body": shown,
        "m.mentions": {},  # nobody is called by what stands in an article
    }


def _markup(text: str) -> str:
    parts: list[str] = []
    end = 0
    for link in links(text):
        url = html.escape(link.url)
        before = html.escape(text[end : link.start])
        parts += (before, f'<a href="{url}">{url}</a>')
        end = link.end
    return "".join((*parts, html.escape(text[end:]))).replace("\n", "<br>")


def _image(number: int, media: Media) -> Json:
    name = f"{number + 1}.{media.media_type.rpartition('/')[2]}"
    info: Json = {"mimetype": media.media_type, "size": len(media.content)}
    if media.width and media.height:
        info |= {"w": media.width, "h": media.height}
    return {
        "msgtype": "m.image",
        "body": media.alt or name,
        "filename": name,
        "info": info,
        "m.mentions": {},
    }


def _in_thread(ids: Sequence[str]) -> Json:
    """Relate an event to the first one; older programs show it as a reply."""
    return {
        "rel_type": "m.thread",
        "event_id": ids[0],
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": ids[-1]},
    }


def _replacing(number: str, event: Json) -> Json:
    return {
        **event,
        "body": f"* {event['body']}",
        "formatted_body": f"* {event['formatted_body']}",
        "m.new_content": event,
        "m.relates_to": {"rel_type": "m.replace", "event_id": number},
    }


# --- what is answered --------------------------------------------------------------


def _same(recent: Sequence[Json], event: Json, post: Post) -> str:
    """Return the id of the event that says the same, if it is not of an older post."""
    since = (post.created - CLOCKS_DIFFER).timestamp() * 1000 if post.created else 0.0
    wanted = (event["msgtype"], event["body"])
    for one in recent:
        content: Mapping[str, Any] = one.get("content") or {}
        is_young = one.get("origin_server_ts", 0) >= since
        if is_young and (content.get("msgtype"), content.get("body")) == wanted:
            return f"{one['event_id']}"
    return ""


def _verdict(response: Response) -> ProviderError | None:
    """Take a room or a path that is not there for a wrong setting."""
    if response.status_code != HTTPStatus.NOT_FOUND:
        return None
    return Refused(
        "matrix: there is no such room, or no homeserver at this address (404)",
        hint="Try: check MATRIX_URL and MATRIX_ROOM in .env.",
    )


def _of_redaction(response: Response) -> ProviderError | None:
    if response.status_code == HTTPStatus.NOT_FOUND:
        return Gone("matrix has no such event")
    return None

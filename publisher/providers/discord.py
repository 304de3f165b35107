"""Discord, through a channel's webhook.

https://docs.discord.com/developers/resources/webhook#execute-webhook

A webhook has no key for a repeat and cannot read what it has posted, so a call without
an answer stays uncertain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from publisher.errors import Gone, ProviderError, Refused, Rejected, Uncertain
from publisher.http.call import call, get_json, read_json
from publisher.http.chain import put_all
from publisher.http.forms import File, form
from publisher.models import Card, Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret
from publisher.units import links

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 2000  # characters of a message
FILES = 10
ALT, TITLE, DESCRIPTION, ADDRESS = 1024, 256, 4096, 2048
# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
UNKNOWN_MESSAGE, UNKNOWN_THREAD = 10008, 10003
_OURS = {
    UNKNOWN_THREAD: "there is no such thread: look at DISCORD_THREAD",
    10015: "the webhook is deleted",
    50027: "the webhook's token is wrong",
    50083: "the thread is archived",
    160005: "the thread is locked",
    220001: "a forum needs a thread: fill in DISCORD_THREAD",
}
# What would be Markdown: anywhere, and where a line begins.
_SIGNS = re.compile(r"[\\*_~`|<\[]")
_BEGINS = re.compile(r"^(\s*)(#{1,3}\s|-#\s|>)", re.MULTILINE)


@dataclass(frozen=True)
class Discord:
    """Posts to the Discord channel that owns the webhook, or to a thread in it."""

    webhook: Secret = field(
        metadata={"doc": "its address: channel settings > Integrations > Webhooks"}
    )
    thread: str = field(
        default="",
        metadata={"doc": "the id of a thread or a forum post in the channel"},
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LONGEST - len("||||"),  # what hides a text that is warned of
        images=FILES,
        alt=ALT,
        image_bytes=10 * 1024 * 1024,
        has_threads=True,
        per_second=2,  # 5 in two seconds
    )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the message; of a thread, all of them as a list of `messages`."""
        parts = [_message(one) for one in _parts(post)]
        return parts[0] if len(parts) == 1 else {"messages": parts}

    def send(self, post: Post) -> Receipt:
        """Post it, and the parts of a thread below it."""
        puts = [partial(self._put, one) for one in _checked(post)]
        ids = put_all(puts, self._take_back, provider="discord")
        return Receipt(",".join(ids))

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Put the new text, card and pictures in the place of the old ones."""
        ids, parts = receipt.split(","), _checked(post)
        if len(ids) != len(parts):
            raise Rejected(
                f"discord has {len(ids)} messages of this post, and its new version "
                f"has {len(parts)}",
                hint="Try: delete it, and send the new one.",
            )
        for number, part in zip(ids, parts, strict=True):
            message = {"embeds": [], "attachments": [], **_message(part)}
            self._call("PATCH", f"/messages/{number}", message, _pictures(part))
        return Receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take every message back."""
        for one in reversed(receipt.split(",")):
            self._take_back(one)

    def verify(self) -> Identity:
        """Say which webhook it is, and where it posts."""
        hook = get_json(
            self._base, provider="discord", secrets=self._hidden, verdict=_verdict
        )
        found = hook if isinstance(hook, dict) else {}
        place = f"{found.get('guild_id')}/{found.get('channel_id')}"
        return Identity(
            name=found.get("name") or "a webhook without a name",
            url=f"https://discord.com/channels/{place}",
        )

    # --- calls ---

    def _put(self, post: Post, before: Sequence[str]) -> list[str]:  # noqa: ARG002
        answer = self._call("POST", "", _message(post), _pictures(post))
        message = read_json(answer, provider="discord")
        if not message.get("id"):
            raise Uncertain("discord answered without a message")
        return [f"{message['id']}"]

    def _take_back(self, number: str) -> None:
        try:
            self._call("DELETE", f"/messages/{number}")
        except Gone:
            return

    @property
    def _base(self) -> str:
        """The address that was copied, without what may hang on it."""
        return self.webhook.reveal().strip().partition("?")[0].rstrip("/")

    @property
    def _hidden(self) -> list[str]:
        return [one for one in urlsplit(self._base).path.split("/")[-2:] if one]

    def _call(
        self,
        method: str,
        path: str,
        message: Json | None = None,
        media: Sequence[Media] = (),
    ) -> Response:
        options: Json = {}
        if media:
            fields = {"payload_json": json.dumps(message, ensure_ascii=False)}
            body, kind = form(fields, _files(media, message or {}))
            options = {"data": body, "headers": {"Content-Type": kind}}
        elif message is not None:
            options = {"json": message}
        # Without `wait` Discord answers before it has looked, and errors are lost.
        params = {"wait": "true"} if method == "POST" else {}
        if self.thread:
            params["thread_id"] = self.thread
        return call(
            method,
            f"{self._base}{path}",
            provider="discord",
            params=params,
            secrets=self._hidden,
            verdict=_verdict,
            **options,
        )


# --- what is sent ------------------------------------------------------------------


def _parts(post: Post) -> list[Post]:
    """Return each message as a post; card and pictures belong to the first."""
    bare = Post(key=post.key, text="", content_warning=post.content_warning)
    return [post, *(replace(bare, text=text) for text in post.thread)]


def _checked(post: Post) -> list[Post]:
    parts = _parts(post)
    for one in parts:
        if (length := len(_content(one))) > LONGEST:
            raise Rejected(
                f"discord takes {LONGEST} characters, and this post has {length}"
            )
    return parts


def _message(post: Post) -> Json:
    # Nobody is called to the channel by what stands in an article.
    message: Json = {"content": _content(post), "allowed_mentions": {"parse": []}}
    if post.card:
        message["embeds"] = [_embed(post.card, post)]
    if pictures := _pictures(post):
        message["attachments"] = [
            {
                "id": f"{number}",
                "filename": _name(number, one, post),
                "description": one.alt[:ALT],
            }
            for number, one in enumerate(pictures)
        ]
    return message


def _pictures(post: Post) -> list[Media]:
    """Return what is uploaded: the pictures, and last that of the card."""
    pictures = list(post.media[:FILES])
    if _has_thumbnail(post) and post.thumbnail:
        pictures.append(post.thumbnail)
    return pictures


def _has_thumbnail(post: Post) -> bool:
    has_room = len(post.media) < FILES and not post.content_warning
    return bool(post.card and post.thumbnail) and has_room


def _name(number: int, media: Media, post: Post) -> str:
    """Return the name of a file; Discord hides what begins with SPOILER_."""
    ending = media.media_type.rpartition("/")[2]
    return f"{'SPOILER_' if post.content_warning else ''}{number}.{ending}"


def _files(media: Sequence[Media], message: Json) -> list[File]:
    names = [one["filename"] for one in message["attachments"]]
    return [
        File(f"files[{number}]", names[number], one.media_type, one.content)
        for number, one in enumerate(media)
    ]


def _embed(card: Card, post: Post) -> Json:
    embed: Json = {"url": card.url[:ADDRESS], "title": _cut(card.title, TITLE)}
    if card.description and not post.content_warning:  # a card hides nothing
        embed["description"] = _cut(card.description, DESCRIPTION)
    if post.thumbnail and _has_thumbnail(post):
        name = _name(len(post.media), post.thumbnail, post)
        embed["image"] = {"url": f"attachment://{name}"}
    elif card.image.startswith("http") and not post.content_warning:
        embed["image"] = {"url": card.image}
    return embed


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _content(post: Post) -> str:
    """Return the text as Markdown that looks like it, and what is warned of hidden.

    Where the signs of escaping would make it too long it goes without them: a star
    that makes a word slanted is better than no post.
    """
    made = (_warned(one, post) for one in (_escaped(post), post.text))
    return next((one for one in made if len(one) <= LONGEST), _warned(post.text, post))


def _warned(text: str, post: Post) -> str:
    warning = _SIGNS.sub(r"\\\g<0>", post.content_warning)
    return f"CW: {warning}\n||{text}||" if warning else text


def _escaped(post: Post) -> str:
    """Escape all but links; these are kept from making a second card by `<>`."""
    parts: list[str] = []
    end = 0
    for link in links(post.text):
        shown = f"<{link.url}>" if post.card else link.url
        parts += (_plain(post.text[end : link.start]), shown)
        end = link.end
    return "".join((*parts, _plain(post.text[end:])))


def _plain(text: str) -> str:
    return _BEGINS.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", text))


# --- what is answered --------------------------------------------------------------


def _verdict(response: Response) -> ProviderError | None:
    """Tell what is wrong with the webhook from what is wrong with a message."""
    try:
        code: Any = response.json().get("code")
    except (ValueError, AttributeError):
        return None
    if code == UNKNOWN_MESSAGE:
        return Gone("discord has no such message")
    if code in _OURS:
        return Refused(
            f"discord: {_OURS[code]} ({code})",
            hint="Try: check DISCORD_WEBHOOK in .env.",
        )
    return None

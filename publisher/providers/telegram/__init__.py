"""Telegram, through a bot that may post in a channel or a group.

https://core.telegram.org/bots/api

A bot has no key for a repeat and cannot read what it has posted, so a call without an
answer stays uncertain. Lengths are UTF-16 units of what readers see, without tags.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from publisher.errors import Gone, ProviderError, Refused, Rejected, Uncertain
from publisher.http.call import call, post_json, read_json
from publisher.http.chain import put_all
from publisher.http.forms import File, form
from publisher.models import Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.telegram.article import rich_message
from publisher.units import count

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST, LONGEST_CAPTION = 4096, 1024  # UTF-16 units
ALBUM = 10
_RICH = "rich_message"
# What a 400 says when the settings are wrong and not the message.
_OURS = (
    *("chat not found", "not enough rights", "need administrator rights"),
    *("have no rights", "group chat was upgraded", "chat_write_forbidden"),
    *("message thread not found", "topic_closed", "bot is not a member"),
    *("chat_admin_required", "peer_id_invalid", "group chat was deactivated"),
)
_GONE = ("message to delete not found", "message_id_invalid")


class _Same(Rejected):
    """An edit that changes nothing."""


class _Message(NamedTuple):
    method: str
    fields: Json
    media: tuple[Media, ...] = ()
    is_reply: bool = False


@dataclass(frozen=True)
class Telegram:
    """Posts to one channel or group, as a bot."""

    token: Secret = field(
        metadata={"doc": "the bot's token, 123456:AbC..., from @BotFather"}
    )
    chat: str = field(
        metadata={"doc": "where it posts: @your_channel or -1001234567890"}
    )
    topic: str = field(
        default="", metadata={"doc": "the number of a topic in a group that has them"}
    )
    silent: bool = field(default=False, metadata={"doc": "yes: no phone makes a sound"})
    long_form: bool = field(
        default=False, metadata={"doc": "yes: whole articles, as rich messages"}
    )
    url: str = field(
        default="https://api.telegram.org",
        metadata={"doc": "your own Bot API server, if you have one"},
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LONGEST,
        unit="utf16",
        images=ALBUM,
        image_bytes=10_000_000,
        has_threads=True,
        per_second=1,  # to one chat
    )

    def __post_init__(self) -> None:
        if self.long_form:
            limits = replace(self.limits, takes="document", images=0, has_threads=False)
            object.__setattr__(self, "limits", limits)

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the message; of more than one, all as a list of `messages`."""
        fields = [one.fields for one in _messages(post)]
        return fields[0] if len(fields) == 1 else {"messages": fields}

    def send(self, post: Post) -> Receipt:
        """Post it; its thread answers it, each part the one before."""
        puts = [partial(self._put, message) for message in _checked(post)]
        ids = put_all(puts, self._take_back, provider="telegram")
        return Receipt(",".join(ids), self._address(ids[0]))

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Change the texts; the pictures stay, for they have no text of their own."""
        messages = _checked(post)
        ids = receipt.split(",")
        if sum(max(1, len(one.media)) for one in messages) != len(ids):
            raise Rejected(
                f"telegram has {len(ids)} messages of this post, and its new version "
                "has another number",
                hint="Try: delete it, and send the new one.",
            )
        for message in messages:
            self._change(ids[0], message)
            ids = ids[max(1, len(message.media)) :]
        return Receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take every message back; Telegram lets bots do so for 48 hours."""
        for one in reversed(receipt.split(",")):
            self._take_back(one)

    def verify(self) -> Identity:
        """Say which bot it is, and whether it may post where it should."""
        bot = self._ask("getMe")
        chat = self._ask("getChat", chat_id=self.chat)
        member = self._ask("getChatMember", chat_id=self.chat, user_id=bot.get("id"))
        name = chat.get("title") or chat.get("username") or self.chat
        link = chat.get("username")
        return Identity(
            name=f"@{bot.get('username', '')} in {name}",
            url=f"https://t.me/{link}" if link else "",
            remarks=tuple(_remarks(chat, member)),
        )

    # --- calls ---

    def _put(self, message: _Message, before: Sequence[str]) -> list[str]:
        fields = {**self._place, **message.fields}
        if message.is_reply and before:
            fields["reply_parameters"] = {
                "message_id": int(before[-1]),
                "allow_sending_without_reply": True,
            }
        result = self._call(message.method, fields, message.media)
        sent = result if isinstance(result, list) else [result]
        try:
            ids = [f"{int(one['message_id'])}" for one in sent]
        except (KeyError, TypeError, ValueError):
            ids = []
        if not ids:
            raise Uncertain("telegram answered without a message")
        return ids

    def _change(self, number: str, message: _Message) -> None:
        text = {**message.fields, **(message.fields.get("media") or [{}])[0]}
        names = ("caption", "text", "parse_mode", "link_preview_options", _RICH)
        fields = {name: text[name] for name in names if name in text}
        if not fields:
            return
        method = "editMessageCaption" if message.media else "editMessageText"
        where = {"chat_id": self.chat, "message_id": int(number)}
        try:
            self._call(method, {**where, **fields})
        except _Same:
            return

    def _take_back(self, number: str) -> None:
        where = {"chat_id": self.chat, "message_id": int(number)}
        try:
            self._call("deleteMessage", where)
        except Gone:
            return

    def _address(self, number: str) -> str:
        """Return where a message is seen: of a private group, for its members only."""
        if self.chat.startswith("@"):
            return f"https://t.me/{self.chat[1:]}/{number}"
        inner = self.chat.removeprefix("-100")
        return f"https://t.me/c/{inner}/{number}" if inner != self.chat else ""

    @property
    def _place(self) -> Json:
        place: Json = {"chat_id": self.chat}
        if self.topic:
            place["message_thread_id"] = int(self.topic)
        if self.silent:
            place["disable_notification"] = True
        return place

    def _ask(self, method: str, **fields: Any) -> Json:
        """Ask for an object; no failure here has posted anything."""
        result = self._call(method, fields)
        return result if isinstance(result, dict) else {}

    def _call(self, method: str, fields: Json, media: Sequence[Media] = ()) -> Any:
        url = f"{self.url.strip().rstrip('/')}/bot{self.token}/{method}"
        options: Any = {
            "provider": "telegram",
            "secrets": (self.token,),
            "verdict": _verdict,
        }
        if media:
            # Of one picture the field is the file itself.
            rest = {name: one for name, one in fields.items() if name != "photo"}
            body, kind = form(_as_form(rest), _files(method, media))
            headers = {"Content-Type": kind}
            answer = call("POST", url, data=body, headers=headers, **options)
            said = read_json(answer, provider="telegram")
        else:
            said = post_json(url, fields, **options)
        if said.get("ok") is not True or "result" not in said:
            raise Uncertain("telegram answered without a result")
        return said["result"]


# --- what is sent ------------------------------------------------------------------


def _messages(post: Post) -> Iterator[_Message]:
    """Yield the messages of a post: pictures, the text below or after them, a thread.

    A caption may have a quarter of a message's length, so a longer text follows. A
    whole article is one message.
    """
    if post.document:
        yield _Message("sendRichMessage", {_RICH: rich_message(post)})
        return
    has_caption = bool(post.media) and _length(post.text, post) <= LONGEST_CAPTION
    caption = _formatted(post.text, post) if has_caption else {}
    for start in range(0, len(post.media), ALBUM):
        album = post.media[start : start + ALBUM]
        yield _pictures(album, post, {} if start else caption)
    if not has_caption:
        yield _Message("sendMessage", _text(post.text, post))
    for part in post.thread:
        bare = replace(post, card=None, title="")
        yield _Message("sendMessage", _text(part, bare), is_reply=True)


def _pictures(album: Sequence[Media], post: Post, caption: Json) -> _Message:
    spoiler = {"has_spoiler": True} if post.content_warning else {}
    words = {"caption": caption["text"], **caption} if caption else {}
    words.pop("text", None)
    if len(album) == 1:
        photo = {"photo": "attach://photo", **words, **spoiler}
        return _Message("sendPhoto", photo, tuple(album))
    media = [
        {
            "type": "photo",
            "media": f"attach://photo{number}",
            **({} if number else words),
            **spoiler,
        }
        for number, _ in enumerate(album)
    ]
    return _Message("sendMediaGroup", {"media": media}, tuple(album))


def _text(text: str, post: Post) -> Json:
    preview: Json = {"is_disabled": True}
    if post.card:
        size = "prefer_large_media" if post.card.image else "prefer_small_media"
        preview = {"url": post.card.url, size: True}
    return {**_formatted(text, post), "link_preview_options": preview}


def _formatted(text: str, post: Post) -> Json:
    """Return the text as HTML: the title in bold, and what is warned of hidden."""
    escaped = html.escape(text, quote=False)
    title = post.card.title if post.card else post.title
    first, line_end, rest = escaped.partition("\n")
    if title and first == html.escape(title, quote=False):
        escaped = f"<b>{first}</b>{line_end}{rest}"
    if post.content_warning:
        words = html.escape(post.content_warning, quote=False)
        escaped = f"CW: {words}\n\n<tg-spoiler>{escaped}</tg-spoiler>"
    return {"text": escaped, "parse_mode": "HTML"}


def _length(text: str, post: Post) -> int:
    warning = f"CW: {post.content_warning}\n\n" if post.content_warning else ""
    return count(warning + text, "utf16")


def _checked(post: Post) -> list[_Message]:
    for text in () if post.document else (post.text, *post.thread):
        if (length := _length(text, post)) > LONGEST:
            raise Rejected(
                f"telegram takes {LONGEST} UTF-16 units, and this post has {length}"
            )
    return list(_messages(post))


def _as_form(fields: Json) -> dict[str, str]:
    """Return the fields as a form has them: what is no text, as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    }


def _files(method: str, media: Sequence[Media]) -> list[File]:
    kinds = [one.media_type.rpartition("/")[2] for one in media]
    return [
        File(
            "photo" if method == "sendPhoto" else f"photo{number}",
            f"{number}.{kinds[number]}",
            one.media_type,
            one.content,
        )
        for number, one in enumerate(media)
    ]


# --- what is answered --------------------------------------------------------------


def _remarks(chat: Json, member: Json) -> Iterator[str]:
    status = member.get("status")
    if status in {"left", "kicked"}:
        yield "the bot is not there"
    elif chat.get("type") == "channel" and not member.get("can_post_messages"):
        yield "the bot may not post: make it an administrator of the channel"


def _verdict(response: Response) -> ProviderError | None:
    """Tell wrong settings from a wrong message: both are a 400."""
    try:
        said = f"{response.json().get('description', '')}".lower()
    except (ValueError, AttributeError):
        said = ""
    if response.status_code == HTTPStatus.NOT_FOUND:  # the token is in the address
        return Refused(
            "telegram knows no such bot (404)",
            hint="Try: check TELEGRAM_TOKEN in .env.",
        )
    if response.status_code != HTTPStatus.BAD_REQUEST:
        return None
    if "message is not modified" in said:
        return _Same("telegram has this text already")
    if any(one in said for one in _GONE):
        return Gone("telegram has no such message")
    reason = next((one for one in _OURS if one in said), "")
    if reason:
        return Refused(
            f"telegram does not let the bot post there: {reason}",
            hint="Try: check TELEGRAM_CHAT in .env, and that the bot may post.",
        )
    return None

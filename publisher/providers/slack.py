"""Slack, through a bot's token or through an incoming webhook.

https://docs.slack.dev/reference/methods/chat.postMessage
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks

A bot can thread, change and take back; a webhook can only post, and answers in plain
text. Neither knows a key, so a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, urlsplit

from publisher.errors import (
    ConfigError,
    Gone,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, read_json
from publisher.http.chain import put_all
from publisher.http.waits import retry_after
from publisher.models import Card, Identity, Json, Kind, Limits, Media, Post, Receipt
from publisher.providers import Secret
from publisher.units import links

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 12_000  # characters; with its blocks, Slack refuses a message from 13,200 on
SECTION, ALT, ADDRESS = 3000, 2000, 3000  # characters of a block's parts
TITLE, DESCRIPTION = 300, 1000  # ours: a card is no article
WORD = SECTION // len("&amp;")
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_LATER = {"service_unavailable", "request_timeout", "team_added_to_org"}
_OPEN = {"fatal_error", "internal_error"}
_LIMITED = {"ratelimited", "rate_limited"}
_ABOUT_POST = {
    *("no_text", "msg_too_long", "msg_blocks_too_long", "invalid_blocks"),
    *("invalid_blocks_format", "invalid_payload", "duplicate_message_not_found"),
    *("message_not_found", "cant_update_message", "cant_delete_message"),
    *("edit_window_closed", "block_mismatch", "markdown_text_conflict"),
    *("cannot_reply_to_message", "invalid_arguments", "too_many_attachments"),
}
_DEAD_HOOK = (403, 404, 410)
_ALIVE = {"invalid_payload", "no_text", "missing_text_or_fallback_or_attachments"}


@dataclass(frozen=True)
class Slack:
    """Posts to one Slack channel, as a bot or through a webhook."""

    token: Secret = field(
        metadata={"doc": "a bot's token (xoxb-...), or the address of a webhook"}
    )
    channel: str = field(
        default="", metadata={"doc": "where a bot posts: the channel's id, C0123ABCD"}
    )
    url: str = field(
        default="https://slack.com/api",
        metadata={"doc": "where bots call; a webhook has its own address"},
    )

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(
        length=LONGEST,
        images=10,
        alt=ALT,
        has_threads=True,
        per_second=1,
    )

    def __post_init__(self) -> None:
        if self._is_webhook:
            limits = replace(self.limits, has_threads=False)
            object.__setattr__(self, "limits", limits)
        elif not self.channel.strip():
            raise ConfigError(
                "slack: a bot's token says not where to post",
                hint="Try: SLACK_CHANNEL=C0123ABCD, the id at the end of the channel's "
                "details.",
            )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return the message; of a thread, all of them as a list of `messages`."""
        parts = [_message(one) for one in _parts(post)]
        return parts[0] if len(parts) == 1 else {"messages": parts}

    def send(self, post: Post) -> Receipt:
        """Post it; a thread answers its first part."""
        parts = _checked(post)
        if self._is_webhook:
            return self._through_webhook(post, parts)
        puts = [partial(self._put, one) for one in parts]
        ids = put_all(puts, self._take_back, provider="slack")
        return Receipt(",".join(ids))

    def edit(self, receipt: str, post: Post) -> Receipt:
        """Put the new blocks in the place of the old ones."""
        ids, parts = self._ids(receipt), _checked(post)
        if len(ids) != len(parts):
            raise Rejected(
                f"slack has {len(ids)} messages of this post, and its new version "
                f"has {len(parts)}",
                hint="Try: delete it, and send the new one.",
            )
        for (channel, at), part in zip(ids, parts, strict=True):
            message = _message(part)
            where = {"channel": channel, "ts": at}
            words = {name: message[name] for name in ("text", "blocks")}
            self._ask("chat.update", {**where, **words})
        return Receipt(receipt)

    def delete(self, receipt: str) -> None:
        """Take every message back."""
        self._ids(receipt)
        for one in reversed(receipt.split(",")):
            self._take_back(one)

    def verify(self) -> Identity:
        """Say which bot it is; of a webhook, only that Slack knows it."""
        if self._is_webhook:
            self._knock()
            return Identity(name="a webhook", remarks=("slack tells no more of it",))
        me = self._ask("auth.test", {})
        return Identity(
            name=f"{me.get('user', '')} in {me.get('team', '')}",
            url=f"{me.get('url') or ''}",
        )

    # --- through a webhook ---

    @property
    def _is_webhook(self) -> bool:
        return self.token.reveal().strip().startswith("http")

    def _through_webhook(self, post: Post, parts: Sequence[Post]) -> Receipt:
        if len(parts) > 1:
            raise Rejected(
                "slack: a webhook cannot answer its own message with a thread",
                hint="Try: a bot's token in SLACK_TOKEN.",
            )
        answer = self._hook(_message(post))
        if answer.text.strip() != "ok":
            raise Uncertain("slack's webhook answered something other than ok")
        return Receipt(quote(post.key))

    def _hook(self, message: Json) -> Response:
        address = self.token.reveal().strip()
        hidden = [one for one in urlsplit(address).path.split("/")[2:] if one]
        return call(
            "POST",
            address,
            json=message,
            provider="slack",
            secrets=hidden,
            verdict=_of_webhook,
        )

    def _knock(self) -> None:
        """Hand over a message without a text: a webhook that lives refuses it."""
        try:
            self._hook({})
        except Rejected as error:
            if any(one in error.message for one in _ALIVE):
                return
            raise
        except Uncertain as error:
            raise Unavailable(error.message) from None

    # --- as a bot ---

    def _ids(self, receipt: str) -> list[tuple[str, str]]:
        if self._is_webhook:
            raise Rejected(
                "slack: what a webhook has posted it cannot change or take back",
                hint="Try: do it in Slack, or use a bot's token in SLACK_TOKEN.",
            )
        ids = [one.partition(":") for one in receipt.split(",")]
        return [(channel, at) for channel, _, at in ids]

    def _put(self, post: Post, before: Sequence[str]) -> list[str]:
        message = {"channel": self.channel.strip(), **_message(post)}
        if before:
            message["thread_ts"] = before[0].partition(":")[2]
        answer = self._ask("chat.postMessage", message)
        if not {"channel", "ts"} <= answer.keys():
            raise Uncertain("slack answered without a message")
        return [f"{answer['channel']}:{answer['ts']}"]

    def _take_back(self, one: str) -> None:
        channel, _, at = one.partition(":")
        try:
            self._ask("chat.delete", {"channel": channel, "ts": at})
        except Gone:
            return

    def _ask(self, method: str, json: Json) -> Json:
        """Call a method; Slack tells most of its errors with the status 200."""
        response = call(
            "POST",
            f"{self.url.strip().rstrip('/')}/{method}",
            json=json,
            provider="slack",
            headers={"Authorization": f"Bearer {self.token.reveal().strip()}"},
            secrets=(self.token,),
        )
        answer = read_json(response, provider="slack")
        if answer.get("ok") is True:
            return answer
        raise _told(f"{answer.get('error') or ''}", response.headers)


# --- what is sent ------------------------------------------------------------------


def _parts(post: Post) -> list[Post]:
    """Return each message as a post; card and pictures belong to the first."""
    bare = Post(key=post.key, text="", content_warning=post.content_warning)
    return [post, *(replace(bare, text=text) for text in post.thread)]


def _checked(post: Post) -> list[Post]:
    for number, media in enumerate(post.media, 1):
        if not _is_shown(media.url):
            raise Rejected(
                f"slack shows pictures by their public address, and picture {number} "
                "has none"
            )
    parts = _parts(post)
    for one in parts:
        if (length := len(_mrkdwn(_warned(one)))) > LONGEST:
            raise Rejected(
                f"slack takes {LONGEST} characters, and this post has {length}"
            )
    return parts


def _message(post: Post) -> Json:
    """Return the blocks, and the text that notifications show."""
    text = _warned(post)
    blocks: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": piece}}
        for piece in _pieces(text)
    ]
    blocks += [_picture(one, post) for one in post.media if _is_shown(one.url)]
    if post.card:
        blocks.append(_card(post.card, post))
    # We bring the card: with Slack's own the link would have two.
    return {
        "text": _mrkdwn(text),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _warned(post: Post) -> str:
    """Put the warning above the text: Slack hides nothing."""
    warning = post.content_warning
    return f"CW: {warning}\n\n{post.text}" if warning else post.text


def _is_shown(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= ADDRESS


def _picture(media: Media, post: Post) -> Json:
    alt = media.alt or (post.card.title if post.card else "") or "A picture"
    return {"type": "image", "image_url": media.url, "alt_text": _cut(alt, ALT)}


def _card(card: Card, post: Post) -> Json:
    title = _escaped(_cut(" ".join((card.title or card.url).split()), TITLE))
    text = f"*<{_address(card.url)}|{title}>*"
    if card.description and card.description not in post.text:
        text += f"\n{_escaped(_cut(card.description, DESCRIPTION))}"
    block: Json = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    if _is_shown(card.image) and not post.content_warning:
        block["accessory"] = {
            "type": "image",
            "image_url": card.image,
            "alt_text": _cut(card.alt or card.title or "A picture", ALT),
        }
    return block


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(text: str) -> str:
    """Escape what Slack asks for; a star in a text stays a star, or makes it bold."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _address(url: str) -> str:
    return _escaped(url).replace("|", "%7C")


def _mrkdwn(text: str) -> str:
    """Return the text in Slack's own markup: escaped, and its links as links."""
    parts: list[str] = []
    end = 0
    for link in links(text):
        parts += (_escaped(text[end : link.start]), f"<{_address(link.url)}>")
        end = link.end
    return "".join((*parts, _escaped(text[end:])))


def _pieces(text: str) -> Iterator[str]:
    """Yield the text in Slack's markup, cut between words where a block is full."""
    piece = ""
    for word in re.findall(rf"\s*\S{{1,{WORD}}}", text):
        if len(_mrkdwn(piece + word)) > SECTION:
            yield _mrkdwn(piece.strip())
            piece = ""
        piece += word
    if piece.strip():
        yield _mrkdwn(piece.strip())


# --- what is answered --------------------------------------------------------------


def _of_webhook(response: Response) -> ProviderError | None:
    """Name a webhook's error, which is one word of plain text."""
    if response.status_code not in _DEAD_HOOK:
        return None
    word = re.sub(r"[^a-z_]", "", response.text[:60].lower())
    return Refused(
        f"slack: the webhook does not post any more ({word or response.status_code})",
        hint="Try: make a new one, and put its address into SLACK_TOKEN.",
    )


def _told(error: str, headers: Mapping[str, str]) -> ProviderError:
    """Name the error of a bot's call."""
    said = f"slack said {re.sub(r'[^a-z_]', '', error)[:60] or 'nothing'}"
    if error in _LIMITED:
        return Throttled(said, retry_after=retry_after(headers))
    if error in _LATER:
        return Unavailable(said)
    if error in _OPEN or not error:
        return Uncertain(said)
    if error == "message_not_found":
        return Gone(said)
    if error in _ABOUT_POST:
        return Rejected(said)
    return Refused(said, hint="Try: check SLACK_TOKEN and SLACK_CHANNEL in .env.")

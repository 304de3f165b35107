"""Length as each network counts it: graphemes, UTF-16, bytes, links at a flat price."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.models import Limits, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

MASTODON_LINK = 23

# A link as Mastodon and Bluesky see one: a scheme, a host with a dot, and no letter
# or sign right before it. What follows the host is trimmed by `_trimmed`.
_LINK = re.compile(
    r"(?<![\w@#$＠＃./-])https?://"
    r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,})"
    r"(?::\d{1,5})?(?:[/?#][^\s<>\"]*)?",
    re.IGNORECASE,
)
# https://docs.joinmastodon.org/user/posting/#mention
_MENTION = re.compile(
    r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)@\w+(?:[.-]+\w+)*",
    re.IGNORECASE,
)
_CLOSING = "?!*'‘’“”「」;:,.…$%[]~|@"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link stands in a text, in characters."""

    start: int
    end: int
    url: str


def links(text: str) -> Iterator[Link]:
    """Find the links that a network would make clickable, in their order.

    A closing bracket or a full stop after a link belongs to the sentence.

    >>> [link.url for link in links("(see https://example.org/a_(b).)")]
    ['https://example.org/a_(b)']
    """
    for match in _LINK.finditer(text):
        url = _trimmed(match.group())
        yield Link(match.start(), match.start() + len(url), url)


def count(text: str, unit: Unit, *, link: int | None = None) -> int:
    """Return the length of the text in the unit; each link counts as `link`.

    "mastodon" is graphemes, with links as 23 unless `link` says otherwise, and remote
    mentions without their server, as Mastodon's own validator counts.

    >>> count("👩‍👩‍👧‍👦 https://example.org/a/long/path", "mastodon")
    25
    """
    if unit == "mastodon":
        text = _MENTION.sub(
            r"@\1", _flat(text, MASTODON_LINK if link is None else link)
        )
    elif link is not None:
        text = _flat(text, link)
    match unit:
        case "characters":
            return len(text)
        case "utf16":
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "threads":
            return _with_emoji_as_bytes(text)
        case _:
            return _graphemes(text)


def fits(text: str, limits: Limits) -> bool:
    """Say whether the text is within both the length and the bytes of a network."""
    if limits.byte_length is not None and count(text, "bytes") > limits.byte_length:
        return False
    if limits.length is None:
        return True
    return count(text, limits.unit, link=limits.link) <= limits.length


def _with_emoji_as_bytes(text: str) -> int:
    """Return the characters, of an emoji its UTF-8 bytes, as Threads counts."""
    emoji = sum(
        len(found.group().encode()) - len(found.group())
        for found in _emoji().finditer(text)
    )
    return len(text) + emoji


@lru_cache(maxsize=1)
def _emoji() -> Any:
    import regex  # type: ignore[import-untyped]

    return regex.compile(
        r"\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3"
        r"|\p{Extended_Pictographic}(?:[\uFE0F\u200D\U000E0020-\U000E007F]"
        r"|\p{Emoji_Modifier}|(?<=\u200D)\p{Extended_Pictographic})*"
    )


def _graphemes(text: str) -> int:
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 for _ in _cluster().finditer(text))


@lru_cache(maxsize=1)
def _cluster() -> Any:  # the regex package ships no types
    import regex

    return regex.compile(r"\X")


def _flat(text: str, price: int) -> str:
    """Put a run of `price` letters in the place of every link."""
    parts: list[str] = []
    end = 0
    for link in links(text):
        parts += (text[end : link.start], "x" * price)
        end = link.end
    return "".join((*parts, text[end:]))


def _trimmed(url: str) -> str:
    """Cut a link before a bracket that it did not open, and before closing signs."""
    opened: list[int] = []
    for place, sign in enumerate(url):
        if sign == "(":
            opened.append(place)
        elif sign == ")":
            if not opened:
                url = url[:place]
                break
            opened.pop()
    while opened and opened[-1] >= len(url):
        opened.pop()
    if opened:
        url = url[: opened[0]]
    return url.rstrip(_CLOSING)

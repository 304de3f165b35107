"""Length as each network counts it: graphemes, UTF-16, bytes, links at a flat price."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from publisher.models import Limits, Unit
from publisher.units.linked import Link, links

__all__ = ["MASTODON_LINK", "X_LINK", "Link", "count", "fits", "links"]

MASTODON_LINK = X_LINK = 23

# https://docs.joinmastodon.org/user/posting/#mention
_MENTION = re.compile(
    r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)@\w+(?:[.-]+\w+)*",
    re.IGNORECASE,
)


def count(text: str, unit: Unit, *, link: int | None = None) -> int:
    """Return the length of the text in the unit; each link counts as `link`.

    "mastodon" is graphemes, with links as 23 unless `link` says otherwise, and remote
    mentions without their server, as Mastodon's own validator counts. "weighted" is
    X's: an emoji and most scripts beyond the Latin ones count twice, a link as 23.

    >>> count("👩‍👩‍👧‍👦 https://example.org/a/long/path", "mastodon")
    25
    >>> count("潮汐 example.org/tides", "weighted")
    28
    """
    if unit == "weighted":
        from publisher.units import x

        return x.length(text, link=X_LINK if link is None else link)
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

"""Links as Mastodon and Bluesky see them: a scheme, and a host with a dot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A link as Mastodon and Bluesky see one: a scheme, a host with a dot, and no letter
# or sign right before it. What follows the host is trimmed by `_trimmed`.
_LINK = re.compile(
    r"(?<![\w@#$＠＃./-])https?://"
    r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,})"
    r"(?::\d{1,5})?(?:[/?#][^\s<>\"]*)?",
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

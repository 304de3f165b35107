"""LinkedIn's little text: what it reserves is escaped, and hashtags are templates.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

from publisher.units import links

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_HASHTAG = re.compile(r"(?<![\w#&/])#([^\s#]+)")
_TEMPLATE = re.compile(r"\{hashtag\|\\?#\|((?:\\.|[^}\\])*)\}")


def little(text: str, hashtags: tuple[str, ...]) -> str:
    r"""Return a text as LinkedIn reads it: what it reserves is escaped, and only that.

    An unescaped sign cuts the post there, without a word. The post's own hashtags are
    written as its template for them.

    >>> little("Salt (and #Light) by a_b", ("Light",))
    'Salt \\(and {hashtag|\\#|Light}\\) by a\\_b'
    """
    taken = [(link.start, link.end) for link in links(text)]
    parts, end = [], 0
    for found in _HASHTAG.finditer(text):
        tag = "".join(takewhile(_is_of_tag, found[1]))
        inside = any(start <= found.start() < stop for start, stop in taken)
        if tag not in hashtags or inside:
            continue
        parts.append(_escaped(text[end : found.start()]))
        parts.append(rf"{{hashtag|\#|{_escaped(tag)}}}")
        end = found.start() + 1 + len(tag)
    return "".join([*parts, _escaped(text[end:])])


def plain(text: str) -> str:
    r"""Return what readers see of a text in LinkedIn's form.

    >>> plain(r"Salt \(and {hashtag|\#|Light}\)")
    'Salt (and #Light)'
    """
    shown = _TEMPLATE.sub(lambda found: rf"\#{found[1]}", text)
    return re.sub(r"\\(.)", r"\1", shown, flags=re.DOTALL)


def _escaped(text: str) -> str:
    return _RESERVED.sub(lambda sign: f"\\{sign[0]}", text)


def _is_of_tag(sign: str) -> bool:
    return sign == "_" or sign.isalnum() or unicodedata.category(sign).startswith("M")

"""The hashtags of a post: which, how they are written, and none of them twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from publisher.models import Article, Hashtags, Limits, unique
from publisher.render.filters import hashtag, is_of_hashtag
from publisher.text import camel_case_hashtag, words_in

MOST = 4  # where the network sets no limit
# As networks see one: not in a link, not after a letter ("C#"), not only digits.
_HASHTAG = re.compile(r"(?<![\w#&/])#([^\s#]+)")
_LINK = re.compile(r"https?://\S+")


def chosen(
    article: Article, wanted: Sequence[str], limits: Limits, spelling: Hashtags
) -> tuple[str, ...]:
    """Return the hashtags of a post: those of the rules, else the article's own tags.

    Each is written as the owner writes it, or so that a screen reader can say it; the
    same one comes once, and what the network takes for no hashtag does not come.
    """
    most = MOST if limits.hashtags is None else limits.hashtags
    longest = limits.hashtag_length
    by_name: dict[str, str] = {}
    for tag in wanted or article.tags:
        if spelling.is_never(tag):
            continue
        found = hashtag(spelling.spelled(tag) or _audible(tag, article))
        if found and (longest is None or len(found) - 1 <= longest):
            by_name.setdefault(found.casefold(), found)
    return tuple(by_name.values())[:most]


def _audible(tag: str, article: Article) -> str:
    """Return a tag with a capital where each of the article's own words begins."""
    bare = tag.lstrip("#＃")
    if not bare.isalpha() or bare != bare.lower():
        return bare
    return camel_case_hashtag(
        bare, _words(article.title, article.summary, article.text)
    )


@lru_cache(maxsize=256)  # one article is asked for each of its networks
def _words(*texts: str) -> frozenset[str]:
    return words_in("\n".join(texts))


def hashtags_in(text: str) -> tuple[str, ...]:
    """Return the hashtags that stand in a text, without their signs.

    >>> hashtags_in("C# and issue #42: https://example.org/#top #OpenData")
    ('OpenData',)
    """
    if "#" not in text:
        return ()
    found = _HASHTAG.findall(_LINK.sub("", text))
    tags = ["".join(takewhile(is_of_hashtag, one)) for one in found]
    return unique(tag for tag in tags if any(map(str.isalpha, tag)))


def once(text: str) -> str:
    r"""Return a text whose lines of hashtags repeat none that stands above them.

    >>> once("More #salt for the #sea\n#Salt #Storm")
    'More #salt for the #sea\n#Storm'
    """
    if "#" not in text:
        return text
    seen: set[str] = set()
    lines: list[str] = []
    for line in text.splitlines():
        if "#" not in line:
            lines.append(line)
            continue
        words = line.split()
        if all(word.startswith("#") for word in words):
            new = {word.casefold(): word for word in reversed(words)}
            line = " ".join(  # noqa: PLW2901
                new[name] for name in reversed(new) if name not in seen
            )
        seen |= {f"#{tag}".casefold() for tag in hashtags_in(line)}
        lines.append(line)
    return "\n".join(lines)

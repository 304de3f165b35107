"""X's own count, links and hashtags: twitter-text, version 3 of its configuration.

https://github.com/twitter/twitter-text (Apache License 2.0), whose conformance cases
are in the tests. https://docs.x.com/fundamentals/counting-characters

Its links need no "https://": a bare domain under a known top-level domain is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from publisher.units.linked import Link

LONGEST_LINK = 4096  # characters, its scheme counted twice
LONGEST_LABEL = 63  # characters of a domain's part, in ASCII
LONGEST_SLUG = 40  # of t.co
# What counts once: most alphabets, and the spaces and quotes between words.
_LIGHT = re.compile("[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490, 3.1
_JOINED = {"-", "_", ".", "/"}  # before a bare domain: it is none


@dataclass(frozen=True, slots=True)
class Hashtag:
    """Where a hashtag stands in a text, in characters; its name is without the sign."""

    start: int
    end: int
    name: str


def length(text: str, *, link: int) -> int:
    """Return the weighted length; a text within 280 is one post.

    >>> length("H\U0001f431\u263a example.org", link=23)
    29
    """
    text = unicodedata.normalize("NFC", text)
    total = end = 0
    for one in links(text):
        total += link + _weight(text[end : one.start])
        end = one.end
    return total + _weight(text[end:])


def links(text: str) -> list[Link]:
    """Find what X makes links of, in their order.

    >>> [one.url for one in links("see example.org/tides, or http://t.co/a's")]
    ['example.org/tides', 'http://t.co/a']
    """
    found: list[Link] = []
    for word in _WORD.finditer(text):
        for match in _matches(word.group(), is_first=not word.start()):
            if not _is_possible(match):
                continue
            of_match = _schemed(match) if match["scheme"] else _bare(match)
            start = word.start()
            found += (
                Link(start + a, start + b, text[start + a : start + b])
                for a, b in of_match
            )
    return found


def hashtags(text: str) -> list[Hashtag]:
    """Find what X makes hashtags of: with a letter, and not in a link.

    >>> [one.name for one in hashtags("#Ebbe2026 #2026 example.org/#no")]
    ['Ebbe2026']
    """
    found = [
        Hashtag(one.start("hash"), one.end(), one["name"])
        for one in _patterns()["hashtag"].finditer(text)
        if not _patterns()["no_hashtag"].match(text, one.end())
    ]
    taken = 0
    kept: list[Hashtag] = []
    both: list[Hashtag | Link] = [*found, *links(text)] if found else []
    for one in sorted(both, key=lambda one: one.start):
        if one.start < taken:
            continue
        taken = one.end
        if isinstance(one, Hashtag):
            kept.append(one)
    return kept


def _weight(text: str) -> int:
    """Count a text without links: each emoji and each heavy character is two."""
    if text.isascii():
        return len(text)
    plain: str
    plain, emoji = _patterns()["emoji"].subn("", text)
    light = sum(1 for _ in _LIGHT.finditer(plain))
    return 2 * (int(emoji) + len(plain)) - light


# --- links ----------------------------------------------------------------------------


def _matches(word: str, *, is_first: bool) -> Iterator[re.Match[str]]:
    """Yield what looks like links in a word, from left to right.

    All places between letters would do to begin one, and the first that may decides for
    all others up to the next sign: so a long word takes no longer than a short one.
    """
    # Where the sign before a link may stand; before a word there is white space.
    unread = 0 if is_first else -1
    for letters in _LETTERS.finditer(word):
        end = letters.end()
        while unread < end:
            start = _start(word, letters, unread)
            match = None if start is None else _link().match(word, start)
            if match is None:
                break
            yield match
            unread = match.end()


def _start(word: str, letters: re.Match[str], unread: int) -> int | None:
    """Return where among these letters a link may begin."""
    first, end = letters.span()
    has_scheme = word.startswith("://", end)
    if not has_scheme and word[end : end + 1] not in {".", "-", "_"}:
        return None
    if has_scheme:
        scheme = _SCHEME.search(word, first, end)
        if scheme is None:
            return None
        first = scheme.start()
    if first == 0 and (unread < 0 or end == 1 or not _BEFORE.match(word)):
        return 0
    before = _BEFORE.search(word, max(first - 1, unread), end - 1)
    if before is None or (has_scheme and before.end() > first):
        return None
    return before.end()


def _is_possible(match: re.Match[str]) -> bool:
    """Say whether a link is short enough, also in the ASCII form of its domain."""
    domain = match["domain"]
    if domain[:4] == "xn--" and not _ascii_domain().search(domain):
        return False
    scheme = match["scheme"] or "https://"
    return len(scheme) + len(match.group()) <= LONGEST_LINK and all(
        _ascii_length(label) <= LONGEST_LABEL for label in domain.split(".")
    )


def _ascii_length(label: str) -> int:
    """Return the length in Punycode (RFC 3492); a label may have other full stops."""
    if label.isascii():
        return len(label)
    coded = [
        part if part.isascii() else f"xn--{part.encode('punycode').decode()}"
        for part in _DOTS.split(label)
    ]
    return len(".".join(coded))


def _schemed(match: re.Match[str]) -> list[tuple[int, int]]:
    """Return from where to where a link with a scheme goes: those of t.co are short."""
    short = _SHORT.match(match.group())
    if short is None:
        return [match.span()]
    if len(short["slug"]) > LONGEST_SLUG:
        return []
    return [(match.start(), match.start() + short.end())]


def _bare(match: re.Match[str]) -> list[tuple[int, int]]:
    """Return where the ASCII domains are; what follows the last one belongs to it."""
    if match.string[max(0, match.start() - 1) : match.start()] in _JOINED:
        return []
    start = match.start("domain")
    some = _ascii_domain().finditer(match["domain"])
    found = [(start + one.start(), start + one.end()) for one in some]
    if found and match["path"]:
        found[-1] = (found[-1][0], match.end())
    return found


# --- patterns -------------------------------------------------------------------------

# As twitter-text writes them; `++` and `*+` give nothing back, which finds the same
# and takes no time over long runs.
_INVALID = r"\ufffe\ufeff\uffff"
_MARKERS = r"\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_SPACES = r"\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PUNCTUATION = r"!'#%&()*+,\\\-./:;<=>?@\[\]\^_{|}~$"
_ACCENTS = (
    r"\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b"
    r"\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_SIGNS = rf"{_PUNCTUATION}{_SPACES}{_INVALID}{_MARKERS}"  # not in a domain
_LABEL = rf"[^{_SIGNS}]++"
_DOMAIN = (  # a name has no more parts than DNS allows (RFC 1035, 2.3.4)
    rf"(?:{_LABEL}(?:[_\-]++{_LABEL}){{0,63}}+\.){{0,126}}"
    rf"{_LABEL}(?:-++{_LABEL}){{0,63}}+\."
)
_GENERAL = (
    rf"[a-zA-Z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTS}]"  # of a path
)
_PARENS = rf"\((?:{_GENERAL}+|{_GENERAL}*\({_GENERAL}+\){_GENERAL}*)\)"
_ENDING = rf"(?:[+\-a-zA-Z\u0400-\u04ff0-9=_#/{_ACCENTS}]|{_PARENS})"
_PATH = (
    rf"(?:{_GENERAL}*(?:{_PARENS}{_GENERAL}*)*{_ENDING}|@{_GENERAL}+/)"  # a part of it
)
_QUERY = r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-zA-Z0-9\-_&=#/]"
_AFTER_DOMAIN = rf"(?::[0-9]+)?(?P<path>/{_PATH}*)?(?:{_QUERY})?"
_WORD = re.compile(rf"[^{_SPACES}]*\.[^{_SPACES}]*")
_LETTERS = re.compile(_LABEL)
_SCHEME = re.compile(r"[hH][tT]{2}[pP][sS]?\Z")
_BEFORE = re.compile(rf"[^A-Za-z0-9@\uff20$#\uff03{_INVALID}]")
_SHORT = re.compile(rf"(?i:https?://t\.co)/(?P<slug>[a-zA-Z0-9]+)(?:{_QUERY})?")
_LETTER = r"\p{L}\p{M}"
_OF_HASHTAG = (
    rf"[{_LETTER}\p{{Nd}}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c"
    r"\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7]"
)
_HASHTAG = (
    rf"(?:^|\ufe0e|\ufe0f|(?!{_OF_HASHTAG}|&)(?s:.))(?P<hash>[#\uff03])"
    rf"(?!\ufe0f|\u20e3)(?P<name>{_OF_HASHTAG}*[{_LETTER}]{_OF_HASHTAG}*)"
)
# Sequences are taken by their grammar (Unicode TS 51, 1.4.9), not from a list that is
# old next year.
_ONE = r"[\p{Emoji}--\p{Emoji_Presentation}--[#*0-9\xa9\xae\u2122\u265f]]"
_PART = (
    rf"(?:\p{{Emoji_Modifier_Base}}\p{{Emoji_Modifier}}|\p{{Emoji_Presentation}}"
    rf"|{_ONE}\ufe0f?)"
)
_EMOJI = (
    r"(?V1)\p{RI}\p{RI}|[#*0-9]\ufe0f?\u20e3|[\xa9\xae\u2122\u265f]\ufe0f"
    r"|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    rf"|{_PART}(?:\u200d{_PART})*"
)


@lru_cache(maxsize=1)
def _tld() -> str:
    """Return the pattern of a top-level domain, letter by letter: it is tried often."""
    lines = Path(__file__).with_name("tlds.txt").read_text("utf-8").splitlines()
    names = [name for line in lines if line[0] != "#" for name in line.split()]
    known = rf"(?i:{_any_of(names)})(?=[^0-9a-zA-Z@+\-]|\Z)"
    return rf"(?:{known}|(?i:xn--)[\-0-9a-zA-Z]+)"


def _any_of(words: Sequence[str]) -> str:
    """Return a pattern of any of the words, the longest first.

    >>> _any_of(["co", "com", "de"])
    '(?:de|c(?:o(?:m|)))'
    """
    if len(words) == 1:
        return words[0]
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[:1], []).append(word[1:])
    return (
        "(?:"
        + "|".join(
            f"{first}{_any_of(rests[first])}" if first else ""
            for first in sorted(rests, reverse=True)
        )
        + ")"
    )


@lru_cache(maxsize=1)
def _link() -> re.Pattern[str]:
    scheme = "(?P<scheme>(?i:https?)://)?"
    return re.compile(rf"{scheme}(?P<domain>{_DOMAIN}{_tld()}){_AFTER_DOMAIN}")


@lru_cache(maxsize=1)
def _ascii_domain() -> re.Pattern[str]:
    return re.compile(rf"(?:[\-a-zA-Z0-9{_ACCENTS}]+\.)+{_tld()}")


@lru_cache(maxsize=1)
def _patterns() -> dict[str, Any]:  # the regex package ships no types
    import regex  # type: ignore[import-untyped]

    return {
        "hashtag": regex.compile(_HASHTAG),
        "no_hashtag": regex.compile(r"[#\uff03]|://"),
        "emoji": regex.compile(_EMOJI),
    }

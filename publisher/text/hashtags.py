"""Lines of hashtags, and words as hashtags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from publisher.text.reading import clean

TAG_LENGTH = 100
LONGEST_TAG = 3  # words: "#soil science#salt"
FEW = 3  # tags; with fewer a line with spaces may be a sentence
SHORTEST = 2  # letters of a word inside of a tag
_MARK = "#＃"
_HASHTAG = re.compile(rf"[{_MARK}]\w+")
_WORD = re.compile(r"[^\W\d_]+")
_TAG = re.compile(rf"[{_MARK}]+([^{_MARK}]*)")
_LABEL = re.compile(r"^[^\W\d_]{3,12}\s?[:：]\s*(?=[#＃])")  # "Tags: #a #b"
_EMOJI = re.compile("[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")
_SEPARATORS = " \t\u3000,;|·•،؛、，/"
_TAG_ENDS = ".!?…"


def split_hashtags(line: str) -> tuple[str, ...]:
    """Return the tags of a line that holds nothing else, once each, else ().

    >>> split_hashtags("#sleep#Health #sleep #")
    ('sleep', 'Health')
    >>> split_hashtags("see issue #42"), split_hashtags("#1 choice")
    ((), ())
    """
    line = _LABEL.sub("", clean(line).strip())
    if line[:1] not in tuple(_MARK):
        return ()
    parts = [_EMOJI.sub("", part) for part in _TAG.findall(line)]
    parts = [part.strip(_SEPARATORS).rstrip(_TAG_ENDS) for part in parts]
    tags: dict[str, str] = {}
    for tag in filter(None, parts):
        tags.setdefault(tag.casefold(), tag)
    words = [word for tag in tags.values() for word in tag.split()]
    if not all(map(is_hashtag, words)) or not all(map(_is_short, tags.values())):
        return ()
    if len(tags) < FEW and any(len(tag.split()) > 1 for tag in tags.values()):
        return ()  # "#bread lovers know" is a sentence
    if not any(any(char.isalpha() for char in tag) for tag in tags.values()):
        return ()
    return tuple(tags.values())


def _is_short(tag: str) -> bool:
    return len(tag.split()) <= LONGEST_TAG


def is_hashtag(tag: str) -> bool:
    """Say whether a word can stand after "#" on a line of hashtags."""
    if not tag or len(tag) > TAG_LENGTH or not any(char.isalnum() for char in tag):
        return False
    return all(char in "_-&+'’.·\u200c\u200d" or _is_word(char) for char in tag)


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def camel_case_hashtag(tag: str, known: Collection[str] = ()) -> str:
    """Return a tag of several words as one, each word audible to a screen reader.

    A single word stays as its author wrote it, unless it is made of words that are
    `known` (in lower case), which are best those of the article.

    >>> camel_case_hashtag("love hormone"), camel_case_hashtag("NASA-news")
    ('LoveHormone', 'NASANews')
    >>> camel_case_hashtag("selfesteem")
    'selfesteem'
    >>> camel_case_hashtag("selfesteem", {"self", "esteem"})
    'SelfEsteem'
    """
    words = [word for word in re.split(r"[\s_\-–—/.]+", tag.lstrip(_MARK)) if word]
    if len(words) == 1:
        words = _parted(words[0], known)
    if len(words) <= 1:
        return "".join(words)
    return "".join(word[0].upper() + word[1:] for word in words)


def words_in(text: str) -> frozenset[str]:
    """Return the words of a text in lower case; hashtags are none of them."""
    bare = _HASHTAG.sub(" ", text.lower())
    return frozenset(word for word in _WORD.findall(bare) if len(word) >= SHORTEST)


def _parted(word: str, known: Collection[str]) -> list[str]:
    """Part a word into as few known ones as can be; itself where there are none.

    One that its author wrote with capitals, or that has none, is left as it is.
    """
    low = word.lower()
    if low in known or low != word or low == word.upper() or len(word) > TAG_LENGTH:
        return [word]
    best: list[list[str] | None] = [[], *[None] * len(word)]
    for end in range(SHORTEST, len(word) + 1):
        for start in range(end - SHORTEST + 1):
            before = best[start]
            if before is None or word[start:end] not in known:
                continue
            old = best[end]
            if old is None or len(before) + 1 < len(old):
                best[end] = [*before, word[start:end]]
    return best[-1] or [word]

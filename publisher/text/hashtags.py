"""Lines of hashtags, and words as hashtags."""

from __future__ import annotations

import re
import unicodedata

from publisher.text.reading import clean

TAG_LENGTH = 100
LONGEST_TAG = 3  # words: "#soil science#salt"
FEW = 3  # tags; with fewer a line with spaces may be a sentence
_MARK = "#＃"
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


def camel_case_hashtag(tag: str) -> str:
    """Return a tag of several words as one, each word audible to a screen reader.

    A single word stays as its author wrote it: where it ends nobody can know.

    >>> camel_case_hashtag("love hormone"), camel_case_hashtag("NASA-news")
    ('LoveHormone', 'NASANews')
    >>> camel_case_hashtag("selfesteem")
    'selfesteem'
    """
    words = [word for word in re.split(r"[\s_\-–—/.]+", tag.lstrip(_MARK)) if word]
    if len(words) <= 1:
        return "".join(words)
    return "".join(word[0].upper() + word[1:] for word in words)

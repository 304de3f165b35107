"""Where a title may be broken: between words, and between the characters of CJK."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

# What begins no line and what ends none: JIS X 4051, GB/T 15834.
NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〗〙°′″℃％‰…‥—～〜"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "､｡･ｰﾞﾟ｣!%),.:;?]}»›"
)
NO_END = frozenset("‘“（〔［｛〈《「『【〖〘｢([{«‹＄￥£€¥$")
JOINER, EMOJI = "\u200d", "\ufe0f"
BREAK = "\u200b"  # zero width space
_HYPHENS = "-\u2010–—/"
_DASHES = {"-", "–", "—"}
_IDEOGRAPHS = (
    (0x2E80, 0x312F),  # with kana, bopomofo and CJK punctuation
    (0x31A0, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFF),
)
_SKIN = range(0x1F3FB, 0x1F400)


def is_ideograph(char: str) -> bool:
    """Say whether lines break beside it without a space. Hangul has spaces."""
    return any(first <= ord(char) <= last for first, last in _IDEOGRAPHS)


def clusters(text: str) -> list[str]:
    r"""Return what a reader takes for letters: each with its marks.

    >>> len(clusters("ne\u0301e"))
    3
    """
    found: list[str] = []
    for char in text:
        joins = found and (found[-1].endswith(JOINER) or _is_mark(char))
        if joins and found[-1] != " ":
            found[-1] += char
        else:
            found.append(char)
    return found


def _is_mark(char: str) -> bool:
    is_mark = unicodedata.category(char) in {"Mn", "Mc", "Me"}
    return is_mark or char == JOINER or ord(char) in _SKIN


def pieces(text: str) -> list[tuple[int, int]]:
    """Return what stays on one line, as places in the text; spaces are between.

    >>> [("ein Ost-West 東京")[start:end] for start, end in pieces("ein Ost-West 東京")]
    ['ein', 'Ost-', 'West', '東', '京']
    """
    found: list[tuple[int, int]] = []
    start = 0
    for word in text.split(" "):
        is_bound = bool(found) and (word[:1] in NO_START or word in _DASHES)
        for piece in _parts(word):
            end = start + len(piece)
            found.append((found.pop()[0] if is_bound else start, end))
            start, is_bound = end, False
        start += 1
    return found


def hyphenated(word: str, parts: int) -> str:
    """Return a word in about equal parts with hyphens, as its syllables are not known.

    What is not of letters with capitals (a link, Thai) has none.

    >>> hyphenated("Leuchtturm", 2), hyphenated("a/b", 2)
    ('Leuch-tturm', 'a/b')
    """
    letters = clusters(word)
    if not all(one[0].isalpha() and one.lower() != one.upper() for one in letters):
        return word
    size = -(-len(letters) // parts)
    some = ["".join(letters[at : at + size]) for at in range(0, len(letters), size)]
    return "-".join(some)


def _parts(word: str) -> Iterator[str]:
    part = ""
    for cluster in clusters(word):
        if part and _may_break(part, cluster):
            yield part
            part = ""
        part += cluster
    if part:
        yield part


def _may_break(before: str, after: str) -> bool:
    last, first = before[-1], after[0]
    if last == BREAK:
        return True
    if first in NO_START or last in NO_END:
        return False
    if last in _HYPHENS:
        return before[-2:-1].isalpha() and first.isalpha()
    return is_ideograph(last) or is_ideograph(first)

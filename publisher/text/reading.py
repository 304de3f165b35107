"""Cleans, names, shortens and counts text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

WORDS_PER_MINUTE = 200
CJK_PER_MINUTE = 500
SLUG_BYTES = 200  # a file name may have 255, with its ending

# What editors and web pages leave between letters, and nobody sees. The joiners
# U+200C and U+200D are not here: Persian, Indic scripts and emoji need them.
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb"
)
SPACES = "\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f"
_CONTROLS = dict.fromkeys((*range(9), *range(0x0E, 0x20), *range(0x7F, 0xA0)))
_CLEAN = {
    **_CONTROLS,
    **{ord(char): None for char in INVISIBLE},
    **{ord(char): " " for char in SPACES},
    **dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
}
_HALVES = re.compile("[\ud800-\udfff]")  # of surrogate pairs; no text has them
_JOINER = re.compile(r"[\u200c\u200d]")
# Letters that NFKD does not take apart.
_FOLD = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d"}
    | {"þ": "th", "ı": "i", "ħ": "h", "ŋ": "n", "ə": "e"}
)
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_CJK = re.compile(f"[{CJK}]")
_ENDING = re.compile(
    r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？｡][」』”’）]*|[؟۔।][\"»”)]*(?=\s)"
)
# A full stop after one of these ends a word, not a sentence.
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs etc eg ie e.g i.e cf no nr vol fig al approx dept "
    "sig dott ing ecc pag sra srta ud núm mme mlle m bzw z.b d.h u.a usw ca bspw "
    "г гг т.е т.д т.п др им см ст ул p pp u.s u.k a.m p.m inc ltd co".split()
)


def clean(text: str) -> str:
    r"""Return the text as people see it: one kind of line end and space, NFC.

    Byte order and bidi marks, zero-width characters, soft hyphens and controls go;
    joiners stay where a script needs them.

    >>> clean("\ufeffCaf\u0065\u0301\u00a0noir\r\n")
    'Café noir\n'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEAN)
    text = _JOINER.sub(_keep_joiner, _HALVES.sub("", text))
    return unicodedata.normalize("NFC", text)


def _keep_joiner(found: re.Match[str]) -> str:
    text, at = found.string, found.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not after or after.isspace() or found[0] == after:
        return ""
    # Scripts that join begin after Hebrew; emoji and their selectors are far above.
    is_used = before >= "\u0600" and not before.isspace() and not _CJK.match(before)
    return found[0] if is_used else ""


def slugify(title: str, limit: int = 100) -> str:
    """Return a name for addresses and files; other scripts than Latin stay readable.

    >>> slugify("Crème brûlée: l'été à Łódź"), slugify("Как спать?")
    ('creme-brulee-lete-a-lodz', 'как-спать')
    """
    plain = unicodedata.normalize("NFKC", title)
    text = re.sub("['’ʼ`´]", "", plain).casefold()
    kept = "".join(_slug_letter(char) for char in text)
    words = [word for word in kept.split("-") if word]
    while len(words) > 1 and _is_long("-".join(words), limit):
        words.pop()
    slug = "-".join(words)
    while _is_long(slug, limit):  # one long word, or a script without spaces
        slug = slug[:-1]
    return slug.strip("-") or "article"


def _is_long(slug: str, limit: int) -> bool:
    return len(slug) > limit or len(slug.encode()) > SLUG_BYTES


def _slug_letter(char: str) -> str:
    if char.isascii():
        return char if char.isalnum() else "-"
    folded = unicodedata.normalize("NFKD", char.translate(_FOLD))
    bare = "".join(one for one in folded if not unicodedata.combining(one))
    if bare.isascii() and bare.isalnum():
        return bare
    if unicodedata.category(char)[0] in "LMN":
        return char
    return "" if char in "\u200c\u200d" else "-"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a paragraph; "Dr. Rossi" is not the end of one.

    >>> list(sentences("Ask Dr. Rossi. She knows! Or e.g. this."))
    ['Ask Dr. Rossi.', 'She knows!', 'Or e.g. this.']
    """
    start = 0
    for found in _ENDING.finditer(text):
        rest = text[found.end() :].lstrip()
        word = text[start : found.start()].rpartition(" ")[2].lstrip("(\"'“«").lower()
        is_initial = len(word) == 1 and word.isalpha() and not _CJK.match(word)
        is_stop = found[0].startswith(".")
        if word == "no" and not rest[:1].isdigit():
            word = ""  # an answer, and no number
        if is_stop and (word in ABBREVIATIONS or is_initial or rest[:1].islower()):
            continue
        if sentence := text[start : found.end()].strip():
            yield sentence
        start = found.end()
    if text[start:].strip():
        yield text[start:].strip()


def summary_of(text: str, limit: int = 200) -> str:
    """Shorten a paragraph: whole sentences where they say enough, else whole words.

    >>> summary_of("One two three. Four five six.", 20)
    'One two three.'
    >>> summary_of("One two three four five", 15)
    'One two three…'
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = text[: text.index(sentence, len(kept)) + len(sentence)]
        if len(longer) > limit:
            break
        kept = longer
    return kept if len(kept) >= limit // 3 else cut(text, limit)


def cut(text: str, limit: int) -> str:
    """Cut between words and say so with an ellipsis, which counts."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    is_inside = not (text[limit - 1].isspace() or _CJK.match(text[limit - 1]))
    if is_inside and " " in start[limit // 2 :]:
        start = start.rpartition(" ")[0]
    return start.rstrip(" ,;:.–—-،、，。؛") + "…"


def reading_minutes(text: str) -> int:
    """Return how long reading takes, rounded up: 200 words or 500 CJK signs a minute.

    >>> reading_minutes("word " * 201), reading_minutes("字" * 500), reading_minutes("")
    (2, 1, 1)
    """
    signs = len(_CJK.findall(text))
    words = len([word for word in _CJK.sub(" ", text).split() if _has_letter(word)])
    minutes = words / WORDS_PER_MINUTE + signs / CJK_PER_MINUTE
    return max(1, -int(-minutes // 1))


def _has_letter(word: str) -> bool:
    return any(char.isalnum() for char in word)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or "".

    >>> suggest("Mastodn", ["mastodon", "bluesky"]), suggest("x", ["mastodon"])
    ('mastodon', '')
    """
    names = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else ""

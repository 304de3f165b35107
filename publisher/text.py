"""Pure rules about text: cleaning, slugs, cases, summaries, hashtags, suggestions."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

WORDS_PER_MINUTE = 200
IDEOGRAPHS_PER_MINUTE = 500
LONGEST_SLUG = 80
# Zero-width space, word joiner, soft hyphen, bidi marks and isolates, byte order mark.
# The zero-width joiners stay: emoji and Persian are spelled with them.
_INVISIBLE = dict.fromkeys(
    map(
        ord,
        "\u200b\u2060\u00ad\u200e\u200f\u061c\ufeff\u202a\u202b\u202c\u202d\u202e"
        "\u2066\u2067\u2068\u2069\u180e",
    )
)
_SPACES = dict.fromkeys(
    map(
        ord,
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
        "\u200a\u202f\u205f\t\u000b",
    ),
    " ",
)
_LINE_ENDS = re.compile(r"\r\n?|\u0085|\u2028|\u2029|\f")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HASH = re.compile(r"[#＃]+")
_TAG = re.compile(r"[\w\u200c\u200d·-]+")
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ı": "i"}
)


def clean(text: str) -> str:
    r"""Return the text in NFC with plain newlines, plain spaces and nothing invisible.

    >>> clean("\ufeffa\u00a0b\r\nc\u200b")
    'a b\nc'
    """
    text = _LINE_ENDS.sub("\n", text)
    text = text.translate(_INVISIBLE).translate(_SPACES)
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))


def slugify(title: str) -> str:
    """Return a name for a file or a link: small letters and dashes, any script.

    >>> slugify("Où va l'été? Straße & C#"), slugify("منارة البحر")
    ('ou-va-l-ete-strasse-c', 'منارة-البحر')
    """
    lower = clean(title).lower().translate(_SPELLED)
    plain = "".join(_unaccented(letter) for letter in lower)
    words = re.findall(r"[^\W_]+", plain.replace("\u200c", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > LONGEST_SLUG:
            break
        slug = longer
    return slug or "-".join(words)[:LONGEST_SLUG].strip("-") or "untitled"


def _unaccented(letter: str) -> str:
    """Return a Latin letter without its accent; other scripts need theirs."""
    parts = unicodedata.normalize("NFD", letter)
    return parts[0] if parts[0].isascii() else letter


def summary_of(text: str, limit: int = 200) -> str:
    """Return the beginning of a text, whole sentences if one fits, else whole words.

    >>> summary_of("One. Two is longer.", 8), summary_of("Many words in a row", 11)
    ('One.', 'Many words…')
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    ends = [
        found.end() for found in re.finditer(r"[.!?؟](?=\s)|[。！？]", line[:limit])
    ]
    if ends and ends[-1] >= limit // 3:
        return line[: ends[-1]].strip()
    cut = line[: limit - 1]
    if " " in cut and not line[limit - 1].isspace():
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:،、-–—") + "…"


def reading_minutes(text: str) -> int:
    """Return how long reading takes, in whole minutes, at least one."""
    ideographs = len(_IDEOGRAPH.findall(text))
    words = len(_IDEOGRAPH.sub(" ", text).split())
    minutes = words / WORDS_PER_MINUTE + ideographs / IDEOGRAPHS_PER_MINUTE
    return max(1, round(minutes))


def split_hashtags(line: str) -> tuple[str, ...]:
    """Return the tags of a line of hashtags, run on or not; none if it is not one.

    >>> split_hashtags("#sea#calm #weather#"), split_hashtags("see issue #42")
    (('sea', 'calm', 'weather'), ())
    """
    line = line.strip()
    if not _HASH.match(line):
        return ()
    found: dict[str, str] = {}
    for part in _HASH.split(line):
        tag = part.strip(" \t,;.،、")
        if not tag:
            continue
        if not _TAG.fullmatch(tag):
            return ()
        found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was most likely meant, or "".

    >>> suggest("maston", ["mastodon", "smtp"])
    'mastodon'
    """
    by_fold = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else ""


def camel_case_hashtag(tag: str) -> str:
    """Return a tag as a hashtag's word, or "" if no hashtag can be made of it.

    Capitals let a screen reader find the words.

    >>> [camel_case_hashtag(tag) for tag in ("open data", "iOS", "7")]
    ['OpenData', 'iOS', '']
    """
    words = re.findall(r"[\w\u200c]+", unicodedata.normalize("NFC", tag))
    if len(words) > 1:
        words = [word[:1].upper() + word[1:] for word in words]
    joined = "".join(words).strip("_")
    return joined if re.search(r"[^\W\d_]", joined) else ""


def sentence_case(title: str, body: str = "") -> str:
    """Return a title that is all in capitals as a sentence is written.

    A word that the body writes in capitals (NASA), or with a capital inside a sentence
    (Portsend), stays so.

    >>> sentence_case("HOW NASA WORKS", "At NASA, work begins early.")
    'How NASA works'
    """
    if title != title.upper() or title == title.lower():
        return title
    forms = _written_forms(body)
    lower = re.sub(
        r"[^\W\d_]+", lambda word: forms.get(word[0], word[0].lower()), title
    )
    return re.sub(
        r"(^\W*|[.?!:]\s+)([^\W\d_])", lambda m: m[1] + m[2].upper(), lower, count=0
    )


def _written_forms(body: str) -> dict[str, str]:
    """Return how the body writes words that are not small: by their capitals."""
    forms: dict[str, str] = {}
    small = set(re.findall(r"\b[^\W\d_]+\b", body)) & {
        word.lower() for word in re.findall(r"\b[^\W\d_]+\b", body)
    }
    for match in re.finditer(r"[^\W\d_]+", body):
        word = match[0]
        if len(word) > 1 and word == word.upper() != word.lower():
            forms[word] = word
        elif word[0].isupper() and word.lower() not in small:
            before = body[: match.start()].rstrip(" \"'“‘«(")
            if before and before[-1] not in ".!?:\n…":
                forms.setdefault(word.upper(), word)
    return forms

"""Capitals: knows lines that shout, and says them as sentences."""

# ruff: noqa: E501  lists of words are as wide as they are
from __future__ import annotations

import re
from functools import lru_cache

from publisher.text.reading import sentences

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?:[\u0300-\u036f])*")
_DOTTED_OR_WORD = re.compile(rf"(?:[^\W\d_]\.){{2,}}|{_WORD.pattern}")
_SHORTENINGS = frozenset(
    "ai ui ux tv uk us usa eu un nato nasa ptsd adhd hiv dna rna lgbt lgbtq "
    "lgbtqia lgbtq+ bdsm std sti ceo cto faq diy ocd ibs iq gps pdf html css sql api "
    "url usb gmbh bbc cnn who unesco unicef mri ivf pms ok onu ue oms".split()
)
# Shortenings of one language are words of another: "parlare ai bambini", "j'ai".
_WORDS = {("ai", "it"), ("ai", "fr"), ("ai", "ro"), ("eu", "pt"), ("eu", "ro")}
# Words that English always writes with a capital; "may", "march", "polish" are not here.
_ENGLISH_NAMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february april june "
    "july august september october november december christmas easter english italian "
    "french german spanish russian arabic hebrew persian chinese japanese portuguese dutch "
    "european american african asian british irish scottish greek turkish indian american "
    "americans europeans europe america africa asia australia england scotland ireland "
    "britain france germany italy spain russia china japan india canada mexico brazil egypt "
    "israel iran greece portugal paris london rome berlin madrid moscow tokyo beijing".split()
)
_ROMAN = re.compile(r"(?:I{2,3}|IV|VI{1,3}|IX|XI{1,3}|XIV|XVI{0,3}|XIX|XXI?)$")
_KEPT = {"i": "I", "i'm": "I'm", "i've": "I've", "i'll": "I'll", "i'd": "I'd"}


_SMALL = re.compile("[a-zà-öа-я]{2}")  # most lines: no need to look at each letter
_BRAND = re.compile(r"(?<!\w)[a-z](?=[A-Z]{2})")  # the small letter of "iPHONE"


def is_capitals(text: str) -> bool:
    """Say whether a line shouts: it has letters with case, and all are capitals.

    >>> is_capitals("WHAT IS SLEEP?"), is_capitals("What"), is_capitals("42")
    (True, False, False)
    """
    if _SMALL.search(text):
        return False
    # ß stays small in many capital lines, and so does the i of "iPHONE".
    letters = [char for char in _BRAND.sub("", text) if char.isalpha() and char != "ß"]
    cased = [char for char in letters if char.lower() != char.upper()]
    upper = sum(char.isupper() for char in cased)
    return bool(upper) and len(cased) * 2 >= len(letters) and upper == len(cased)


def sentence_case(text: str, body: str = "", language: str = "") -> str:
    """Return a line in capitals as a sentence; `body` shows names and shortenings.

    >>> sentence_case("HOW NASA HELPED ROME", "In Rome they asked. Then NASA came.")
    'How NASA helped Rome'
    """
    if not is_capitals(text):
        return text
    known = _spellings(body)
    # "U.S." is a shortening by its dots.
    words = _DOTTED_OR_WORD.sub(lambda found: _cased(found[0], known, language), text)
    words = re.sub(r"\b[cf](?=#|\+\+)", lambda found: found[0].upper(), words)  # C#
    if language == "de":
        words = _german_nouns(words, body)
    return _capitals_after_stops(words, language)


_GERMAN_NOUN = re.compile(
    r"(?:ung|heit|keit|schaft|tät|tion|tum|nis|ment|ling)(?:s|e?n)?$"
)
_GERMAN_SMALL = frozenset(
    "der die das den dem des ein eine einen einem einer im am zum zur beim vom und oder "
    "ist sind war in auf mit von zu bei nach vor für gegen ohne um als wie was wer wo "
    "warum wann nicht auch so aus über unter zwischen durch wenn weil dass man sich es".split()
)
_GERMAN_BEFORE = frozenset(
    "der die das den dem des ein eine einen einem einer im am zum zur beim vom mit ohne "
    "für gegen mein dein sein ihr unser kein keine mehr viel wenig".split()
)


def _german_nouns(text: str, body: str) -> str:
    """Give nouns that the body does not show a capital, where their place does."""
    words = text.split(" ")
    starts = set(re.findall(r"(?:^|[.!?:]\s+)([A-ZÄÖÜ][a-zäöüß]{2,})", body, re.M))
    for at, word in enumerate(words):
        bare = re.sub(r"\W", "", word)
        after = re.sub(r"\W", "", words[at + 1]) if at + 1 < len(words) else ""
        is_framed = (
            at > 0
            and words[at - 1].lower() in _GERMAN_BEFORE
            and (not after or after in _GERMAN_SMALL or bare != word)
        )
        is_noun = is_framed or _GERMAN_NOUN.search(bare) or bare.capitalize() in starts
        if bare.islower() and bare not in _GERMAN_SMALL and is_noun:
            words[at] = word.replace(bare, bare[0].upper() + bare[1:], 1)
    return " ".join(words)


def _cased(word: str, known: dict[str, str], language: str) -> str:
    if word.endswith("."):
        return word
    small = lower(word, language)
    plain = small.replace("’", "'")
    if plain in known:
        return known[plain]
    if language in {"", "en"} and plain in _KEPT:
        return _KEPT[plain].replace("'", "’" if "’" in word else "'")
    if language in {"", "en"} and plain.removesuffix("'s") in _ENGLISH_NAMES:
        return small.capitalize()
    if _ROMAN.match(word):
        return word
    for ending in ("'s", "’s"):
        if small.endswith(ending) and plain[:-2] in known:
            return known[plain[:-2]] + ending
    is_word = plain in {"us", "who", "un"} or (plain, language) in _WORDS
    if len(word) > 1 and plain in _SHORTENINGS and not is_word:
        return word
    if language in {"it", "fr", "ca"} and "'" in plain:
        # "dell'Antartide": what stands behind an elision is a word of its own.
        at = plain.index("'") + 1
        return small[:at] + _cased(word[at:], known, language)
    return small


def _capitals_after_stops(text: str, language: str) -> str:
    """Give a capital to the first letter, and to the first after a stop."""
    letters = list(text)
    is_start = True
    for at, char in enumerate(letters):
        if char.isalpha():
            if is_start and not _is_inner_capital(letters, at):
                letters[at] = upper(char, language)
            is_start = False
        elif char.isdigit():
            is_start = False
        elif char in ".!?…":
            is_dotted = char == "." and text[max(0, at - 2) : at - 1] in {"", ".", " "}
            is_start = text[at + 1 : at + 2].isspace() and not is_dotted
    return "".join(letters)


def _is_inner_capital(letters: list[str], at: int) -> bool:
    """Say whether the word is like "iPhone", which keeps its small letter."""
    return letters[at].islower() and "".join(letters[at + 1 : at + 2]).isupper()


def lower(text: str, language: str = "") -> str:
    """Return small letters, with the dotless i of Turkish."""
    if language in {"tr", "az"}:
        text = text.replace("I", "ı").replace("İ", "i")
    return text.lower().replace("i\u0307", "i")


def upper(text: str, language: str = "") -> str:
    """Return capitals, with the dotted I of Turkish."""
    if language in {"tr", "az"}:
        text = text.replace("i", "İ")
    return text.upper() if text != "ß" else text


# "Marie Curie was": the first word of a sentence is a name if the second one is.
_NAME_START = re.compile(
    r"\W*(?!(?:The|A|An|In|On|At|By|For|From|With|When|If|But|And|As|Il|La|Le|Lo|I|Gli|El|"
    r"Los|Las|Les|L|Der|Die|Das|Ein|Eine|Im|Am|O|Os|As|De|Het|Een|Un|Una|Une|В|На|С|И|А)\b)"
    r"[^\W\d_]{2,}\s[A-ZА-ЯÀ-ÞŁŚ][a-zа-яà-ÿ]"
)


@lru_cache(maxsize=8)
def _spellings(body: str) -> dict[str, str]:
    """Return how the body writes its words inside sentences, where not all small.

    A word that also stands small somewhere is no name; one in capitals that stays so
    is a shortening.
    """
    found: dict[str, dict[str, int]] = {}
    for line in body.splitlines():
        if is_capitals(line):
            continue
        for sentence in sentences(line):
            begins_name = bool(_NAME_START.match(sentence))
            for number, word in enumerate(_WORD.findall(sentence)):
                has_capitals = not word[1:].islower() and len(word) > 1
                if number or has_capitals or word.islower() or begins_name:
                    key = word.lower().replace("’", "'")
                    counts = found.setdefault(key, {})
                    counts[word] = counts.get(word, 0) + 1
    return {
        key: max(counts, key=counts.__getitem__)
        for key, counts in found.items()
        if not any(word.islower() for word in counts)
    }

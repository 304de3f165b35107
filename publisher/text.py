"""Pure rules for text: cleaning, naming, shortening, counting, hashtags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache

WORDS_PER_MINUTE = 200
CJK_PER_MINUTE = 500
SLUG_BYTES = 200  # a file name may have 255, with its ending
TAG_LENGTH = 100

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
    text = "".join(char for char in text if not "\ud800" <= char <= "\udfff")
    return unicodedata.normalize("NFC", _JOINER.sub(_keep_joiner, text))


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
    text = re.sub("['’ʼ`´]", "", unicodedata.normalize("NFC", title)).casefold()
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


# --- hashtags ----------------------------------------------------------------------

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
    if not all(map(is_hashtag, tags.values())):
        return ()
    if not any(any(char.isalpha() for char in tag) for tag in tags.values()):
        return ()
    return tuple(tags.values())


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


# --- case --------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?:[\u0300-\u036f])*")
_DOTTED_OR_WORD = re.compile(rf"(?:[^\W\d_]\.){{2,}}|{_WORD.pattern}")
_SHORTENINGS = frozenset(
    "ai ui ux tv uk us usa eu un nato nasa ptsd adhd hiv aids dna rna lgbt lgbtq "
    "lgbtqia lgbtq+ bdsm std sti ceo cto faq diy ocd ibs iq gps pdf html css sql api "
    "url usb gmbh bbc cnn who unesco unicef mri ivf pms ok onu ue oms".split()
)
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


def is_capitals(text: str) -> bool:
    """Say whether a line shouts: it has letters with case, and all are capitals.

    >>> is_capitals("WHAT IS SLEEP?"), is_capitals("What"), is_capitals("42")
    (True, False, False)
    """
    # ß stays small in many capital lines, and so does the i of "iPHONE".
    letters = [char for char in text if char.isalpha() and char != "ß"]
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
    if len(word) > 1 and plain in _SHORTENINGS and plain not in {"us", "who", "un"}:
        return word
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

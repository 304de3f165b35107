"""Names of people: after "By" in many languages, or by how they are written."""

# ruff: noqa: E501  lists of words in other scripts are as wide as they are
from __future__ import annotations

import re
import unicodedata

from publisher.text import is_capitals, upper

LONGEST_NAME = 60
# "By" may also begin a sentence, so what follows must look like a name.
_BARE = (
    "written by|interview by|interview von|intervista di|entrevista de|entretien par|das gespräch führte|das interview führte|propos recueillis par|"
    "беседовал|беседовала|حاورها|حاوره|words by|story by|text by|posted by|published by|reported by|by|"
    "escrito por|por|scritto da|a cura di|di|da|écrit par|rédigé par|par|"
    "geschrieben von|verfasst von|ein artikel von|ein beitrag von|von|geschreven door|"
    "door|escrita por|بقلم|كتبه|كتبته|كتب|كتبت|إعداد|تأليف|نوشته|نوشتهٔ|به قلم|از|تحریر|"
    "מאת|נכתב על ידי|נכתב ע״י|כתבה|כתב|撰文|文|作者|автор|автора|текст"
)
_COLON = (
    "author|authors|writer|writers|words|text|byline|autor|autora|autores|autore|autrice|"
    "autori|testo|auteur|auteure|autrice|auteurs|texte|autorin|autoren|von|texto|"
    "автор|авторы|текст|автори|الكاتب|الكاتبة|المؤلف|المؤلفة|كتب|كتبت|كاتب|كتبه|بقلم|إعداد|نویسنده|"
    "نویسندگان|نگارنده|به قلم|نوشته|مصنف|تحریر|כותב|כותבת|מחבר|מחברת|מאת|作者|撰文|文|"
    "撰稿|撰稿人|记者|記者|著者|筆者|執筆|執筆者|ライター|取材・文|文・写真|written by|by|por|di|par"
)
_AUTHOR_COLON = re.compile(
    rf"^(?:{_COLON})\s*[:：/／]\s*(?P<name>\S.*)$", re.IGNORECASE
)
_AUTHOR_BARE = re.compile(rf"^(?P<by>{_BARE})\s+(?P<name>\S.*)$", re.IGNORECASE)
_AUTHOR_AFTER = re.compile(
    r"^(?P<name>\S{2,12}(?:\s\S{1,12})?)\s*[（(]?(?:著|文|撰|記|執筆)[）)]?$"
)
_WECHAT = re.compile(r"^原创\s*[:：]?\s*(?P<name>\S{2,12})(?:\s\S+)?$")
# "Von Herzen", "Por amor": a single word after these is no name.
_AMBIGUOUS = frozenset("von di da por par door از".split())
_ROLES = re.compile(
    r"[,،]\s*(?:staff|senior|editor|contributor|contributing|health|science|freelance|"
    r"reporter|writer|correspondent|redakt|journalist|giornalista|periodista|журналист|[a-zа-яà-ÿ])"
    r".*$",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "de da do dos das del della di du des der den van von zu zur la le los las el al bin bint ibn "
    "ter ten y e i и і und and et en & с".split()
)
_TITLES = frozenset("dr. dr prof. prof mr. mrs. ms. md phd ph.d.".split())


def author_of(part: str, *, is_sure: bool = False) -> str:
    """Return the name in "By Jane Doe" and its like, or "".

    Beside a date it is sure that "von lotte" names somebody.
    """
    if found := _WECHAT.match(part):
        return found["name"]
    if found := _AUTHOR_COLON.match(part):
        name = _ROLES.sub("", found["name"]).strip(" .,،")
        return shown_name(name) if _is_possible_name(name) else ""
    if found := _AUTHOR_BARE.match(part):
        name = _ROLES.sub("", found["name"]).strip(" .,،")
        name = re.sub(
            r"^the (?=\S.*(?:team|staff|editors|desk)$)", "", name, flags=re.I
        )
        if is_sure and len(name.split()) == 1 and _is_possible_name(name):
            return shown_name(name)
        one_word = found["by"].lower() not in _AMBIGUOUS
        return shown_name(name) if looks_like_name(name, one_word=one_word) else ""
    if found := _AUTHOR_AFTER.match(part):
        return shown_name(found["name"]) if not found["name"].isascii() else ""
    return ""


def _is_possible_name(name: str) -> bool:
    is_short = 1 <= len(name.split()) <= 8 and len(name) <= LONGEST_NAME  # noqa: PLR2004
    return is_short and not re.search(r"\d{2}|[!?。？؟]|https?:", name)


def looks_like_name(name: str, *, one_word: bool = False) -> bool:
    """Say whether words are written as a person's name: all begin with a capital."""
    parts = [part for part in re.split(r"[\s,،]+", name) if part]
    most = 8 if one_word else 4
    if not _is_possible_name(name) or not parts or len(parts) > most:
        return False
    if len(parts) == 1 and not one_word:
        return False
    if parts[0].casefold() in {"the", "a", "an", "il", "la", "el", "le", "der", "die"}:
        return False
    return all(
        part.casefold() in _PARTICLES | _TITLES or _is_name_word(part) for part in parts
    )


def _is_name_word(part: str) -> bool:
    first = part.lstrip("(\"“'’")[:1]
    return bool(first) and (
        first.isupper() or unicodedata.category(first) in {"Lo", "Lt"}
    )


def shown_name(name: str) -> str:
    """Return a name with capitals only where names have them."""
    if not is_capitals(name) or len(name) <= len("AB"):
        return name
    small = [
        word.lower() if word.lower() in _PARTICLES else _capitalised(word)
        for word in name.split()
    ]
    return " ".join(small)


def _capitalised(word: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda one: upper(one[0][0]) + one[0][1:].lower(), word)

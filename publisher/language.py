"""Which language a text is in, and in which direction it is written."""

from __future__ import annotations

import re
from collections import Counter

from publisher.models import Direction

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur", "yi", "ps", "ckb", "sd", "ug", "dv", "syr"}
RIGHT_TO_LEFT_SCRIPTS = {"arab", "hebr", "thaa", "syrc"}
# The commonest small words of each language; what two share counts for both.
STOP_WORDS = {
    "en": "the of and to in is that for it with as was on are by this be at from or have"
    " an not which but they you can their has more when what how your we will who",
    "it": "il lo la gli le di che e è un una per con non del della dei delle nel nella al"
    " alla si come sono più anche ma da dal questo questa ha i su tra perché cosa quando",
    "es": "el la los las de que y en un una por con no para del al se lo como más su sus"
    " es son pero o este esta ha muy también cuando qué cómo hay entre sobre está",
    "pt": "o a os as de que e em um uma por com não para do da dos das no na se como mais"
    " seu sua é são mas ou este esta foi também quando ao à há entre você isso",
    "fr": "le la les de des et en un une que qui pour par pas ne dans du au aux sur est"
    " sont avec ce cette plus se son sa ses mais ou il elle nous vous il y à comme être",
    "de": "der die das und in den von zu mit ist im des ein eine nicht auf für als auch"
    " an es sich dem wie bei oder aus werden sind man wird einer einen aber nach durch",
    "nl": "de het een en van in is dat op te voor met zijn aan niet om er ook als maar bij"
    " uit door naar hun wordt deze dit hebben je wat kan nog meer of",
}
CYRILLIC_STOP_WORDS = {
    "ru": "и в не на что с как это по но из у за от так для же вы бы то все его она они"
    " мы он к о или при был были есть если также когда может чтобы",
    "uk": "і в не на що з як це по але із у за від так для ж ви б то все його вона вони"
    " ми він до або при був були є якщо також коли може щоб й та",
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS = {
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "kana": re.compile(r"[\u3041-\u30ff\uff66-\uff9f]"),
    "hangul": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "hebrew": re.compile(r"[\u0590-\u05ff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "greek": re.compile(r"[\u0370-\u03ff]"),
    "thai": re.compile(r"[\u0e00-\u0e7f]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "latin": re.compile(r"[a-zA-Z\u00c0-\u024f]"),
}
_ALONE = {
    "hangul": "ko",
    "hebrew": "he",
    "greek": "el",
    "thai": "th",
    "devanagari": "hi",
}


def detect(text: str, default: str = "en") -> str:
    """Return the language of a text as a BCP 47 tag, or the default.

    >>> detect("The boats came home."), detect("Le barche tornano a casa con il vento.")
    ('en', 'it')
    """
    counts = {name: len(script.findall(text)) for name, script in _SCRIPTS.items()}
    # A Chinese or Japanese sign says as much as a short word.
    counts["han"] *= 3
    counts["kana"] *= 3
    script = max(counts, key=lambda name: counts[name])
    if not counts[script]:
        return default
    if script in _ALONE:
        return _ALONE[script]
    if script in {"han", "kana"}:
        return "ja" if counts["kana"] * 20 > counts["han"] else "zh"
    if script == "arabic":
        return _arabic(text)
    if script == "cyrillic":
        return _cyrillic(text)
    return _by_words(text, STOP_WORDS, _accents(text)) or default


def direction(language: str, text: str = "") -> Direction:
    """Return the direction of a language; of a text where no language is given.

    >>> direction("ar-EG"), direction("uz-Arab"), direction("en"), direction("", "שלום")
    ('rtl', 'rtl', 'ltr', 'rtl')
    """
    parts = language.lower().replace("_", "-").split("-")
    if parts[0] in RIGHT_TO_LEFT and "latn" not in parts:
        return "rtl"
    if RIGHT_TO_LEFT_SCRIPTS & set(parts[1:]):
        return "rtl"
    if language or not text:
        return "ltr"
    return "rtl" if detect(text) in RIGHT_TO_LEFT else "ltr"


def _arabic(text: str) -> str:
    """Tell Arabic, Persian and Urdu by letters that only they have."""
    if re.search(r"[ٹڈڑےہںۓ]", text) and len(re.findall(r"[ٹڈڑےںہ]", text)) > 1:
        return "ur"
    persian = len(re.findall(r"[پچژگکی]", text))
    arabic = len(re.findall(r"[كيىةأإؤئ]", text))
    return "fa" if persian > arabic else "ar"


def _cyrillic(text: str) -> str:
    only_ukrainian = len(re.findall(r"[іїєґ]", text.lower()))
    only_russian = len(re.findall(r"[ыэъё]", text.lower()))
    if only_ukrainian != only_russian:
        return "uk" if only_ukrainian > only_russian else "ru"
    return _by_words(text, CYRILLIC_STOP_WORDS, Counter()) or "ru"


# Letters that point to few languages; each is worth a part of a small word.
_ACCENTS = {
    "ñ": ["es"],
    "¿": ["es"],
    "¡": ["es"],
    "ã": ["pt"],
    "õ": ["pt"],
    "ß": ["de"],
    "ä": ["de"],
    "ü": ["de"],
    "ö": ["de"],
    "œ": ["fr"],
    "ê": ["fr", "pt"],
    "ç": ["fr", "pt"],
    "ò": ["it"],
    "ù": ["it", "fr"],
    "ì": ["it"],
    "è": ["it", "fr"],
    "ó": ["es", "pt"],
    "í": ["es", "pt"],
    "á": ["es", "pt"],
    "ú": ["es", "pt"],
    "î": ["fr"],
    "ij": ["nl"],
}


def _accents(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for letter, count in Counter(text.lower()).items():
        for language in _ACCENTS.get(letter, ()):
            found[language] += count
    return found


def _by_words(text: str, lists: dict[str, str], extra: Counter[str]) -> str:
    """Return the language whose small words the text has most of, or ""."""
    words = Counter(word.lower() for word in _WORD.findall(text))
    for word, count in list(words.items()):
        for part in re.split("['’]", word)[:-1]:  # l'eau, dell'acqua
            words[part + "'"] += count
    scores = {
        language: sum(words[word] for word in stops.split()) + extra[language] * 0.4
        for language, stops in lists.items()
    }
    if "it" in scores:
        scores["it"] += sum(words[one] for one in ("dell'", "nell'", "all'", "un'"))
        scores["fr"] += sum(words[one] for one in ("d'", "qu'", "c'", "n'", "s'"))
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] > 0 else ""

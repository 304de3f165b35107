"""Dates, numbers and fixed phrases in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from publisher import files, strict
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from babel import Locale

WORDS = "words.yaml"
FALLBACK = "en"
STYLES = ("short", "medium", "long", "full")

# The digit zero of the numbering systems that CLDR makes the default of some locale.
ZEROS = {
    "arab": 0x660,
    "arabext": 0x6F0,
    "beng": 0x9E6,
    "deva": 0x966,
    "mymr": 0x1040,
    "tibt": 0xF20,
}

# Zones that a form offers, by the part of the world as CLDR numbers it: one for each
# clock that many people live by, and the capitals that people look for.
ZONES = {
    "150": (
        "Amsterdam Athens Belgrade Berlin Brussels Bucharest Budapest Copenhagen "
        "Dublin Helsinki Istanbul Kyiv Lisbon London Madrid Moscow Oslo Paris Prague "
        "Rome Sofia Stockholm Vienna Vilnius Warsaw Zurich"
    ),
    "002": (
        "Accra Addis_Ababa Algiers Cairo Casablanca Dakar Johannesburg Khartoum "
        "Kinshasa Lagos Nairobi Tripoli Tunis"
    ),
    "019": (
        "Anchorage Argentina/Buenos_Aires Bogota Caracas Chicago Denver Guatemala "
        "Halifax Havana La_Paz Lima Los_Angeles Mexico_City Montevideo New_York "
        "Phoenix Puerto_Rico Santiago Sao_Paulo St_Johns Toronto Vancouver"
    ),
    "142": (
        "Almaty Amman Baghdad Bangkok Beirut Dhaka Dubai Ho_Chi_Minh Hong_Kong Jakarta "
        "Jerusalem Kabul Karachi Kathmandu Kolkata Manila Riyadh Seoul Shanghai "
        "Singapore Taipei Tashkent Tehran Tokyo Yangon"
    ),
    "009": "Adelaide Auckland Brisbane Fiji Guam Honolulu Perth Sydney",
}
FOLDERS = {
    "150": "Europe",
    "002": "Africa",
    "019": "America",
    "142": "Asia",
}
OCEAN = ("Auckland", "Fiji", "Guam", "Honolulu")  # the others are in Australia

Phrase = str | Mapping[str, str]  # one text, or one for each plural category


def format_date(moment: date, language: str, style: str = "long") -> str:
    """Return a date as the language writes it, in its own digits.

    >>> from datetime import UTC, datetime
    >>> format_date(datetime(2026, 11, 22, tzinfo=UTC), "fr")
    '22 novembre 2026'
    >>> format_date(datetime(2026, 11, 22, tzinfo=UTC), "ar")
    '٢٢ نوفمبر ٢٠٢٦'
    """
    from babel.dates import format_date as formatted

    if style not in STYLES:
        raise ValueError(f"{style!r} is no style of date\nTry: {', '.join(STYLES)}")
    locale = _locale(language)
    return in_digits_of(locale, formatted(moment, style, locale=locale))


def language_name(tag: str) -> str:
    """Return what a language is called by those who speak it.

    >>> language_name("it"), language_name("pt-BR"), language_name("xx")
    ('italiano', 'português (Brasil)', 'xx')
    """
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


def zones(language: str, *, also: str = "") -> dict[str, dict[str, str]]:
    """Return zones to choose from, by the part of the world: cities by their names.

    `also` is among them, wherever it is.

    >>> found = zones("de", also="Europe/San_Marino")
    >>> found["Europa"]["Europe/Rome"], "Europe/San_Marino" in found["Europa"]
    ('Rom', True)
    """
    found = {title: dict(names) for title, names in _cities(language).items()}
    if also and not any(also in names for names in found.values()):
        locale = _locale(language)
        part = next((one for one, names in _zones().items() if _alike(also, names)), "")
        title = locale.territories.get(part, also.partition("/")[0])
        cities = found.get(title, {}) | {also: _city(also, locale)}
        found[title] = _by_name(cities)
    return found


@lru_cache(maxsize=32)
def _cities(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the cities of `ZONES` in a language, by the part of the world."""
    locale = _locale(language)
    return {
        locale.territories.get(part, part): _by_name(
            {name: _city(name, locale) for name in names}
        )
        for part, names in _zones().items()
    }


def _by_name(cities: Mapping[str, str]) -> dict[str, str]:
    """Return zones by the name that is read, as far as code points tell."""
    return dict(sorted(cities.items(), key=lambda one: one[1]))


def _alike(zone: str, others: Sequence[str]) -> bool:
    return any(zone.partition("/")[0] == one.partition("/")[0] for one in others)


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, Sequence[str]]:
    """Return the zones by the part of the world, those that this machine knows."""
    known = available_timezones()
    whole = {
        part: [f"{_folder(part, city)}/{city}" for city in cities.split()]
        for part, cities in ZONES.items()
    }
    return {part: [one for one in all_ if one in known] for part, all_ in whole.items()}


def _folder(part: str, city: str) -> str:
    return FOLDERS.get(part) or ("Pacific" if city in OCEAN else "Australia")


def _city(zone: str, locale: Locale) -> str:
    from babel.dates import get_timezone_location

    city = get_timezone_location(zone, locale=locale, return_city=True)
    return city.replace("_", " ").rpartition("/")[2]


def count_in_words(phrase: Phrase, number: int, language: str) -> str:
    """Return a phrase that counts, with the number in the language's digits.

    >>> count_in_words({"one": "{count} minute", "other": "{count} minutes"}, 1, "en")
    '1 minute'
    """
    locale = _locale(language)
    if not isinstance(phrase, str):
        category = locale.plural_form(number)
        phrase = phrase.get(category) or phrase.get("other") or ""
    return phrase.replace("{count}", in_digits_of(locale, str(number)))


def in_digits_of(locale: Locale, text: str) -> str:
    """Return the text with its digits as the locale writes them."""
    system = locale.default_numbering_system
    if locale.language == "ar" and locale.territory is None:
        system = "arab"  # the Maghreb writes Latin digits, and has its territory
    zero = ZEROS.get(system)
    if zero is None:
        return text
    return text.translate({ord("0") + one: zero + one for one in range(10)})


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    """Return the closest locale: "pt" for an unknown "pt-XY", English for "xx".

    English without a country is that of the world: 22 November, not November 22.
    """
    from babel import Locale, UnknownLocaleError

    tags = language.replace("_", "-").split("-")
    if tags == [FALLBACK]:
        return Locale.parse("en_001")
    for end in range(len(tags), 0, -1):
        try:
            return Locale.parse("_".join(tags[:end]))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_001")


# --- phrases -----------------------------------------------------------------------


def words(language: str, folders: Sequence[Path] = ()) -> Mapping[str, Phrase]:
    """Return the fixed phrases of templates in a language.

    They are in `words.yaml` of each folder, the first folder's before the next one's;
    without folders, in the shipped one. What a language lacks is taken from its parent
    ("pt" for "pt-BR"), then from English.
    """
    read = [_read(folder / WORDS) for folder in folders or [files.shipped("templates")]]
    found: dict[str, Phrase] = {}
    for name in reversed(_parents(language)):
        for by_language in reversed(read):
            found.update(by_language.get(name, {}))
    return MappingProxyType(found)


def _parents(language: str) -> list[str]:
    """Return the language, its parents, and English.

    >>> _parents("zh-Hant-TW")
    ['zh-hant-tw', 'zh-hant', 'zh', 'en']
    """
    tags = language.lower().replace("_", "-").split("-")
    found = ["-".join(tags[:end]) for end in range(len(tags), 0, -1)]
    return list(dict.fromkeys([*found, FALLBACK]))


def _read(path: Path) -> Mapping[str, Mapping[str, Phrase]]:
    """Return the phrases of a file by language; a file that is not there has none."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _parsed(path, changed)


@lru_cache(maxsize=8)
def _parsed(path: Path, _changed: int) -> Mapping[str, Mapping[str, Phrase]]:
    where = f"{path.parent.name}/{path.name}"
    data: Any = strict.load(files.read_text(path, where=where), where=where)
    if not isinstance(data, dict) or not all(map(_is_language, data.values())):
        raise ConfigError(
            "this file must hold phrases by language",
            where=where,
            hint="Try: en: {unsubscribe: Unsubscribe}",
        )
    return {str(name).lower().replace("_", "-"): data[name] for name in data}


def _is_language(phrases: object) -> bool:
    return isinstance(phrases, dict) and all(map(_is_phrase, phrases.values()))


def _is_phrase(phrase: object) -> bool:
    if isinstance(phrase, dict):
        return all(isinstance(text, str) for text in phrase.values())
    return isinstance(phrase, str)


# --- catalogs ----------------------------------------------------------------------


def catalog(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """Return the translated sentences of pages: `locale/it.po` in each folder.

    The first folder's come before the next one's; what a language lacks is taken from
    its parent ("pt" for "pt-BR"). English needs none.
    """
    found: dict[str, str] = {}
    for name in reversed(_parents(language)[:-1]):
        for folder in reversed(folders):
            found.update(_catalog(folder / "locale" / f"{name}.po"))
    return MappingProxyType(found)


def languages(folders: Sequence[Path]) -> list[str]:
    """Return the languages that pages speak, English among them."""
    files_ = (path for folder in folders for path in (folder / "locale").glob("*.po"))
    return sorted({FALLBACK, *(path.stem for path in files_)})


def _catalog(path: Path) -> Mapping[str, str]:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read_catalog(path, changed)


@lru_cache(maxsize=32)
def _read_catalog(path: Path, _changed: int) -> Mapping[str, str]:
    from babel.messages.pofile import PoFileError, read_po

    where = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as file:
            read = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        hint = "Try: check it with msgfmt -c"
        raise ConfigError(f"is no catalog: {error}", where=where, hint=hint) from None
    return {
        str(one.id): one.string
        for one in read
        if one.id and isinstance(one.string, str) and one.string and not one.fuzzy
    }

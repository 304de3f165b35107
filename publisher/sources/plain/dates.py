"""Dates as pages write them, in the scripts and calendars of their readers."""

# ruff: noqa: E501  lists of words in other scripts are as wide as they are
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

_MONTHS = (
    "january jan gennaio gen enero ene janvier janv januar jan jänner januari janeiro "
    "января январь янв січня січень يناير كانون_الثاني جانفي ژانویه جنوری ינואר",
    "february feb febbraio febrero février fevrier févr fév februar februari fevereiro fev "
    "февраля февраль фев лютого лютий فبراير شباط فيفري فوریه فروری פברואר",
    "march mar marzo mars märz maerz mrz maart mrt março marco марта март мар березня "
    "березень مارس آذار مارچ מרץ מרס",
    "april apr aprile abril abr avril avr апреля апрель апр квітня квітень أبريل ابريل "
    "إبريل نيسان أفريل آوریل اپریل אפריל",
    "may maggio mag mayo mai mei maio мая май травня травень مايو أيار ماي مه می مئی מאי",
    "june jun giugno giu junio juin juni junho июня июнь июн червня червень يونيو يونيه "
    "حزيران جوان ژوئن جون יוני",
    "july jul luglio lug julio juillet juil juli julho июля июль июл липня липень يوليو "
    "يوليه تموز جويلية ژوئیه جولای جولائی יולי",
    "august aug agosto ago août aout augustus августа август авг серпня серпень أغسطس "
    "اغسطس آب أوت اوت آگوست اگست אוגוסט",
    "september sept sep settembre set septiembre septembre setembro сентября сентябрь сен "
    "сент вересня вересень سبتمبر أيلول سپتامبر ستمبر ספטמבר",
    "october oct ottobre ott octubre octobre oktober okt outubro out октября октябрь окт "
    "жовтня жовтень أكتوبر اكتوبر تشرين_الأول اکتبر اکتوبر אוקטובר",
    "november nov novembre noviembre novembro ноября ноябрь ноя листопада листопад نوفمبر "
    "تشرين_الثاني نوامبر نومبر נובמבר",
    "december dec dicembre dic diciembre décembre decembre déc dezember dez dezembro "
    "декабря декабрь дек грудня грудень ديسمبر كانون_الأول دسامبر دسمبر דצמבר",
)
_PERSIAN_MONTHS = (
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
)
MONTHS = {
    name.replace("_", " "): number
    for number, names in enumerate(_MONTHS, start=1)
    for name in names.split()
}
_NAME = "|".join(sorted((*MONTHS, *_PERSIAN_MONTHS), key=len, reverse=True))
_OF = r"(?:de|del|di|of|من|ב)?"
_TIME = (
    r"(?:(?:\s*[,،T·]?\s*|\s+[-–|]\s+|\s+(?:at|alle|ore|a las|à|um|в|о|الساعة|ساعت|בשעה)\s+)"
    r"(?P<hour>[01]?\d|2[0-3])[:h](?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|(?:CE|WE|EE)S?T|[ECMP][SD]T|[BJ]ST|MSK|[+-]\d\d:?\d\d)?(?!\w))?"
)
_ENDS = r"(?:\s*(?:года|год|г\.|року|р\.|г|ء|م|日)(?!\w))?"
_FORMS = tuple(
    re.compile(rf"(?<![\w/.-]){form}(?![\d/]){_ENDS}{_TIME}", re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|°|\.|-?го)?[\s-]*{_OF}\s*"
        rf"(?P<name>{_NAME})\.?[\s,،-]*{_OF}\s*(?P<year>\d{{4}})",
        rf"(?P<name>{_NAME})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*[,،]?\s+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})\s+(?P<name>{_NAME})\.?\s+(?P<day>\d{{1,2}})",
        r"(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})",
    )
)
MONTHS_A_YEAR = 12
# What pages write behind the hour; "IST" has several meanings and is not here.
_ZONES = {
    "CET": 1, "CEST": 2, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3, "BST": 1, "MSK": 3,
    "EST": -5, "EDT": -4, "CDT": -5, "CST": -6, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "JST": 9,
}  # fmt: skip
# A year below this is one of the Persian calendar.
_GREGORIAN_FROM = 1600


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a line, and where it stands."""

    start: int
    end: int
    when: datetime


def dates_in(line: str, *, language: str, zone: tzinfo) -> Iterator[Found]:
    """Yield the dates of a line from left to right.

    03/04/2025 is the 4th of March in English, and the 3rd of April elsewhere; with
    dots or dashes the day comes first everywhere.
    """
    taken: list[Found] = []
    plain = _ascii_digits(line)
    for form in _FORMS:
        for match in form.finditer(plain):
            start, end = match.span()
            is_free = all(end <= one.start or start >= one.end for one in taken)
            when = _when(match, language, zone) if is_free else None
            if when:
                taken.append(Found(start, end, when))
    yield from sorted(taken, key=lambda one: one.start)


def _ascii_digits(line: str) -> str:
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in line
    )


def _when(match: re.Match[str], language: str, zone: tzinfo) -> datetime | None:
    parts = match.groupdict()
    year = int(parts["year"])
    month, day = _month_and_day(parts, language)
    if year < _GREGORIAN_FROM:
        is_persian = language == "fa" or parts.get("name") in _PERSIAN_MONTHS
        return _persian(year, month, day, zone) if is_persian else None
    hour = int(parts["hour"] or 0)
    if half := (parts["half"] or "").lower():
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return datetime(
            year, month, day, hour, int(parts["minute"] or 0), tzinfo=_zone(parts, zone)
        )
    except ValueError:
        return None


def _month_and_day(parts: dict[str, str | None], language: str) -> tuple[int, int]:
    if "first" in parts:
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        is_american = language == "en" and parts["sign"] == "/"
        if second > MONTHS_A_YEAR or (is_american and first <= MONTHS_A_YEAR):
            return first, second
        return second, first
    name = (parts.get("name") or "").lower()
    if name in _PERSIAN_MONTHS:
        return _PERSIAN_MONTHS.index(name) + 1, int(parts["day"] or 0)
    return MONTHS.get(name) or int(parts.get("month") or 0), int(parts["day"] or 0)


def _zone(parts: dict[str, str | None], zone: tzinfo) -> tzinfo:
    given = (parts["zone"] or "").upper().strip()
    if given in {"Z", "UTC", "GMT"}:
        return timezone.utc  # noqa: UP017  the name says which
    if given.isalpha():
        return timezone(timedelta(hours=_ZONES[given]))
    if given:
        sign = -1 if given[0] == "-" else 1
        hours, minutes = int(given[1:3]), int(given[-2:])
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    return zone


def _persian(year: int, month: int, day: int, zone: tzinfo) -> datetime | None:
    """Turn a date of the Persian calendar into ours, by its 33-year cycle."""
    days_in_month = 31 if month <= 6 else 30  # noqa: PLR2004  the first half is longer
    if not (1 <= month <= MONTHS_A_YEAR and 1 <= day <= days_in_month):
        return None
    before = (month - 1) * 31 - max(0, month - 7)
    leaps = (year + 1595) // 33 * 8 + ((year + 1595) % 33 + 3) // 4
    days = (year + 1595) * 365 + leaps + before + day - 355668
    # That counts from the last day of the year -1, Python's calendar from year 1.
    return datetime(1, 1, 1, tzinfo=zone) + timedelta(days=days - 366)

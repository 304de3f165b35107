"""Dates as people and formats write them, in many languages, become aware times."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

# Names of the months, January first; shorter forms are found by their beginnings.
MONTHS = {
    "en": "january february march april may june july august september october november december",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "he": "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "fa": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
}
MORE_MONTHS = {
    "jänner": 1, "январь": 1, "февраль": 2, "март": 3, "апрель": 4, "май": 5, "июнь": 6,
    "июль": 7, "август": 8, "сентябрь": 9, "октябрь": 10, "ноябрь": 11, "декабрь": 12,
    "كانون الثاني": 1, "شباط": 2, "آذار": 3, "نيسان": 4, "أيار": 5, "حزيران": 6,
    "تموز": 7, "آب": 8, "أيلول": 9, "تشرين الأول": 10, "تشرين الثاني": 11,
    "كانون الأول": 12, "ابريل": 4, "إبريل": 4, "اغسطس": 8, "اكتوبر": 10, "setiembre": 9,
    "מארס": 3, "ژوئيه": 7, "آگوست": 8, "sept": 9, "mär": 3, "mrz": 3, "juil": 7,
}  # fmt: skip
# Solar Hijri months of Iran.
PERSIAN_MONTHS = (
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
)
_NUMBERS = {
    name: number
    for names in MONTHS.values()
    for number, name in enumerate(names.split(), start=1)
} | MORE_MONTHS
_WORD = r"[^\W\d_]+(?:[ \u00a0](?:الثاني|الأول))?\.?"
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|º|°|er|\.)?[ \-]*(?:de |d['’]|of |ב-?|-)?"
    rf"({_WORD})[ ,\-]*(?:de |del |do )?(\d{{4}})",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"({_WORD})[ ]+(\d{{1,2}})(?:st|nd|rd|th)?,?[ ]+(\d{{4}})", re.IGNORECASE
)
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?", re.IGNORECASE)
A_CENTURY = 100
NOON = 12


def read(text: str, *, timezone: str = "UTC", language: str = "en") -> datetime | None:
    """Return the date and time that a text names, or None where it names none.

    Without a time it is midnight in `timezone`. 03/04/2025 is the third of April, but
    in English the fourth of March; with points it is always day first.

    >>> read("12 مارس 2025").date(), read("March 12th, 2025").date()
    (datetime.date(2025, 3, 12), datetime.date(2025, 3, 12))
    """
    found = search(text, timezone=timezone, language=language)
    return found[0] if found else None


def search(
    text: str, *, timezone: str = "UTC", language: str = "en"
) -> tuple[datetime, int, int] | None:
    """Return the first date in a text with its beginning and its end."""
    plain = _plain_digits(text)
    zone = _zone(timezone)
    for pattern, maker in (
        (_ISO, _from_iso),
        (_EAST_ASIAN, _from_east_asian),
        (_DAY_FIRST, _from_day_first),
        (_MONTH_FIRST, _from_month_first),
        (_NUMERIC, _from_numeric),
    ):
        for match in pattern.finditer(plain):
            try:
                made = maker(match, plain, zone, language)
            except ValueError:
                continue
            if made is not None:
                return made, match.start(), match.end()
    return _from_mail(text, zone)


def _from_mail(text: str, zone: tzinfo) -> tuple[datetime, int, int] | None:
    """Read a date as in RFC 5322: what RSS has."""
    try:
        made = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return (made if made.tzinfo else made.replace(tzinfo=zone)), 0, len(text)


def _zone(timezone: str) -> tzinfo:
    return UTC if timezone == "UTC" else ZoneInfo(timezone)


def _plain_digits(text: str) -> str:
    """Return the text with digits of any script as 0 to 9, at the same places."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() and sign.isdecimal() else sign
        for sign in text
    )


def _month(name: str) -> int | None:
    """Return the number of a month, by its name or at least three letters of it."""
    word = name.lower().rstrip(".")
    if word in _NUMBERS:
        return _NUMBERS[word]
    if len(word) < len("jan") or (not word[0].isascii() and len(word) < len("янв")):
        return None
    numbers = {number for full, number in _NUMBERS.items() if full.startswith(word)}
    return numbers.pop() if len(numbers) == 1 else None


def _from_iso(
    match: re.Match[str], _text: str, zone: tzinfo, _language: str
) -> datetime:
    year, month, day, hour, minute, second = (
        int(part or 0) for part in match.groups()[:6]
    )
    made = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    offset = match[7]
    if not offset:
        return made
    if offset in {"Z", "UTC"}:
        return made.replace(tzinfo=UTC)
    return datetime.fromisoformat(f"{made:%Y-%m-%dT%H:%M:%S}{offset}")


def _from_east_asian(
    match: re.Match[str], text: str, zone: tzinfo, _language: str
) -> datetime:
    made = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=zone)
    return _with_time(made, text, match.end())


def _from_day_first(
    match: re.Match[str], text: str, zone: tzinfo, _language: str
) -> datetime | None:
    word = match[2].rstrip(".")
    if word in PERSIAN_MONTHS:
        return _from_persian(
            int(match[3]), PERSIAN_MONTHS.index(word) + 1, int(match[1]), zone
        )
    month = _month(word) or _month(word.removeprefix("ב"))
    if month is None:
        return None
    made = datetime(int(match[3]), month, int(match[1]), tzinfo=zone)
    return _with_time(made, text, match.end())


def _from_month_first(
    match: re.Match[str], text: str, zone: tzinfo, _language: str
) -> datetime | None:
    month = _month(match[1])
    if month is None:
        return None
    made = datetime(int(match[3]), month, int(match[2]), tzinfo=zone)
    return _with_time(made, text, match.end())


def _from_numeric(
    match: re.Match[str], text: str, zone: tzinfo, language: str
) -> datetime:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += 2000 if year < A_CENTURY else 0
    is_month_first = match[2] == "/" and language == "en" and first <= NOON
    if is_month_first or second > NOON:
        first, second = second, first
    made = datetime(year, second, first, tzinfo=zone)
    return _with_time(made, text, match.end())


def _with_time(made: datetime, text: str, end: int) -> datetime:
    """Add a time that stands close behind the date."""
    match = _TIME.search(text[end : end + 16])
    if not match:
        return made
    hour = int(match[1])
    half = (match[4] or "").lower()[:1]
    if half:
        hour = hour % NOON + (NOON if half == "p" else 0)
    return made.replace(hour=hour, minute=int(match[2]), second=int(match[3] or 0))


def _from_persian(year: int, month: int, day: int, zone: tzinfo) -> datetime:
    """Return a day of the Solar Hijri calendar, by its 33-year cycle of leap years."""
    from datetime import timedelta

    leaps = (year * 8 + 21) // 33
    before = (month - 1) * 31 - max(0, month - 7)
    days = (year - 1) * 365 + leaps + before + day - 1
    # Counted back from 1 Farvardin 1404, which was 21 March 2025.
    start = datetime(622, 3, 21, tzinfo=zone)
    return start + timedelta(days=days - (1 * 8 + 21) // 33)

"""Reads phrases such as "Fri 08:00": our own strict grammar, no guessing.

phrase   = [days] ["at"] time {("," | "and") time}  |  "every" span
days     = "daily" | ["on"] ["every"] weekdays | monthly
weekdays = ("day" | "weekday" | "weekend" | "mon" | "monday" | ...) {"," ...}
monthly  = ["the"] ordinal {"," ordinal} (weekday | ["day"]) ["of the month"]
span     = "hour" | N "hours" | N "minutes"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from publisher.schedule.cron import WEEKDAYS, Misread, read_cron
from publisher.schedule.rhythm import Rhythm

FORMS = (
    "Fri 08:00",
    "every day 09:00",
    "weekdays 7:30",
    "mon and thu at 08:00, 18:00",
    "first monday of the month 09:00",
    "on the 1st and 15th at 08:00",
    "every 2 hours",
)
HINT = f"Try: {'; '.join(FORMS)}"
DAY_NAMES = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    *("Saturday", "Sunday"),
)
ORDINALS = ("first", "second", "third", "fourth", "fifth")
GROUPS = {
    "day": range(7),
    "days": range(7),
    "daily": range(7),
    "weekday": range(5),
    "weekdays": range(5),
    "weekend": range(5, 7),
    "weekends": range(5, 7),
}
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
NUMBERED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
LAST = -1
LONGEST_DAY_NUMBER = 31
MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
HOURS = (1, 2, 3, 4, 6, 8, 12)


def rhythm(when: str) -> Rhythm:
    """Read what `Campaign.when` holds, or raise `Misread` at the wrong character.

    That is a phrase, "cron 0 8 * * fri" or "at 2026-12-24 18:00".
    """
    for start, read in (("cron ", read_cron), ("at ", read_moment)):
        if when.lower().startswith(start):
            try:
                return read(when[len(start) :])
            except Misread as error:
                error.offset += len(start)
                raise
    return _Phrase(when).read()


def read_moment(text: str) -> Rhythm:
    """Read "2026-12-24 18:00", a time on the wall."""
    spaced = re.sub(r"[ T]+(?=\d+:)", " ", text.strip())
    try:
        moment = datetime.strptime(spaced, "%Y-%m-%d %H:%M")  # noqa: DTZ007  on the wall
    except ValueError:
        message = f'"{text.strip()}" is not a date and a time'
        raise Misread(message, hint="Try: 2026-12-24 18:00") from None
    words = f"once, on {moment.day} {moment:%B %Y} at {moment:%H:%M}"
    return Rhythm(words, once=moment)


class _Phrase:
    """One reading of a phrase, word by word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = list(re.finditer(r"[^\s,]+|,", text.lower()))
        self.place = 0

    @property
    def word(self) -> str:
        """The word to be read next; empty at the end."""
        if self.place < len(self.words):
            return self.words[self.place].group()
        return ""

    def take(self, *words: str) -> bool:
        """Step over the next word if it is one of these."""
        if self.word and self.word in words:
            self.place += 1
            return True
        return False

    def misread(self, message: str, hint: str = HINT) -> Misread:
        """Return the complaint about the word to be read next."""
        at_end = self.place >= len(self.words)
        offset = len(self.text.rstrip()) if at_end else self.words[self.place].start()
        return Misread(message, hint=hint, offset=offset)

    def read(self) -> Rhythm:
        if not self.words:
            raise self.misread("says nothing about when")
        if self.take("every"):
            if self.word.isdecimal() or self.word in {"hour", "minute"}:
                return self.span()
        else:
            self.take("on")
        self.take("the")
        if NUMBERED.fullmatch(self.word) or self.word in {*ORDINALS, "last"}:
            return self.monthly()
        if TIME.fullmatch(self.word):
            raise self.misread("no day is given", f"Try: every day {self.word}")
        days = self.days()
        return _weekly(days, self.times())

    def days(self) -> set[int]:
        """Read weekdays up to the first time."""
        found: set[int] = set()
        while True:
            self.take("every", "on")
            found |= set(self.day())
            if not self.separated() or self.word == "at" or self.is_time():
                return found

    def separated(self) -> bool:
        commas = self.take(",")
        return self.take("and") or commas

    def is_time(self) -> bool:
        return ":" in self.word

    def day(self) -> Iterable[int]:
        word = self.word
        number = _weekday(word)
        if number is not None:
            self.place += 1
            return [number]
        if word in GROUPS:
            self.place += 1
            return GROUPS[word]
        raise self.unknown()

    def unknown(self) -> Misread:
        from publisher.text import suggest

        word = self.word
        if not word:
            return self.misread("a day is missing here")
        known = [*(name.lower() for name in DAY_NAMES), *GROUPS, *ORDINALS, "every"]
        if re.match(r"\d{4}-\d\d-\d\d", word):
            return self.misread("a date has a key of its own", f"Try: at: {self.text}")
        close = suggest(word, [*known, "last"])
        hint = f"Did you mean {close}?" if close else HINT
        return self.misread(f'cannot read "{self.written()}" here', hint)

    def written(self) -> str:
        """Return the next word as its author wrote it."""
        start, end = self.words[self.place].span()
        return self.text[start:end]

    def times(self) -> list[tuple[int, int]]:
        """Read the times of day, to the end of the phrase."""
        self.take(",")
        self.take("at")
        if not self.word:
            message = "no time of day is given"
            raise self.misread(message, f"Try: {self.text.strip()} 09:00")
        found = [self.time()]
        while self.word:
            if not self.separated():
                raise self.leftover()
            self.take("at")
            found.append(self.time())
        return sorted(set(found))

    def time(self) -> tuple[int, int]:
        found = TIME.fullmatch(self.word)
        if found:
            self.place += 1
            return int(found[1]), int(found[2])
        if not self.word:
            raise self.misread("a time is missing here", "Try: 09:00")
        shown = self.written()
        raise self.misread(f'"{shown}" is not a time of day', f"Try: {_time(shown)}")

    def leftover(self) -> Misread:
        shown = self.written()
        if "/" in shown or shown.lower() == "utc":
            hint = f"Try: timezone: {shown}"
            return self.misread("the time zone has a line of its own", hint)
        return self.misread(f'cannot read "{shown}" here')

    def monthly(self) -> Rhythm:
        numbers = [self.ordinal()]
        while self.separated():
            self.take("the")
            numbers.append(self.ordinal())
        weekday = _weekday(self.word)
        if weekday is None:
            self.take("day")
        else:
            self.place += 1
        if self.take("of"):
            self.take("the", "every", "each")
            if not self.take("month"):
                raise self.misread("only months are known here", "Try: of the month")
        times = self.times()
        if weekday is None:
            return _by_date(numbers, times)
        return _by_nth(numbers, weekday, times, self)

    def ordinal(self) -> int:
        word = self.word
        if word in ORDINALS or word == "last":
            self.place += 1
            return LAST if word == "last" else ORDINALS.index(word) + 1
        found = NUMBERED.fullmatch(word)
        if found and 1 <= int(found[1]) <= LONGEST_DAY_NUMBER:
            self.place += 1
            return int(found[1])
        if not word:
            raise self.misread("a day is missing here")
        message = f'"{self.written()}" is not a day of the month'
        raise self.misread(message, "Try: 1st, 15th or last")

    def span(self) -> Rhythm:
        """Read "every 2 hours": counted from midnight, so it divides the day."""
        number = 1
        if self.word.isdecimal():
            number = int(self.word)
            self.place += 1
        unit = self.word.rstrip("s")
        allowed = {"hour": HOURS, "minute": MINUTES}.get(unit)
        if allowed is None:
            hint = "Try: every 2 hours; for days and weeks name them: every day 09:00"
            raise self.misread("hours or minutes are expected here", hint)
        if number not in allowed:
            self.place -= 1
            near = min(allowed, key=lambda one: abs(one - number))
            whole = "the day" if unit == "hour" else "the hour"
            hint = f"Try: every {near} {unit}s"
            raise self.misread(f"{number} {unit}s do not divide {whole} evenly", hint)
        self.place += 1
        if self.word:
            raise self.leftover()
        return _every(number, unit)


def _every(number: int, unit: str) -> Rhythm:
    words = f"every {unit}" if number == 1 else f"every {number} {unit}s"
    if unit == "minute":
        return Rhythm(words, (f"*/{number} * * * *",))
    if number == 1:
        return Rhythm(words, ("0 * * * *",))
    # The hours by name: "*/2" would run twice in the hour that autumn repeats.
    hours = ",".join(str(hour) for hour in range(0, 24, number))
    return Rhythm(words, (f"0 {hours} * * *",))


def _weekly(days: set[int], times: list[tuple[int, int]]) -> Rhythm:
    names = ",".join(WEEKDAYS[day] for day in sorted(days))
    every = {
        frozenset(range(7)): "day",
        frozenset(range(5)): "weekday",
    }.get(frozenset(days)) or _list([DAY_NAMES[day] for day in sorted(days)])
    crons = _crons(times, "*", "*" if every == "day" else names)
    return Rhythm(f"every {every} at {_times(times)}", crons)


def _by_date(numbers: list[int], times: list[tuple[int, int]]) -> Rhythm:
    first = [one for one in sorted(set(numbers)) if one != LAST]
    dates = [_numbered(one) for one in first] + ["last day"] * (LAST in numbers)
    fields = [str(one) for one in first] + ["L"] * (LAST in numbers)
    words = f"on the {_list(dates)} of the month at {_times(times)}"
    return Rhythm(words, _crons(times, ",".join(fields), "*"))


def _by_nth(
    numbers: list[int], weekday: int, times: list[tuple[int, int]], phrase: _Phrase
) -> Rhythm:
    if max(numbers) > len(ORDINALS):
        message = f"a month has no {_numbered(max(numbers))} {DAY_NAMES[weekday]}"
        raise Misread(message, hint=HINT, offset=phrase.words[0].start())
    ordered = sorted(set(numbers), key=lambda one: (one == LAST, one))
    names = ["last" if one == LAST else ORDINALS[one - 1] for one in ordered]
    # Cron's own number, 0 is Sunday: its "last" takes no names.
    fields = [
        f"{(weekday + 1) % 7}L" if one == LAST else f"{WEEKDAYS[weekday]}#{one}"
        for one in ordered
    ]
    day = f"the {_list(names)} {DAY_NAMES[weekday]}"
    words = f"on {day} of the month at {_times(times)}"
    return Rhythm(words, _crons(times, "*", ",".join(fields)))


def _crons(times: list[tuple[int, int]], dates: str, weekdays: str) -> tuple[str, ...]:
    """Return one cron for each minute that a time has."""
    hours: dict[int, list[str]] = {}
    for hour, minute in times:
        hours.setdefault(minute, []).append(str(hour))
    return tuple(
        f"{minute} {','.join(names)} {dates} * {weekdays}"
        for minute, names in hours.items()
    )


def _weekday(word: str) -> int | None:
    """Return 0 for "mon", "monday", "mondays"."""
    for number, name in enumerate(DAY_NAMES):
        if word in {name[:3].lower(), name.lower(), f"{name.lower()}s"}:
            return number
    return {"tues": 1, "thur": 3, "thurs": 3}.get(word)


def _time(written: str) -> str:
    """Return the 24-hour time that somebody who wrote "8pm" may mean."""
    found = re.fullmatch(r"(\d{1,2})[:.h]?(\d\d)?\s*(am|pm)?", written.lower())
    if not found or int(found[1]) > 23:  # noqa: PLR2004
        return "09:00"
    hour = int(found[1]) % 12 if found[3] else int(found[1])
    minute = min(int(found[2] or 0), 59)
    return f"{hour + 12 * (found[3] == 'pm'):02}:{minute:02}"


def _times(times: list[tuple[int, int]]) -> str:
    return _list([f"{hour:02}:{minute:02}" for hour, minute in times])


def _numbered(number: int) -> str:
    """Return an ordinal.

    >>> [_numbered(one) for one in (1, 2, 3, 11, 21, 30)]
    ['1st', '2nd', '3rd', '11th', '21st', '30th']
    """
    if number in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _list(words: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} and {words[-1]}"

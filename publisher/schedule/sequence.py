"""The clock of a sequence: it begins anew with each reader who subscribes.

phrase = ("at once" | N unit) "after subscribe" ["at" time]
unit   = "minutes" | "hours" | "days" | "weeks"

A time of day goes with days and weeks: they are then counted on the wall of the
campaign's zone. Without one a day is 24 hours.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from publisher.models import Campaign, Delay
from publisher.schedule.cron import Misread
from publisher.schedule.rhythm import instant, on_the_wall

FORMS = (
    "at once after subscribe",
    "3 days after subscribe",
    "2 weeks after subscribe at 09:00",
)
HINT = f"Try: {'; '.join(FORMS)}"
SIGNS = {"after", "subscribe", "subscribes", "subscribing"}
UNITS = {"minute": "minutes", "hour": "hours", "day": "days", "week": "weeks"}
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LONGEST = timedelta(days=3660)
MOMENT = timedelta(microseconds=1)


def is_sequence(when: str) -> bool:
    """Say whether a phrase speaks of a reader's own clock.

    >>> is_sequence("3 days after subscribe"), is_sequence("Fri 08:00")
    (True, False)
    """
    words = when.lower().split()
    return bool(SIGNS.intersection(words)) or words[:2] == ["at", "once"]


def read_delay(text: str) -> Delay:
    """Read a phrase such as "3 days after subscribe", or raise `Misread`."""
    return _Reading(text).delay()


class _Reading:
    """One reading of a phrase, word by word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = list(re.finditer(r"[^\s,]+", text))
        self.place = 0

    @property
    def word(self) -> str:
        """The word to be read next; empty at the end."""
        if self.place < len(self.words):
            return self.words[self.place].group().lower()
        return ""

    def misread(self, message: str, hint: str = HINT) -> Misread:
        at_end = self.place >= len(self.words)
        offset = len(self.text.rstrip()) if at_end else self.words[self.place].start()
        return Misread(message, hint=hint, offset=offset)

    def expect(self, word: str, hint: str) -> None:
        """Step over the word, or complain of what stands in its place."""
        if self.word == word:
            self.place += 1
            return
        if not self.word:
            raise self.misread(f'"{word}" is missing here', hint)
        shown = self.words[self.place].group()
        raise self.misread(f'cannot read "{shown}" here', hint)

    def delay(self) -> Delay:
        found = self.span()
        written = self.text[: self.words[self.place - 1].end()].strip()
        self.expect("after", f"Try: {written} after subscribe")
        self.expect("subscribe", f"Try: {written} after subscribe")
        if not self.word:
            return found
        self.expect("at", f"Try: {written} after subscribe")
        return self.with_time(found, written)

    def span(self) -> Delay:
        if self.word == "at":
            self.place += 1
            self.expect("once", "Try: at once after subscribe")
            return Delay(timedelta())
        if not self.word.isdecimal():
            # "after 3 days" says the same the other way round.
            turned = re.match(r"after (\d+ \w+)", self.text.lower().strip())
            hint = f"Try: {turned[1]} after subscribe" if turned else HINT
            raise self.misread("a number of days is expected here", hint)
        number = int(self.word)
        self.place += 1
        unit = self.unit(number)
        if not number:
            self.place = 0
            hint = "Try: at once after subscribe"
            raise self.misread(f"0 {unit} is no time", hint)
        if number > LONGEST / timedelta(**{unit: 1}):
            self.place = 0
            raise self.misread("more than ten years is too long")
        self.place += 1
        return Delay(timedelta(**{unit: number}), is_days=unit in {"days", "weeks"})

    def unit(self, number: int) -> str:
        from publisher.text import suggest

        if self.word.removesuffix("s") in UNITS:
            return UNITS[self.word.removesuffix("s")]
        if not self.word:
            hint = f"Try: {number} days after subscribe"
            raise self.misread("a unit is missing here", hint)
        close = suggest(self.word, [*UNITS, *UNITS.values()])
        hint = f"Did you mean {close}?" if close else "Try: minutes, hours, days, weeks"
        shown = self.words[self.place].group()
        raise self.misread(f'"{shown}" is not a unit of time', hint)

    def with_time(self, delay: Delay, written: str) -> Delay:
        found = TIME.fullmatch(self.word)
        if not found:
            shown = self.word or "nothing"
            hint = f"Try: {written} after subscribe at 09:00"
            raise self.misread(f'"{shown}" is not a time of day', hint)
        if not delay.is_days:
            hint = "Try: 1 day after subscribe at 09:00"
            raise self.misread("a time of day goes with days and weeks", hint)
        self.place += 1
        if self.word:
            shown = self.words[self.place].group()
            raise self.misread(f'cannot read "{shown}" here')
        return Delay(delay.span, is_days=True, at=time(int(found[1]), int(found[2])))


def in_words(delay: Delay) -> str:
    """Return the delay for a person.

    >>> in_words(read_delay("2 Weeks after subscribe at 9:00"))
    '14 days after somebody subscribes, at 09:00'
    """
    at = f", at {delay.at:%H:%M}" if delay.at else ""
    return f"{_span(delay)} after somebody subscribes{at}"


def _span(delay: Delay) -> str:
    minutes = delay.span // timedelta(minutes=1)
    if not minutes:
        return "at once"
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and (unit != "day" or delay.is_days):
            count = minutes // size
            return f"{count} {unit}" if count == 1 else f"{count:,} {unit}s"
    raise AssertionError(delay)  # every number of minutes is one of minutes


def turn(campaign: Campaign, subscribed: datetime) -> datetime:
    """Return when a reader who subscribed then is due, in the campaign's zone."""
    delay = _delay(campaign)
    zone = ZoneInfo(campaign.timezone)
    if delay.at is None:
        return (instant(subscribed) + delay.span).astimezone(zone)
    day = _day(subscribed, campaign.timezone) + delay.span
    return on_the_wall(datetime.combine(day, delay.at), zone)


def subscribed_by(campaign: Campaign, now: datetime) -> datetime:
    """Return the last moment of subscribing whose turn has come.

    Whoever subscribed then or earlier is due now, and nobody else is.
    """
    delay = _delay(campaign)
    if delay.at is None:
        return instant(now) - delay.span
    zone = ZoneInfo(campaign.timezone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    while instant(on_the_wall(datetime.combine(day, delay.at), zone)) > instant(now):
        day -= timedelta(days=1)
    return _begin(day - delay.span + timedelta(days=1), campaign.timezone) - MOMENT


def since(campaign: Campaign, seen: datetime) -> datetime | None:
    """Return after which moment who subscribes is in it; None is always.

    `seen` is when the campaign is first seen.
    """
    if campaign.since == "always":
        return None
    if campaign.since == "first seen":
        return seen
    return _begin(date.fromisoformat(campaign.since), campaign.timezone) - MOMENT


def _day(moment: datetime, zone: str) -> date:
    """Return the day that a moment belongs to, of which each begins once."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    # Where clocks go back over midnight, the wall shows the old day a second time.
    if instant(moment) >= _begin(day + timedelta(days=1), zone):
        return day + timedelta(days=1)
    return day if instant(moment) >= _begin(day, zone) else day - timedelta(days=1)


@lru_cache(maxsize=100)
def _begin(day: date, zone: str) -> datetime:
    return instant(on_the_wall(datetime.combine(day, time()), ZoneInfo(zone)))


def _delay(campaign: Campaign) -> Delay:
    assert campaign.delay is not None  # noqa: S101  who calls asks first
    return campaign.delay

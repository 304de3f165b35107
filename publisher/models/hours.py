"""When a reader may be written to: at their own hour, and not while they sleep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Whose hour has passed no longer ago gets it at once, and else on the next day.
PASSED = timedelta(hours=4)
SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours in which nobody is written to, by the reader's clock."""

    start: time
    end: time

    @classmethod
    def read(cls, text: str) -> Quiet:
        """Read "22:00-07:00"; `ValueError` where it is no such thing.

        >>> quiet = Quiet.read("22:00-07:00")
        >>> quiet.holds(time(23)), quiet.holds(time(12))
        (True, False)
        """
        start, dash, end = (part.strip() for part in text.partition("-"))
        found = cls(_time(start), _time(end))
        if not dash or found.start == found.end:
            raise ValueError(text)
        return found

    def holds(self, now: time) -> bool:
        """Say whether a time of day is in it; its end no longer is."""
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """When readers may be written to, each by their own clock.

    `zone` is that of readers who have told none. `at` is when an issue goes, with the
    zone of its campaign: each reader gets it when their own clock shows the same.
    """

    zone: str = "UTC"
    at: datetime | None = None
    quiet: Quiet | None = None

    def __bool__(self) -> bool:
        """Whether anybody may have to wait."""
        return bool(self.at or self.quiet)

    def opens(self, zone: str, now: datetime) -> datetime:
        """Return when a reader of a zone may be written to; up to `now` is at once.

        A zone that nobody knows counts as none.

        >>> from datetime import UTC
        >>> hours = Hours("Europe/Rome", quiet=Quiet.read("22:00-07:00"))
        >>> night = datetime(2026, 1, 1, 23, tzinfo=UTC)
        >>> str(hours.opens("", night)), str(hours.opens("Asia/Tokyo", night))
        ('2026-01-02 07:00:00+01:00', '2026-01-02 08:00:00+09:00')
        """
        own = _zone(zone)
        turn = now if self.at is None else _turn(self.at, own)
        local = max(now, turn, key=_instant).astimezone(own or ZoneInfo(self.zone))
        if self.quiet is None or not self.quiet.holds(local.time()):
            return local
        return _next(local, self.quiet.end)


@dataclass(frozen=True, slots=True)
class Often:
    """How many letters a reader gets at most in a span of time."""

    most: int
    span: timedelta

    @classmethod
    def read(cls, text: str) -> Often:
        """Read "3 in 7 days"; `ValueError` where it is no such thing.

        >>> Often.read("1 in 12 hours").span
        datetime.timedelta(seconds=43200)
        """
        most, preposition, number, unit = text.split()
        found = cls(int(most), int(number) * SPANS[unit.removesuffix("s")])
        if preposition != "in" or found.most < 1 or found.span <= timedelta(0):
            raise ValueError(text)
        return found

    def __str__(self) -> str:
        """Say it as it is read."""
        unit = [one for one in SPANS if not self.span % SPANS[one]][-1]
        number = self.span // SPANS[unit]
        return f"{self.most} in {number} {unit}{'s' if number > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Guards:
    """What keeps a reader from being written to now, besides their own wish."""

    hours: Hours | None = None
    often: Often | None = None


def _turn(at: datetime, clock: ZoneInfo | None) -> datetime:
    """Return when a clock shows what the campaign's shows at its time."""
    if clock is None:
        return at
    turn = at.replace(tzinfo=clock)
    if _instant(at) - _instant(turn) <= PASSED.total_seconds():
        return turn
    return turn + timedelta(days=1)  # by the wall clock, however long the night is


def _instant(moment: datetime) -> float:
    # Two times of one zone are compared by their clocks, which is wrong in October.
    return moment.timestamp()


def _next(local: datetime, end: time) -> datetime:
    found = datetime.combine(local.date(), end, local.tzinfo)
    return found if local.time() < end else found + timedelta(days=1)


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

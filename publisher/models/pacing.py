"""How fast an account may be used: what its owner says, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NO_DAY = date(1970, 1, 1)
SLOWER = 0.7  # what remains of the pace after "too many"
SLOWEST = 0.1
RECOVERY = 0.05  # of the full pace, every second
CAREFUL, GROWTH = 1.05, 1.5  # every second, of a pace that nobody told us; the first
CARE = timedelta(seconds=10)  # for so long after "too many"
HOPE = 1.25  # of what it was seen to take: what was not used meanwhile is often saved
FORGET = timedelta(minutes=10)  # after which such a pace is no longer believed,
FASTEST = 100_000.0  # nor where it has grown to so many calls a second
JUMP = timedelta(minutes=1)  # a clock that is so much earlier was set back


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """How many messages a new domain or address may send on each of its days.

    `caps` name the days one by one, or they grow from `start` by `grow` until `until`.
    After the last one there is no cap. Days count from `since`, or else only those on
    which something was sent.
    """

    caps: tuple[int, ...] = ()
    start: int = 50
    grow: float = 2.0
    until: int = 100_000
    since: date | None = None

    def cap(self, day: int) -> int | None:
        """Return the cap of a day, of which 0 is the first; None where it is over.

        >>> [WarmUp(until=500).cap(day) for day in range(5)]
        [50, 100, 200, 400, None]
        """
        if self.caps:
            return self.caps[day] if day < len(self.caps) else None
        # Counted up: a power of a large day would be no number any more.
        cap = float(self.start)
        for _ in range(day):
            if cap >= self.until or self.grow <= 1:
                break
            cap *= self.grow
        return int(cap) if cap < self.until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What an owner allows a channel: messages for each second and day."""

    per_second: float | None = None
    per_day: int | None = None
    warm_up: WarmUp | None = None

    @property
    def has_caps(self) -> bool:
        """Whether days are counted."""
        return self.per_day is not None or self.warm_up is not None

    def cap(self, day: date, active: int) -> int | None:
        """Return a day's cap; `active` are the days before it with something sent."""
        caps = [] if self.per_day is None else [self.per_day]
        if self.warm_up is not None:
            since = self.warm_up.since
            number = active if since is None else max(0, (day - since).days)
            warm = self.warm_up.cap(number)
            caps += [] if warm is None else [warm]
        return min(caps, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Leave to make some calls: the first at `at`, then one `between` another.

    They are for so many messages; 0 where the day's cap is reached.
    """

    at: datetime
    between: timedelta
    calls: int
    messages: int
    blocks: int  # how often the account was blocked: after one more this is void
    day: date
    cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an account, shared by all who send through it.

    The pace is a generic cell rate algorithm: `next_at` is when the next call may be
    made, and a call moves it on by its share of time. Idle time is never saved up.
    `share` is what is left of a known pace after "too many", `speed` the calls a second
    that an account of unknown pace was seen to take.
    """

    next_at: datetime = NEVER
    blocked_until: datetime = NEVER
    blocks: int = 0
    seen_at: datetime = NEVER
    share: float = 1.0
    speed: float = 0.0
    taken: int = 0  # calls since `since`, before the last block
    since: datetime = NEVER
    day: date = NO_DAY
    sent: int = 0  # on that day
    active: int = 0  # days before it on which something was sent

    def turn(
        self,
        *,
        now: datetime,
        day: date,
        calls: int,
        messages: int,
        interval: timedelta,
        pace: Pace,
    ) -> tuple[Standing, Turn]:
        """Reserve calls, each `interval` long where the pace is known."""
        ready = self._by(now)._on(day)
        cap = pace.cap(ready.day, ready.active) if pace.has_caps else None
        left = messages if cap is None else min(messages, max(0, cap - ready.sent))
        is_full = bool(messages) and not left
        calls = 0 if is_full else min(calls, left or calls)
        between = ready._between(interval)
        at = max(now, ready.next_at, ready.blocked_until)
        turn = Turn(
            at=at,
            between=between,
            calls=calls,
            messages=left,
            blocks=ready.blocks,
            day=ready.day,
            cap=cap,
        )
        next_at = at + between * calls if between else ready.next_at
        return replace(ready, next_at=next_at, sent=ready.sent + left), turn

    def blocked(
        self, *, now: datetime, until: datetime, taken: int, since: datetime
    ) -> Standing:
        """Let nothing go until then; whoever was told so first makes it slower.

        `taken` calls were made by who tells it `since` then, or since the last block.
        """
        ready = self._by(now)
        if now < ready.blocked_until:  # one of several that were on their way
            both = min(since, ready.since)
            taken += ready.taken
            until = max(until, ready.blocked_until)
            speed = max(ready.speed, _speed(taken, both, until))
            return replace(
                ready,
                blocked_until=until,
                next_at=max(until, ready.next_at),
                taken=taken,
                since=both,
                speed=speed,
            )
        return replace(
            ready,
            next_at=until,
            blocked_until=until,
            blocks=ready.blocks + 1,
            share=max(SLOWEST, ready.share * SLOWER),
            speed=max(_speed(taken, since, until), ready.speed * SLOWER),
            taken=taken,
            since=since,
        )

    def is_ahead(self, now: datetime) -> bool:
        """Say whether this was written by a clock that was set back since."""
        return now < self.seen_at - JUMP

    def ready_at(
        self, *, now: datetime, day: date, pace: Pace, zone: tzinfo
    ) -> datetime | None:
        """Return when something may go again; None where nothing hinders it now."""
        ready = self._by(now)._on(day)
        times = [ready.blocked_until] if ready.blocked_until > now else []
        cap = pace.cap(ready.day, ready.active)
        if cap is not None and ready.sent >= cap:
            times.append(after(ready.day, zone))
        return max(times, default=None)

    def given_back(self, count: int, day: date) -> Standing:
        """Take back messages of a day that were not sent."""
        if day != self.day:
            return self
        return replace(self, sent=max(0, self.sent - count))

    def _by(self, now: datetime) -> Standing:
        """Note the time, and go faster again while nobody says "too many".

        After a clock was set back, a wait that was told is no longer than before.
        """
        if self.is_ahead(now):
            back = self.seen_at - now
            wait = max(self.blocked_until - self.seen_at, timedelta(0))
            next_at = self.next_at - min(back, self.next_at - NEVER)
            return replace(self, seen_at=now, next_at=next_at, blocked_until=now + wait)
        idle = now - max(self.seen_at, self.blocked_until)
        seconds = max(idle.total_seconds(), 0.0)
        return replace(
            self,
            seen_at=max(now, self.seen_at),
            share=min(1.0, self.share + RECOVERY * seconds),
            speed=self._faster(now, seconds) if idle < FORGET else 0.0,
        )

    def _faster(self, now: datetime, seconds: float) -> float:
        growth = CAREFUL if now - self.blocked_until < CARE else GROWTH
        speed = self.speed * growth**seconds
        return speed if speed < FASTEST else 0.0

    def _on(self, day: date) -> Standing:
        """Begin a new day; one day back is the hour around a midnight."""
        if self.day - timedelta(days=1) <= day <= self.day:
            return self
        active = self.active + bool(self.sent)
        return replace(self, day=day, sent=0, active=active)

    def _between(self, interval: timedelta) -> timedelta:
        if interval:
            return interval / self.share
        return timedelta(seconds=1 / self.speed) if self.speed else timedelta(0)


def after(day: date, zone: tzinfo) -> datetime:
    """Return the midnight at which a day is over."""
    over = day + timedelta(days=1)
    return datetime(over.year, over.month, over.day, tzinfo=zone)


def _speed(taken: int, since: datetime, until: datetime) -> float:
    """Return calls per second, the wait for the next one included."""
    return HOPE * taken / max((until - since).total_seconds(), 0.001)

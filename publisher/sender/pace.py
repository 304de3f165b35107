"""When the next call may be made, and for how many messages.

Leave is asked for in chunks: of an account that has neither a pace nor a cap, and that
never said "too many", nobody asks at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol

from publisher.models import JUMP, NEVER, Limits, Pace, Standing, Turn, after

AHEAD = 0.25  # seconds of calls that are reserved at a time
STALE = timedelta(seconds=AHEAD)  # so late a call is not made on old leave
MOST = 50  # calls that are, where only days are counted
LOOK = timedelta(seconds=0.05)  # between two looks at whether another was refused,
NEAR = timedelta(seconds=0.01)  # and where calls are made at a pace anyway
EVEN = 0.9  # of the time between two calls must lie between them, also if one is late
NONE = timedelta(0)


class Account(Protocol):
    """What is known of an account, shared with whoever else sends through it."""

    zone: tzinfo

    def look(self) -> Standing:
        """Return what is known."""
        ...

    def turn(
        self,
        *,
        now: datetime,
        calls: int,
        messages: int,
        interval: timedelta,
        pace: Pace,
    ) -> Turn:
        """Reserve calls that nobody else will make."""
        ...

    def block(
        self, *, now: datetime, until: datetime, taken: int, since: datetime
    ) -> Standing:
        """Let nobody call before then."""
        ...

    def give_back(self, count: int, day: date) -> None:
        """Count so many messages of a day as not sent."""
        ...


class Alone:
    """An account that nobody else sends through."""

    zone: tzinfo = UTC

    def __init__(self) -> None:
        self._known = Standing()

    def look(self) -> Standing:
        """Return what is known."""
        return self._known

    def turn(
        self,
        *,
        now: datetime,
        calls: int,
        messages: int,
        interval: timedelta,
        pace: Pace,
    ) -> Turn:
        """Reserve calls."""
        self._known, turn = self._known.turn(
            now=now,
            day=now.astimezone(self.zone).date(),
            calls=calls,
            messages=messages,
            interval=interval,
            pace=pace,
        )
        return turn

    def block(
        self, *, now: datetime, until: datetime, taken: int, since: datetime
    ) -> Standing:
        """Let nothing go before then."""
        self._known = self._known.blocked(
            now=now, until=until, taken=taken, since=since
        )
        return self._known

    def give_back(self, count: int, day: date) -> None:
        """Count so many messages of a day as not sent."""
        self._known = self._known.given_back(count, day)


class Full(Exception):  # noqa: N818  how a day ends, not an accident
    """The day's cap is reached."""

    def __init__(self, cap: int, until: datetime) -> None:
        super().__init__(cap)
        self.cap = cap
        self.until = until


@dataclass(kw_only=True)
class Pacer:
    """What one sender holds of its account's pace: the calls that it may make next."""

    account: Account
    limits: Limits
    pace: Pace
    now: Callable[[], datetime]
    is_together: bool = False  # a call carries many messages
    next_at: datetime | None = None
    left: int = 0  # calls of the turn
    ahead: int = 0  # calls to reserve at a time: few, until the first are made
    turn: Turn | None = None
    granted: int = 0  # messages of the day that are not claimed
    known: Standing = field(default_factory=Standing)
    looked_at: datetime | None = None
    heeded: datetime = NEVER  # the end of the last block that was waited for
    made: int = 0  # calls since the last block
    since: datetime | None = None

    @property
    def is_free(self) -> bool:
        """Whether nobody needs to be asked for leave."""
        return not (self.pace.has_caps or self._interval(1) or self.known.speed)

    def room(self, most: int) -> int:
        """Return for how many messages a call or a chunk of them may be claimed."""
        self._look()
        if self.pace.per_second:
            most = min(most, max(1, int(self.pace.per_second)))
        if self.is_free:
            return most
        if not self._holds_turn() or not self.granted:
            self._take(most)
        return min(most, self.granted) if self.is_together else self._few(most)

    def _few(self, most: int) -> int:
        return min(most, self.granted, self.left)

    def claimed(self, count: int) -> None:
        """Note that so many of the messages were claimed."""
        self.granted = max(0, self.granted - count)

    def unsent(self, count: int) -> None:
        """Note that so many that were claimed are not sent now."""
        if not self.is_free:
            self.granted += count

    def delay(self, count: int = 1) -> timedelta:
        """Return how long a call that carries so many messages has to wait."""
        self._look()
        if self.is_free:
            return NONE
        if not self._holds_turn():
            self._hold(1, 0, self._interval(count))
        return max((self.next_at or self.now()) - self.now(), NONE)

    def block_left(self) -> timedelta:
        """Return how long the provider wants nothing, as far as anybody was told."""
        self._look()
        if self.known.blocked_until <= self.heeded:
            return NONE
        return max(self.known.blocked_until - self.now(), NONE)

    def waited(self) -> None:
        """Note that the wait is over, whatever the clock says: it may stand still."""
        self.next_at = min(self.next_at or self.now(), self.now())
        self.heeded = self.known.blocked_until

    def called(self, count: int = 1) -> None:
        """Note that so many calls begin."""
        now = self.now()
        self.since = self.since or now
        self.made += count
        if self.turn is None or not self.left:
            return
        self.left = max(0, self.left - count)
        between = self.turn.between * count
        due = self.next_at or now
        if now - due > between:  # so late that to catch up would be a burst
            due = now
        self.next_at = max(due + between, now + between * EVEN)

    def refused(self, seconds: float) -> None:
        """Note that the provider said "too many", and tell all others."""
        now = self.now()
        self.since = self.since or now
        self._block(now, now + timedelta(seconds=seconds), max(0, self.made - 1))

    def close(self) -> None:
        """Give back the messages of the day that were not sent."""
        if self.granted and self.turn is not None and self.pace.has_caps:
            self.account.give_back(self.granted, self.turn.day)
        self.granted = self.left = 0
        self.turn = None

    # --- the account ---

    def _holds_turn(self) -> bool:
        turn = self.turn
        if turn is None or not self.left or turn.blocks != self.known.blocks:
            return False
        if self.now() - (self.next_at or turn.at) > max(turn.between, STALE):
            self.ahead = 0  # others may be as late, and all at once would be a burst
            return False
        return True

    def _take(self, most: int) -> None:
        """Reserve one call for many messages, or a moment's calls of one each."""
        if self.is_together:
            need = max(0, most - self.granted)
            self._hold(1, need, self._interval(most))
        else:
            calls = self._ahead(most)
            self._hold(calls, max(0, calls - self.granted), self._interval(1))
        if not self.granted and self.turn is not None and self.turn.cap is not None:
            raise Full(self.turn.cap, after(self.turn.day, self.account.zone))

    def _ahead(self, most: int) -> int:
        interval = self._interval(1).total_seconds()
        rate = 1 / interval if interval else self.known.speed
        if not rate:
            return max(most, MOST)
        self.ahead = min(max(1, 2 * self.ahead), max(1, int(rate * AHEAD)))
        return self.ahead

    def _hold(self, calls: int, messages: int, interval: timedelta) -> None:
        turn = self.account.turn(
            now=self.now(),
            calls=calls,
            messages=messages,
            interval=interval,
            pace=self.pace,
        )
        if self.turn is not None and self.turn.day != turn.day:
            self.granted = 0  # of another day
        self.turn, self.left = turn, turn.calls
        self.next_at = max(turn.at, self.next_at or turn.at)
        self.granted += turn.messages

    def _interval(self, count: int) -> timedelta:
        """Return what a call for so many messages takes of the account's time.

        The provider's pace counts calls, the owner's counts messages. Where the owner
        names more than the provider's full calls would carry, that is meant.
        """
        calls, owner = self.limits.per_second, self.pace.per_second
        of_call = 1 / calls if calls else 0.0
        if not owner:
            return timedelta(seconds=of_call)
        batch = self.limits.batch if self.is_together else 1
        return timedelta(seconds=max(count / owner, min(of_call, batch / owner)))

    def _look(self) -> None:
        """See whether somebody else was refused."""
        now = self.now()
        often = LOOK if self.is_free else NEAR
        if self.looked_at is not None and NONE <= now - self.looked_at < often:
            return
        before, self.known = self.known.blocks, self.account.look()
        if self.known.is_ahead(now) or (self.looked_at or now) - now > JUMP:
            self._set_back(now)
        self.looked_at = now
        is_new = self.known.blocks != before and now < self.known.blocked_until
        if is_new and self.made and not self._interval(1):
            # What all made together says how much the account takes.
            self._block(now, self.known.blocked_until, self.made)

    def _set_back(self, now: datetime) -> None:
        """Forget what was to happen at times that a wrong clock had said."""
        self.left, self.next_at = 0, None
        self.account.turn(now=now, calls=0, messages=0, interval=NONE, pace=self.pace)
        self.known = self.account.look()

    def _block(self, now: datetime, until: datetime, made: int) -> None:
        self.known = self.account.block(
            now=now, until=until, taken=made, since=self.since or now
        )
        self.made, self.since = 0, self.known.blocked_until

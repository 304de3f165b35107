"""When nothing may be sent: the pace, a provider's wish, a person's wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.errors import PublisherError, Throttled, Unavailable
from publisher.models import Channel, Limits

STOPPED = "stopped; run the same command again to go on"
STEP = 0.5  # seconds between two looks at `stop`
LONGEST_WAIT = 300.0  # seconds; beyond it a person is told when to come back
BACKOFF = (1.0, 2.0, 4.0, 8.0)  # seconds between five tries of what is unavailable
ODDITIES = 3  # errors in a row that no provider should raise


class Halt(Exception):  # noqa: N818  how a turn ends, not an accident
    """The channel stops; the text says why."""


class Pause(Exception):  # noqa: N818
    """Nothing may be sent for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(kw_only=True)
class Waiting:
    """What a sender knows about time: its clock, its pace, and how often it failed."""

    channel: Channel
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], bool]
    wish: Callable[[], str] = lambda: ""  # why a person wants no more to be sent
    unavailable: int = 0  # times in a row
    odd: int = 0  # times in a row
    not_before: datetime | None = None  # the pace

    @property
    def limits(self) -> Limits:
        """The provider's own: an outbox that stands in for a network is not it."""
        return self.channel.provider.limits

    def interruption(self, error: PublisherError) -> Halt | Pause:
        """Return how long an error stops the channel, or that it ends the turn."""
        if isinstance(error, Throttled):
            return self._throttled(error)
        if isinstance(error, Unavailable) and self.unavailable < len(BACKOFF):
            self.unavailable += 1
            return Pause(BACKOFF[self.unavailable - 1])
        return Halt(str(error))

    def _throttled(self, error: Throttled) -> Halt | Pause:
        if error.retry_after <= LONGEST_WAIT:
            return Pause(max(error.retry_after, 0.0))
        when = self.now() + timedelta(seconds=error.retry_after)
        return Halt(
            f"{error}; run the same command again after {when:%Y-%m-%d %H:%M %Z}"
        )

    def look_for_stop(self) -> None:
        """End the turn if a person wishes so, or a provider is broken."""
        if self.stop():
            raise Halt(STOPPED)
        if why := self.wish():
            raise Halt(why)
        if self.odd >= ODDITIES:
            raise Halt(
                f"{self.channel.name} failed {self.odd} times in a row in a way that "
                "no channel should; the log says where"
            )

    def wait(self, seconds: float) -> None:
        """Sleep, in steps short enough to hear `stop` within a second."""
        while seconds > 0:
            self.look_for_stop()
            self.sleep(min(STEP, seconds))
            seconds -= STEP

    def set_pace(self, count: int = 1) -> None:
        """Note when the next message may go, after so many."""
        if self.limits.per_second:
            between = timedelta(seconds=count / self.limits.per_second)
            self.not_before = self.now() + between

    def pace(self, count: int = 1) -> None:  # noqa: ARG002  a shared pace will ask
        """Wait until the next messages may go."""
        if self.not_before is not None:
            self.wait((self.not_before - self.now()).total_seconds())

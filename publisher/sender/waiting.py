"""When nothing may be sent: the pace, a provider's wish, a person's wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.errors import PublisherError, Throttled, Unavailable
from publisher.models import Channel, Limits
from publisher.sender.breaker import Breaker
from publisher.sender.pace import Full, Pacer

STOPPED = "stopped; run the same command again to go on"
STEP = 0.2  # seconds between two looks at `stop`
IN_PLACE = 0.5  # seconds; a longer wait gives back first what is claimed
LONGEST_WAIT = 300.0  # seconds; beyond it a person is told when to come back
BACKOFF = (1.0, 2.0, 4.0, 8.0)  # seconds between five tries of what is unavailable
SILENCES = 3  # calls in a row without an answer, before each next one has to wait
ODDITIES = 3  # errors in a row that no provider should raise


class Halt(Exception):  # noqa: N818  how a turn ends, not an accident
    """The channel stops; the text says why."""


class Pause(Exception):  # noqa: N818
    """Nothing may be sent for some seconds."""

    def __init__(self, seconds: float, *, is_pace: bool = False) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.is_pace = is_pace


@dataclass(kw_only=True)
class Waiting:
    """What a sender knows about time: its clock, its pace, and how often it failed."""

    channel: Channel
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], bool]
    wish: Callable[[], str] = lambda: ""  # why a person wants no more to be sent
    unavailable: int = 0  # times in a row
    pacer: Pacer
    odd: int = 0  # times in a row
    silent: int = 0  # times in a row
    breaker: Breaker | None = None

    @property
    def limits(self) -> Limits:
        """The provider's own: an outbox that stands in for a network is not it."""
        return self.channel.provider.limits

    def interruption(self, error: PublisherError) -> Halt | Pause:
        """Return how long an error stops the channel, or that it ends the turn."""
        reason = self._reason(error)
        is_end = isinstance(reason, Halt)
        if self.breaker and self.breaker.failed(error, is_end=is_end) and not is_end:
            return Halt(str(error))
        return reason

    def _reason(self, error: PublisherError) -> Halt | Pause:
        if isinstance(error, Throttled):
            return self._throttled(error)
        if isinstance(error, Unavailable) and self.unavailable < len(BACKOFF):
            self.unavailable += 1
            return Pause(BACKOFF[self.unavailable - 1])
        return Halt(str(error))

    def _throttled(self, error: Throttled) -> Halt | Pause:
        seconds = max(error.retry_after, 0.0)
        self.pacer.refused(seconds)
        if seconds <= LONGEST_WAIT:
            return Pause(seconds)
        return Halt(f"{error}; run the same command again after {self._when(seconds)}")

    def _when(self, seconds: float) -> str:
        when = self.now() + timedelta(seconds=seconds)
        return f"{when:%Y-%m-%d %H:%M %Z}"

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

    def heed_silence(self) -> None:
        """Do not ask a provider that hangs for everybody: each would be in doubt."""
        if self.silent >= SILENCES:
            self.silent -= 1  # after the pause one more is tried
            name = self.channel.name
            raise self.interruption(Unavailable(f"{name} gives no answers"))

    def wait(self, seconds: float) -> None:
        """Sleep, in steps short enough to hear `stop` within a second."""
        while seconds > 0:
            self.look_for_stop()
            self.sleep(min(STEP, seconds))
            seconds -= STEP

    def wait_out(self, pause: Pause) -> None:
        """Sleep as long as a pause says."""
        self.wait(pause.seconds)
        if pause.is_pace:
            self.pacer.waited()

    # --- the pace ---

    def room(self, most: int) -> int:
        """Return how many messages may be claimed now; 0 where none of them waits."""
        self._heed_block()  # before leave is asked for that would be old after it
        try:
            return self.pacer.room(most)
        except Full as full:
            waiting = self.count_planned()
            if not waiting:
                return 0
            day = "message" if full.cap == 1 else "messages"
            raise Halt(
                f"the {full.cap:,} {day} of this day are sent, {waiting:,} wait; run "
                f"the same command again after {full.until:%Y-%m-%d %H:%M %Z}"
            ) from None

    def count_planned(self) -> int:
        """Return how many deliveries wait."""
        raise NotImplementedError

    def set_pace(self, count: int = 1) -> None:
        """Note that so many calls begin."""
        self.pacer.called(count)

    def pace(self, count: int = 1) -> None:
        """Wait until a call with so many messages may be made."""
        while True:
            self._heed_block()
            seconds = self.pacer.delay(count).total_seconds()
            if seconds > IN_PLACE:
                raise Pause(seconds, is_pace=True)
            if not seconds:
                return
            self.wait(seconds)
            self.pacer.waited()

    def _heed_block(self) -> None:
        """Wait as the provider told another sender of the same account."""
        seconds = self.pacer.block_left().total_seconds()
        if seconds > LONGEST_WAIT:
            raise Halt(
                f"{self.channel.name} asks us to wait; run the same command again "
                f"after {self._when(seconds)}"
            )
        if seconds:
            raise Pause(seconds, is_pace=True)

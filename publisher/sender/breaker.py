"""The breaker of a channel: after some failures in a row, others take its work.

What fails counts by what it is about: a `Refused` is about the account and opens it at
once; `Unavailable` and `Throttled` open it when nothing was taken in between. What is
about one message, or one mailbox, does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from publisher.errors import PublisherError, Refused, Throttled, Unavailable
from publisher.models import Health

FAILURES = 5  # in a row
# Before it is tried again; after the last, always as long.
WAITS = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60))


def after_failure(
    health: Health, error: PublisherError, *, now: datetime, is_end: bool = False
) -> Health:
    """Return what is known after an error; with `is_end` the turn ends with it.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 23, tzinfo=UTC)
    >>> after_failure(Health(), Refused("wrong token"), now=now).open_until > now
    True
    """
    if not isinstance(error, Refused | Throttled | Unavailable):
        return health
    failures = health.failures + 1
    if isinstance(error, Refused) or is_end:
        failures = max(failures, FAILURES)
    if failures < FAILURES:
        return Health(failures=failures)
    wait = WAITS[min(health.openings, len(WAITS) - 1)]
    if isinstance(error, Throttled):
        wait = max(wait, timedelta(seconds=error.retry_after))
    return Health(
        failures=failures, openings=health.openings + 1, open_until=now + wait
    )


def is_open(health: Health, now: datetime) -> bool:
    """Whether nobody should try the channel who has another."""
    return health.open_until is not None and now < health.open_until


class Memory(Protocol):
    """Where what is known of channels is kept for all processes."""

    def health(self, channel: str) -> Health:
        """Return what is known of a channel."""
        ...

    def change(self, channel: str, rule: Callable[[Health], Health]) -> Health:
        """Replace it by what the rule makes of it, at one stroke."""
        ...


@dataclass
class Breaker:
    """The breaker of one channel, in the turn of one sender."""

    channel: str
    memory: Memory
    now: Callable[[], datetime]
    is_troubled: bool = False  # there is something that a success ends
    has_opened: bool = False  # in this turn

    def __post_init__(self) -> None:
        self.is_troubled = self.memory.health(self.channel) != Health()

    def is_open(self) -> bool:
        """Whether the channel is to be left alone now."""
        return is_open(self.memory.health(self.channel), self.now())

    def failed(self, error: PublisherError, *, is_end: bool) -> bool:
        """Note an error; return whether the breaker is open by it."""
        now = self.now()
        health = self.memory.change(
            self.channel,
            lambda before: after_failure(before, error, now=now, is_end=is_end),
        )
        self.is_troubled = health != Health()
        self.has_opened = is_open(health, now)
        return self.has_opened

    def worked(self) -> None:
        """Note that the channel took a message: the breaker closes."""
        if self.is_troubled:
            self.memory.change(self.channel, lambda _: Health())
            self.is_troubled = False

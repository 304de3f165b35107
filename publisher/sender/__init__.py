"""Hands planned deliveries to a channel: claim, pace, hand over, settle, resume.

The claim is on disk before the first byte leaves, the receipt after the answer. What
a killed sender left claimed is repeated where the provider remembers its key, asked
about where it can be asked, and otherwise left uncertain: never silently lost, never
silently doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.models import (
    Batches,
    Channel,
    Delivery,
    Guards,
    Message,
    Opens,
    Pace,
    Streams,
)
from publisher.sender.breaker import Breaker, is_open
from publisher.sender.flow import Flow
from publisher.sender.outcomes import state_after
from publisher.sender.pace import Account, Alone, Pacer
from publisher.sender.scribe import Scribe
from publisher.sender.together import Together
from publisher.sender.turn import Sender
from publisher.sender.waiting import STOPPED

if TYPE_CHECKING:
    from publisher.store import Ledger

__all__ = ["STOPPED", "Breaker", "deliver", "is_open", "state_after"]


def deliver(
    issue_id: str,
    *,
    channel: Channel,
    ledger: Ledger,
    message_of: Callable[[Delivery], Message],
    messages_of: Callable[[Sequence[Delivery]], Sequence[Message]] | None = None,
    skip_reason: Callable[[Delivery], str],
    gone: Callable[[datetime], Mapping[str, str]] = lambda _now: {},
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    stop: Callable[[], bool] = lambda: False,
    wish: Callable[[], str] = lambda: "",
    progress: Callable[[int], None] = lambda _count: None,
    pace: Pace | None = None,
    account: Account | None = None,
    breaker: Breaker | None = None,
    guards: Guards | None = None,
) -> str:
    """Send what an issue still has planned for a channel, under the caller's lease.

    Return why the channel stopped, for a person to read; "" when nothing is left.
    `messages_of` makes many messages faster than `message_of` makes each, and the same.
    `gone` says at a time who gets no more what was claimed for them, and why, by its
    key: a slow channel claims some seconds before it carries.
    `stop` is the process's own end, `wish` says why a person wants no more to be sent;
    `progress` is told how many more deliveries came to their end. `pace` is what the
    owner allows; `account` is what all who send through it know of it. `breaker`
    hears how the channel does, where another could take its work. Whom the
    `guards` keep back waits, or is skipped.
    """
    kind = _kind(channel.provider)
    pacer = Pacer(
        account=account or Alone(),
        limits=channel.provider.limits,
        pace=pace or Pace(),
        now=now,
        is_together=kind is Together,
    )
    scribe = Scribe(
        ledger=ledger,
        sleep=sleep,
        stop=stop,
        is_at_ease=channel.provider.limits.remembers == timedelta.max,
        guards=guards,
    )
    sender = kind(
        issue=issue_id,
        channel=channel,
        ledger=scribe,
        message_of=message_of,
        messages_of=messages_of,
        skip_reason=skip_reason,
        gone=gone,
        now=now,
        sleep=sleep,
        stop=stop,
        wish=wish,
        progress=progress,
        pacer=pacer,
        breaker=breaker,
    )
    try:
        return sender.run()
    finally:
        pacer.close()
        if isinstance(channel.provider, Opens):
            channel.provider.close()


def _kind(provider: object) -> type[Sender]:
    if isinstance(provider, Streams):
        return Flow
    return Together if isinstance(provider, Batches) else Sender

"""Events: what came back means something for whom it is about.

| news | consequence |
|---|---|
| bounced for good | nothing is ever written to this address again |
| complained | the same, at once |
| unsubscribed | they leave the list that the message came by, else all of them |
| bounced softly | nothing, until it happened `SOFT_BOUNCES` times |
| any | an uncertain delivery is settled: the provider has taken it |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.models import Event

if TYPE_CHECKING:
    from publisher.store import Hearing

# A mailbox that is full, or a server that is down, is often well again in a week. So
# many messages must have come back, over so long a time, and none have arrived between.
SOFT_BOUNCES = 5
SOFT_TIME = timedelta(days=14)
LONGEST_REASON = 300


def act(hearing: Hearing, events: Sequence[Event]) -> int:
    """Do what news mean, each once; return how many were new.

    The whole is one transaction, so that whoever is killed in it hears them again.
    """
    new = hearing.new(events)
    hearing.settle(new)
    for event in new:
        if event.address:
            _act(hearing, event)
    return len(new)


def _act(hearing: Hearing, event: Event) -> None:
    match event.kind:
        case "complained":
            hearing.suppress(event.address, reason=_why("complained", event.reason))
        case "bounced" if event.is_permanent:
            hearing.suppress(event.address, reason=_why("bounced", event.reason))
        case "bounced" if not event.is_ours:
            _act_softly(hearing, event)
        case "unsubscribed":
            hearing.leave(event)


def _act_softly(hearing: Hearing, event: Event) -> None:
    softly = hearing.softly(event.address)
    span = softly.last - softly.first
    if softly.count >= SOFT_BOUNCES and span >= SOFT_TIME:
        said = f"bounced {softly.count} times in {span.days} days"
        hearing.suppress(event.address, reason=_why(said, event.reason))


def _why(what: str, reason: str) -> str:
    return f"{what}: {reason}"[:LONGEST_REASON] if reason else what

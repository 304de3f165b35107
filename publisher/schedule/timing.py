"""When a campaign runs next, and what to do about the times that have come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from publisher.models import Campaign
from publisher.schedule import sequence
from publisher.schedule.phrases import rhythm
from publisher.schedule.rhythm import Rhythm, instant, times

Action: TypeAlias = Literal["run", "skip", "ask"]
# A rare schedule needs a long look back; a busy one has enough in a short one.
LOOK_BACK = (timedelta(days=1), timedelta(days=31), timedelta(days=366))
MOST_DUE = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled time that has come, and what to do about it.

    `reason` says in words why it is not simply run.
    """

    at: datetime
    is_missed: bool
    action: Action = "run"
    reason: str = ""


def runs(campaign: Campaign, after: datetime) -> Iterator[datetime]:
    """Give every time of a campaign after a moment; none without `when`.

    A sequence has none of its own: each of its readers has.
    """
    if not campaign.when or campaign.delay:
        return iter(())
    return times(_rhythm(campaign.when), ZoneInfo(campaign.timezone), after)


def next_runs(campaign: Campaign, after: datetime, count: int = 3) -> list[datetime]:
    """Return the next times, in the campaign's zone; none when it is not enabled."""
    if not campaign.enabled:
        return []
    return list(islice(runs(campaign, after), count))


def in_words(campaign: Campaign) -> str:
    """Return when a campaign runs: "every Friday at 08:00, Europe/Rome"."""
    if not campaign.when:
        return "only when you send it"
    if campaign.delay:
        words = sequence.in_words(campaign.delay)
        return f"{words}, {campaign.timezone}" if campaign.delay.at else words
    words = _rhythm(campaign.when).words
    return f"{words}, {campaign.timezone}"


def due(
    campaign: Campaign,
    *,
    last: datetime | None,
    now: datetime,
    since: datetime | None = None,
) -> list[Due]:
    """Return every scheduled time in `last` < time <= `now`, oldest first.

    `last` is the latest time that the books know of (`Runs.last`), whatever became of
    it. On first contact it is None, and then `since`, the moment when the schedule was
    first seen, takes its place; without either nothing is due, so that a new schedule
    never sends for the time before it existed. Who calls writes that moment down: a run
    at `now` that did nothing serves as `last` from then on.

    At most the latest time acts, the earlier ones are skipped. Later than the
    campaign's grace it is missed, and `if_missed` decides. Not further back than a
    year, and not more than the latest thousand.
    """
    start = last or since
    if start is None or not campaign.enabled:
        return []
    found = _come(campaign, start, now)
    return [
        _due(campaign, at, now, is_latest=number == len(found))
        for number, at in enumerate(found, start=1)
    ]


def _come(campaign: Campaign, start: datetime, now: datetime) -> list[datetime]:
    """Return the latest times in `start` < time <= `now`."""
    found: deque[datetime] = deque(maxlen=MOST_DUE)
    for look_back in LOOK_BACK:
        begin = max(start, now - look_back)
        come = takewhile(lambda at: instant(at) <= instant(now), runs(campaign, begin))
        found = deque(come, maxlen=MOST_DUE)
        if begin == start or len(found) == MOST_DUE:
            break
    return list(found)


def _due(campaign: Campaign, at: datetime, now: datetime, *, is_latest: bool) -> Due:
    late = instant(now) - instant(at)
    is_missed = late > campaign.grace
    if not is_latest:
        return Due(at, is_missed, "skip", "a later run takes its place")
    if not is_missed:
        return Due(at, is_missed=False)
    action: Action = "run" if campaign.if_missed == "send" else campaign.if_missed
    reason = f"{_late(late)} late, and if_missed is {campaign.if_missed}"
    return Due(at, is_missed=True, action=action, reason=reason)


def _late(late: timedelta) -> str:
    """Return a span for a person.

    >>> _late(timedelta(minutes=135)), _late(timedelta(days=3, hours=1))
    ('2 h 15 min', '3 days')
    """
    minutes = int(late.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} days" if days > 1 else "1 day"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


@lru_cache(maxsize=1000)
def _rhythm(when: str) -> Rhythm:
    return rhythm(when)

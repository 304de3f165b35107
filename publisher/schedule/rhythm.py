"""When a campaign runs: crons in local time, or one moment."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Five-field crons as CronSim reads them, or `once`, a time on the wall.

    `words` say it to a person; what they say is again a phrase where `when` is one.
    """

    words: str
    crons: tuple[str, ...] = ()
    once: datetime | None = None


def times(rhythm: Rhythm, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Give every time after a moment, in the zone, in order.

    A time that the spring change skips comes as much later as the clock jumps; one
    that the autumn change repeats comes only the first time.
    """
    if rhythm.once:
        moment = on_the_wall(rhythm.once, zone)
        return iter([moment] if instant(moment) > instant(after) else [])
    runs = (_cron_times(cron, zone, after) for cron in rhythm.crons)
    merged = heapq.merge(*runs, key=instant)
    return (next(same) for _, same in groupby(merged, key=instant))


def _cron_times(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    from cronsim import CronSim

    local = after.astimezone(zone)
    for found in CronSim(cron, local):
        # In a repeated hour CronSim begins again with the hour's first round.
        if instant(found) > instant(after):
            yield found


def instant(moment: datetime) -> datetime:
    """Return the moment in UTC: Python compares times of one zone by the wall."""
    return moment.astimezone(UTC)


def on_the_wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall time as a moment; one that the spring change skips comes later."""
    moment = wall.replace(tzinfo=zone)
    while instant(moment).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
        moment = wall.replace(tzinfo=zone)
    return moment

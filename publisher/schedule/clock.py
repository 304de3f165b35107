"""Waits for the times of campaigns: APScheduler ticks, our own trigger knows when."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from publisher.errors import ConfigError
from publisher.models import Campaign
from publisher.schedule.timing import runs

log = logging.getLogger(__name__)


class Times(BaseTrigger):  # type: ignore[misc]
    """The times of a campaign. APScheduler's own cron counts weekdays from Monday."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Return the first time after the last one, or after now."""
        if self.campaign.delay:
            return _next_minute(now)
        found = next(runs(self.campaign, previous_fire_time or now), None)
        return found.astimezone(UTC) if found else None


def _next_minute(now: datetime) -> datetime:
    """Return when a sequence is looked at next: its readers may come at any time."""
    return now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


def never() -> bool:
    """Say that nobody wants to stop."""
    return False


def run_forever(
    campaigns: Callable[[], Iterable[Campaign]],
    tick: Callable[[Campaign], datetime | None],
    *,
    stop: Callable[[], bool] = never,
    reload_seconds: float = 5.0,
) -> None:
    """Call `tick` at each time of each enabled campaign, until `stop` says so.

    `tick` is also called once for each campaign at the start and after its file
    changed, because what was missed has to be decided then; it must ask `due` what
    there is to do. Where it returns a time, it is called again then. It runs here, in
    the caller's thread, one at a time. `campaigns` is asked again every few seconds;
    while it raises a `ConfigError`, the last good ones stay.
    """
    come: queue.SimpleQueue[Campaign] = queue.SimpleQueue()
    # In memory, from the files: what makes a run happen once is a row in the books.
    scheduler = BackgroundScheduler(timezone=UTC)
    known = _reload(scheduler, {}, campaigns, come)
    scheduler.start()
    looked = time.monotonic()
    later: dict[str, datetime] = {}
    try:
        while not stop():
            campaign = _next(come) or _due(later, known)
            if campaign:
                again = tick(campaign)
                later.pop(campaign.name, None)
                later |= {campaign.name: again} if again else {}
            if time.monotonic() - looked >= reload_seconds:
                known = _reload(scheduler, known, campaigns, come)
                # It sleeps by a clock that stands still while the machine does, and
                # that nobody sets; the times of campaigns are those on the wall.
                scheduler.wakeup()
                looked = time.monotonic()
    finally:
        _end(scheduler)


def _end(scheduler: Any) -> None:
    """Stop the thread; while it removes a job whose last time has come, wait."""
    scheduler.pause()
    scheduler.get_jobs()  # waits for the lock that the thread works under
    scheduler.shutdown(wait=False)


def _next(come: queue.SimpleQueue[Campaign]) -> Campaign | None:
    """Wait a moment for a campaign whose time has come."""
    try:
        return come.get(timeout=0.2)
    except queue.Empty:
        return None


def _due(later: dict[str, datetime], known: dict[str, Campaign]) -> Campaign | None:
    """Return a campaign that wanted to go on at a time that has come."""
    now = datetime.now(UTC)
    names = (name for name, at in later.items() if at <= now and name in known)
    name = next(names, None)
    return None if name is None else known[name]


def _reload(
    scheduler: Any,
    known: dict[str, Campaign],
    campaigns: Callable[[], Iterable[Campaign]],
    come: queue.SimpleQueue[Campaign],
) -> dict[str, Campaign]:
    """Bring the jobs in step with the campaigns, and return these."""
    try:
        found = {one.name: one for one in campaigns() if one.enabled and one.when}
    except ConfigError as error:
        log.warning("the schedules stay as they were: %s", error)
        return known
    for name in known.keys() - found.keys():
        with suppress(JobLookupError):  # its last time may have come
            scheduler.remove_job(name)
    for name, campaign in found.items():
        if known.get(name) == campaign:
            continue
        scheduler.add_job(
            come.put,
            Times(campaign),
            args=[campaign],
            id=name,
            replace_existing=True,
            coalesce=True,
            misfire_grace_time=None,  # `due` decides what is too late
        )
        come.put(campaign)
    return found

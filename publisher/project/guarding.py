"""Guards: the first readers go ahead, and nobody is woken or written to too often."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher import config
from publisher.errors import Busy, PublisherError
from publisher.models import Canary, Channel, Guards, Hours, Issue, Plan, unique

if TYPE_CHECKING:
    from publisher.project.folder import Folder
    from publisher.store.canaries import Watch as Standing

log = logging.getLogger(__name__)
STEP = 0.3  # seconds between two looks at what somebody wishes,
LOOK = 5.0  # and at what came back
WHOLE = 100  # per cent


def guards_of(folder: Folder, issue: Issue, channel: Channel) -> Guards | None:
    """Return what keeps readers from getting an issue now; None for who has none.

    A post has no reader, and the outbox wakes nobody.
    """
    if channel.kind != "email" or channel.is_outbox:
        return None
    settings = folder.settings
    hours = Hours(
        zone=settings.site.timezone,
        at=issue.local_at,
        quiet=None if issue.is_urgent else settings.quiet,
    )
    is_counted = issue.is_urgent or folder.books.sequences.is_one(issue.id)
    return Guards(hours or None, None if is_counted else settings.often)


@dataclass(frozen=True, slots=True)
class Waits:
    """How many readers of a plan would have to wait now, and who gets nothing."""

    count: int = 0
    until: datetime | None = None  # the last of them
    sated: int = 0
    why: str = ""


def waits(folder: Folder, plan: Plan) -> Waits:
    """Say whom the guards would keep from getting a plan's emails now."""
    name, now = plan.issue.list, folder.clock()
    channels = [folder.channel(one) for one in plan.counts()]
    found = (guards_of(folder, plan.issue, channel) for channel in channels)
    guards = next(filter(None, found), None)
    if guards is None or not name:
        return Waits()
    people = folder.books.subscribers
    opens = [
        (guards.hours.opens(zone, now), readers)
        for zone, readers in people.zones(name).items()
        if guards.hours
    ]
    late = [(at, readers) for at, readers in opens if at > now]
    count = sum(readers for _, readers in late)
    asleep = Waits(count, max((at for at, _ in late), default=None))
    if guards.often is None:
        return asleep
    sated, why = people.sated(name, guards.often, now=now)
    return replace(asleep, sated=sated, why=why)


# --- the canary --------------------------------------------------------------------


def canary_of(plan: Plan, canary: Canary | None) -> Canary | None:
    """Return who of a plan goes first; None where that would be all."""
    if canary is None or plan.issue.is_rehearsal:
        return None
    emails = sum(one.count for one in plan.audiences)
    emails += sum(plan.drafts[one.draft].kind == "email" for one in plan.deliveries)
    first = canary.first or max(1, math.ceil(emails * canary.share / WHOLE))
    return replace(canary, first=first, share=0.0) if first < emails else None


def plan(folder: Folder, plan: Plan) -> None:
    """Write down, before an issue begins, that its first readers go ahead."""
    if plan.canary is None:
        return
    drafts = plan.drafts
    emails = [one for one in plan.deliveries if drafts[one.draft].kind == "email"]
    names = [one.channel for one in plan.audiences] + [one.channel for one in emails]
    channels = unique([*names, *plan.routes])
    folder.books.canaries.plan(plan.issue.id, plan.canary, channels)


def ends_at(folder: Folder, issue: Issue) -> datetime | None:
    """Return when the others may follow, if the canary is waited for."""
    found = folder.books.canaries.of(issue.id)
    return found.until if found and found.state == "waiting" else None


@dataclass
class Watch:
    """Waits while the canary is out, and looks at what comes back.

    Who does not `stay` comes again later.
    """

    folder: Folder
    issue: Issue
    stop: Callable[[], bool]
    wish: Callable[[], str]
    stays: bool

    @property
    def is_on(self) -> bool:
        """Whether the first have gone, and others wait."""
        found = self._found
        return bool(found and found.is_full and found.waiting)

    @property
    def _found(self) -> Standing | None:
        return self.folder.books.canaries.of(self.issue.id)

    def wait(self) -> list[tuple[str, str]]:
        """Wait until the others may follow; return which channels may not, and why."""
        why = self._why()
        names = self.folder.books.canaries.channels(self.issue.id)
        return [(name, why) for name in names if why]

    def _why(self) -> str:
        until = self._begin()
        # A clock that is set back meanwhile does not make it longer.
        end = time.monotonic() + (until - self.folder.clock()).total_seconds()
        looked = -math.inf
        while time.monotonic() < end and self.folder.clock() < until:
            if time.monotonic() - looked >= LOOK:
                looked = time.monotonic()
                if why := self._verdict():
                    return why
            if why := self.wish():
                return why
            if self.stop() or not self.stays:
                return self._later(until)
            time.sleep(min(STEP, max(0.0, end - time.monotonic())))
        return self._last_look()

    def _begin(self) -> datetime:
        found = self._found
        assert found  # noqa: S101  it is on
        if found.state == "waiting" and found.until:
            return found.until
        until = self.folder.clock() + found.canary.wait
        self.folder.books.canaries.set(self.issue.id, "waiting", until=until)
        when = until.astimezone(self.folder.zone)
        log.warning(
            "%s: the first %s have gone; %s wait until %s for what comes back",
            self.issue.id,
            f"{found.canary.first:,}",
            f"{found.waiting:,}",
            f"{when:%H:%M:%S}",
        )
        return until

    def _last_look(self) -> str:
        if why := self._unread():
            return why
        if why := self._verdict():
            return why
        self.folder.books.canaries.set(self.issue.id, "passed", until=None)
        return ""

    def _unread(self) -> str:
        """Read the bounce mailbox, if there is one; say why it could not be read."""
        from publisher.project import returning

        if config.bounce_mailbox(self.folder.settings.environ) is None:
            return ""
        try:
            returning.fetch(self.folder, stop=self.stop)
        except Busy:  # another process reads it just now
            return ""
        except PublisherError as error:
            return f"what came back of the first cannot be read: {error}"
        return ""

    def _verdict(self) -> str:
        """Stop the issue where too much came back; return that in words."""
        found = self._found
        assert found  # noqa: S101  it is on
        ends = self.folder.books.canaries.ends(self.issue.id)
        heard = self.folder.books.events.counts(self.issue.id)
        gone = ends.accepted + ends.failed
        bounced = ends.failed + heard.get("bounced", 0)
        complained = heard.get("complained", 0)
        for count, most, words in (
            (bounced, found.canary.bounces, "came back"),
            (complained, found.canary.complaints, "complained"),
        ):
            if gone and WHOLE * count / gone > most:
                self.folder.books.canaries.set(self.issue.id, "stopped", until=None)
                self.folder.books.wishes.pause(self.issue.id)
                return (
                    f"{count:,} of the first {gone:,} {words}, more than {most:g} %; "
                    f"paused. To go on: publisher resume {self.issue.id}, "
                    f"to end it: publisher cancel {self.issue.id}"
                )
        return ""

    def _later(self, until: datetime) -> str:
        when = until.astimezone(self.folder.zone)
        return f"waits until {when:%H:%M:%S} for what comes back of the first"

"""Does what the schedules say: each run once, whoever else runs at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher import schedule
from publisher.errors import Blocked, Busy, PublisherError
from publisher.models import Campaign, Plan, Report, State
from publisher.project import sequencing
from publisher.project.drafting import Drafting
from publisher.project.sending import Stop

if TYPE_CHECKING:
    from publisher.project import Project


# After a run that did not come to its end; after the last, always as long.
WAITS = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60))


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one run: in words, and its report or its error."""

    campaign: str
    at: datetime
    result: str
    report: Report | None = None
    error: PublisherError | None = None

    @property
    def is_news(self) -> bool:
        """Whether something was sent; all else may be said again each minute."""
        return bool(self.report and self.report.total(State.ACCEPTED))

    @property
    def is_cut_short(self) -> bool:
        """Whether something outside hindered it, which may be over by itself."""
        if self.report is None:
            return isinstance(self.error, Blocked)
        waiting = self.report.total(State.PLANNED, State.CLAIMED)
        return waiting > self.report.undecided and self.report.held_until is None


@dataclass
class Again:
    """When a campaign is tried again that was cut short."""

    tries: dict[str, int] = field(default_factory=dict)  # in a row, by campaign

    def at(self, ran: Ran, now: datetime) -> datetime | None:
        """Return when, or None where there is nothing to try."""
        known = ran.report.again_at if ran.report else None
        if known or not ran.is_cut_short:
            self.tries.pop(ran.campaign, None)
            return known
        tries = self.tries.get(ran.campaign, 0)
        self.tries[ran.campaign] = tries + 1
        return now + WAITS[min(tries, len(WAITS) - 1)]


def run_due(project: Project, *, stop: Stop) -> list[Ran]:
    """Do every run that is due, of every campaign."""
    done = [
        Ran(
            PurePath(wrong.where.split(":")[0]).stem,
            project.clock(),
            str(wrong),
            error=wrong,
        )
        for wrong in project.wrong_schedules
    ]
    for campaign in project.campaigns:
        if campaign.when and campaign.enabled and not stop():
            done += run_campaign(project, campaign, stop=stop)
    return done


def run_campaign(project: Project, campaign: Campaign, *, stop: Stop) -> list[Ran]:
    """Do what is due of one campaign, unless another process is at it.

    The lease is what keeps two processes apart, and the row in the books is what keeps
    a run from being done again: one that was started and not finished died half-way,
    and is done to its end here.
    """
    try:
        with project.books.ledger.lease(f"run/{campaign.name}"):
            do = _looked if campaign.delay else _run
            return list(do(project, campaign, stop))
    except Busy:
        return [Ran(campaign.name, project.clock(), "another publisher is doing it")]
    except PublisherError as error:  # one campaign's mistake must not stop the others
        return [Ran(campaign.name, project.clock(), f"stopped: {error}", error=error)]
    except (OSError, MemoryError) as error:
        why = Blocked(f"this machine gives no more: {_kind(error)}")
        return [Ran(campaign.name, project.clock(), f"stopped: {why}", error=why)]


def _kind(error: OSError | MemoryError) -> str:
    return getattr(error, "strerror", None) or "no memory is left"


def _run(project: Project, campaign: Campaign, stop: Stop) -> Iterator[Ran]:
    runs, now = project.books.runs, project.clock()
    yield from _continued(project, campaign, stop)
    last = runs.last(campaign.name)
    if last is None:
        # A new schedule never sends for the time before it was first seen.
        runs.start(campaign.name, now, now=now)
        runs.finish(campaign.name, now, now=now, result="first seen")
        return
    cut = [run for run in runs.list(campaign.name) if run.finished_at is None]
    halves = [schedule.Due(run.scheduled_at, is_missed=False) for run in cut]
    for due in [*halves, *schedule.due(campaign, last=last, now=now)]:
        runs.start(campaign.name, due.at, now=now)
        ran = _act(project, campaign, due, stop)
        runs.finish(
            campaign.name,
            due.at,
            now=project.clock(),
            result=ran.result,
            issue=ran.report.issue if ran.report else "",
        )
        yield ran


def _looked(project: Project, campaign: Campaign, stop: Stop) -> Iterator[Ran]:
    """Send a sequence to those whose turn has come; say nothing where there are none.

    There is no run to write down: the books hold who waits, and who has had it.
    """
    now = project.clock().astimezone(ZoneInfo(campaign.timezone))
    look = sequencing.Look(project, project.step(campaign), stop=stop)
    try:
        report = look.send()
    except PublisherError as error:
        yield from _passed(campaign, now, look.passed)
        yield Ran(campaign.name, now, f"stopped: {error}", error=error)
        return
    yield from _passed(campaign, now, look.passed)
    if look.lacks_article:
        yield Ran(campaign.name, now, "no article fits, and readers are due")
    if report.total(*State):
        yield Ran(campaign.name, now, _words(report), report=report)


def _passed(campaign: Campaign, now: datetime, count: int) -> Iterator[Ran]:
    readers = "1 reader" if count == 1 else f"{count:,} readers"
    why = f"later than its grace, and if_missed is {campaign.if_missed}"
    if count and campaign.if_missed == "skip":
        yield Ran(campaign.name, now, f"skipped for {readers}: {why}")
    elif count:
        hint = f"publisher send {campaign.name}"
        yield Ran(campaign.name, now, f"{readers} wait for you ({why}): {hint}")


def _continued(project: Project, campaign: Campaign, stop: Stop) -> Iterator[Ran]:
    """Go on with an issue that was interrupted, or whose channel had stopped."""
    is_rehearsal = Drafting(project, campaign).is_rehearsal()
    ledger = project.books.ledger
    begun = ledger.unfinished(campaign.name, is_rehearsal=is_rehearsal)
    if begun:
        plan = project.resumed(begun.id)
        at = begun.scheduled_at or begun.planned_at
        yield _sent(project, campaign, plan, at, stop)


def _act(project: Project, campaign: Campaign, due: schedule.Due, stop: Stop) -> Ran:
    if due.action == "skip":
        return Ran(campaign.name, due.at, f"skipped: {due.reason}")
    if due.action == "ask":
        hint = f"publisher send {campaign.name}"
        return Ran(campaign.name, due.at, f"waits for you ({due.reason}): {hint}")
    for issue in project.books.ledger.issues(campaign.name):
        if issue.scheduled_at == due.at:  # begun before the sender died
            return _sent(project, campaign, project.resumed(issue.id), due.at, stop)
    try:
        plan = project.plan(campaign.name, scheduled_at=due.at)
    except Blocked:
        raise  # so that the run is done when it can be
    except PublisherError as error:
        return Ran(campaign.name, due.at, f"stopped: {error}", error=error)
    return _sent(project, campaign, plan, due.at, stop)


def _sent(
    project: Project, campaign: Campaign, plan: Plan, at: datetime, stop: Stop
) -> Ran:
    if not plan.size:
        return Ran(campaign.name, at, "nothing to send")
    try:
        report = project.send(plan, stop=stop, stays=False)
    except Blocked:
        raise
    except PublisherError as error:
        return Ran(campaign.name, at, f"stopped: {error}", error=error)
    return Ran(campaign.name, at, _words(report), report=report)


def _words(report: Report) -> str:
    if report.held_until:
        return report.stopped[0][1]
    sent = report.total(State.ACCEPTED)
    words = f"{sent:,} sent, {report.total(State.FAILED):,} failed"
    waiting = report.total(State.PLANNED, State.CLAIMED, State.UNCERTAIN)
    more = f", {waiting:,} not yet" if waiting else ""
    return words + more

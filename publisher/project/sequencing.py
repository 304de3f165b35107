"""Sequences: asks whose turn has come, and sends each reader their step once.

A look takes those who are due in rounds of chunks: what is planned goes by the road of
every issue, and only then the next are planned. Killed anywhere, the next look goes on
where it was: who is planned stands in the ledger, and who is not still waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher import plan as planning
from publisher import schedule
from publisher.errors import CheckFailed, ConfigError
from publisher.models import (
    Article,
    Campaign,
    Delivery,
    Draft,
    EmailPart,
    Issue,
    Plan,
    Report,
    State,
    Step,
    Subscriber,
    fingerprint,
)
from publisher.project.drafting import Drafting
from publisher.project.sending import (
    Addressing,
    Progress,
    Stop,
    files_in,
    folders_of,
    hand_over,
    never,
    reasons,
    silent,
)

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.project import Project
    from publisher.store.sequences import Waiting

CHUNK = 1_000  # readers who are planned at a time
ROUND = 20  # chunks that are sent together at most: they share connections and waits
OPEN = (State.PLANNED, State.CLAIMED)


# --- who is due ----------------------------------------------------------------------


def begun(project: Project, campaign: Campaign) -> Issue | None:
    """Return the issue in which all of the sequence is; None before its first look."""
    return project.books.sequences.find(
        campaign.name,
        _email(campaign).list,
        is_rehearsal=Drafting(project, campaign).is_rehearsal(),
    )


def step(project: Project, campaign: Campaign) -> Step:
    """Say whose turn has come, and how many wait for theirs."""
    sequences, now = project.books.sequences, project.clock()
    by = schedule.subscribed_by(campaign, now)
    issue = begun(project, campaign)
    if issue is None:
        name, since = _email(campaign).list, schedule.since(campaign, now)
        _, due = sequences.would_be_due(name, since=since, by=by, limit=0)
        waiting = sequences.would_wait(name, since=since, by=by)
        is_asked = 0
    else:
        due = sequences.count_due(issue.id, by=by, asked=True)
        is_asked = due - sequences.count_due(issue.id, by=by, asked=False)
        waiting = sequences.waiting(issue.id, by=by)
    return Step(
        campaign=campaign,
        by=by,
        due=due,
        asked=is_asked,
        waiting=waiting.count,
        next_at=_next(campaign, waiting),
        wish=project.books.wishes.of(issue.id) if issue else "",
        has_begun=issue is not None,
    )


def by_issue(project: Project) -> dict[str, Step]:
    """Return the step of each sequence that has begun; not of those in disorder."""
    found = {}
    for campaign in project.campaigns:
        if campaign.delay is None:
            continue
        with suppress(ConfigError):
            if issue := begun(project, campaign):
                found[issue.id] = step(project, campaign)
    return found


def _next(campaign: Campaign, waiting: Waiting) -> datetime | None:
    return schedule.turn(campaign, waiting.first) if waiting.first else None


def _email(campaign: Campaign) -> EmailPart:
    assert campaign.email is not None  # noqa: S101  a sequence without is refused
    return campaign.email


def _next_issue(project: Project, drafting: Drafting) -> Issue:
    """Return the issue of a sequence that begins now."""
    campaign = drafting.campaign
    number = project.books.ledger.next_number(campaign.name)
    return Issue(
        id=f"{campaign.name}/{number}",
        campaign=campaign.name,
        number=number,
        articles=(),
        planned_at=project.clock(),
        is_rehearsal=drafting.is_rehearsal(),
        list=_email(campaign).list,
    )


# --- a look, and the plan of one -----------------------------------------------------


def plan(project: Project, campaign: Campaign) -> Plan:
    """Say who would get their step now; store nothing.

    The drafts are those of the first thousand, and what a killed sender left.
    """
    look = Look(project, step(project, campaign))
    issue = begun(project, campaign) or _next_issue(project, look.drafting)
    people = look.first(issue)
    drafts, rows = look.drafted(issue, people)
    waiting = {row.channel: look.step.due for row in rows[:1]}
    for channel, count in _open(project, issue).items():
        waiting[channel] = waiting.get(channel, 0) + count
    drafts |= project.books.sequences.open_drafts(issue.id)
    return Plan(
        issue=issue,
        drafts=drafts,
        waiting=waiting,
        left_out=tuple(Counter(look.left_out).items()),
        parts={
            "drafts": fingerprint(sorted(drafts)),
            "audience": fingerprint([waiting, [one.id for one in people]]),
            "channels": fingerprint(sorted(waiting)),
            "sender": planning.of_site(project.settings.site),
        },
        step=look.step,
    )


def _open(project: Project, issue: Issue) -> dict[str, int]:
    """Return how many each channel has planned or claimed: what a killed one left."""
    counts = project.books.ledger.counts(issue.id)
    found = {
        channel: sum(by_state[one] for one in OPEN)
        for channel, by_state in counts.items()
    }
    return {channel: count for channel, count in found.items() if count}


@dataclass
class Look:
    """A look at one sequence, at whoever is due `step.by` then.

    By hand it also sends to those who wait for a person's word. `passed` is how many
    were due too long ago, and are passed over or wait for a person from now on;
    `lacks_article` says that somebody is due while no article fits.
    """

    project: Project
    step: Step
    is_by_hand: bool = False
    stop: Stop = never
    progress: Progress = silent
    passed: int = 0
    lacks_article: bool = False
    left_out: list[str] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    chunks: int = 1  # of the next round: the first is small, so that it starts soon

    def __post_init__(self) -> None:
        self.campaign = self.step.campaign
        self.drafting = Drafting(self.project, self.campaign)

    def send(self) -> Report:
        """Send to all who are due; the report is about this look alone."""
        issue = self._begin()
        sequences = self.project.books.sequences
        with self.project.books.ledger.lease(issue.id):
            if wish := self.project.books.wishes.of(issue.id):
                stopped = self._wished(issue, wish)
                return Report(issue=issue.id, counts={}, stopped=stopped)
            if not self.is_by_hand:
                self.passed = self._pass_over(issue)
            due = sequences.count_due(issue.id, by=self.step.by, asked=self.is_by_hand)
            if not due and not _open(self.project, issue):
                return Report(issue=issue.id, counts={})
            sequences.let_go(issue.id, by=self.step.by)
            before = _standing(self.project, issue)
            return _report(self.project, issue, before, self._send_all(issue))

    def _wished(self, issue: Issue, wish: str) -> tuple[tuple[str, str], ...]:
        """Say to a person why nothing goes; what runs each minute says nothing."""
        if not self.is_by_hand:
            return ()
        on = f"; to go on: publisher resume {issue.id}" if wish == "paused" else ""
        return ((_email(self.campaign).through, wish + on),)

    def _begin(self) -> Issue:
        """From now on the books write down who subscribes."""
        known = begun(self.project, self.campaign)
        if known and self.campaign.since == "first seen":
            return known
        issue = known or _next_issue(self.project, self.drafting)
        since = schedule.since(self.campaign, issue.planned_at)
        self.project.books.sequences.begin(issue, since=since)
        # Another process may have begun it at the same moment.
        return begun(self.project, self.campaign) or issue

    def _pass_over(self, issue: Issue) -> int:
        if self.campaign.if_missed == "send":
            return 0
        sequences = self.project.books.sequences
        late = self.project.clock() - self.campaign.grace
        by = schedule.subscribed_by(self.campaign, late)
        count = sequences.count_due(issue.id, by=by, asked=False)
        is_asked = self.campaign.if_missed == "ask"
        sequences.pass_over(issue.id, by=by, state="asked" if is_asked else "passed")
        return count

    def _send_all(self, issue: Issue) -> Sequence[tuple[str, str]]:
        stopped = self._hand_over(issue)
        while not self._is_held_up(issue, stopped) and self._take_round(issue):
            stopped = self._hand_over(issue)
        return stopped

    def _is_held_up(self, issue: Issue, stopped: Sequence[tuple[str, str]]) -> bool:
        """Whether nobody can go on: mailboxes that asked for time hold up no others."""
        now, soonest = self.project.clock(), self.project.books.ledger.soonest
        firsts = (soonest(issue.id, channel) for channel, _ in stopped)
        return self.stop() or any(one is None or one <= now for one in firsts)

    def _hand_over(self, issue: Issue) -> Sequence[tuple[str, str]]:
        if not _open(self.project, issue):
            return ()
        drafts = self.project.books.sequences.open_drafts(issue.id)
        addressing = Addressing(self.project, self._today(issue), drafts)
        return hand_over(addressing, stop=self.stop, progress=self.progress)

    def _today(self, issue: Issue) -> Issue:
        """Return the issue as letters of this look have it: they are dated today."""
        return replace(issue, planned_at=self.project.clock())

    # --- a chunk ---

    def first(self, issue: Issue) -> Sequence[Subscriber]:
        """Return the first of those who are due, whether it has begun or not."""
        sequences, by = self.project.books.sequences, self.step.by
        if self.step.wish == "cancelled":
            return []
        if self.step.has_begun:
            return sequences.due(issue.id, by=by, limit=CHUNK, asked=True)
        since = schedule.since(self.campaign, issue.planned_at)
        name = _email(self.campaign).list
        return sequences.would_be_due(name, since=since, by=by, limit=CHUNK)[0]

    def _take_round(self, issue: Issue) -> bool:
        """Plan so many that a round is worth it, and no more drafts than fit in memory.

        False where nobody is due.
        """
        drafts: set[str] = set()
        chunks, self.chunks = self.chunks, min(ROUND, 2 * self.chunks)
        for _ in range(chunks):
            new = self._take(issue)
            drafts |= new
            if not new or len(drafts) >= CHUNK or self.stop():
                break
        return bool(drafts)

    def _take(self, issue: Issue) -> set[str]:
        """Plan the next of those who are due; return which drafts they get."""
        sequences, by = self.project.books.sequences, self.step.by
        people = sequences.due(issue.id, by=by, limit=CHUNK, asked=self.is_by_hand)
        drafts, rows = self.drafted(issue, people)
        if not rows:
            return set()
        self._check(issue, drafts, rows)
        self.project.attachments.keep(drafts.values())
        sequences.take(issue.id, rows, drafts, by=by)
        return set(drafts)

    def drafted(
        self, issue: Issue, people: Sequence[Subscriber]
    ) -> tuple[dict[str, Draft], Sequence[Delivery]]:
        """Draft a letter for each of a chunk; readers who are alike share one."""
        if not people:
            return {}, ()
        articles = self._articles()
        if self.drafting.needs_articles and not articles:
            self.lacks_article = True
            return {}, ()
        part = _email(self.campaign)
        channel = self.project.channel(part.through)
        letter = self.drafting.letter(part, self._today(issue), articles)
        drafts: dict[str, Draft] = {}
        to_readers = [(channel, one, letter.draft(one)) for one in people]
        rows = [*planning.to_readers(issue, to_readers, drafts)]
        return drafts, rows

    def _articles(self) -> Sequence[Article]:
        if not self.drafting.needs_articles:
            return ()
        found = self.drafting.chosen(
            self.project.articles, sent=set(), now=self.project.clock()
        )
        if not found.articles:
            self.left_out = [f"article {reason}" for _, reason in found.left_out]
        return found.articles

    def _check(
        self, issue: Issue, drafts: dict[str, Draft], rows: Sequence[Delivery]
    ) -> None:
        """Refuse a draft that no check has seen in this look, and would not let go."""
        new = {name: one for name, one in drafts.items() if name not in self.checked}
        made = Plan(issue=issue, drafts=new, waiting={rows[0].channel: len(rows)})
        problems = self.project.check(made) if new else []
        errors = [one for one in problems if one.level == "error"]
        if errors:
            raise CheckFailed(errors)
        self.checked.update(new)


# --- what a look did -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Standing:
    """How an issue stands, with what the outbox holds of it."""

    counts: dict[str, dict[str, int]]
    reasons: Counter[tuple[str, str]]
    folders: tuple[str, ...]
    files: tuple[str, ...]


def _standing(project: Project, issue: Issue) -> _Standing:
    counts = project.books.ledger.counts(issue.id)
    folders = folders_of(project, counts, issue)
    found = {(where, why): n for where, why, n in reasons(project, issue)}
    return _Standing(counts, Counter(found), folders, tuple(files_in(folders)))


def _report(
    project: Project,
    issue: Issue,
    before: _Standing,
    stopped: Sequence[tuple[str, str]],
) -> Report:
    after = _standing(project, issue)
    known = frozenset(before.files)
    more = after.reasons - before.reasons
    return Report(
        issue=issue.id,
        counts={
            channel: {
                state: count if state in OPEN else _more(count, before, channel, state)
                for state, count in by_state.items()
            }
            for channel, by_state in after.counts.items()
        },
        folders=after.folders,
        stopped=tuple(stopped),
        made=tuple(one for one in after.files if one not in known),
        reasons=tuple((where, why, count) for (where, why), count in more.items()),
    )


def _more(count: int, before: _Standing, channel: str, state: str) -> int:
    return max(0, count - before.counts.get(channel, {}).get(state, 0))

"""What is planned, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from publisher.models.campaigns import Campaign, Canary
from publisher.models.drafts import Draft
from publisher.models.failing import Move
from publisher.models.values import fingerprint
from publisher.models.writing import Subscriber


class State(StrEnum):
    """Where a delivery stands; ours alone, never the provider's."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A ledger row: this draft, this channel, this recipient, once.

    `recipient` is an address for email, and empty for a post; `reader` is who that is,
    where the books know them and have just been asked. `not_before` is planned: what
    happens on the way may make it later.
    """

    key: str
    issue: str
    channel: str
    draft: str
    recipient: str = ""
    state: State = State.PLANNED
    reason: str = ""
    receipt: str = ""
    url: str = ""
    tries: int = 0  # how often it was put off
    reader: Subscriber | None = field(default=None, compare=False)
    not_before: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The readers of a list who get one draft through one channel, frozen.

    They are who was confirmed and not suppressed when the issue was planned: `count` of
    them, of whom `last` is the newest, and `checksum` tells them from as many others.
    `shares` are those of 100 equal parts that are in it, from the first to before the
    last: an A/B test and several channels part a list so.
    """

    channel: str
    draft: str
    list: str
    last: int
    count: int
    checksum: int = 0
    shares: tuple[int, int] = (0, 100)
    is_held: bool = False  # until the winner of a test is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a claimed delivery ended."""

    key: str
    state: State
    reason: str = ""
    receipt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One occurrence of a campaign: `weekly/7`.

    `planned_at` is chosen once and makes every key and date in it repeatable. Nothing
    leaves before `starts_at`, so that it can be undone. With `local_at`, in the
    campaign's zone, each reader gets it when their own clock shows that. One that
    `is_urgent` heeds no quiet hours.
    `is_rehearsal` means that all its channels are the outbox: it does not count when
    the campaign later goes out for real.
    """

    id: str
    campaign: str
    number: int
    articles: tuple[str, ...]  # slugs
    planned_at: datetime
    scheduled_at: datetime | None = None
    starts_at: datetime | None = None
    is_rehearsal: bool = False
    list: str = ""
    hash: str = ""
    local_at: datetime | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found. An "error" stops the issue, a "warning" does not."""

    check: str
    level: Literal["error", "warning"]
    message: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a sequence now: whose turn has come, and how many wait for theirs.

    `due` are on the list and subscribed `by` then or earlier. `asked` of them were due
    so long ago that `publisher run` leaves them to a person. `next_at` is when the
    first of the `waiting` is due.
    """

    campaign: Campaign
    by: datetime
    due: int
    asked: int = 0
    waiting: int = 0
    next_at: datetime | None = None
    wish: Literal["", "paused", "cancelled"] = ""
    has_begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every delivery of one issue, frozen, with a hash. Stored nowhere, sent never.

    `deliveries` are those to accounts and to addresses that were named, `audiences`
    those to the readers of a list. Of an issue that is gone on with, `waiting` says how
    many each channel has left; they stand in the ledger, and not here. Of a sequence
    it counts those who are due, too, and `step` says more.
    `parts` are the hashes of what the plan rests on (articles, drafts, audience,
    channels, sender), so that a refusal can name what drifted. `left_out` says which
    articles or people are not in it, and why. For so long as the `hold` after its
    sending has begun nothing leaves, and it can be cancelled whole.
    """

    issue: Issue
    drafts: Mapping[str, Draft]  # by draft id
    deliveries: tuple[Delivery, ...] = ()
    audiences: tuple[Audience, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[tuple[str, int], ...] = ()  # (reason, how many)
    parts: Mapping[str, str] = field(default_factory=dict)
    hold: timedelta = timedelta(0)
    routes: tuple[str, ...] = ()  # the channels that may take each other's emails
    resumes: bool = False
    step: Step | None = None
    canary: Canary | None = None  # who goes first; else all at once

    @property
    def hash(self) -> str:
        """One fingerprint over all parts."""
        return fingerprint(dict(self.parts))

    def counts(self) -> dict[str, int]:
        """Return how many deliveries each channel has, in the order of the plan."""
        found = dict(self.waiting)
        for one in self.audiences:
            found[one.channel] = found.get(one.channel, 0) + one.count
        for delivery in self.deliveries:
            found[delivery.channel] = found.get(delivery.channel, 0) + 1
        return {channel: count for channel, count in found.items() if count}

    def drafts_of(self, channel: str) -> set[str]:
        """Return which drafts a channel carries; of what is half sent, all."""
        if self.resumes or self.step:
            return set(self.drafts)
        both: list[Audience | Delivery] = [*self.audiences, *self.deliveries]
        return {one.draft for one in both if one.channel == channel}

    @property
    def size(self) -> int:
        """How many deliveries it has; 0 means that there is nothing to send."""
        return sum(self.counts().values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the sending of one issue ended, by channel and state.

    `made` are the files that the outbox wrote, in `folders`, and the web addresses of
    posts; `reasons` say why something was not accepted. What waits can go `again_at`,
    where that is known: a day's cap or a provider's wish is over then.
    """

    issue: str
    counts: Mapping[str, Mapping[str, int]]
    folders: tuple[str, ...] = ()
    stopped: tuple[tuple[str, str], ...] = ()  # (channel, why and what to do)
    made: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str, int], ...] = ()  # (channel, why, how many)
    again_at: datetime | None = None
    undecided: int = 0  # who waits for the winner of a test
    held_until: datetime | None = None  # nothing could leave yet
    moves: tuple[Move, ...] = ()

    def total(self, *states: State) -> int:
        """Return how many deliveries stand in any of these states."""
        return sum(
            count
            for by_state in self.counts.values()
            for state, count in by_state.items()
            if state in states
        )

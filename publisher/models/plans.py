"""What is planned, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from publisher.models.drafts import Draft
from publisher.models.values import fingerprint


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

    `recipient` is an address for email, and empty for a post.
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

    `planned_at` is chosen once and makes every key and date in it repeatable.
    `is_rehearsal` means that all its channels are the outbox: it does not count when
    the campaign later goes out for real.
    """

    id: str
    campaign: str
    number: int
    articles: tuple[str, ...]  # slugs
    planned_at: datetime
    scheduled_at: datetime | None = None
    is_rehearsal: bool = False
    list: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found. An "error" stops the issue, a "warning" does not."""

    check: str
    level: Literal["error", "warning"]
    message: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every delivery of one issue, frozen, with a hash. Stored nowhere, sent never.

    `parts` are the hashes of what the plan rests on (articles, drafts, audience,
    channels, sender), so that a refusal can name what drifted. `left_out` says which
    articles or people are not in it, and why.
    """

    issue: Issue
    drafts: Mapping[str, Draft]  # by draft id
    deliveries: tuple[Delivery, ...]
    left_out: tuple[tuple[str, int], ...] = ()  # (reason, how many)
    parts: Mapping[str, str] = field(default_factory=dict)
    resumes: bool = False

    @property
    def hash(self) -> str:
        """One fingerprint over all parts."""
        return fingerprint(dict(self.parts))

    def counts(self) -> dict[str, int]:
        """Return how many deliveries each channel has, in the order of the plan."""
        found: dict[str, int] = {}
        for delivery in self.deliveries:
            found[delivery.channel] = found.get(delivery.channel, 0) + 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the sending of one issue ended, by channel and state.

    `made` are the files that the outbox wrote, in `folders`, and the web addresses of
    posts; `reasons` say why something was not accepted.
    """

    issue: str
    counts: Mapping[str, Mapping[str, int]]
    folders: tuple[str, ...] = ()
    stopped: tuple[tuple[str, str], ...] = ()  # (channel, why and what to do)
    made: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str, int], ...] = ()  # (channel, why, how many)

    def total(self, *states: State) -> int:
        """Return how many deliveries stand in any of these states."""
        return sum(
            count
            for by_state in self.counts.values()
            for state, count in by_state.items()
            if state in states
        )

"""What a person wishes of an issue: pause, go on, cancel, try again, settle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from math import sqrt
from typing import TYPE_CHECKING, Literal, TypeAlias

from publisher.errors import Busy, ProviderError, StoreError
from publisher.models import (
    Delivery,
    Draft,
    Issue,
    Outcome,
    Plan,
    Recalls,
    State,
    title_of,
)
from publisher.project import holding
from publisher.project.folder import Folder
from publisher.project.sending import Addressing
from publisher.text import suggest

if TYPE_CHECKING:
    from publisher.project.amending import Amended

OPEN = (State.PLANNED, State.CLAIMED)
SURE = 1.96
By: TypeAlias = Literal["clicks", "opens"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What providers said when they were asked about uncertain deliveries."""

    arrived: int = 0
    missing: int = 0  # they surely did not arrive
    unknown: tuple[Delivery, ...] = ()  # who cannot be asked, or did not know


@dataclass(frozen=True, slots=True)
class Variant:
    """One of a test: who got it, and how it ended."""

    draft: str
    subject: str
    template: str
    readers: int
    accepted: int
    failed: int
    clicks: int | None = None  # where these are counted
    opens: int | None = None  # by those who allowed that

    def rate(self, by: By) -> float:
        """Return how often a letter was opened, or its links followed."""
        count = self.clicks if by == "clicks" else self.opens
        return (count or 0) / max(self.accepted, 1)

    def data(self) -> dict[str, object]:
        """Return it for a program."""
        return asdict(self)


class Wishing(Folder):
    """A folder whose issues can be paused, cancelled and settled by hand.

    `name` is an issue, `weekly/7`, or a campaign, which means its newest issue. Each
    method raises `StoreError` where there is none.
    """

    def issue(self, name: str) -> Issue:
        """Return the issue of this name."""
        ledger = self.books.ledger
        found = ledger.issue(name) or next(iter(ledger.issues(name, limit=1)), None)
        if found is None:
            close = suggest(name, [one.id for one in ledger.issues()])
            hint = f"Did you mean {close}?" if close else "Try: publisher status"
            raise StoreError(f"there is no issue {name} in the books", hint=hint)
        return found

    def amend(self, name: str, *, dry_run: bool = False) -> Iterator[Amended]:
        """Change each post about an article to what it would be now.

        Yields what became of each; raises `SourceError` where there is no article.
        """
        from publisher.project import amending

        return amending.amend(self, self.article(name), dry_run=dry_run)

    def is_open(self, issue: Issue) -> bool:
        """Say whether the issue has anything left to send."""
        counts = self.books.ledger.counts(issue.id).values()
        return any(by_state[state] for by_state in counts for state in OPEN)

    def pause(self, name: str) -> Issue:
        """Let nothing more of the issue leave; who sends it stops within a second."""
        issue = self._unfinished(name)
        self.books.wishes.pause(issue.id)
        return issue

    def resume(self, name: str) -> Issue:
        """Let a paused issue go on; it is sent by whoever sends it next."""
        issue = self._unfinished(name)
        self.books.canaries.let_pass(issue.id)
        self.books.wishes.resume(issue.id)
        return issue

    def cancel(self, name: str) -> Issue:
        """Skip for good whatever has not left; who sends it stops within a second."""
        issue = self._unfinished(name, also="cancelled")
        self.books.wishes.cancel(issue.id, now=self.clock())
        with suppress(Busy), self.books.ledger.lease(issue.id):
            self._let_go_of_claims(issue)
        return issue

    def _unfinished(self, name: str, *, also: str = "") -> Issue:
        issue = self.issue(name)
        hint = f"Try: publisher status {issue.id}"
        if self.books.wishes.of(issue.id) == "cancelled" != also:
            raise StoreError(f"{issue.id} is cancelled, for good", hint=hint)
        if not self.is_open(issue) and not self.books.sequences.is_one(issue.id):
            raise StoreError(f"{issue.id} has nothing left to send", hint=hint)
        return issue

    def _let_go_of_claims(self, issue: Issue) -> None:
        """Leave in doubt what a killed sender had in hand: nobody goes on with it."""
        doubt = "its sender ended before an answer came, and then it was cancelled"
        for channel in self.books.ledger.counts(issue.id):
            claims = self.books.ledger.claims(issue.id, channel)
            ends = [
                Outcome(key=one.delivery.key, state=State.UNCERTAIN, reason=doubt)
                for one in claims
            ]
            self.books.ledger.settle(ends, now=self.clock())

    def start_of(self, plan: Plan) -> datetime | None:
        """Return when the first message of a plan may leave, if it is held."""
        return plan.issue.starts_at or holding.start_of(self, plan)

    # --- A/B tests ---

    def variants(self, name: str) -> list[Variant]:
        """Return the variants of a test, in the order of its file."""
        issue = self.issue(name)
        found = self.books.wishes.variants(issue.id)
        if not found:
            raise StoreError(
                f"{issue.id} is no test: all its readers get the same",
                hint="Try: test: in the schedule, for the next issue",
            )
        drafts, books = self.books.ledger.drafts(issue.id), self.books.tracking
        modes = books.modes(issue.id)
        clicks, opens = (
            books.clicks_of_drafts(issue.id),
            books.opens_of_drafts(issue.id),
        )
        return [
            replace(
                _variant(draft, drafts[draft], counts),
                clicks=clicks.get(draft, 0) if "clicks" in modes else None,
                opens=opens.get(draft, 0) if "individual" in modes else None,
            )
            for draft, counts in found.items()
        ]

    def best(self, name: str, by: By) -> Variant:
        """Return the variant that its readers surely liked most, by what was counted.

        Raises `StoreError` where that is not tracked, or too close to tell.
        """
        found = self.variants(name)
        if any((one.clicks if by == "clicks" else one.opens) is None for one in found):
            mode = "clicks" if by == "clicks" else "individual"
            raise StoreError(
                f"{by} of {name} are not tracked",
                hint=f"Try: tracking: {mode} in the schedule, for the next issue",
            )
        first, second, *_ = sorted(found, key=lambda one: -one.rate(by))
        # Of rare events the variance is their number: 1.96 of its roots is 95 %.
        doubt = sqrt(
            sum(one.rate(by) / max(one.accepted, 1) for one in (first, second))
        )
        if first.rate(by) - second.rate(by) <= SURE * doubt:
            raise StoreError(
                f"the {by} of {name} are too close to tell which is better",
                hint=f"Try: later, or publisher winner {name} A",
            )
        return first

    def win(self, name: str, draft: str) -> int:
        """Let those who waited get a variant; return how many they are."""
        issue = self.issue(name)
        waiting = self.books.wishes.undecided(issue.id)
        if not waiting:
            raise StoreError(
                f"nobody waits for a winner in {issue.id}",
                hint=f"Try: publisher status {issue.id}",
            )
        self.books.wishes.win(issue.id, draft)
        return waiting

    # --- what did not go as it should ---

    def retry(
        self,
        name: str,
        state: Literal["failed", "uncertain"],
        keys: Sequence[str] | None = None,
    ) -> int:
        """Plan again what failed, or what is uncertain; return how many.

        What was uncertain may then arrive twice. Without `keys` all of them.
        """
        issue = self.issue(name)
        if self.books.wishes.of(issue.id) == "cancelled":
            raise StoreError(
                f"{issue.id} is cancelled, for good",
                hint="Try: publisher send CAMPAIGN --again, a new issue",
            )
        return self.books.wishes.retry(issue.id, state, keys)

    def uncertain(self, name: str) -> list[Delivery]:
        """Return the deliveries of which nobody knows whether they arrived."""
        return self.books.ledger.deliveries(self.issue(name).id, state=State.UNCERTAIN)

    def decide(self, name: str, keys: Sequence[str], *, arrived: bool) -> int:
        """Settle uncertain deliveries by somebody's word; return how many."""
        issue = self.issue(name)
        return self.books.wishes.decide(
            issue.id, keys, arrived=arrived, now=self.clock()
        )

    def look_up(self, name: str) -> Asked:
        """Ask the providers that can be asked, and settle what they know."""
        issue = self.issue(name)
        addressing = Addressing(self, issue, self.books.ledger.drafts(issue.id))
        ends: list[Outcome] = []
        unknown: list[Delivery] = []
        for delivery in self.uncertain(issue.id):
            end = self._asked(delivery, addressing)
            if end is None:
                unknown.append(delivery)
            else:
                ends.append(end)
        self.books.ledger.settle(ends, now=self.clock())
        arrived = sum(one.state is State.ACCEPTED for one in ends)
        return Asked(arrived, len(ends) - arrived, tuple(unknown))

    def _asked(self, delivery: Delivery, addressing: Addressing) -> Outcome | None:
        provider = self.channel(delivery.channel).provider
        if not isinstance(provider, Recalls):
            return None
        try:
            receipt = provider.find(addressing.message(delivery))
        except ProviderError:
            return None
        if receipt is None:
            reason = "the provider was asked, and does not have it"
            return Outcome(key=delivery.key, state=State.FAILED, reason=reason)
        return Outcome(
            key=delivery.key,
            state=State.ACCEPTED,
            receipt=receipt.id or delivery.key,
            url=receipt.url,
        )


def _variant(name: str, draft: Draft, counts: Mapping[str, int]) -> Variant:
    return Variant(
        draft=name,
        subject=title_of(draft),
        template=draft.template,
        readers=counts["readers"],
        accepted=counts.get(State.ACCEPTED, 0),
        failed=counts.get(State.FAILED, 0),
    )

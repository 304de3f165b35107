"""Writes down what became of deliveries, also while the books cannot be written.

An answer that is only in our memory is lost with it: its delivery would be in doubt
for ever. So the scribe tries again and again while a disk is full, and says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from publisher.errors import Blocked
from publisher.models import Delivery, Guards, Outcome
from publisher.sender.waiting import STOPPED, Halt

if TYPE_CHECKING:
    from publisher.store import Claim, Ledger

log = logging.getLogger(__name__)
PATIENCE = 600.0  # seconds for a person to free some space,
HURRY = 5.0  # and where we are to end
STEP = 0.5  # seconds between two tries


@dataclass(kw_only=True)
class Scribe:
    """The ledger, for a sender who has answers in hand.

    Where a message may be repeated with its key, nothing is at stake: `is_at_ease`
    does not wait.
    """

    ledger: Ledger
    sleep: Callable[[float], None]
    stop: Callable[[], bool]
    is_at_ease: bool = False
    guards: Guards | None = None
    has_given_up: bool = False

    def counts(self, issue: str) -> dict[str, dict[str, int]]:
        """Return how many deliveries stand in each state, by channel."""
        return self.ledger.counts(issue)

    def soonest(self, issue: str, channel: str) -> datetime | None:
        """Return when the first of what is planned may go; None if nothing is."""
        return self.ledger.soonest(issue, channel)

    def claims(self, issue: str, channel: str) -> list[Claim]:
        """Return what a killed sender left."""
        return self.ledger.claims(issue, channel)

    def claim(
        self,
        issue: str,
        channel: str,
        count: int,
        *,
        now: datetime,
        settled: Sequence[Outcome] = (),
    ) -> list[Delivery]:
        """Take the next deliveries; with nothing to settle, once or never."""
        rows: list[Delivery] = []

        def take() -> None:
            rows.extend(
                self.ledger.claim(
                    issue, channel, count, now=now, settled=settled, guards=self.guards
                )
            )

        try:
            self._insist(take, len(settled))
        except Blocked:
            if self.stop():
                raise Halt(STOPPED) from None
            raise
        return rows

    def settle(self, outcomes: Sequence[Outcome], *, now: datetime) -> None:
        """Write down how deliveries ended."""
        self._insist(lambda: self.ledger.settle(outcomes, now=now), len(outcomes))

    def release(self, keys: Iterable[str]) -> None:
        """Give claimed deliveries back: surely nothing of them has left."""
        kept = list(keys)
        self._insist(lambda: self.ledger.release(kept), len(kept))

    def postpone(
        self, keys: Iterable[str], *, now: datetime, until: datetime | None = None
    ) -> None:
        """Give claimed deliveries back, to be tried after all the others."""
        late = list(keys)
        self._insist(
            lambda: self.ledger.postpone(late, now=now, until=until), len(late)
        )

    def _insist(self, write: Callable[[], None], count: int) -> None:
        """Try until it is written; who gave up once tries everything else once."""
        is_hasty = self.is_at_ease or self.has_given_up or not count
        left = 0.0 if is_hasty else PATIENCE
        is_told = False
        while True:
            tried = monotonic()
            try:
                write()
            except Blocked as error:
                left -= monotonic() - tried + STEP
                left = min(left, HURRY) if self.stop() else left
                if left <= 0:
                    self.has_given_up = True
                    raise
                if not is_told:
                    is_told = True
                    _tell(error, count)
            else:
                self.has_given_up = self.has_given_up and not count
                return
            self.sleep(STEP)


def _tell(error: Blocked, count: int) -> None:
    what = "1 answer waits" if count == 1 else f"{count:,} answers wait"
    log.warning(
        "%s: %s; %s to be written down, and nothing is sent meanwhile",
        error.where,
        error.message,
        what,
    )

"""The turn of one channel: claim, hand over, settle, and what a killed sender left."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from publisher.errors import (
    PublisherError,
    Refused,
    StoreError,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Delivery, Message, Outcome, Recalls, State
from publisher.sender.calling import CALL, Overdue
from publisher.sender.outcomes import accepted, ended, state_after
from publisher.sender.waiting import LONGEST_WAIT, Halt, Pause, Waiting

if TYPE_CHECKING:
    from publisher.sender.scribe import Scribe

log = logging.getLogger(__name__)

# How long a mailbox that is full or greylists has to wait: in all about two days.
WAITS = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 240, 720, 1440))
UNANSWERED = "stopped while an answer was awaited; run the same command again to go on"
SURELY = 0.9  # of the time for which keys are remembered: whose clock is right?
REPEATS = 3  # tries with the same key after an answer that never came


@dataclass(kw_only=True)
class Sender(Waiting):
    """Sends one issue through one channel."""

    issue: str
    ledger: Scribe
    message_of: Callable[[Delivery], Message]
    messages_of: Callable[[Sequence[Delivery]], Sequence[Message]] | None = None
    skip_reason: Callable[[Delivery], str]
    gone: Callable[[datetime], Mapping[str, str]] = lambda _now: {}
    progress: Callable[[int], None]
    is_handing_over: bool = False  # bytes may have left
    began: tuple[datetime, float] = field(init=False)  # also by a clock nobody sets
    # Keys whose message may have arrived already. They stay claimed while the channel
    # waits or stops, because a later repeat could come after the provider forgot them.
    doubtful: set[str] = field(default_factory=set)
    # Deliveries that could not be taken now: a greylisted reader must not stop others.
    late: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.now(), monotonic()

    # --- the turn ---

    def run(self) -> str:
        """Send until nothing is left; return why it stopped before, or ""."""
        while True:
            try:
                self._recover()
                self._drain()
                self._look_for_later()
            except Pause as pause:
                try:
                    self.wait_out(pause)
                except Halt as halt:
                    return str(halt)
            except Halt as halt:
                return str(halt)
            except Overdue:
                return UNANSWERED
            else:
                return ""

    def _drain(self) -> None:
        while count := self.room(self._batch()):
            self.heed_silence()
            self.pace(count)
            self.look_for_stop()
            rows = self.ledger.claim(
                self.issue, self.channel.name, count, now=self.now()
            )
            if not rows:
                return
            self.pacer.claimed(len(rows))
            self._hand_over(rows)

    def count_planned(self) -> int:
        """Return how many deliveries wait."""
        counts = self.ledger.counts(self.issue)
        return counts.get(self.channel.name, {}).get(State.PLANNED, 0)

    def _look_for_later(self) -> None:
        """Wait for those whose mailboxes asked for it, or say when they can go."""
        soonest = self.ledger.soonest(self.issue, self.channel.name)
        if soonest is None:
            return
        seconds = (soonest - self.now()).total_seconds()
        if seconds <= LONGEST_WAIT:
            raise Pause(max(seconds, 0.0))
        raise Halt(
            f"nobody else may have it before {soonest:%Y-%m-%d %H:%M %Z}; "
            "run the same command again then"
        )

    @property
    def _never_forgets(self) -> bool:
        return self.limits.remembers == timedelta.max

    def _batch(self) -> int:
        # Of a provider that forgets, a killed sender must leave one row in doubt, not
        # a hundred.
        return self.limits.batch if self._never_forgets else 1

    def _made_together(
        self, rows: Sequence[Delivery]
    ) -> list[tuple[Delivery, Message]]:
        """Make all messages at once, or none where one of them cannot be made."""
        if self.messages_of is None or not rows:
            return []
        try:
            return [*zip(rows, self.messages_of(rows), strict=True)]
        except PublisherError:
            return []

    # --- what a killed sender left ---

    def _recover(self) -> None:
        claims = self.ledger.claims(self.issue, self.channel.name)
        if self._never_forgets:
            self.ledger.release(claim.delivery.key for claim in claims)
            return
        repeat = []
        for claim in claims:
            self.doubtful.add(claim.delivery.key)
            if self._remembers(claim.claimed_at):
                repeat.append(claim.delivery)
                continue
            self.look_for_stop()
            self._look_up(claim.delivery)
        self._hand_over(repeat)

    def _remembers(self, since: datetime) -> bool:
        """Whether the provider surely knows a key that it got then, or later.

        A clock that is set back makes nothing younger that happened before.
        """
        now, (began, mark) = self.now(), self.began
        if now < since:
            return False
        age = max(now, began + timedelta(seconds=monotonic() - mark)) - since
        return age < self.limits.remembers * SURELY

    def _look_up(self, delivery: Delivery) -> None:
        found = self._found(delivery, "the sender ended before an answer came")
        if found is None:
            self.doubtful.discard(delivery.key)
            self.ledger.release([delivery.key])
            return
        self._settle([found])

    def _found(self, delivery: Delivery, doubt: str) -> Outcome | None:
        """Ask the provider whether it took the delivery; None: surely not."""
        uncertain = ended(delivery, State.UNCERTAIN, doubt)
        provider = self.channel.provider
        if not isinstance(provider, Recalls):
            return uncertain
        try:
            message = self.message_of(delivery)
            with CALL:
                receipt = provider.find(message)
        except (Refused, Throttled, Unavailable) as error:
            raise self.interruption(error) from error
        except PublisherError as error:
            return ended(delivery, State.UNCERTAIN, f"{doubt}; {error}")
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            self._note(error)
            return uncertain
        return accepted(delivery, receipt) if receipt else None

    # --- handing over ---

    def _hand_over(self, rows: Sequence[Delivery]) -> None:
        """Send claimed rows; whatever happens, no row is forgotten."""
        waiting = deque(rows)
        done: list[Outcome] = []
        try:
            while waiting:
                self.look_for_stop()
                outcome = self._outcome_of(waiting[0])
                self.is_handing_over = False
                done.append(outcome)
                waiting.popleft()
                if not self._never_forgets:
                    self._settle(done)
                    done = []
        except (Halt, Pause):
            self.is_handing_over = False
            raise
        finally:
            if self.is_handing_over:
                waiting.popleft()  # stays claimed: nobody knows
            self._settle(done)
            self._release(waiting)

    def _release(self, rows: Iterable[Delivery]) -> None:
        late = [key for key in self.late if key not in self.doubtful]
        self.late.clear()
        self.ledger.postpone(late, now=self.now())
        kept = [row.key for row in rows if row.key not in self.doubtful]
        self.ledger.release(kept)
        self.pacer.unsent(len({*late, *kept}))

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        ends = [one for one in outcomes if one.state is not State.PLANNED]
        if ends:
            self.ledger.settle(ends, now=self.now())
            self._told(ends)

    def _told(self, settled: Sequence[Outcome]) -> None:
        """Note what is on disk now."""
        self.doubtful.difference_update(outcome.key for outcome in settled)
        if settled:
            self.progress(len(settled))
        breaker = self.breaker
        if breaker is None or not breaker.is_troubled:
            return
        if any(one.state is State.ACCEPTED for one in settled):
            breaker.worked()

    def _put_off(self, delivery: Delivery, error: PublisherError) -> Outcome:
        """Let one recipient wait, longer each time; after the last time it failed."""
        if delivery.tries >= len(WAITS):
            return ended(
                delivery, State.FAILED, f"{error} (after {delivery.tries + 1} tries)"
            )
        until = self.now() + WAITS[delivery.tries]
        self.ledger.postpone([delivery.key], now=self.now(), until=until)
        return Outcome(key=delivery.key, state=State.PLANNED)

    def _outcome_of(self, delivery: Delivery) -> Outcome:
        if reason := self.skip_reason(delivery):
            return ended(delivery, State.SKIPPED, reason)
        try:
            message = self.message_of(delivery)
        except StoreError:
            raise  # that says nothing of the reader
        except PublisherError as error:
            return ended(delivery, State.FAILED, str(error))
        began = self.now()
        for _ in range(REPEATS):
            self.pace()
            outcome = self._attempt(delivery, message, began)
            if outcome is not None:
                return outcome
            self.wait(1.0)
        return self._in_doubt(delivery, "no answer came, however often it was asked")

    def _attempt(
        self, delivery: Delivery, message: Message, began: datetime
    ) -> Outcome | None:
        """Send once; None means that it may be sent again with the same key."""
        self.is_handing_over = True
        self.set_pace()
        try:
            with CALL:
                receipt = self.channel.provider.send(message)
        except PublisherError as error:
            self.odd = 0
            self.silent = self.silent if isinstance(error, Uncertain) else 0
            return self._after(delivery, error, began)
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            return self._after_oddity(delivery, error)
        self.unavailable = self.odd = self.silent = 0
        return accepted(delivery, receipt)

    def _after(
        self, delivery: Delivery, error: PublisherError, began: datetime
    ) -> Outcome | None:
        idempotent = self._never_forgets or self._remembers(began)
        if isinstance(error, Unavailable) and error.is_personal:
            return self._put_off(delivery, error)
        if isinstance(error, Unavailable):
            self.late.append(delivery.key)
        if isinstance(error, Refused | Throttled | Unavailable):
            raise self.interruption(error) from error
        if isinstance(error, Uncertain) and not self._never_forgets:
            self.doubtful.add(delivery.key)
        match state_after(error, idempotent=idempotent):
            case State.PLANNED:
                return None
            case State.FAILED:
                return self._rejected(delivery, str(error))
            case _:
                return self._in_doubt(delivery, str(error))

    def _rejected(self, delivery: Delivery, reason: str) -> Outcome:
        failed = ended(delivery, State.FAILED, reason)
        if delivery.key not in self.doubtful:
            return failed
        # Only the repeat was rejected, perhaps because the first one arrived.
        return self._found(delivery, reason) or failed

    def _in_doubt(self, delivery: Delivery, doubt: str) -> Outcome:
        """Ask where one can ask; otherwise a person or a later event decides."""
        found = self._found(delivery, doubt)
        if found is not None:
            self.silent += found.state is State.UNCERTAIN
            return found
        self.doubtful.discard(delivery.key)
        raise self.interruption(Unavailable(doubt))  # it surely did not arrive

    def _after_oddity(self, delivery: Delivery, error: Exception) -> Outcome:
        self._note(error)
        self.odd += 1
        return ended(delivery, State.UNCERTAIN, type(error).__name__)

    def _note(self, error: Exception) -> None:
        # Not its message, nor the traceback: they may hold an address or a secret.
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
        name = type(error).__name__
        log.error("%s raised %s at %s", self.channel.name, name, place)

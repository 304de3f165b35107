"""Hands planned deliveries to a channel: claim, pace, hand over, settle, resume.

The claim is on disk before the first byte leaves, the receipt after the answer. What
a killed sender left claimed is repeated where the provider remembers its key, asked
about where it can be asked, and otherwise left uncertain: never silently lost, never
silently doubled.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.errors import (
    PublisherError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Channel,
    Delivery,
    Limits,
    Message,
    Opens,
    Outcome,
    Recalls,
    Receipt,
    State,
)

if TYPE_CHECKING:
    from publisher.store import Ledger

log = logging.getLogger(__name__)

STOPPED = "stopped; run the same command again to go on"
STEP = 0.5  # seconds between two looks at `stop`
LONGEST_WAIT = 300.0  # seconds; beyond it a person is told when to come back
BACKOFF = (1.0, 2.0, 4.0, 8.0)  # seconds between five tries of what is unavailable
REPEATS = 3  # tries with the same key after an answer that never came
ODDITIES = 3  # errors in a row that no provider should raise


def deliver(
    issue_id: str,
    *,
    channel: Channel,
    ledger: Ledger,
    message_of: Callable[[Delivery], Message],
    skip_reason: Callable[[Delivery], str],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _count: None,
) -> str:
    """Send what an issue still has planned for a channel, under the caller's lease.

    Return why the channel stopped, for a person to read; "" when nothing is left.
    `progress` is told how many more deliveries came to their end.
    """
    sender = _Sender(
        issue_id,
        channel=channel,
        ledger=ledger,
        message_of=message_of,
        skip_reason=skip_reason,
        now=now,
        sleep=sleep,
        stop=stop,
        progress=progress,
    )
    try:
        return sender.run()
    finally:
        if isinstance(channel.provider, Opens):
            channel.provider.close()


def state_after(error: Exception, *, idempotent: bool) -> State:
    """Return where a delivery stands after an error.

    `idempotent` says that the provider still remembers the key, so that a repeat is
    not a second message.

    >>> state_after(Uncertain("no answer"), idempotent=False)
    <State.UNCERTAIN: 'uncertain'>
    """
    match error:
        case Rejected():
            return State.FAILED
        case Refused() | Throttled() | Unavailable():
            return State.PLANNED
        case Uncertain() if idempotent:
            return State.PLANNED
        case _:
            return State.UNCERTAIN


class _Halt(Exception):  # noqa: N818  how a turn ends, not an accident
    """The channel stops; the text says why."""


class _Pause(Exception):  # noqa: N818
    """Nothing may be sent for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class _Sender:
    issue: str
    channel: Channel
    ledger: Ledger
    message_of: Callable[[Delivery], Message]
    skip_reason: Callable[[Delivery], str]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], bool]
    progress: Callable[[int], None]
    unavailable: int = 0  # times in a row
    odd: int = 0  # times in a row
    not_before: datetime | None = None  # the pace
    is_handing_over: bool = False  # bytes may have left
    # Keys whose message may have arrived already. They stay claimed while the channel
    # waits or stops, because a later repeat could come after the provider forgot them.
    doubtful: set[str] = field(default_factory=set)
    # Deliveries that could not be taken now: a greylisted reader must not stop others.
    late: list[str] = field(default_factory=list)

    # --- the turn ---

    def run(self) -> str:
        while True:
            try:
                self._recover()
                self._drain()
            except _Pause as pause:
                try:
                    self._wait(pause.seconds)
                except _Halt as halt:
                    return str(halt)
            except _Halt as halt:
                return str(halt)
            else:
                return ""

    def _drain(self) -> None:
        while True:
            self._pace()
            self._look_for_stop()
            rows = self.ledger.claim(
                self.issue, self.channel.name, self._batch(), now=self.now()
            )
            if not rows:
                return
            self._hand_over(rows)

    @property
    def _limits(self) -> Limits:
        """The provider's own: an outbox that stands in for a network is not it."""
        return self.channel.provider.limits

    @property
    def _never_forgets(self) -> bool:
        return self._limits.remembers == timedelta.max

    def _batch(self) -> int:
        # Of a provider that forgets, a killed sender must leave one row in doubt, not
        # a hundred.
        return self._limits.batch if self._never_forgets else 1

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
            self._look_for_stop()
            self._look_up(claim.delivery)
        self._hand_over(repeat)

    def _remembers(self, since: datetime) -> bool:
        age = self.now() - since
        return timedelta(0) <= age < self._limits.remembers

    def _look_up(self, delivery: Delivery) -> None:
        found = self._found(delivery, "the sender ended before an answer came")
        if found is None:
            self.doubtful.discard(delivery.key)
            self.ledger.release([delivery.key])
            return
        self._settle([found])

    def _found(self, delivery: Delivery, doubt: str) -> Outcome | None:
        """Ask the provider whether it took the delivery; None: surely not."""
        uncertain = _outcome(delivery, State.UNCERTAIN, doubt)
        provider = self.channel.provider
        if not isinstance(provider, Recalls):
            return uncertain
        try:
            receipt = provider.find(self.message_of(delivery))
        except (Refused, Throttled, Unavailable) as error:
            raise self._interruption(error) from error
        except PublisherError as error:
            return _outcome(delivery, State.UNCERTAIN, f"{doubt}; {error}")
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            self._note(error)
            return uncertain
        return _accepted(delivery, receipt) if receipt else None

    # --- handing over ---

    def _hand_over(self, rows: Sequence[Delivery]) -> None:
        """Send claimed rows; whatever happens, no row is forgotten."""
        waiting = deque(rows)
        done: list[Outcome] = []
        try:
            while waiting:
                self._look_for_stop()
                outcome = self._outcome_of(waiting[0])
                self.is_handing_over = False
                done.append(outcome)
                waiting.popleft()
                if not self._never_forgets:
                    self._settle(done)
                    done = []
                if waiting:
                    self._pace()
        except (_Halt, _Pause):
            self.is_handing_over = False
            raise
        finally:
            if self.is_handing_over:
                waiting.popleft()  # stays claimed: nobody knows
            self._settle(done)
            self._release(waiting)

    def _release(self, rows: Iterable[Delivery]) -> None:
        self.ledger.postpone(key for key in self.late if key not in self.doubtful)
        self.late.clear()
        self.ledger.release(row.key for row in rows if row.key not in self.doubtful)

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        self.ledger.settle(outcomes, now=self.now())
        self.doubtful.difference_update(outcome.key for outcome in outcomes)
        self.progress(len(outcomes))

    def _outcome_of(self, delivery: Delivery) -> Outcome:
        if reason := self.skip_reason(delivery):
            return _outcome(delivery, State.SKIPPED, reason)
        try:
            message = self.message_of(delivery)
        except PublisherError as error:
            return _outcome(delivery, State.FAILED, str(error))
        began = self.now()
        for _ in range(REPEATS):
            outcome = self._attempt(delivery, message, began)
            if outcome is not None:
                return outcome
            self._wait(1.0)
        return self._in_doubt(delivery, "no answer came, however often it was asked")

    def _attempt(
        self, delivery: Delivery, message: Message, began: datetime
    ) -> Outcome | None:
        """Send once; None means that it may be sent again with the same key."""
        self.is_handing_over = True
        try:
            receipt = self.channel.provider.send(message)
        except PublisherError as error:
            self.odd = 0
            return self._after(delivery, error, began)
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            return self._after_oddity(delivery, error)
        finally:
            self._set_pace()
        self.unavailable = self.odd = 0
        return _accepted(delivery, receipt)

    def _after(
        self, delivery: Delivery, error: PublisherError, began: datetime
    ) -> Outcome | None:
        idempotent = self._never_forgets or self._remembers(began)
        if isinstance(error, Unavailable):
            self.late.append(delivery.key)
        if isinstance(error, Refused | Throttled | Unavailable):
            raise self._interruption(error) from error
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
        failed = _outcome(delivery, State.FAILED, reason)
        if delivery.key not in self.doubtful:
            return failed
        # Only the repeat was rejected, perhaps because the first one arrived.
        return self._found(delivery, reason) or failed

    def _in_doubt(self, delivery: Delivery, doubt: str) -> Outcome:
        """Ask where one can ask; otherwise a person or a later event decides."""
        found = self._found(delivery, doubt)
        if found is not None:
            return found
        self.doubtful.discard(delivery.key)
        raise self._interruption(Unavailable(doubt))  # it surely did not arrive

    def _after_oddity(self, delivery: Delivery, error: Exception) -> Outcome:
        self._note(error)
        self.odd += 1
        return _outcome(delivery, State.UNCERTAIN, type(error).__name__)

    def _note(self, error: Exception) -> None:
        # Not its message, nor the traceback: they may hold an address or a secret.
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
        name = type(error).__name__
        log.error("%s raised %s at %s", self.channel.name, name, place)

    # --- waiting ---

    def _interruption(self, error: PublisherError) -> _Halt | _Pause:
        if isinstance(error, Throttled):
            return self._throttled(error)
        if isinstance(error, Unavailable) and self.unavailable < len(BACKOFF):
            self.unavailable += 1
            return _Pause(BACKOFF[self.unavailable - 1])
        return _Halt(str(error))

    def _throttled(self, error: Throttled) -> _Halt | _Pause:
        if error.retry_after <= LONGEST_WAIT:
            return _Pause(max(error.retry_after, 0.0))
        when = self.now() + timedelta(seconds=error.retry_after)
        return _Halt(
            f"{error}; run the same command again after {when:%Y-%m-%d %H:%M %Z}"
        )

    def _look_for_stop(self) -> None:
        if self.stop():
            raise _Halt(STOPPED)
        if self.odd >= ODDITIES:
            raise _Halt(
                f"{self.channel.name} failed {self.odd} times in a row in a way that "
                "no channel should; the log says where"
            )

    def _wait(self, seconds: float) -> None:
        while seconds > 0:
            self._look_for_stop()
            self.sleep(min(STEP, seconds))
            seconds -= STEP

    def _set_pace(self) -> None:
        if self._limits.per_second:
            between = timedelta(seconds=1 / self._limits.per_second)
            self.not_before = self.now() + between

    def _pace(self) -> None:
        if self.not_before is not None:
            self._wait((self.not_before - self.now()).total_seconds())


def _outcome(delivery: Delivery, state: State, reason: str) -> Outcome:
    return Outcome(key=delivery.key, state=state, reason=reason)


def _accepted(delivery: Delivery, receipt: Receipt) -> Outcome:
    # Some providers give no id of their own; then ours is what they know it by.
    return Outcome(
        key=delivery.key,
        state=State.ACCEPTED,
        receipt=receipt.id or delivery.key,
        url=receipt.url,
    )

"""Many messages on their way at once: claimed as they are wanted, settled as answered.

A killed sender leaves in doubt what was on its way, not a whole call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from publisher.errors import (
    ProviderError,
    PublisherError,
    Refused,
    Rejected,
    StoreError,
    Throttled,
    Unavailable,
)
from publisher.models import Delivery, Message, Outcome, Receipt, State
from publisher.sender.calling import CALL
from publisher.sender.outcomes import accepted, ended
from publisher.sender.turn import Sender
from publisher.sender.waiting import Halt, Pause

SOON = timedelta(seconds=0.5)  # within which an answer is on disk
OFTEN = 0.3  # seconds between two looks at who has left meanwhile


@dataclass(kw_only=True)
class Flow(Sender):
    """Sends through a provider that pulls messages and answers as they come."""

    rows: dict[str, Delivery] = field(default_factory=dict)  # claimed, unanswered
    carried: set[str] = field(default_factory=set)  # of those, what was pulled
    done: list[Outcome] = field(default_factory=list)  # not yet on disk
    flushed_at: datetime | None = None
    held: PublisherError | None = None  # why the channel carries nothing more
    end: Halt | Pause | None = None  # why nothing more is fed
    trouble: StoreError | None = None  # the same, where the books are the reason
    is_dry: bool = False
    answered: int = 0
    looked: float = 0.0  # when the books last said who gets nothing more
    left: Mapping[str, str] = field(default_factory=dict)  # and why, by key

    def _batch(self) -> int:
        return self.limits.batch

    def _drain(self) -> None:
        """Feed the provider until nothing is left; settle whatever comes back."""
        self.is_dry = False
        while not self.is_dry:
            self.held = self.end = None
            is_whole, before = False, self.answered
            try:
                self._carry()
                is_whole = True
            finally:
                self._account(is_whole=is_whole)
            if self.trouble is not None:
                raise self.trouble
            if why := self._why_ended(before):
                raise why

    def _why_ended(self, before: int) -> Halt | Pause | None:
        if self.end is not None:
            return self.end
        if self.held is not None:
            return self.interruption(self.held)
        if self.is_dry:
            return None
        if self.answered > before:  # its lines broke: what is on them next is in doubt
            return self.interruption(Unavailable(f"{self.channel.name} broke off"))
        return Halt(f"{self.channel.name} takes no messages")

    def _carry(self) -> None:
        stream: Iterator[tuple[Any, Receipt | ProviderError]]
        stream = self.channel.provider.send_each(self._feed())  # type: ignore[attr-defined]
        CALL.begin()
        try:
            for message, answer in stream:
                CALL.answered()
                self.answered += 1
                self._hear(self.rows.pop(message.key), answer)
                self.carried.discard(message.key)
                self._flush_soon()
                CALL.is_out = True
        except StoreError:
            raise  # ours, not the provider's: what is on its way stays claimed
        except PublisherError as error:
            self.held = error
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            self._note(error)
            self.odd += 1
            self.end = Pause(0)  # unless it is too odd: `look_for_stop` says so
        finally:
            CALL.is_out = False

    # --- what is fed ---

    def _feed(self) -> Iterator[Message]:
        """Yield messages of what is claimed, until nothing more may leave.

        Where the books fail, what is on its way shall still come to its end.
        """
        CALL.is_out = False
        try:
            for message in self._claimed():
                CALL.is_out = True
                yield message
                CALL.is_out = False
        except StoreError as error:
            self.trouble = error
        CALL.is_out = True

    def _claimed(self) -> Iterator[Message]:
        """Claim a few at a time, and yield their messages."""
        while True:
            try:
                count = self.room(self._batch())
                if count:
                    self.pace()
                self.look_for_stop()
                rows = self._claim(count) if count else []
            except (Halt, Pause) as reason:
                self.end = reason
                return
            if not rows:
                self.is_dry = True
                return
            self.pacer.claimed(len(rows))
            self.rows |= {row.key: row for row in rows}
            self.set_pace(len(rows))
            yield from self._messages(rows)
            if self.held is not None or self.end is not None:
                return

    def _messages(self, rows: Sequence[Delivery]) -> Iterator[Message]:
        for row, message in self._ready(rows):
            try:
                self.look_for_stop()
            except Halt as reason:
                self.end = reason
                return
            if self.held is not None:
                return
            if why := self._left_since(row):
                self._end(row, State.SKIPPED, why)
                self.pacer.unsent(1)
                continue
            self.carried.add(row.key)
            yield message

    def _left_since(self, row: Delivery) -> str:
        """Say why a reader gets nothing who left after their row was claimed."""
        if monotonic() - self.looked >= OFTEN:
            self.left, self.looked = self.gone(self.now()), monotonic()
        return self.left.get(row.key, "")

    def _ready(self, rows: Sequence[Delivery]) -> Iterator[tuple[Delivery, Message]]:
        """Yield what can be sent with its message; the others are at their end."""
        wanted = [row for row in rows if not self._is_skipped(row)]
        if together := self._made_together(wanted):
            yield from together
            return
        for row in wanted:
            try:
                yield row, self.message_of(row)
            except StoreError:
                raise
            except PublisherError as error:
                self._end(row, State.FAILED, str(error))

    def _claim(self, count: int) -> list[Delivery]:
        now, settled = self.now(), self.done
        rows = self.ledger.claim(
            self.issue,
            self.channel.name,
            count,
            now=now,
            settled=settled,
        )
        self.done, self.flushed_at = [], now
        self.left, self.looked = {}, monotonic()
        self._told(settled)
        return rows

    def _is_skipped(self, row: Delivery) -> bool:
        reason = self.skip_reason(row)
        if reason:
            self._end(row, State.SKIPPED, reason)
        return bool(reason)

    def _end(self, row: Delivery, state: State, reason: str) -> None:
        self.rows.pop(row.key)
        self.done.append(ended(row, state, reason))

    # --- what is heard ---

    def _hear(self, row: Delivery, answer: Receipt | ProviderError) -> None:
        match answer:
            case Receipt():
                self.unavailable = self.odd = 0
                self.done.append(accepted(row, answer))
            case Rejected():
                self.done.append(ended(row, State.FAILED, str(answer)))
            case Unavailable(is_personal=True):
                self._keep(self._put_off(row, answer))
            case Refused() | Throttled() | Unavailable():
                self.held = self.held or answer
                self.ledger.postpone([row.key], now=self.now())
                self.pacer.unsent(1)
            case _:
                self.done.append(ended(row, State.UNCERTAIN, str(answer)))

    def _keep(self, outcome: Outcome) -> None:
        if outcome.state is not State.PLANNED:
            self.done.append(outcome)

    def _flush_soon(self) -> None:
        """Settle with the next claim, or before it where that is far."""
        now = self.now()
        if self.flushed_at is None:
            self.flushed_at = now
        # Its amount: a clock that was set back is no reason to keep answers for hours.
        if len(self.done) >= 2 * self._batch() or abs(now - self.flushed_at) >= SOON:
            self._flush()

    def _flush(self) -> None:
        self._settle(self.done)
        self.done, self.flushed_at = [], self.now()

    def _account(self, *, is_whole: bool) -> None:
        """Settle what is known, and give back what surely has not left.

        Of what was pulled and has no answer nobody knows. Where somebody killed us it
        stays claimed; where the provider broke, a person has to look.
        """
        doubt = "the provider gave no answer for it"
        lost = [row for key, row in self.rows.items() if key in self.carried]
        if is_whole:
            self.done += [ended(row, State.UNCERTAIN, doubt) for row in lost]
        kept = [key for key in self.rows if key not in self.carried]
        self.rows.clear()
        self.carried.clear()
        self._flush()
        self.ledger.release(kept)
        self.pacer.unsent(len(kept))

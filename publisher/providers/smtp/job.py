"""The job of one call: what is pulled and waits, and what became of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeAlias

from publisher.errors import ProviderError, Refused, Throttled, Unavailable
from publisher.models import Email, Receipt
from publisher.providers.smtp.dialogue import Parcel
from publisher.providers.smtp.pace import Pace
from publisher.providers.smtp.servers import Server

Answer: TypeAlias = Receipt | ProviderError

MOST = 56  # pulled and not settled; a flight may settle 8 before they are told
SHORT = 0.05  # seconds within which nothing needs to be settled
LAST = 0.8  # seconds for those who wait for their turn when no others come


class Job:
    """The messages of one call, for the flights that carry them.

    A flight takes a message, and settles it or gives it back; so at any moment one that
    was pulled waits, is in a flight, or is settled.
    """

    def __init__(
        self,
        emails: Iterator[Email],
        packed: Callable[[int, Email], Parcel],
        pace: Pace,
    ) -> None:
        self.stopped: ProviderError | None = None  # why nothing more may go
        self.wakes_at = 0.0  # when the next may go that cannot go now; 0: there is none
        self.carried = 0  # messages that were settled by a server
        self._emails = emails
        self._packed = packed
        self._pace = pace
        self._pulled: dict[int, Email] = {}  # and not settled
        self._last = 0  # number
        self._waiting: deque[Parcel] = deque()
        self._answered: deque[tuple[Email, Answer]] = deque()
        self._given_back: set[int] = set()
        self._trouble: ProviderError | None = None
        self._ended_at = 0.0  # when no others came; 0: they still may
        self._is_slow = False  # who gives us the emails

    @property
    def sender(self) -> str:
        """From whom the message comes that waits."""
        return self._waiting[0].sender

    # --- for those who carry ---------------------------------------------------------

    def has_next(self) -> bool:
        """Whether another message is there, and pull it if none waits."""
        self.wakes_at = 0.0
        if self.stopped is None and not self._waiting and (parcel := self._pull()):
            self._waiting.append(parcel)
        return self.stopped is None and bool(self._waiting)

    def next(self, server: Server) -> Parcel | None:
        """Take a message that may go there soon; None if there is none now.

        `wakes_at` then says when it is worth asking again, and 0 that nothing but the
        end of a flight can change it.
        """
        self.wakes_at = 0.0
        if self.stopped is not None:
            return None
        now = monotonic()
        free = self._pace.free(server)
        if free > now + SHORT:
            self.wakes_at = 0.0 if self._is_over else free
            return None
        parcel = self._fitting(now)
        if parcel is None:
            return None
        parcel.begins = max(now, free, self._pace.due(parcel.recipient))
        self._pace.note(server, parcel.recipient, parcel.begins)
        return parcel

    @property
    def _is_over(self) -> bool:
        return bool(self._ended_at) and not self._waiting

    def _fitting(self, now: float) -> Parcel | None:
        """Return the first whose domain has its turn, of all that may be pulled."""
        for at, parcel in enumerate(self._waiting):
            if self._pace.due(parcel.recipient) <= now:
                del self._waiting[at]
                return parcel
        while (pulled := self._pull()) is not None:
            if self._pace.due(pulled.recipient) <= now:
                return pulled
            self._waiting.append(pulled)
        return self._held(now) if self._waiting else None

    def _held(self, now: float) -> Parcel | None:
        """Return who has the next turn if it is soon; but wait no longer for it.

        A person's wish to stop is an end of the emails, and is heard within a second.
        """
        first = min(self._waiting, key=lambda one: self._pace.due(one.recipient))
        due = self._pace.due(first.recipient)
        if due > (self._ended_at or now) + LAST:
            words = "smtp: SMTP_PER_DOMAIN lets the rest wait"
            self.stop(Throttled(words, retry_after=max(0.0, due - now)))
        elif due > now + SHORT:
            self.wakes_at = due
        else:
            self._waiting.remove(first)
            return first
        return None

    def _pull(self) -> Parcel | None:
        """Take the next that can be sent at all, if there is room for it."""
        while self.stopped is None and not self._ended_at and self._has_room:
            began = monotonic()
            try:
                email = next(self._emails)
            except StopIteration:
                self._ended_at = monotonic()
                return None
            self._is_slow = monotonic() - began > SHORT
            self._last += 1
            self._pulled[self._last] = email
            try:
                return self._packed(self._last, email)
            except ProviderError as error:
                self.settle(self._last, error)
        return None

    @property
    def _has_room(self) -> bool:
        if self._is_slow:  # nobody shall be in doubt while it is waited for
            return not (self._pulled or self._answered)
        return len(self._pulled) < MOST

    def settle(self, number: int, answer: Answer) -> None:
        """Note what became of a message; what is wrong with us stops the job."""
        self._given_back.discard(number)
        self._answered.append((self._pulled.pop(number), answer))
        self.carried += 1
        if isinstance(answer, Refused):
            self.stop(answer)

    def give_back(self, parcels: Iterable[Parcel]) -> None:
        """Let messages of which nothing was sent wait for another connection."""
        later = sorted(parcels, key=lambda one: one.number, reverse=True)
        self._waiting.extendleft([one.unsent() for one in later])

    def may_repeat(self, number: int) -> bool:
        """Allow a message whose connection was lost another one, once."""
        if number in self._given_back:
            return False
        self._given_back.add(number)
        return True

    def note(self, trouble: ProviderError) -> None:
        """Remember what keeps messages from being carried."""
        self._trouble = trouble

    def stop(self, why: ProviderError | None = None) -> ProviderError:
        """Begin no other message; without a reason, for the trouble that was noted."""
        lost = Unavailable("smtp: nobody carried it")
        self.stopped = self.stopped or why or self._trouble or lost
        return self.stopped

    # --- for who asked ---------------------------------------------------------------

    def answered(self) -> Iterator[tuple[Email, Answer]]:
        """Yield what became known since."""
        while self._answered:
            yield self._answered.popleft()

    def give_up(self) -> None:
        """Answer those that nobody carries any more."""
        while self._waiting:
            self.settle(self._waiting.popleft().number, self.stop())

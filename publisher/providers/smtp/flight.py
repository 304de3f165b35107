"""The flight: many messages over one connection, without waiting for each answer.

https://www.rfc-editor.org/rfc/rfc2920 (PIPELINING), /rfc3030 (CHUNKING)

A message is the server's once it answers the dot that ends DATA, or the last BDAT. If
the connection is lost before, what had not left whole was surely not taken, and what
had may have been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import sleep

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Receipt
from publisher.providers.smtp.dialogue import Dialogue, Parcel, Step
from publisher.providers.smtp.job import Job
from publisher.providers.smtp.wire import UNREADABLE, Lost, Wire

MESSAGES, BYTES = 8, 1 << 20  # how much may be on its way and unanswered
SHORT = 0.05  # seconds of pace within which nothing needs to be settled
ENVELOPE = (Step.SENDER, Step.RECIPIENT)


class Flight:
    """Carries messages over one connection until none waits or it carries no more.

    `most` is how many it may carry, `per_second` how fast; 0 means any. It calls
    another when most of its time is spent waiting.
    """

    def __init__(
        self,
        wire: Wire,
        job: Job,
        most: int,
        per_second: float,
        call_another: Callable[[], None],
    ) -> None:
        self.is_fruitful = False  # the server decided about some message
        self._wire = wire
        self._job = job
        self._most = most
        self._per_second = per_second
        self._call_another = call_another
        self._talk = Dialogue(wire)
        limit = wire.features.get("SIZE", "")
        self._largest = int(limit) if limit.isdecimal() else 0  # 0: it does not say
        self._ready: Parcel | None = None  # taken and not begun
        self._open: dict[int, Parcel] = {}  # begun and not settled, by number
        self._bytes = 0  # of them
        self._not_taken: list[Parcel] = []

    def run(self, first: Parcel) -> None:
        """Carry `first` and those that wait; each is settled, or given back."""
        self._wire.watch()
        offers = self._wire.features
        carry = self._one_by_one
        if "PIPELINING" in offers:
            carry = self._in_chunks if "CHUNKING" in offers else self._overlapping
        try:
            carry(first)
        except Lost as lost:
            self._account(lost)
        if self._talk.is_closing:
            self._wire.is_alive = False
        if self._ready is not None:
            self._not_taken.append(self._ready)
        self._job.give_back(self._not_taken)

    # --- three ways to speak ---------------------------------------------------------

    def _one_by_one(self, first: Parcel) -> None:
        for parcel in self._parcels(first):
            for step in (*ENVELOPE, Step.DATA):
                self._talk.say(parcel, step)
                self._hear_all()
                if parcel.refused_at:
                    self._settle(parcel)
                    break
            self._finish()

    def _overlapping(self, first: Parcel) -> None:
        """One round trip a message: its content leaves with the next envelope."""
        for parcel in self._parcels(first):
            self._talk.say(parcel, *ENVELOPE, Step.DATA)
            self._wire.flush()
            self._take_next()  # and encode it, while the server is busy
            self._hear_all()
        self._finish()

    def _in_chunks(self, first: Parcel) -> None:
        """No round trip at all: many messages are on their way."""
        is_warm = False
        for parcel in self._parcels(first):
            if is_warm:
                self._talk.say(parcel, *ENVELOPE, Step.MESSAGE)
            else:  # content leaves when somebody is there: a connection may have died
                self._talk.say(parcel, *ENVELOPE)
                self._hear_all()
                if parcel.refused_at:
                    self._settle(parcel)
                    continue
                self._talk.say(parcel, Step.MESSAGE)
                is_warm = True
            if len(self._open) >= MESSAGES or self._bytes > BYTES:
                # Half of them, so that the next half is written together.
                self._hear_until(MESSAGES // 2)
        self._hear_all()

    def _hear_until(self, left: int) -> None:
        while len(self._open) > left and (ended := self._talk.hear()):
            self._settle(ended)

    def _finish(self) -> None:
        self._talk.finish()
        self._hear_all()

    def _hear_all(self) -> None:
        while ended := self._talk.hear():
            self._settle(ended)

    # --- which message is next -------------------------------------------------------

    def _parcels(self, first: Parcel) -> Iterator[Parcel]:
        self._ready = first
        while self._ready is not None:
            if self._is_fit(self._ready):
                self._wait_turn()
                parcel, self._ready = self._ready, None
                yield self._begun(parcel)
                if self._talk.is_closing or self._job.stopped:
                    return
            else:
                self._ready = None
            if self._wire.is_slow:
                self._wire.watch()
                self._call_another()
            self._take_next()

    def _take_next(self) -> None:
        if self._ready is None and not 0 < self._most <= self._wire.carried:
            self._ready = self._job.next()

    def _begun(self, parcel: Parcel) -> Parcel:
        parcel.is_first = not self._wire.carried
        self._wire.carried += 1
        self._wire.server.messages += 1
        self._open[parcel.number] = parcel
        self._bytes += len(parcel.content)
        return parcel

    def _is_fit(self, parcel: Parcel) -> bool:
        """Settle what the server said before that it would not take."""
        size, limit = len(parcel.content), self._largest
        no: ProviderError | None = None
        if 0 < limit < size:
            no = Rejected(f"smtp: the email has {size} bytes, and {limit} are allowed")
        elif "SMTPUTF8" in self._wire.features:
            pass
        elif not parcel.sender.isascii():
            hint = "Try: check SMTP_SENDER."
            no = Refused("smtp: the server takes no sender beyond ASCII", hint=hint)
        elif not parcel.recipient.isascii():
            no = Rejected("smtp: the server takes no address beyond ASCII")
        if no is not None:
            self._job.settle(parcel.number, no)
        return no is None

    def _wait_turn(self) -> None:
        if not self._per_second:
            return
        seconds = self._wire.server.turn(self._per_second)
        if seconds > SHORT:
            self._finish()  # nobody shall be in doubt for as long as we wait
        self._wire.flush()
        sleep(seconds)

    # --- what became of it -----------------------------------------------------------

    def _settle(self, parcel: Parcel) -> None:
        """Note the answer that a message got."""
        if self._open.pop(parcel.number, None) is None:
            return
        self._bytes -= len(parcel.content)
        answer = parcel.answer
        if parcel.is_turned_away and self._may_repeat(parcel):
            self._not_taken.append(parcel)
        elif answer is not None:
            self._job.settle(parcel.number, answer)
        if isinstance(answer, (Receipt, Rejected)):
            self.is_fruitful = True
        elif isinstance(answer, (Throttled, Unavailable)):
            self._job.note(answer)

    def _may_repeat(self, parcel: Parcel) -> bool:
        if parcel.is_first:  # so that each connection settles at least one
            return False
        # A server may close after some messages; if it dies, it may be of this one.
        return self._talk.is_closing or self._job.may_repeat(parcel.number)

    def _account(self, lost: Lost) -> None:
        """Say of each message that was under way whether the server can have it."""
        lost = self._last_words(lost)
        is_unheard = self._talk.is_closing and lost.is_over
        for parcel in list(self._open.values()):
            has_left = 0 <= parcel.end <= self._wire.risked
            if parcel.answer is None and has_left and not is_unheard:
                parcel.answer = Uncertain(
                    f"smtp: {lost.why}, and did not say if it took the email"
                )
            elif parcel.answer is None:
                parcel.answer = Unavailable(f"smtp: {lost.why}; nothing was sent")
                parcel.is_turned_away = True
            self._settle(parcel)

    def _last_words(self, lost: Lost) -> Lost:
        """Hear what the server said before it was lost; return how it ended."""
        if lost.why == UNREADABLE:  # nor does anybody know what the rest is about
            return lost
        self._wire.hurry(SHORT)
        try:
            self._hear_all()
        except Lost as later:
            return later if later.is_over else lost
        return lost

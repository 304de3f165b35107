"""The flight: many messages over one connection, without waiting for each answer.

https://www.rfc-editor.org/rfc/rfc2920 (PIPELINING), /rfc3030 (CHUNKING)

A message is the server's once it answers the dot that ends DATA, or the last BDAT. If
the connection is lost before, what had not left whole was surely not taken, and what
had may have been.
"""

from __future__ import annotations

from time import monotonic

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
from publisher.providers.smtp.wire import UNREADABLE, Lost, Steps, Wire

MESSAGES, BYTES = 8, 1 << 20  # how much may be on its way and unanswered
SHORT = 0.05  # seconds for the last words of a server that is gone
ENVELOPE = (Step.SENDER, Step.RECIPIENT)


class Flight:
    """Carries messages over one connection until none waits or it carries no more.

    `most` is how many it may carry; 0 means any.
    """

    def __init__(self, wire: Wire, job: Job, most: int) -> None:
        self.is_fruitful = False  # the server decided about some message
        self.rests_until = 0.0  # when it goes on, whatever the wire has
        self.wire = wire
        self._job = job
        self._most = most
        self._talk = Dialogue(wire)
        limit = wire.features.get("SIZE", "")
        self._largest = int(limit) if limit.isdecimal() else 0  # 0: it does not say
        self._ready: Parcel | None = None  # taken and not begun
        self._open: dict[int, Parcel] = {}  # begun and not settled, by number
        self._bytes = 0  # of them
        self._not_taken: list[Parcel] = []

    @property
    def wants(self) -> int:
        """What of its wire it waits for; 0: for nothing but its time."""
        return 0 if self.rests_until else self.wire.wants

    def run(self, first: Parcel) -> Steps[None]:
        """Carry `first` and those that wait; each is settled, or given back."""
        offers = self.wire.features
        carry = self._one_by_one
        if "PIPELINING" in offers:
            carry = self._in_chunks if "CHUNKING" in offers else self._overlapping
        try:
            yield from carry(first)
        except Lost as lost:
            yield from self._account(lost)
        if self._talk.is_closing:
            self.wire.is_alive = False
        if self._ready is not None:
            self._not_taken.append(self._ready)
        self._job.give_back(self._not_taken)

    # --- three ways to speak ---------------------------------------------------------

    def _one_by_one(self, first: Parcel) -> Steps[None]:
        parcel = yield from self._next(first)
        while parcel is not None:
            for step in (*ENVELOPE, Step.DATA):
                self._talk.say(parcel, step)
                yield from self._hear()
                if parcel.refused_at:
                    self._settle(parcel)
                    break
            yield from self._finish()
            parcel = yield from self._next()

    def _overlapping(self, first: Parcel) -> Steps[None]:
        """One round trip a message: its content leaves with the next envelope."""
        parcel = yield from self._next(first)
        while parcel is not None:
            self._talk.say(parcel, *ENVELOPE, Step.DATA)
            yield from self.wire.flush()
            self._take_next()  # and encode it, while the server is busy
            yield from self._hear()
            parcel = yield from self._next()
        yield from self._finish()

    def _in_chunks(self, first: Parcel) -> Steps[None]:
        """No round trip at all: many messages are on their way."""
        is_warm = False
        parcel = yield from self._next(first)
        while parcel is not None:
            if is_warm:
                self._talk.say(parcel, *ENVELOPE, Step.MESSAGE)
            else:  # content leaves when somebody is there: a connection may have died
                self._talk.say(parcel, *ENVELOPE)
                yield from self._hear()
                if parcel.refused_at:
                    self._settle(parcel)
                else:
                    self._talk.say(parcel, Step.MESSAGE)
                    is_warm = True
            if len(self._open) >= MESSAGES or self._bytes > BYTES:
                # Half of them, so that the next half is written together.
                yield from self._hear(MESSAGES // 2)
            parcel = yield from self._next()
        yield from self._hear()

    def _finish(self) -> Steps[None]:
        self._talk.finish()
        yield from self._hear()

    def _hear(self, left: int = -1) -> Steps[None]:
        """Settle what is answered until so many are open; -1: take all replies."""
        while len(self._open) > left and (ended := (yield from self._talk.hear())):
            self._settle(ended)

    # --- which message is next -------------------------------------------------------

    def _next(self, first: Parcel | None = None) -> Steps[Parcel | None]:
        """Return the next message when it may begin; None ends the flight."""
        self._ready = first or self._ready
        if first is None and (self._talk.is_closing or self._job.stopped):
            return None
        while True:
            self._take_next()
            if self._ready is None:
                return None
            if self._is_fit(self._ready):
                yield from self._wait_turn(self._ready)
                parcel, self._ready = self._ready, None
                return self._begun(parcel)
            self._ready = None

    def _take_next(self) -> None:
        if self._ready is None and not 0 < self._most <= self.wire.carried:
            self._ready = self._job.next(self.wire.server)

    def _begun(self, parcel: Parcel) -> Parcel:
        parcel.is_first = not self.wire.carried
        self.wire.carried += 1
        self.wire.server.messages += 1
        self._open[parcel.number] = parcel
        self._bytes += len(parcel.content)
        return parcel

    def _is_fit(self, parcel: Parcel) -> bool:
        """Settle what the server said before that it would not take."""
        size, limit = len(parcel.content), self._largest
        no: ProviderError | None = None
        if 0 < limit < size:
            no = Rejected(f"smtp: the email has {size} bytes, and {limit} are allowed")
        elif "SMTPUTF8" in self.wire.features:
            pass
        elif not parcel.sender.isascii():
            hint = "Try: check SMTP_SENDER."
            no = Refused("smtp: the server takes no sender beyond ASCII", hint=hint)
        elif not parcel.recipient.isascii():
            no = Rejected("smtp: the server takes no address beyond ASCII")
        if no is not None:
            self._job.settle(parcel.number, no)
        return no is None

    def _wait_turn(self, parcel: Parcel) -> Steps[None]:
        if parcel.begins <= monotonic():
            return
        yield from self.wire.flush()
        self.rests_until = parcel.begins
        while monotonic() < parcel.begins:
            yield
        self.rests_until = 0.0

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

    def _account(self, lost: Lost) -> Steps[None]:
        """Say of each message that was under way whether the server can have it."""
        lost = yield from self._last_words(lost)
        is_unheard = self._talk.is_closing and lost.is_over
        for parcel in list(self._open.values()):
            has_left = 0 <= parcel.end <= self.wire.risked
            if parcel.answer is None and has_left and not is_unheard:
                parcel.answer = Uncertain(
                    f"smtp: {lost.why}, and did not say if it took the email"
                )
            elif parcel.answer is None:
                parcel.answer = Unavailable(f"smtp: {lost.why}; nothing was sent")
                parcel.is_turned_away = True
            self._settle(parcel)

    def _last_words(self, lost: Lost) -> Steps[Lost]:
        """Hear what the server said before it was lost; return how it ended."""
        if lost.why == UNREADABLE:  # nor does anybody know what the rest is about
            return lost
        self.wire.hurry(SHORT)
        try:
            yield from self._hear()
        except Lost as later:
            return later if later.is_over else lost
        return lost

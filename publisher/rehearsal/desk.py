"""The provider's desk: takes a call, keeps the record, and answers or fails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from publisher.rehearsal.calls import Call, Dialect, Reply
from publisher.rehearsal.faults import Deck, Faults
from publisher.rehearsal.record import Record

# Looks at each call before it is answered, as a test does.
Witness: TypeAlias = Callable[[Call], None]
PAGE = Reply(
    200,
    b"<!doctype html><title>Please wait</title><p>Checking your browser",
    kind="text/html",
)
MOST_REFUSED = 3  # readers, in one call


@dataclass(frozen=True)
class Answer:
    """What the wire does: the reply after some seconds, or what happens instead."""

    reply: Reply | None = None
    after: float = 0.0
    is_hanging: bool = False


@dataclass
class Desk:
    """Speaks one dialect, with the faults that it was given."""

    dialect: Dialect
    faults: Faults = field(default_factory=Faults)
    witness: Witness | None = None
    record: Record = field(default_factory=Record)

    def __post_init__(self) -> None:
        self._deck = Deck(self.faults)
        self._lock = Lock()
        self._seen: dict[str, tuple[bytes, Reply]] = {}

    def draw(self, call: Call) -> str:
        """Return the fault that meets a call, of which only the head was read."""
        if self.dialect.aside(call) is not None:
            return ""
        self.record.arrives()
        fault = self._deck.next()
        if fault:
            self.record.fails(fault)
        return fault

    def answer(self, call: Call, fault: str) -> Answer:
        """Return what becomes of a whole call; a `reset` never comes so far."""
        if self.witness:
            self.witness(call)
        aside = self.dialect.aside(call)
        if aside is not None:
            return Answer(aside)
        match fault:
            case "429":
                self.record.asks_to_wait(self.faults.wait)
                return Answer(self.dialect.throttled(self.faults.wait))
            case "500":
                return Answer(self.dialect.failed())
            case "hang":
                return Answer(is_hanging=True)
        reply = self._take(call, is_partial=fault == "partial")
        match fault:
            case "lost":
                return Answer()
            case "html":
                return Answer(PAGE)
            case "badjson":
                body = reply.body[: len(reply.body) // 2] or b'{"id": "'
                return Answer(Reply(200, body))
            case "slow":
                return Answer(reply, after=self.faults.slowness)
        return Answer(reply)

    def _take(self, call: Call, *, is_partial: bool) -> Reply:
        key = self.dialect.key(call)
        if not key:
            return self._taken(call, is_partial=is_partial)
        digest = hashlib.blake2b(call.body).digest()
        with self._lock:
            if key in self._seen:
                body, first = self._seen[key]
                return self.dialect.repeated(call, first, is_same=body == digest)
            reply = self._taken(call, is_partial=is_partial)
            if reply.status < 300:  # noqa: PLR2004  what was refused may come again
                self._seen[key] = (digest, reply)
            return reply

    def _taken(self, call: Call, *, is_partial: bool) -> Reply:
        marks = self.dialect.marks(call)
        if is_partial:
            # From the middle, where a search in halves has the longest way.
            begin = len(marks) // 2
            count = min(1 + len(marks) // 100, MOST_REFUSED)
            self.record.refuses(marks[begin : begin + count])
        refused = self.record.refused.intersection(marks)
        is_refused = refused and self.dialect.is_whole
        if not is_refused:
            self.record.takes(one for one in marks if one not in refused)
        return self.dialect.taken(call, marks, refused)

"""Several channels for one campaign: when one fails, another takes what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.models import State
from publisher.sender import Breaker, is_open

if TYPE_CHECKING:
    from publisher.project.folder import Folder

Send = Callable[[str, "Breaker | None"], str]
BEFORE = "it failed before"


@dataclass
class FailingOver:
    """The turns of an issue's channels, under the caller's lease.

    `send` hands over what one channel has and returns why it stopped; `is_over` says
    that nothing more may leave, so that nothing need move either.
    """

    folder: Folder
    issue: str
    send: Send
    is_over: Callable[[], bool]
    stopped: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def run(self) -> list[tuple[str, str]]:
        """Let each channel hand over what it has; return which stopped, and why."""
        while name := self._next():
            self.done.add(name)
            self.stopped.pop(name, None)
            why = self._turn(name)
            if why:
                self.stopped[name] = why
        return list(self.stopped.items())

    def _next(self) -> str:
        names = self.folder.books.ledger.counts(self.issue)
        return next((one for one in names if one not in self.done), "")

    def _turn(self, name: str) -> str:
        breaker = self._breaker(name)
        if breaker is None:
            return self.send(name, None)
        has_left = self.folder.books.routes.of(self.issue)[name]
        if (has_left or breaker.is_open()) and self._leave(name, BEFORE):
            # Only this channel can say what became of what it was given.
            return self.send(name, breaker) if self._has(name, State.CLAIMED) else ""
        why = self.send(name, breaker)
        if breaker.has_opened and self._leave(name, why):
            return why if self._has(name, State.CLAIMED) else ""
        return why

    def _breaker(self, name: str) -> Breaker | None:
        """Return the breaker of a channel, where another could take its work.

        One that remembers keys for ever has none: after a crash it is given again what
        it may have taken, which no other channel may be.
        """
        books = self.folder.books
        if name not in books.routes.of(self.issue):
            return None
        limits = self.folder.channel(name).provider.limits
        if limits.remembers == timedelta.max:
            return None
        return Breaker(name, books.routes, self.folder.clock)

    def _leave(self, source: str, why: str) -> bool:
        """Move what is not claimed to the next channel that works, if there is one."""
        target = self._other(source)
        if not target or self.is_over():
            return False
        self.folder.books.routes.leave(
            self.issue, source, target, why=why, now=self.folder.clock()
        )
        self.done.discard(target)
        return True

    def _other(self, source: str) -> str:
        """Return the next channel that was not left before and is not known to fail."""
        routes, now = self.folder.books.routes, self.folder.clock()
        for name, has_left in routes.of(self.issue).items():
            if name == source or has_left:
                continue
            if not is_open(routes.health(name), now):
                return name
        return ""

    def _has(self, name: str, state: State) -> bool:
        return self.folder.books.ledger.counts(self.issue)[name][state] > 0

"""The pool: connections that stay open, over the servers that are there."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

from publisher.errors import Throttled, Unavailable
from publisher.providers.smtp.servers import REST, Server
from publisher.providers.smtp.wire import Wire


class Pool:
    """Gives a connection to whoever needs one, and keeps it for the next.

    `most` is how many messages one connection carries; 0 means any number.
    """

    def __init__(
        self,
        servers: tuple[Server, ...],
        open_: Callable[[Server], Wire],
        *,
        most: int = 0,
    ) -> None:
        self.most = most
        self._servers = servers
        self._open = open_
        self._idle: list[Wire] = []
        self._busy: set[Wire] = set()
        self._lock = Lock()

    @property
    def idle(self) -> int:
        """How many connections are open, and wait for work."""
        return len(self._idle)

    def take(self) -> Wire:
        """Return a connection; an error if no server gives one."""
        if wire := self._kept():
            return wire
        with self._lock:
            by_need = sorted(self._servers, key=lambda one: one.need)
            by_need[0].connections += 1
        # Counted before it is open, so that two threads do not choose the same.
        first, *others = by_need
        try:
            return self._opened(first)
        except (Unavailable, Throttled) as error:
            trouble = error
        for server in others:
            with self._lock:
                server.connections += 1
            try:
                return self._opened(server)
            except (Unavailable, Throttled) as error:
                trouble = error
        raise trouble

    def _kept(self) -> Wire | None:
        """Return a connection from before that the server has not ended since."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                wire = self._idle.pop()
                self._busy.add(wire)
            if wire.is_quiet():
                return wire
            wire.is_alive = False
            self.give_back(wire)

    def _opened(self, server: Server) -> Wire:
        try:
            wire = self._open(server)
        except BaseException as error:
            with self._lock:
                server.connections -= 1
            if isinstance(error, Unavailable | Throttled):
                server.rests_until = monotonic() + REST
            raise
        server.rests_until = 0.0
        with self._lock:
            self._busy.add(wire)
        return wire

    def give_back(self, wire: Wire) -> None:
        """Keep the connection for the next, or end it."""
        keeps = wire.is_alive and not 0 < self.most <= wire.carried
        with self._lock:
            self._busy.discard(wire)
            if keeps:
                self._idle.append(wire)
                return
            wire.server.connections -= 1
        wire.quit()

    def abort(self) -> None:
        """End every connection that somebody waits for."""
        with self._lock:
            for wire in self._busy:
                wire.abort()

    def close(self) -> None:
        """Say goodbye to all that is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
            for wire in idle:
                wire.server.connections -= 1
        for wire in idle:
            wire.quit()

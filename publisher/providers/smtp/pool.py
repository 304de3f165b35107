"""The pool: connections that stay open, over the servers that are there."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
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
        self._is_closed = False
        self._openers: list[Thread] = []
        self._lock = Lock()

    def kept(self) -> Wire | None:
        """Return an open connection that the server has not ended since, if any.

        Of several servers that one whose turn is next.
        """
        while True:
            with self._lock:
                if not self._idle:
                    return None
                wire = min(self._idle, key=lambda one: one.server.next_turn)
                self._idle.remove(wire)
            if wire.is_quiet():
                return wire
            wire.is_alive = False
            self.give_back(wire)

    def opened(self) -> Wire:
        """Return a new connection; an error if no server gives one."""
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

    def open_aside(self, then: Callable[[Wire | Exception], None]) -> None:
        """Open a connection in a thread of its own, which says how that ended."""

        def open_one() -> None:
            try:
                result: Wire | Exception = self.opened()
            except Exception as error:  # noqa: BLE001  the other thread raises it
                result = error
            then(result)

        thread = Thread(target=open_one, daemon=True)
        self._openers = [one for one in self._openers if one.is_alive()]
        self._openers.append(thread)
        thread.start()

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
        return wire

    def give_back(self, wire: Wire) -> None:
        """Keep the connection for the next, or end it."""
        keeps = wire.is_alive and not 0 < self.most <= wire.carried
        with self._lock:
            if keeps and not self._is_closed:
                self._idle.append(wire)
                return
            wire.server.connections -= 1
        wire.quit()

    def close(self) -> None:
        """Say goodbye to all that is idle, and wait for those who open another."""
        with self._lock:
            self._is_closed = True
        for thread in self._openers:
            thread.join()
        with self._lock:
            idle, self._idle = self._idle, []
            for wire in idle:
                wire.server.connections -= 1
        for wire in idle:
            wire.quit()

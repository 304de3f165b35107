"""The pace: how many messages a second a server gets, and a domain of readers."""

from __future__ import annotations

from time import monotonic

from publisher.providers.smtp.servers import Server

REMEMBERED = 10_000  # domains


class Pace:
    """Says when a message may begin; 0 messages a second mean any number."""

    def __init__(self, per_second: float, per_domain: float) -> None:
        self._per_second = per_second
        self._per_domain = per_domain
        self._domains: dict[str, float] = {}  # when each has its next turn

    def free(self, server: Server) -> float:
        """Return when the server may get another one."""
        return server.next_turn if self._per_second else 0.0

    def due(self, recipient: str) -> float:
        """Return when the domain of this reader may get another one."""
        return self._domains.get(_domain(recipient), 0.0) if self._per_domain else 0.0

    def note(self, server: Server, recipient: str, begins: float) -> None:
        """Have both wait for their next turn."""
        if self._per_second:
            server.next_turn = begins + 1 / self._per_second
        if self._per_domain:
            if len(self._domains) >= REMEMBERED:
                now = monotonic()
                later = {name: at for name, at in self._domains.items() if at > now}
                self._domains = later
            self._domains[_domain(recipient)] = begins + 1 / self._per_domain


def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].lower()

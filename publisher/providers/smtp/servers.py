"""Servers: one, or several that share the work by weight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic

from publisher.errors import ConfigError

LAST_PORT = 65535
REST = 60.0  # seconds in which a server that was not there is asked last
_SERVER = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<name>[^\s:=\[\]]+))"
    r"(?::(?P<port>\d{1,5}))?(?:=(?P<weight>[1-9]\d{0,3}))?"
)
_BARE_IPV6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*")


@dataclass(eq=False)
class Server:
    """A server, its share of the connections, and when it may get the next message."""

    host: str
    port: int
    weight: int = 1
    connections: int = 0
    messages: int = 0
    rests_until: float = 0.0
    next_turn: float = 0.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def need(self) -> tuple[bool, float, float]:
        """What decides who is next: the lowest."""
        is_resting = self.rests_until > monotonic()
        return (
            is_resting,
            self.connections / self.weight,
            self.messages / self.weight,
        )


def servers_in(setting: str, port: int) -> tuple[Server, ...]:
    """Read "mx1.example.org mx2.example.org:2525=3": host[:port][=weight].

    >>> [str(one) for one in servers_in("mx1.example.org [::1]:2525=3", 587)]
    ['mx1.example.org:587', '::1:2525']
    """
    return tuple(_server(word, port) for word in setting.split())


def _server(word: str, port: int) -> Server:
    if _BARE_IPV6.fullmatch(word):
        return Server(word, port)
    found = _SERVER.fullmatch(word)
    if found is None or not 0 < int(found["port"] or port) <= LAST_PORT:
        raise ConfigError(
            f"SMTP_HOST holds {word!r}, which is no server with a port",
            where=".env",
            hint="Try: smtp.example.org, or mx1.example.org mx2.example.org:2525=3",
        )
    return Server(
        found["six"] or found["name"],
        int(found["port"] or port),
        int(found["weight"] or 1),
    )

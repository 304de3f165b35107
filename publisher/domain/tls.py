"""TLS of mail servers: offered, and with a certificate for their name.

https://www.rfc-editor.org/rfc/rfc3207
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from publisher.domain.mail import addresses_of
from publisher.domain.model import Facts, Finding, Level
from publisher.models import MailServer

if TYPE_CHECKING:
    from publisher.dns import Resolver

PORT = 25  # mail servers speak to each other there
PATIENCE = 5.0  # seconds to connect, and for the handshake
TALK = 15.0  # seconds for all that is said before
SOON = timedelta(days=14)
MOST_MX = 2  # of a domain's mail servers
LONGEST_LINE, MOST_LINES = 2000, 100
SUBJECT = "TLS"


class Mute(Exception):  # noqa: N818  never leaves this room
    """A server does not speak as mail servers do, or has no TLS; says why."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A server at one of its addresses; "" is nowhere."""

    server: MailServer
    address: str

    def __str__(self) -> str:
        return f"{self.server.host}:{self.server.port}"


def look(facts: Facts, resolver: Resolver, *, mx_port: int = PORT) -> Iterator[Finding]:
    """Look at the servers that emails are handed to, and at those that take answers."""
    for server in facts.servers:
        if server.security == "none":
            said = f"{server.host} is spoken to without TLS (SMTP_SECURITY=none)"
            hint = "Try: SMTP_SECURITY=starttls, unless it is this machine"
            level: Level = "skipped" if _is_here(server, resolver) else "warning"
            yield Finding(level, SUBJECT, said, "" if level == "skipped" else hint)
        else:
            address = next(iter(addresses_of(server.host, resolver)), "")
            yield _judged(_Place(server, address), facts, is_ours=True)
    hosts = [host for _, host in resolver.mx(facts.domain) if host]
    for host in hosts[:MOST_MX]:
        for address in resolver.addresses(host)[:1]:
            place = _Place(MailServer(host, mx_port), address)
            yield _judged(place, facts, is_ours=False)


def _is_here(server: MailServer, resolver: Resolver) -> bool:
    found = addresses_of(server.host, resolver)
    return bool(found) and all(one.startswith("127.") or one == "::1" for one in found)


def _judged(place: _Place, facts: Facts, *, is_ours: bool) -> Finding:
    host = place.server.host
    bad: Level = "error" if is_ours else "warning"
    try:
        ends = _certified_until(place, facts.domain)
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or "no TLS was agreed upon"
        said = f"{place} is not trusted: {why}"
        return Finding(bad, SUBJECT, said, f"Try: a certificate for {host}")
    except Mute as error:
        said = f"{place} {error}"
        return Finding(bad, SUBJECT, said, "Try: turn on STARTTLS in that mail server")
    except (OSError, ValueError):
        if is_ours:
            said, hint = f"{place} cannot be reached", "Try: check SMTP_HOST, SMTP_PORT"
            return Finding("error", SUBJECT, said, hint)
        said = f"{place} cannot be reached from here; many networks close port {PORT}"
        return Finding("skipped", SUBJECT, said)
    day = f"{ends:%Y-%m-%d}"
    if ends - facts.clock() < SOON:
        said = f"the certificate of {place} ends on {day}"
        return Finding("warning", SUBJECT, said, "Try: renew it")
    return Finding("ok", SUBJECT, f"{place}: the certificate is good until {day}")


def _certified_until(place: _Place, hello: str) -> datetime:
    """Shake hands, and return when the certificate ends."""
    if not place.address:  # a socket would take that for this machine
        raise OSError("nowhere")
    server = place.server
    with socket.create_connection((place.address, server.port), PATIENCE) as line:
        if server.security == "starttls":
            _ask_for_tls(line, hello)
        context = ssl.create_default_context()
        with context.wrap_socket(line, server_hostname=server.host) as secure:
            found = secure.getpeercert() or {}
    ends = ssl.cert_time_to_seconds(str(found["notAfter"]))
    return datetime.fromtimestamp(ends, UTC)


def _ask_for_tls(line: socket.socket, hello: str) -> None:
    deadline = monotonic() + TALK
    _reply(line, b"220", deadline)
    line.sendall(f"EHLO {hello}\r\n".encode())
    offers = _reply(line, b"250", deadline)
    if not any(one.strip().upper() == b"STARTTLS" for one in offers):
        raise Mute("offers no STARTTLS")
    line.sendall(b"STARTTLS\r\n")
    _reply(line, b"220", deadline)
    line.settimeout(PATIENCE)


def _reply(replies: socket.socket, code: bytes, deadline: float) -> list[bytes]:
    """Return the lines of a reply, without their code."""
    lines: list[bytes] = []
    while len(lines) < MOST_LINES:
        line = _line(replies, deadline)
        lines.append(line[4:])
        if not line.startswith(code):
            raise Mute("does not answer as a mail server does")
        if line[3:4] != b"-":
            return lines
    raise Mute("does not stop talking")


def _line(replies: socket.socket, deadline: float) -> bytes:
    # Byte by byte: what follows the reply to STARTTLS belongs to TLS.
    found = b""
    while not found.endswith(b"\n") and len(found) < LONGEST_LINE:
        replies.settimeout(max(0.001, deadline - monotonic()))
        one = replies.recv(1)
        if not one:
            break
        found += one
    return found

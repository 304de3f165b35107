"""Opening a connection: greeting, EHLO, TLS and login.

https://www.rfc-editor.org/rfc/rfc5321#section-3.1 (and rfc3207 for STARTTLS)
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Literal, TypeAlias

from publisher.errors import Refused, Unavailable
from publisher.providers import Secret
from publisher.providers.smtp.login import log_in
from publisher.providers.smtp.meaning import meaning
from publisher.providers.smtp.servers import Server
from publisher.providers.smtp.wire import CONNECT, Lost, Wire

Security: TypeAlias = Literal["starttls", "tls", "none"]
UNKNOWN_COMMAND = 5  # the first digit: an old server that knows HELO only


@dataclass(frozen=True)
class Access:
    """How to get in: the same for every server of an account."""

    security: Security
    username: str
    password: Secret
    token: Secret
    context: ssl.SSLContext | None  # None where there is no TLS


def opened(server: Server, access: Access, hello: str) -> Wire:
    """Return a connection that is ready for a message."""
    try:
        line = socket.create_connection((server.host, server.port), CONNECT)
    except (OSError, UnicodeError):  # the latter of a name that DNS cannot have
        raise Unavailable(f"smtp: {server} cannot be reached") from None
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire = Wire(server, line)
    try:
        _introduce(wire, access, hello)
    except ssl.SSLError as error:
        wire.close()
        why = getattr(error, "verify_message", "") or "no TLS was agreed upon"
        raise Unavailable(f"smtp: {server.host} is not trusted: {why}") from None
    except (OSError, Lost):
        wire.close()
        raise Unavailable(f"smtp: {server} cannot be reached") from None
    except BaseException:
        wire.close()
        raise
    return wire


def _introduce(wire: Wire, access: Access, hello: str) -> None:
    if access.security == "tls" and access.context:
        wire.secure(access.context, wire.server.host)
    greeting = wire.now(wire.reply())
    if not greeting.is_yes:
        raise meaning(greeting, "connection")
    _say_hello(wire, hello)
    if access.security == "starttls" and access.context:
        _start_tls(wire, access.context)
        _say_hello(wire, hello)
    if access.username or access.token:
        log_in(wire, access.username, access.password.reveal(), access.token.reveal())


def _say_hello(wire: Wire, name: str) -> None:
    wire.features = {}
    reply = wire.ask(f"ehlo {name}")
    if reply.is_yes:
        for line in reply.words.decode("ascii", "replace").split("\n")[1:]:
            # Old servers write "AUTH=LOGIN", beside the proper line or instead of it.
            word, _, values = line.strip().replace("=", " ", 1).partition(" ")
            known = wire.features.get(word.upper(), "")
            wire.features[word.upper()] = f"{known} {values}".strip()
        return
    if reply.code // 100 == UNKNOWN_COMMAND:
        reply = wire.ask(f"helo {name}")
    if not reply.is_yes:
        raise meaning(reply, "connection")


def _start_tls(wire: Wire, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in wire.features:
        raise Refused(
            "smtp: the server offers no STARTTLS",
            hint="Try: SMTP_SECURITY=tls with port 465, or none on your own machine",
        )
    reply = wire.ask("STARTTLS")
    if not reply.is_yes:
        raise meaning(reply, "connection")
    if wire.replies or wire.replies.has_rest or wire.replies.is_broken:
        # Somebody in between may have said it, to be believed as the server's.
        raise Unavailable(f"smtp: {wire.server.host} spoke before TLS had begun")
    wire.secure(context, wire.server.host)

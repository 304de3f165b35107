"""Any mail server, over SMTP.

https://www.rfc-editor.org/rfc/rfc5321

A message is the server's once it answers the dot that ends DATA: a connection lost
before that dot sent nothing, one lost between the dot and the answer leaves it open.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.call import redacted
from publisher.models import Email, Kind, Limits, Receipt
from publisher.providers import Secret

CONNECT, ANSWER = 5.0, 30.0  # seconds
PAUSE = 60.0  # seconds, where a server says "too many": SMTP has no word for how long
OK, GO_AHEAD, LATER = 2, 3, 4  # the first digit of a reply; 5 is "never"
CLOSING = 421
UNREADABLE = -1  # what smtplib makes of a line that is no reply
_AUTH = {530, 534, 535, 538}


class _Lost(Exception):  # noqa: N818  never leaves this file
    """The connection broke while it was safe to: the server had not the whole."""


class _Wire(smtplib.SMTP):
    """Five seconds to connect, thirty for an answer, TLS from the start if asked."""

    context: ssl.SSLContext | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = socket.create_connection((host, port), CONNECT)
        if self.context:
            try:
                line = self.context.wrap_socket(line, server_hostname=host)
            except OSError:
                line.close()
                raise
        line.settimeout(timeout)
        return line


@dataclass(eq=False)
class Smtp:
    """Hands emails to a mail server, one after the other on one connection."""

    host: str = field(metadata={"doc": "your mail server, smtp.example.org"})
    port: int = field(default=587, metadata={"doc": "587, or 465 with security tls"})
    username: str = field(default="", metadata={"doc": "empty: no login"})
    password: Secret = field(
        default=Secret(""), metadata={"doc": "the password of that login"}
    )
    security: Literal["starttls", "tls", "none"] = field(
        default="starttls",
        metadata={"doc": "starttls, tls (from the start) or none (own machine only)"},
    )
    sender: str = field(
        default="", metadata={"doc": "where bounces go; empty: the sender's address"}
    )
    hello: str = field(
        default="", metadata={"doc": "our name for EHLO; empty: the sender's domain"}
    )
    _wire: _Wire | None = field(default=None, init=False, repr=False)

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits()

    def send(self, email: Email) -> Receipt:
        """Hand one email over; the connection stays open for the next."""
        from publisher.mime import encode

        content = encode(email)  # in which no line begins with a dot
        sender = self._bounces_to(email)
        recipient = _envelope_address(email.recipient.address)
        wire = self._begin(sender, recipient, len(content))
        return Receipt(_queued_as(self._data(wire, content)) or email.message_id)

    def close(self) -> None:
        """Say goodbye; sending again connects anew."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            wire.quit()
        except OSError:
            wire.close()

    def _bounces_to(self, email: Email) -> str:
        if not self.sender:
            return _envelope_address(email.sender.address)
        try:
            return _envelope_address(self.sender)
        except Rejected:
            raise Refused("smtp: SMTP_SENDER in .env is not an address") from None

    # --- one message -----------------------------------------------------------------

    def _begin(self, sender: str, recipient: str, size: int) -> _Wire:
        """Give the envelope; a connection that grew old meanwhile is made anew."""
        if self._wire is not None:
            with suppress(_Lost):
                return self._envelope(sender, recipient, size)
        try:
            return self._envelope(sender, recipient, size)
        except _Lost as error:
            raise Unavailable(f"smtp: {error}") from None

    def _envelope(self, sender: str, recipient: str, size: int) -> _Wire:
        wire = self._connected(sender)
        options = _options(wire, size)
        self._say(wire, f"MAIL FROM:<{sender}>{options}", about="sender")
        self._say(wire, f"RCPT TO:<{recipient}>", about="recipient")
        self._say(wire, "DATA", about="message", wanted=GO_AHEAD)
        return wire

    def _say(self, wire: _Wire, command: str, *, about: str, wanted: int = OK) -> None:
        """Send one command of the envelope; anything but a yes ends the message."""
        try:
            code, reply = wire.docmd(command)
        except OSError:
            self._drop()
            raise _Lost("the connection broke before the email was sent") from None
        if code // 100 == wanted:
            return
        if code == CLOSING and about == "sender":  # between two messages
            self._drop()
            raise _Lost(f"the server closed the connection ({_words(reply)})")
        raise self._no(code, reply, about)

    def _data(self, wire: _Wire, content: bytes) -> bytes:
        """Send the content and its dot, and return what the server says to it."""
        try:
            wire.send(content + b".\r\n")
        except OSError:
            self._drop()
            raise Unavailable("smtp: the connection broke within the email") from None
        try:
            code, reply = wire.getreply()
        except OSError:
            self._drop()
            raise Uncertain("smtp: the server did not say if it took it") from None
        if code == UNREADABLE:
            self._drop()
            raise Uncertain("smtp: the server's answer cannot be read")
        if code // 100 != OK:
            raise self._no(code, reply, "message")
        return reply

    def _no(self, code: int, reply: bytes, about: str) -> ProviderError:
        """Name a refusal, and make the connection ready for the next message."""
        self._reset()
        return _meaning(code, reply, about)

    # --- the connection --------------------------------------------------------------

    def _connected(self, sender: str) -> _Wire:
        if self._wire is None:
            self._wire = self._open(self.hello or sender.rpartition("@")[2])
        return self._wire

    def _open(self, name: str) -> _Wire:
        wire = _Wire(local_hostname=name, timeout=ANSWER)
        context = None if self.security == "none" else ssl.create_default_context()
        if self.security == "tls":
            wire.context = context
        try:
            wire._host = self.host  # type: ignore[attr-defined]  # STARTTLS checks it
            code, reply = wire.connect(self.host, self.port)
            if code // 100 != OK:
                raise _meaning(code, reply, "connection")
            wire.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                _start_tls(wire, context)
            if self.username:
                self._login(wire)
        except ProviderError:
            wire.close()
            raise
        except ssl.SSLError as error:
            wire.close()
            why = getattr(error, "verify_message", "") or "no TLS was agreed upon"
            raise Unavailable(f"smtp: {self.host} is not trusted: {why}") from None
        except OSError:
            wire.close()
            where = f"{self.host}:{self.port}"
            raise Unavailable(f"smtp: {where} cannot be reached") from None
        return wire

    def _login(self, wire: _Wire) -> None:
        hint = "Try: check SMTP_USERNAME and SMTP_PASSWORD in .env."
        try:
            # reveal: smtplib formats the password with "%s", which would hide it.
            wire.login(self.username, self.password.reveal())
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code // 100 == LATER:
                raise _meaning(error.smtp_code, error.smtp_error, "login") from None
            code = error.smtp_code
            raise Refused(f"smtp: the login was refused ({code})", hint=hint) from None
        except smtplib.SMTPNotSupportedError:
            raise Refused("smtp: the server offers no login here", hint=hint) from None
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException:
            raise Refused("smtp: no way to log in is common to both") from None
        except UnicodeEncodeError:
            raise Refused("smtp: the login may hold ASCII only", hint=hint) from None

    def _reset(self) -> None:
        if self._wire is None:
            return
        try:
            code, _ = self._wire.rset()
        except OSError:
            code = UNREADABLE
        if code // 100 != OK:
            self._drop()

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _options(wire: _Wire, size: int) -> str:
    """Return what MAIL FROM carries, or refuse what the server says it will not take.

    No 8BITMIME and no SMTPUTF8: our emails and addresses are ASCII on the wire.
    """
    limit = wire.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < size:
        raise Rejected(f"smtp: the email has {size} bytes, and {limit} are allowed")
    return f" SIZE={size}" if wire.has_extn("size") else ""


def _start_tls(wire: _Wire, context: ssl.SSLContext | None) -> None:
    if not wire.has_extn("starttls"):
        raise Refused(
            "smtp: the server offers no STARTTLS",
            hint="Try: SMTP_SECURITY=tls with port 465, or none on your own machine",
        )
    wire.starttls(context=context)
    wire.ehlo()


def _meaning(code: int, reply: bytes | str, about: str) -> ProviderError:
    """Say which error a reply is; what the sender did wrong stops the channel."""
    words = _words(reply)
    said = f"({code}{words and ': '}{words})"
    if code // 100 == LATER:
        is_rate = re.search(r"\b4\.7\.\d|too many|rate limit|throttl", words, re.I)
        if code == CLOSING or is_rate:
            return Throttled(
                f"smtp: the server asks us to wait {said}", retry_after=PAUSE
            )
        return Unavailable(f"smtp: not now {said}")
    is_too_large = code == 552  # noqa: PLR2004  RFC 1870, section 6.3
    if about == "message" or (about == "sender" and is_too_large):
        return Rejected(f"smtp: the server rejected the email {said}")
    if about == "recipient" and code not in _AUTH and "relay" not in words.lower():
        return Rejected(f"smtp: the server rejected the recipient {said}")
    return Refused(f"smtp: the server refused us {said}", hint="Try: check SMTP_*.")


def _words(reply: bytes | str) -> str:
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    return redacted(text)[:200]


def _queued_as(reply: bytes) -> str:
    """Find the server's own name for the message: Postfix and Exim give one."""
    text = reply.decode("ascii", "replace")
    found = re.search(r"(?:queued as|\bid=)\s*([\w.-]+)", text, re.IGNORECASE)
    return found.group(1) if found else ""


def _envelope_address(address: str) -> str:
    """Write the domain as DNS knows it, and let no address bring a second command."""
    from publisher.mime import ascii_domain

    local, at, domain = address.rpartition("@")
    try:
        plain = f"{local}{at}{ascii_domain(domain)}"
    except ValueError:
        plain = ""
    if not re.fullmatch(r"[!-;=?-~]+", plain):  # ASCII without space, < and >
        raise Rejected("smtp: an address cannot stand in an envelope")
    return plain

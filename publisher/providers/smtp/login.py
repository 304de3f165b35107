"""Logins: the ways to say who we are.

https://www.rfc-editor.org/rfc/rfc4954
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NoBase64

from publisher.errors import Refused
from publisher.providers.smtp.meaning import LATER, meaning
from publisher.providers.smtp.replies import Reply
from publisher.providers.smtp.wire import Wire

GO_ON = 334
HINT = "Try: check SMTP_USERNAME and SMTP_PASSWORD in .env."


def log_in(wire: Wire, username: str, password: str, token: str) -> None:
    """Log in by the best way that both sides know; `Refused` if none succeeds."""
    if not f"{username}{password}{token}".isascii():
        raise Refused("smtp: the login may hold ASCII only", hint=HINT)
    if "AUTH" not in wire.features:
        raise Refused("smtp: the server offers no login here", hint=HINT)
    offered = wire.features["AUTH"].upper().split()
    if token:
        reply = _bearer(wire, username, token, offered)
    elif "PLAIN" in offered:
        words = f"\0{username}\0{password}"
        reply = wire.ask(f"AUTH PLAIN {_coded(words)}")
    elif "LOGIN" in offered:
        reply = _in_steps(wire, "LOGIN", username, password)
    elif "CRAM-MD5" in offered:
        reply = _challenged(wire, username, password)
    else:
        raise Refused("smtp: no way to log in is common to both")
    if reply.is_yes:
        return
    if reply.code // 100 == LATER:
        raise meaning(reply, "login")
    raise Refused(f"smtp: the login was refused ({reply.code})", hint=HINT)


def _bearer(wire: Wire, username: str, token: str, offered: list[str]) -> Reply:
    """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol."""
    if "XOAUTH2" not in offered:
        raise Refused("smtp: the server takes no token (XOAUTH2)", hint=HINT)
    words = f"user={username}\1auth=Bearer {token}\1\1"
    reply = wire.ask(f"AUTH XOAUTH2 {_coded(words)}")
    # A refusal comes as a question with the reason; only then as a code.
    return wire.ask("") if reply.code == GO_ON else reply


def _in_steps(wire: Wire, mechanism: str, *answers: str) -> Reply:
    reply = wire.ask(f"AUTH {mechanism}")
    for answer in answers:
        if reply.code != GO_ON:
            break
        reply = wire.ask(_coded(answer))
    return reply


def _challenged(wire: Wire, username: str, password: str) -> Reply:
    reply = wire.ask("AUTH CRAM-MD5")
    if reply.code != GO_ON:
        return reply
    try:
        challenge = b64decode(reply.words)
    except NoBase64:
        return reply
    proof = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return wire.ask(_coded(f"{username} {proof}"))


def _coded(words: str) -> str:
    return b64encode(words.encode()).decode()

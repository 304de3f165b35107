"""What a reply means: which error it is, and who must do something about it."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Unavailable
from publisher.http.call import redacted
from publisher.providers.smtp.replies import Reply

PAUSE = 60.0  # seconds, where a server says "too many": SMTP has no word for how long
LATER = 4  # the first digit of a reply; 5 is "never"
CLOSING = 421
TOO_LARGE = 552  # RFC 1870, section 6.3
_AUTH = {530, 534, 535, 538}
_RATE = re.compile(r"\b4\.7\.\d|too many|rate limit|throttl", re.IGNORECASE)
_NAME = re.compile(rb"(?:queued as|\bid=)\s*([\w.-]+)", re.IGNORECASE)

About: TypeAlias = Literal["connection", "login", "sender", "recipient", "message"]


def meaning(reply: Reply, about: About) -> ProviderError:
    """Say which error a reply is; what the sender did wrong stops the channel."""
    code, words = reply.code, said(reply)
    quoted = f"({code}{words and ': '}{words})"
    if about == "login":
        quoted = f"({code})"  # some servers repeat what they were told
    if code // 100 == LATER:
        if code == CLOSING or _RATE.search(words):
            return Throttled(
                f"smtp: the server asks us to wait {quoted}", retry_after=PAUSE
            )
        return Unavailable(f"smtp: not now {quoted}")
    if about == "message" or (about == "sender" and code == TOO_LARGE):
        return Rejected(f"smtp: the server rejected the email {quoted}")
    if about == "recipient" and code not in _AUTH and "relay" not in words.lower():
        return Rejected(f"smtp: the server rejected the recipient {quoted}")
    return Refused(f"smtp: the server refused us {quoted}", hint="Try: check SMTP_*.")


def said(reply: Reply) -> str:
    """Return the server's words without an address in them."""
    return redacted(reply.words.decode("utf-8", "replace"))[:200]


def queued_as(reply: Reply) -> str:
    """Find the server's own name for the message: Postfix and Exim give one.

    >>> queued_as(Reply(250, b"2.0.0 Ok: queued as 4F1A2B"))
    '4F1A2B'
    """
    found = _NAME.search(reply.words)
    return found[1].decode("ascii") if found else ""

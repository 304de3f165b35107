"""Envelopes: whom a message comes from and goes to, as the server is told."""

from __future__ import annotations

import re
from functools import lru_cache

from publisher.errors import Refused, Rejected
from publisher.mime import ascii_domain
from publisher.mime.fields import delivery_mark
from publisher.models import Email

# In the setting `sender` the mark of the delivery, so that a bounce names it (VERP).
KEY = "{key}"
_SAFE = re.compile(r"[!-;=?-~\x80-\U0010ffff]+@[!-;=?-~]+")  # no space, < and >


def sender_of(email: Email, setting: str) -> str:
    """Return where bounces go: `setting`, or who writes."""
    if not setting:
        return _repeated(email.sender.address)
    try:
        return address(setting.replace(KEY, delivery_mark(email)))
    except Rejected:
        # The owner's mistake must stop the channel, not fail every reader.
        raise Refused(
            "smtp: where bounces go is not an address", hint="Try: check SMTP_SENDER."
        ) from None


@lru_cache(maxsize=16)  # all emails of a mailing have the same
def _repeated(one: str) -> str:
    return address(one)


def address(one: str) -> str:
    """Write the domain as DNS knows it, and let no address bring a second command."""
    local, at, domain = one.rpartition("@")
    try:
        plain = f"{local}{at}{ascii_domain(domain)}"
    except ValueError:
        plain = ""
    if not _SAFE.fullmatch(plain) or not plain.isprintable():
        raise Rejected("smtp: an address cannot stand in an envelope")
    return plain

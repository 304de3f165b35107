"""Settings of the mailbox that bounces come back to: BOUNCES_IMAP_* in `.env`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import get_args

from publisher import files
from publisher.errors import ConfigError
from publisher.mailbox import Access, Security

PREFIX = "BOUNCES_IMAP_"
# The keys that are read, each with what `.env.example` says of it.
KEYS = {
    "HOST": "the mail server that bounces come back to, imap.example.org",
    "PORT": "993, or 143 with security starttls (default: 993)",
    "USER": "the login of that mailbox",
    "PASSWORD": "its password, mostly an app password",
    "TOKEN": "an OAuth 2 access token, instead of the password",
    "FOLDER": "where they arrive (default: INBOX)",
    "PROCESSED": "where they are moved to when they are counted (default: processed)",
    "EVERY": "minutes between two looks of `publisher run` (default: 5)",
    "SECURITY": "tls (from the start), starttls or none (own machine only) "
    "(default: tls)",
}


def bounce_mailbox(environ: Mapping[str, str]) -> Access | None:
    """Return where bounces come back to; None where no host is set."""
    said = {key: files.setting(f"{PREFIX}{key}", environ) for key in KEYS}
    if not said["HOST"]:
        return None
    security = said.pop("SECURITY") or "tls"
    said.pop("EVERY")
    given = {key.lower(): value for key, value in said.items() if value}
    return Access(
        host=given.pop("host"),
        port=_port(given.pop("port", "993")),
        security=_security(security),
        **given,
    )


def bounce_interval(environ: Mapping[str, str]) -> timedelta:
    """Return how long `publisher run` waits between two looks into the mailbox."""
    said = files.setting(f"{PREFIX}EVERY", environ) or "5"
    if said.isascii() and said.isdigit() and int(said) > 0:
        return timedelta(minutes=int(said))
    raise ConfigError(
        f"{PREFIX}EVERY must be a number of minutes",
        where=".env",
        hint=f"Try: {PREFIX}EVERY=5",
    )


def _port(said: str) -> int:
    if said.isascii() and said.isdigit() and 0 < int(said) < 1 << 16:
        return int(said)
    raise ConfigError(
        f"{PREFIX}PORT must be a number", where=".env", hint=f"Try: {PREFIX}PORT=993"
    )


def _security(said: str) -> Security:
    for one in get_args(Security):
        if said == one:
            return one  # type: ignore[no-any-return]
    raise ConfigError(
        f"{PREFIX}SECURITY must be one of {', '.join(get_args(Security))}",
        where=".env",
        hint=f"Try: {PREFIX}SECURITY=tls",
    )

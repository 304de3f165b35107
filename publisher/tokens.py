"""Signed links: the way out of a list, which nobody can make for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.errors import ConfigError
from publisher.models import Site

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

PURPOSE = "publisher.unsubscribe"


@dataclass(frozen=True, slots=True)
class WayOut:
    """Who wants to leave which list; an empty one stands for all of them."""

    address: str
    list: str = ""


def unsubscribe_url(site: Site, *, secret: str, address: str, list_name: str) -> str:
    """Return the reader's own link: to `site.unsubscribe_url`, or a mail to us.

    A signed link has no date in it, so that the same letter is the same bytes, and it
    works as long as the secret is kept.
    """
    if not site.unsubscribe_url:
        return _mailto(site, list_name)
    token = _serializer(secret).dumps([address, list_name])
    if "{token}" in site.unsubscribe_url:
        return site.unsubscribe_url.replace("{token}", token)
    return f"{site.unsubscribe_url.rstrip('/')}/{token}"


def read_unsubscribe(secret: str, token: str) -> WayOut | None:
    """Return what a link says, or None if it was not made with this secret."""
    from itsdangerous import BadSignature

    try:
        address, list_name = _serializer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return WayOut(str(address), str(list_name))


def _mailto(site: Site, list_name: str) -> str:
    to = site.reply_to or site.sender.address
    subject = f"unsubscribe {list_name}".strip()
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject)}"


@lru_cache(maxsize=4)
def _serializer(secret: str) -> URLSafeSerializer:
    from itsdangerous import URLSafeSerializer

    if not secret:
        raise ConfigError(
            "links in letters cannot be signed without a secret",
            hint="Try: PUBLISHER_SECRET in .env",
        )
    return URLSafeSerializer(secret, salt=PURPOSE)

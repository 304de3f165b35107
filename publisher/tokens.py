"""Signed links: the way out of a list, which nobody can make for somebody else."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.errors import ConfigError
from publisher.models import Site

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

PURPOSE = "publisher.unsubscribe"
_BLOCK = 64  # bytes that SHA-1 reads at a time
_IN_URLS = bytes.maketrans(b"+/", b"-_")


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
        return _mailto(site.reply_to or site.sender.address, list_name)
    token = _signature(secret).signed(f"[{quoted(address)},{quoted(list_name)}]")
    if "{token}" in site.unsubscribe_url:
        return site.unsubscribe_url.replace("{token}", token)
    return f"{site.unsubscribe_url.rstrip('/')}/{token}"


class _Signature:
    """Signs as itsdangerous does, with its key: a long list needs a link for each."""

    def __init__(self, secret: str) -> None:
        # HMAC (RFC 2104) with both beginnings hashed already.
        key = _serializer(secret).make_signer().derive_key().ljust(_BLOCK, b"\0")
        self._inner = sha1(bytes(one ^ 0x36 for one in key))  # noqa: S324  in HMAC
        self._outer = sha1(bytes(one ^ 0x5C for one in key))  # noqa: S324  in HMAC

    def signed(self, text: str) -> str:
        """Return the text, which must be ASCII, and its signature, fit for a URL."""
        said = _base64(text.encode())
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(said)
        outer.update(inner.digest())
        return (said + b"." + _base64(outer.digest())).decode()


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_IN_URLS).rstrip(b"=")


def read_unsubscribe(secret: str, token: str) -> WayOut | None:
    """Return what a link says, or None if it was not made with this secret."""
    from itsdangerous import BadSignature

    try:
        address, list_name = _serializer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return WayOut(str(address), str(list_name))


@lru_cache(maxsize=100)
def _mailto(to: str, list_name: str) -> str:
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


@lru_cache(maxsize=4)
def _signature(secret: str) -> _Signature:
    return _Signature(secret)

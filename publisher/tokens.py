"""Signed links: what only their reader can follow, and nobody can make for another."""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha1, sha256
from hmac import compare_digest
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.errors import ConfigError
from publisher.models import Site

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

PURPOSE = "publisher.unsubscribe"
MARK = "{mark}"  # where each reader's own stands in a link that is shared
# What else is signed: a token of one purpose says nothing to another.
CHOOSING, CONFIRMING, FORM = (
    "publisher.preferences",
    "publisher.confirm",
    "publisher.form",
)
CLICKING, TRACING, SEEING = (
    "publisher.click",
    "publisher.traced",
    "publisher.seen",
)
_BLOCK = 64  # bytes that SHA-1 reads at a time
_MARK = 16  # bytes of a mark: too many to be tried
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
    if not (site.unsubscribe_url or site.unsubscribe_address):
        return mail_out(site, list_name)
    said = f"[{quoted(address)},{quoted(list_name)}]"
    token = _signature(secret, PURPOSE).signed(said)
    if not site.unsubscribe_url:
        return _mailto(site.unsubscribe_address, token)
    if "{token}" in site.unsubscribe_url:
        return site.unsubscribe_url.replace("{token}", token)
    return f"{site.unsubscribe_url.rstrip('/')}/{token}"


def sign(purpose: str, *values: str, secret: str) -> str:
    """Return a token that says these values; the same values, the same token."""
    said = ",".join(map(quoted, values))
    return _signature(secret, purpose).signed(f"[{said}]")


def read(purpose: str, token: str, *, secret: str) -> list[str]:
    """Return what a token says; nothing where it was not made for this purpose."""
    from itsdangerous import BadSignature

    if not _signature(secret, purpose).is_exact(token):
        return []
    try:
        said = _serializer(secret, purpose).loads(token)
    except (BadSignature, ValueError, TypeError):
        return []
    return [str(one) for one in said] if isinstance(said, list) else []


def mark(purpose: str, *values: str, secret: str) -> str:
    """Return 22 characters that stand for these values in the books (RFC 2104).

    They say nothing by themselves, and nobody can guess them.
    """
    key = _serializer(secret, purpose).make_signer().derive_key()
    said = f"[{','.join(map(quoted, values))}]".encode()
    return _base64(hmac.new(key, said, sha256).digest()[:_MARK]).decode()


def dated(purpose: str, *values: str, now: datetime, secret: str) -> str:
    """Return a token that also says when it was made."""
    return sign(purpose, *values, f"{int(now.timestamp())}", secret=secret)


def read_dated(
    purpose: str, token: str, *, now: datetime, within: timedelta, secret: str
) -> list[str]:
    """Return what a token says; nothing where it is older than that, or of tomorrow."""
    *values, made = read(purpose, token, secret=secret) or [""]
    age = now.timestamp() - int(made) if made.isdecimal() else -1
    return values if age + 1 >= 0 and age <= within.total_seconds() else []


def salt_of(secret: str) -> str:
    """Return what makes the marks of deliveries, which anybody may send us, our own."""
    return hmac.new(secret.encode(), b"publisher.mark", "sha256").hexdigest()[:32]


def mail_out(site: Site, list_name: str) -> str:
    """Return the way out of a list by a mail (RFC 2369).

    Where a machine reads it, the subject has room for the `MARK` of a delivery.
    """
    if site.unsubscribe_address:
        return _mailto(site.unsubscribe_address, "") + quote(" ") + MARK
    return _mailto(site.reply_to or site.sender.address, list_name)


class _Signature:
    """Signs as itsdangerous does, with its key: a long list needs a link for each."""

    def __init__(self, secret: str, purpose: str) -> None:
        # HMAC (RFC 2104) with both beginnings hashed already.
        key = (
            _serializer(secret, purpose).make_signer().derive_key().ljust(_BLOCK, b"\0")
        )
        self._inner = sha1(bytes(one ^ 0x36 for one in key))  # noqa: S324  in HMAC
        self._outer = sha1(bytes(one ^ 0x5C for one in key))  # noqa: S324  in HMAC

    def signed(self, text: str) -> str:
        """Return the text, which must be ASCII, and its signature, fit for a URL."""
        said = _base64(text.encode())
        return (said + b"." + self._of(said)).decode()

    def is_exact(self, token: str) -> bool:
        """Say whether a token ends as we sign, to the letter.

        Base64 can be spelled in several ways, and itsdangerous takes them all.
        """
        said, _, signature = token.encode("utf-8", "replace").rpartition(b".")
        return compare_digest(signature, self._of(said))

    def _of(self, said: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(said)
        outer.update(inner.digest())
        return _base64(outer.digest())


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_IN_URLS).rstrip(b"=")


def read_unsubscribe(secret: str, token: str) -> WayOut | None:
    """Return what a link says, or None if it was not made with this secret."""
    match read(PURPOSE, token, secret=secret):
        case [address, list_name]:
            return WayOut(address, list_name)
    return None


@lru_cache(maxsize=100)
def _mailto(to: str, list_name: str) -> str:
    subject = f"unsubscribe {list_name}".strip()
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject)}"


@lru_cache(maxsize=16)
def _serializer(secret: str, purpose: str) -> URLSafeSerializer:
    from itsdangerous import URLSafeSerializer

    if not secret:
        raise ConfigError(
            "links in letters cannot be signed without a secret",
            hint="Try: PUBLISHER_SECRET in .env",
        )
    return URLSafeSerializer(secret, salt=purpose)


@lru_cache(maxsize=16)
def _signature(secret: str, purpose: str) -> _Signature:
    return _Signature(secret, purpose)

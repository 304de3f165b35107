"""Signatures: whether a call of a webhook was made by who it says it was.

Each function raises `Unsigned` where nothing proves it. Compared in constant time.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.errors import Unsigned
from publisher.models import Request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FRESH = timedelta(minutes=5)
_LONGEST_TIME = 16  # digits


def require(value: str, key: str) -> str:
    """Return a setting, without which no call can be proven."""
    if not value:
        raise Unsigned(
            f"{key} is not in .env, so no call can be proven",
            hint="Try: fill it in, as docs/webhooks.md says",
        )
    return f"{value}"


def refuse_old(said: str, request: Request, tolerance: timedelta = FRESH) -> None:
    """Refuse a call that was signed too long ago, or in the future.

    `said` are the seconds since 1970 that the signature covers.
    """
    is_number = said.isascii() and said.isdigit() and len(said) < _LONGEST_TIME
    now = request.received_at.timestamp()
    if not is_number or abs(now - int(said)) > tolerance.total_seconds():
        raise Unsigned("it was signed too long ago", hint="Check this machine's clock")


def hmac_hex(key: str, message: bytes, said: str) -> None:
    """Refuse what `said` is not the HMAC-SHA256 of, in hexadecimal."""
    made = hmac.new(_bytes(key), message, hashlib.sha256).hexdigest()
    _refuse_unless(hmac.compare_digest(_bytes(made), _bytes(said.lower())))


def hmac_base64(key: bytes, message: bytes, said: list[str]) -> None:
    """Refuse what none of these is the HMAC-SHA256 of, in base64."""
    made = b64encode(hmac.new(key, message, hashlib.sha256).digest())
    # All of them, so that the time does not tell which one was right.
    equal = [hmac.compare_digest(made, _bytes(one)) for one in said]
    _refuse_unless(any(equal))


def basic(request: Request, user: str, password: str, *, keys: str) -> None:
    """Refuse a call without this user and password; `keys` begins their settings.

    For providers that sign nothing.
    """
    login = f"{require(user, f'{keys}_USER')}:{require(password, f'{keys}_PASSWORD')}"
    scheme, _, said = request.header("authorization").partition(" ")
    given = decoded(said.strip()) if scheme.lower() == "basic" else b""
    _refuse_unless(hmac.compare_digest(_bytes(login), given))


def ecdsa(key: str, message: bytes, said: str) -> None:
    """Refuse what was not signed with an ECDSA key, P-256 and SHA-256.

    `key` is the public half and `said` the signature, both DER in base64.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        _curve_key(key).verify(decoded(said), message, ECDSA(SHA256()))
    except InvalidSignature:
        raise _forged() from None


def rsa(certificate: bytes, message: bytes, said: str, *, is_sha1: bool) -> None:
    """Refuse what was not signed with a certificate's RSA key, PKCS#1 v1.5.

    `certificate` is PEM, `said` base64; older signers use SHA-1, others SHA-256.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    how = SHA1() if is_sha1 else SHA256()  # noqa: S303  the signer's choice
    try:
        _certified_key(certificate).verify(decoded(said), message, PKCS1v15(), how)
    except InvalidSignature:
        raise _forged() from None


def decoded(said: str) -> bytes:
    """Return what base64 stands for; nothing where it is none."""
    try:
        return b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _curve_key(key: str) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        found = load_der_public_key(decoded("".join(key.split())))
    except Exception:  # noqa: BLE001  of many kinds, some of the package's own
        found = None
    if not isinstance(found, EllipticCurvePublicKey):
        raise Unsigned(
            "the webhook's key in .env is no public key",
            hint="Try: copy the Verification Key of the webhook's settings",
        )
    return found


def _certified_key(certificate: bytes) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    try:
        found = load_pem_x509_certificate(certificate).public_key()
    except Exception:  # noqa: BLE001  of many kinds, some of the package's own
        found = None
    if not isinstance(found, RSAPublicKey):
        raise Unsigned("the certificate of its signature cannot be read")
    return found


def _bytes(text: str) -> bytes:
    return f"{text}".encode("utf-8", "replace")


def _refuse_unless(is_proven: bool) -> None:
    if not is_proven:
        raise _forged()


def _forged() -> Unsigned:
    return Unsigned(
        "its signature or password is wrong",
        hint="Try: compare the webhook's settings with .env",
    )

"""Public keys, as DNS has them for those who verify DKIM signatures.

https://www.rfc-editor.org/rfc/rfc6376#section-3.6.1, and rfc8463 for Ed25519
"""

from __future__ import annotations

import binascii
from base64 import b64decode

ED25519_BYTES = 32


def key_bits(kind: str, text: str) -> int:
    """Return the size of a public key in base64; `ValueError` where it is none.

    `kind` is "rsa" or "ed25519", as the tag `k` of the record has it.
    """
    try:
        raw = b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None
    if kind == "ed25519":
        if len(raw) != ED25519_BYTES:
            raise ValueError("is no Ed25519 key")
        return ED25519_BYTES * 8
    return _rsa_bits(raw)


def _rsa_bits(raw: bytes) -> int:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no RSA key") from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("is no RSA key")  # noqa: TRY004  of another kind, as bytes
    return key.key_size

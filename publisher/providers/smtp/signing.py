"""Signing: from the settings SMTP_DKIM_* to the signers of every message."""

from __future__ import annotations

import re

from publisher.errors import ConfigError
from publisher.mime import Signer

_PEM = re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)


def signers_of(domain: str, selectors: str, key: str) -> tuple[Signer, ...]:
    """Return a signer for each selector, whose keys stand in the same order.

    Two of them are for RSA and Ed25519: who does not know the one believes the other.
    """
    given = {"DOMAIN": domain, "SELECTOR": selectors, "KEY": key}
    missing = [f"SMTP_DKIM_{name}" for name, value in given.items() if not value]
    if len(missing) == len(given):
        return ()
    if missing:
        raise ConfigError(
            f"DKIM needs {' and '.join(missing)} as well",
            where=".env",
            hint="Try: set SMTP_DKIM_DOMAIN, SMTP_DKIM_SELECTOR and SMTP_DKIM_KEY_FILE",
        )
    names, keys = selectors.split(), _PEM.findall(key) or [key]
    if len(names) != len(keys):
        raise ConfigError(
            f"SMTP_DKIM_SELECTOR has {len(names)} names, and SMTP_DKIM_KEY "
            f"{len(keys)} keys",
            where=".env",
            hint="Try: a selector for each key, in the same order",
        )
    try:
        return tuple(
            [Signer(domain, name, one) for name, one in zip(names, keys, strict=True)]
        )
    except ConfigError as error:
        raise ConfigError(
            f"SMTP_DKIM_*: {error.message}", where=".env", hint=error.hint
        ) from None

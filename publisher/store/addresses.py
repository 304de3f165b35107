"""When two addresses are the same: the normal form, by which people are found."""

from __future__ import annotations

import re
from functools import lru_cache

from publisher.errors import ConfigError

# What most addresses look like: surely valid, and a hundred times faster than asking.
# A test holds that email-validator takes all of these, and unchanged.
_LOCAL = re.compile(r"[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*")
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9]{0,61}[a-z0-9])?\.|[a-z0-9]+(?:-[a-z0-9]+)+\.)+"
    r"(?!arpa\Z|invalid\Z|local\Z|localhost\Z|onion\Z)[a-z]{2,63}"
)
LONGEST = 254
LONGEST_LOCAL = 64
LONGEST_LABEL = 63


def normal(address: str) -> str:
    """Return the normal form; `ConfigError` says why it is no address.

    >>> normal("Ana@Bücher.example")
    'ana@xn--bcher-kva.example'
    """
    lower = address.strip().lower()
    return lower if _is_plain(lower) else _asked(address)


def _asked(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        # `test_environment` only allows .test, the domain kept for trying things out.
        valid = validate_email(
            address.strip(), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        why = str(error).rstrip(".")
        raise ConfigError(
            f"this is not an email address: {why}", hint="Try: ana@example.org"
        ) from None
    return f"{valid.local_part.lower()}@{(valid.ascii_domain or '').lower()}"


def _is_plain(lower: str) -> bool:
    local, _, domain = lower.partition("@")
    return (
        len(local) <= LONGEST_LOCAL
        and len(lower) <= LONGEST
        and _LOCAL.fullmatch(local) is not None
        and _is_plain_domain(domain)
    )


@lru_cache(maxsize=10_000)  # most readers are at one of few domains
def _is_plain_domain(domain: str) -> bool:
    return _DOMAIN.fullmatch(domain) is not None and all(
        len(label) <= LONGEST_LABEL and label[2:4] != "--"
        for label in domain.split(".")
    )


def loosely_normal(address: str) -> str:
    """Return the normal form of whatever a plan holds; "" for a post's recipient."""
    try:
        return normal(address) if address else ""
    except ConfigError:
        return address.strip().lower()

"""How long a provider asks us to wait, in each of the ways in which they say it.

| where | what it says | who |
|---|---|---|
| `Retry-After` | seconds, also in parts, or a date | RFC 9110, 10.2.3 |
| `{"parameters": {"retry_after": 35}}` | seconds | Telegram |
| `{"retry_after": 0.53}` | seconds in parts | Discord |
| `{"retry_after_ms": 2000}` | milliseconds | Matrix |
| `RateLimit: "day";r=0;t=50` | seconds, of each quota | IETF draft 08 on |
| `RateLimit: limit=9, remaining=0, reset=50` | seconds | IETF draft 05 to 07 |
| `RateLimit-Reset`, `X-RateLimit-Reset` and others | seconds, seconds or milliseconds \
since 1970, or an ISO time | nearly everybody |
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

DEFAULT_WAIT = 30.0  # seconds, where a provider says "too many" and not until when
LONGEST_WAIT = 86_400.0
SHORTEST = 1.0  # seconds: whoever counts in whole ones may have cut the rest off,
SHORTEST_PART = 0.05  # and whoever does not may not
_RESETS = (
    *("RateLimit-Reset", "X-RateLimit-Reset", "X-RateLimit-Reset-After"),
    "X-Rate-Limit-Reset",  # X
    "X-Sib-RateLimit-Reset",  # Brevo
)
_EPOCH = 1_000_000_000  # a larger number is a moment, a smaller one a wait,
_EPOCH_MS = 100_000_000_000  # and from here on it is one in milliseconds
_NUMBER = re.compile(r"\d{1,17}(\.\d{0,9})?")
_ITEM = re.compile(r"\b(r|remaining|t|reset)\s*=\s*(\d{1,17})")


def retry_after(
    headers: Mapping[str, str], said: Any = None, *, now: datetime | None = None
) -> float:
    """Return how many seconds to wait, from wherever an answer says so.

    `said` is the answer's JSON. The server's own `Date` is "now" where it gives one,
    so that no clock needs to be right.

    >>> retry_after({"Retry-After": "7"}), retry_after({}, {"retry_after_ms": 2500})
    (7.0, 2.5)
    """
    at = _moment(headers.get("Date", "")) or now or datetime.now(UTC)
    found = (
        _wait(headers.get("Retry-After", "").strip(), at),
        _of_body(said),
        _of_quotas(headers.get("RateLimit", "")),
        *(_wait(headers.get(name, "").strip(), at) for name in _RESETS),
    )
    wait = next((one for one in found if one is not None), DEFAULT_WAIT)
    least = SHORTEST if float(wait).is_integer() or wait < 0 else SHORTEST_PART
    return min(max(float(wait), least), LONGEST_WAIT)


def _wait(value: str, at: datetime) -> float | None:
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number < _EPOCH:
            return number
        if number > _EPOCH_MS:
            number /= 1000
        return math.ceil(number - at.timestamp())
    moment = _moment(value)
    # A date is whole seconds, and so is the server's own.
    return math.ceil((moment - at).total_seconds()) if moment else None


def _of_body(said: Any) -> float | None:
    match said:
        case {"parameters": {"retry_after": seconds}} | {"retry_after": seconds}:
            return _seconds(seconds)
        case {"retry_after_ms": milliseconds}:
            seconds = _seconds(milliseconds)
            return None if seconds is None else seconds / 1000
        case _:
            return None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(min(value, int(LONGEST_WAIT) * 1000))


def _of_quotas(header: str) -> float | None:
    """Return when the last of the quotas that are used up is full again."""
    waits = []
    for quota in re.split(r',\s*(?=")', header):
        found = {name: int(number) for name, number in _ITEM.findall(quota)}
        left = found.get("r", found.get("remaining"))
        reset = found.get("t", found.get("reset"))
        if left == 0 and reset is not None:
            waits.append(min(reset, int(LONGEST_WAIT)))
    return float(max(waits)) if waits else None


def _moment(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None

"""Hooks: reads what providers write to webhooks, whatever stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from publisher.bounces.meaning import reason_of
from publisher.errors import Unreadable
from publisher.models import Event, EventKind, Json, Request

LONGEST_ADDRESS = 320  # characters
LONGEST_ID = 200
MILLISECONDS = 1e11  # seconds of that size would be in the year 5138
_MARK = re.compile(r"[0-9a-f]{32}")


class Sense(NamedTuple):
    """What a provider's word for some news means."""

    kind: EventKind
    is_permanent: bool = False
    is_ours: bool = False


DELIVERED, DEFERRED = Sense("delivered"), Sense("deferred")
GONE, SOFT = Sense("bounced", is_permanent=True), Sense("bounced")
OURS = Sense("bounced", is_ours=True)
COMPLAINED, UNSUBSCRIBED = Sense("complained"), Sense("unsubscribed")
OPENED, CLICKED = Sense("opened"), Sense("clicked")


def read(content: bytes | str) -> Any:
    """Return the JSON of a call, or refuse it."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None


def objects(value: Any) -> list[Json]:
    """Return the objects of an array, or the only one; refuse anything else."""
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in found):
        raise Unreadable("it holds no events")
    return found


def rows(answer: Any, *path: str) -> list[Json]:
    """Return the objects of a list that a provider shows; none of anything else."""
    found = part(answer, *path)
    every = found if isinstance(found, list) else []
    return [one for one in every if isinstance(one, dict)]


def part(value: Any, *path: str | int) -> Any:
    """Return what stands there; None where nothing does.

    >>> part({"message": {"to": ["ana"]}}, "message", "to", 0)
    'ana'
    """
    for step in path:
        match value:
            case dict() if isinstance(step, str):
                value = value.get(step)
            case list() if isinstance(step, int) and 0 <= step < len(value):
                value = value[step]
            case _:
                return None
    return value


def text(value: Any, *path: str | int) -> str:
    """Return the text or the number that stands there; "" for anything else.

    >>> text({"code": 550}, "code"), text({"code": None}, "code")
    ('550', '')
    """
    found = part(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    try:
        # Half of a pair of surrogates stands in JSON, and in no file.
        return f"{found}".encode("utf-8", "replace").decode()
    except ValueError:  # a number of thousands of digits
        return ""


def made(
    sense: Sense,
    request: Request,
    *,
    name: str = "",
    address: str,
    at: Any,
    mark: str,
    message: str,
    reasons: Sequence[str] = (),
) -> Event:
    """Return an event; without a name it gets one that is the same in each repeat."""
    moment = _moment(at, request.received_at)
    address = _address(address)
    second = f"{int(moment.timestamp())}"
    seen = (message, mark, address.lower(), *map(str, sense), second)
    return Event(
        id=name[:LONGEST_ID] or sha256("\n".join(seen).encode()).hexdigest(),
        kind=sense.kind,
        at=moment,
        address=address,
        is_permanent=sense.is_permanent,
        is_ours=sense.is_ours,
        mark=mark if _MARK.fullmatch(mark) else "",
        message=message[:LONGEST_ID],
        reason=reason_of(" ".join(filter(None, reasons))),
    )


def listed(
    sense: Sense, *, address: str, at: Any, now: datetime, reason: str = ""
) -> Event:
    """Return the event that put an address on a provider's own list of suppressions.

    It has the same id whenever the list is read.
    """
    address = _address(address)
    seen = ("listed", address.lower(), *map(str, sense))
    return Event(
        id=sha256("\n".join(seen).encode()).hexdigest(),
        kind=sense.kind,
        at=_moment(at, now),
        address=address,
        is_permanent=sense.is_permanent,
        reason=reason_of(reason),
    )


def _address(said: str) -> str:
    """Return an address without what may stand around it."""
    found = said.strip()
    if found.endswith(">"):
        found = found[:-1].rpartition("<")[2].strip()
    is_one = "@" in found and len(found) <= LONGEST_ADDRESS
    return found if is_one and found.isprintable() else ""


def _moment(said: Any, now: datetime) -> datetime:
    """Return when it was, of seconds or milliseconds since 1970, or of ISO 8601.

    What cannot be read, or would be in the future, is now.
    """
    try:
        found = _read_moment(said).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return now
    return min(found, now)


def _read_moment(said: Any) -> datetime:
    if isinstance(said, str) and not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", said):
        found = datetime.fromisoformat(said)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    seconds = float(said)
    if seconds < 0:
        raise ValueError("before 1970")
    if seconds > MILLISECONDS:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)

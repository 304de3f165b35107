"""The noun of this room: what a report says of one recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "hard",  # it will never arrive there
    "soft",  # it did not arrive this time
    "deferred",  # it has not arrived yet, and is still tried
    "complained",  # the reader, or the reader's provider, calls it spam
    "unsubscribed",  # the reader asks by mail to leave the list
    "replied",  # a vacation notice or another machine's answer; it did arrive
    "unknown",  # it came back, and nobody says why
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a report says of one recipient of one message.

    `recipient` is whom we wrote to and `final` where that was forwarded to, both empty
    where a report hides them; `mark` is our delivery's, 32 hexadecimal digits, and
    empty where nothing names it: whoever reports can invent all three. `reason` is one
    line without addresses, `status` an RFC 3463 code, `reporter` the server that gave
    up. Who leaves without a mark has a signed `token`. `is_ours` says of what is soft
    that it was refused for who we are or what we wrote, which is no fault of the
    reader's. `report` is the same whenever the same report is read again.
    """

    kind: Kind
    recipient: str = field(default="", repr=False)
    final: str = field(default="", repr=False)
    is_ours: bool = False
    mark: str = ""
    token: str = ""
    status: str = ""
    reason: str = ""
    reporter: str = ""
    report: str = ""
    at: datetime | None = None  # when the report was written

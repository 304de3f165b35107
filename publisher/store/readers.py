"""A reader, as a row of the books tells of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from publisher.models import Subscriber

NOTHING = "{}"


def reader_from(row: Any, lists: tuple[str, ...] = ()) -> Subscriber:
    """Return the subscriber of a row with their id, address, name and the rest."""
    return Subscriber(
        address=row.address,
        id=row.id,
        name=row.name,
        language=row.language,
        lists=lists,
        attributes=attributes_from(row.attributes),
        timezone=row.timezone,
    )


def attributes_of(rows: Sequence[str]) -> list[dict[str, str]]:
    """Read what is known about each of many readers, in a third of the time."""
    if all(known == NOTHING for known in rows):
        return [{} for _ in rows]
    attributes: list[dict[str, str]] = json.loads(f"[{','.join(rows)}]")
    return attributes


def attributes_from(known: str) -> dict[str, str]:
    """Read what an owner knows about a reader; most often it is nothing."""
    if known == NOTHING:
        return {}
    attributes: dict[str, str] = json.loads(known)
    return attributes

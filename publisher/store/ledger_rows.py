"""How the ledger's rows and its nouns become each other."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from publisher.models import Delivery, Issue, State
from publisher.store import times
from publisher.store.readers import reader_from


class Next(NamedTuple):
    """A row of `NEXT`: a delivery that has one already, and its reader, if any."""

    row_id: int
    key: str
    draft: str
    recipient: str
    tries: int
    id: int | None
    address: str | None
    name: str | None
    language: str | None
    attributes: str | None
    timezone: str | None
    hindrance: str


def json_of(value: object) -> str:
    """Write a value as a column of text holds it."""
    return json.dumps(value, ensure_ascii=False)


def issue_row(issue: Issue) -> dict[str, Any]:
    """Return the values of a new row."""
    return asdict(issue) | {
        "articles": json_of(issue.articles),
        "planned_at": times.written(issue.planned_at),
        "scheduled_at": _moment_or_null(issue.scheduled_at),
        "starts_at": _moment_or_null(issue.starts_at),
        "local_at": issue.local_at.isoformat() if issue.local_at else None,
    }


def issue_from(row: Row[Any]) -> Issue:
    """Read an issue."""
    values = dict(row._mapping)
    return Issue(
        **values
        | {
            "articles": tuple(json.loads(values["articles"])),
            "planned_at": times.read(values["planned_at"]),
            "scheduled_at": _moment_or_none(values["scheduled_at"]),
            "starts_at": _moment_or_none(values["starts_at"]),
            "is_rehearsal": bool(values["is_rehearsal"]),
            "local_at": _moment_or_none(values["local_at"]),
            "is_urgent": bool(values["is_urgent"]),
        }
    )


def _moment_or_null(moment: datetime | None) -> str | None:
    return times.written(moment) if moment else None


def _moment_or_none(text: str | None) -> datetime | None:
    return times.read(text) if text else None


def claim_from(issue: str, channel: str, row: Next) -> Delivery:
    """Return a delivery that is claimed now, with its reader."""
    return Delivery(
        key=row.key,
        issue=issue,
        channel=channel,
        draft=row.draft,
        recipient=row.recipient or row.address or "",
        state=State.CLAIMED,
        tries=row.tries,
        reader=reader_from(row) if row.id else None,
    )


def delivery_from(row: Row[Any]) -> Delivery:
    """Read a delivery."""
    return Delivery(
        key=row.key,
        issue=row.issue,
        channel=row.channel,
        draft=row.draft,
        recipient=row.recipient,
        state=State(row.state),
        reason=row.reason,
        receipt=row.receipt,
        url=row.url,
        tries=row.tries,
    )

"""Sequences: readers who each have a clock of their own, from when they subscribed.

Every reader who subscribes to the list of a sequence is written down as an arrival, in
the same transaction; when their time has come they get a delivery in the one issue of
the sequence, and the arrival goes. So whoever is due is found by an index, however many
have had it before, and whatever clocks did; the unique key holds each to one delivery.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from publisher.models import Delivery, Draft, Issue, Subscriber, draft_from
from publisher.store import ledger_sql, times
from publisher.store import sequences_sql as sql
from publisher.store.database import Database, many
from publisher.store.ledger_rows import issue_from, issue_row, json_of
from publisher.store.readers import reader_from

ALWAYS = ""  # sorts before every time


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait for their time, and when the first of them subscribed."""

    count: int
    first: datetime | None


class Sequences:
    """The sequences, and who waits in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, campaign: str, list_name: str, *, is_rehearsal: bool
    ) -> Issue | None:
        """Return the issue that holds all deliveries of a sequence, if it has begun."""
        values = {
            "campaign": campaign,
            "list": list_name,
            "is_rehearsal": is_rehearsal,
        }
        with self._database.reading() as connection:
            found = connection.execute(sql.FIND, values).one_or_none()
        return issue_from(found) if found else None

    def is_one(self, issue: str) -> bool:
        """Say whether an issue is that of a sequence."""
        with self._database.reading() as connection:
            return bool(connection.execute(sql.IS_ONE, {"issue": issue}).scalar())

    def begin(self, issue: Issue, *, since: datetime | None) -> None:
        """From now on write down who subscribes; and who did after `since`.

        None is always. To begin it again with an earlier `since` adds those between.
        """
        values = {"issue": issue.id, "list": issue.list, "since": _since(since)}
        with self._database.writing() as connection:
            connection.execute(ledger_sql.ADD_ISSUE, issue_row(issue))
            is_new = connection.execute(sql.ADD, values).rowcount
            if is_new or connection.execute(sql.WIDEN, values).rowcount:
                connection.execute(sql.ENROL_EARLIER, {"issue": issue.id})

    def due(
        self, issue: str, *, by: datetime, limit: int, asked: bool
    ) -> list[Subscriber]:
        """Return who subscribed `by` then and waits, the earliest first.

        With `asked` also those of whom a person was asked.
        """
        values = _values(issue, by) | {"limit": limit, "also": _also(asked=asked)}
        with self._database.reading() as connection:
            rows = connection.execute(sql.DUE, values).all()
            return _readers(connection, rows)

    def count_due(self, issue: str, *, by: datetime, asked: bool) -> int:
        """Return how many `due` would give without a limit."""
        values = _values(issue, by) | {"also": _also(asked=asked)}
        with self._database.reading() as connection:
            return int(connection.execute(sql.COUNT_DUE, values).scalar() or 0)

    def would_be_due(
        self, list_name: str, *, since: datetime | None, by: datetime, limit: int
    ) -> tuple[list[Subscriber], int]:
        """Return who would be due of a sequence that has not begun, and how many."""
        values = {"list": list_name, "since": _since(since), "by": times.written(by)}
        with self._database.reading() as connection:
            rows = connection.execute(sql.WOULD_BE_DUE, values | {"limit": limit})
            people = _readers(connection, rows.all())
            count = connection.execute(sql.COUNT_WOULD_BE_DUE, values).scalar()
        return people, int(count or 0)

    def would_wait(
        self, list_name: str, *, since: datetime | None, by: datetime
    ) -> Waiting:
        """Return who would wait in a sequence that has not begun."""
        values = {"list": list_name, "since": _since(since), "by": times.written(by)}
        with self._database.reading() as connection:
            return _waiting(connection.execute(sql.WOULD_WAIT, values).one())

    def waiting(self, issue: str, *, by: datetime) -> Waiting:
        """Return who is not due yet: who subscribed after `by`."""
        with self._database.reading() as connection:
            return _waiting(connection.execute(sql.NEXT, _values(issue, by)).one())

    def open_drafts(self, issue: str) -> dict[str, Draft]:
        """Return the drafts by id of what is planned or claimed, and no others."""
        with self._database.reading() as connection:
            rows = connection.execute(sql.OPEN_DRAFTS, {"issue": issue}).all()
        return {row.name: draft_from(json.loads(row.data)) for row in rows}

    def take(
        self,
        issue: str,
        deliveries: Sequence[Delivery],
        drafts: Mapping[str, Draft],
        *,
        by: datetime,
    ) -> int:
        """Plan the deliveries of readers who are due; return how many are new.

        Each names its `reader`. Who left meanwhile, or has had it, gets none.
        """
        with self._database.writing() as connection:
            rows = [
                {"issue": issue, "name": name, "data": json_of(draft.data())}
                for name, draft in drafts.items()
            ]
            many(connection, ledger_sql.ADD_DRAFT, rows)
            return _add(connection, issue, deliveries, by)

    def let_go(self, issue: str, *, by: datetime) -> None:
        """Let those wait no more who are due and have left."""
        with self._database.writing() as connection:
            connection.execute(sql.LET_GO_OF_THE_GONE, _values(issue, by))

    def pass_over(
        self, issue: str, *, by: datetime, state: Literal["passed", "asked"]
    ) -> int:
        """Let those wait no more who subscribed `by` then; return how many."""
        values = _values(issue, by) | {"state": state}
        with self._database.writing() as connection:
            return connection.execute(sql.PASS, values).rowcount


def _readers(connection: Connection, rows: Sequence[Row[Any]]) -> list[Subscriber]:
    """Return readers with their lists, which a template may ask for."""
    ids = {"ids": json_of([row.id for row in rows])}
    lists: dict[int, list[str]] = {}
    for row in connection.execute(sql.LISTS, ids):
        lists.setdefault(row.subscriber, []).append(row.list)
    return [reader_from(row, tuple(lists.get(row.id, ()))) for row in rows]


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(row.waiting, times.read(row.first) if row.first else None)


def _add(
    connection: Connection, issue: str, deliveries: Sequence[Delivery], by: datetime
) -> int:
    added = 0
    for channel in dict.fromkeys(one.channel for one in deliveries):
        rows = [
            (one.key, one.draft, one.reader.id)
            for one in deliveries
            if one.channel == channel and one.reader
        ]
        values = _values(issue, by) | {"channel": channel, "rows": json_of(rows)}
        selected = {"issue": issue, "channel": channel}
        connection.execute(ledger_sql.ADD_CHANNEL, selected)
        new = connection.execute(sql.TAKE, values).rowcount
        connection.execute(ledger_sql.COUNT_SELECTED, selected | {"added": new})
        connection.execute(sql.LET_GO, values)
        added += new
    return added


def _values(issue: str, by: datetime) -> dict[str, Any]:
    return {"issue": issue, "by": times.written(by)}


def _since(moment: datetime | None) -> str:
    return ALWAYS if moment is None else times.written(moment)


def _also(*, asked: bool) -> str:
    return "asked" if asked else "waiting"

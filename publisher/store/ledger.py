"""The ledger: one row for each delivery, and the promises of what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from publisher.errors import StoreError
from publisher.models import Delivery, Draft, Issue, Outcome, State, draft_from
from publisher.store import addresses, leases, times, verifying
from publisher.store import ledger_sql as sql
from publisher.store.database import Database, many


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed delivery, and since when it is."""

    delivery: Delivery
    claimed_at: datetime


class Ledger:
    """Issues, drafts and deliveries.

    At any moment, for each issue and channel: selected = planned + claimed + accepted
    + failed + skipped + uncertain. `verify` proves it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- issues ---

    def next_number(self, campaign: str) -> int:
        """Return the number that the campaign's next issue gets."""
        with self._database.reading() as connection:
            found = connection.execute(sql.LAST_NUMBER, {"campaign": campaign})
            return int(found.scalar() or 0) + 1

    def begin(
        self,
        issue: Issue,
        drafts: Mapping[str, Draft],
        deliveries: Sequence[Delivery],
    ) -> int:
        """Write down the whole plan, or nothing; return how many rows are new.

        To begin an equal issue again adds what is missing and changes nothing else.
        """
        with self._database.writing() as connection:
            self._begin_issue(connection, issue)
            rows = [
                {"issue": issue.id, "id": name, "data": _json(draft.data())}
                for name, draft in drafts.items()
            ]
            many(connection, sql.ADD_DRAFT, rows)
            return _add(connection, issue, deliveries)

    def _begin_issue(self, connection: Connection, issue: Issue) -> None:
        connection.execute(sql.ADD_ISSUE, _issue_row(issue))
        found = connection.execute(sql.ISSUE, {"issue": issue.id}).one_or_none()
        if found is None or _issue(found) != issue:
            raise StoreError(
                f"{issue.id} is in the ledger already, and it is another plan",
                hint="Try: the same command again; it goes on with what is there",
            )

    def issue(self, issue: str) -> Issue | None:
        """Return an issue, or None where it was never begun."""
        with self._database.reading() as connection:
            found = connection.execute(sql.ISSUE, {"issue": issue}).one_or_none()
        return _issue(found) if found else None

    def unfinished(self, campaign: str, *, is_rehearsal: bool) -> Issue | None:
        """Return the oldest issue that still has something planned or claimed."""
        values = {"campaign": campaign, "is_rehearsal": is_rehearsal}
        with self._database.reading() as connection:
            found = connection.execute(sql.UNFINISHED, values).one_or_none()
        return _issue(found) if found else None

    def issues(self, campaign: str = "", limit: int = 20) -> list[Issue]:
        """Return the newest issues, of one campaign or of all."""
        values = {"campaign": campaign, "limit": limit}
        with self._database.reading() as connection:
            return [_issue(row) for row in connection.execute(sql.ISSUES, values)]

    def sent_articles(self, campaign: str, *, is_rehearsal: bool) -> set[str]:
        """Return the slugs of what the campaign has sent, or is about to.

        A rehearsal leaves out what really went, too; what was only rehearsed does not
        count for the real thing, nor does an issue of which nothing left.
        """
        values = {"campaign": campaign, "is_rehearsal": is_rehearsal}
        with self._database.reading() as connection:
            rows = connection.execute(sql.SENT_ARTICLES, values).scalars().all()
        return {slug for row in rows for slug in json.loads(row)}

    # --- drafts and deliveries ---

    def draft(self, draft: str) -> Draft:
        """Return a draft by its id: the same content, the same id, in every issue."""
        with self._database.reading() as connection:
            data = connection.execute(sql.DRAFT, {"id": draft}).scalar()
        if data is None:
            raise StoreError(f"there is no draft {draft} in the books")
        return draft_from(json.loads(data))

    def drafts(self, issue: str) -> dict[str, Draft]:
        """Return the drafts of an issue by id."""
        with self._database.reading() as connection:
            rows = connection.execute(sql.DRAFTS, {"issue": issue}).all()
        return {row.id: draft_from(json.loads(row.data)) for row in rows}

    def deliveries(
        self, issue: str, channel: str = "", state: State | None = None
    ) -> list[Delivery]:
        """Return the deliveries of an issue in the plan's order."""
        values = {"issue": issue, "channel": channel, "state": state or ""}
        with self._database.reading() as connection:
            return [_delivery(row) for row in connection.execute(sql.LIST, values)]

    def counts(self, issue: str) -> dict[str, dict[str, int]]:
        """Return how many deliveries stand in each state, by channel."""
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(sql.COUNTS, {"issue": issue}):
                of_channel = found.setdefault(
                    row.channel, {state.value: 0 for state in State}
                )
                if row.state:
                    of_channel[row.state] = row.number
        return found

    # --- the sender's steps, each on disk when it returns ---

    def lease(self, issue: str) -> AbstractContextManager[None]:
        """Be the only sender of the issue; the operating system frees it on a kill."""
        return leases.lease(self._database.path, issue)

    def claim(
        self, issue: str, channel: str, count: int, *, now: datetime
    ) -> list[Delivery]:
        """Take the next deliveries, each for one caller only, however many ask.

        Whoever was suppressed or left the list since the plan was made is skipped in
        the same step.
        """
        values = {
            "issue": issue,
            "channel": channel,
            "count": count,
            "now": times.written(now),
        }
        while True:
            with self._database.writing() as connection:
                rows = connection.execute(sql.CLAIM, values).all()
            claimed = [row for row in rows if row.state == State.CLAIMED]
            if claimed or not rows:
                claimed.sort(key=lambda row: int(row.position))
                return [_delivery(row) for row in claimed]

    def settle(self, outcomes: Sequence[Outcome], *, now: datetime) -> None:
        """Write down how claimed or uncertain deliveries ended, in one transaction.

        What is settled stays as it is: a late second word changes nothing.
        """
        if not outcomes:
            return
        settled_at = times.written(now)
        rows = [
            {
                "key": one.key,
                "state": one.state.value,
                "reason": one.reason,
                "receipt": one.receipt,
                "url": one.url,
                "now": settled_at,
            }
            for one in outcomes
        ]
        with self._database.writing() as connection:
            many(connection, sql.SETTLE, rows)

    def release(self, keys: Iterable[str]) -> None:
        """Give claimed deliveries back: surely nothing of them has left."""
        rows = [{"key": key} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.RELEASE, rows)

    def postpone(self, keys: Iterable[str]) -> None:
        """Give claimed deliveries back, to be tried after all the others."""
        rows = [{"key": key} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.POSTPONE, rows)

    def skip(self, keys: Iterable[str], *, reason: str, now: datetime) -> None:
        """Decide that planned deliveries never go."""
        settled = {"reason": reason, "now": times.written(now)}
        rows = [{"key": key, **settled} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.SKIP, rows)

    def claims(self, issue: str, channel: str) -> list[Claim]:
        """Return what is claimed, and since when.

        Under the lease that is what a killed sender left.
        """
        values = {"issue": issue, "channel": channel, "state": State.CLAIMED}
        with self._database.reading() as connection:
            return [
                Claim(_delivery(row), times.read(row.claimed_at))
                for row in connection.execute(sql.LIST, values)
            ]

    def verify(self, issue: str = "") -> list[str]:
        """Return each broken promise in a line; none means proven."""
        if issue and self.issue(issue) is None:
            return [f"there is no issue {issue} in the books"]
        with self._database.reading() as connection:
            return verifying.broken(connection, issue)


def _add(connection: Connection, issue: Issue, deliveries: Sequence[Delivery]) -> int:
    """Write the deliveries that are not there yet, and how many each channel has."""
    by_channel: dict[str, list[dict[str, Any]]] = {}
    planned_at = times.written(issue.planned_at)
    for position, one in enumerate(deliveries):
        # Not `asdict`: it copies deeply, and would take half of the time.
        row = {
            "key": one.key,
            "issue": issue.id,
            "channel": one.channel,
            "draft": one.draft,
            "recipient": one.recipient,
            "normal": addresses.loosely_normal(one.recipient),
            "position": position,
            "planned_at": planned_at,
        }
        by_channel.setdefault(one.channel, []).append(row)
    new = 0
    for channel, rows in by_channel.items():
        selected = {"issue": issue.id, "channel": channel}
        connection.execute(sql.ADD_CHANNEL, selected)
        added = many(connection, sql.ADD_DELIVERY, rows)
        connection.execute(sql.COUNT_SELECTED, selected | {"added": added})
        new += added
    return new


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _issue_row(issue: Issue) -> dict[str, Any]:
    at = issue.scheduled_at
    return asdict(issue) | {
        "articles": _json(issue.articles),
        "planned_at": times.written(issue.planned_at),
        "scheduled_at": times.written(at) if at else None,
    }


def _issue(row: Row[Any]) -> Issue:
    values = dict(row._mapping)
    at = values["scheduled_at"]
    return Issue(
        **values
        | {
            "articles": tuple(json.loads(values["articles"])),
            "planned_at": times.read(values["planned_at"]),
            "scheduled_at": times.read(at) if at else None,
            "is_rehearsal": bool(values["is_rehearsal"]),
        }
    )


def _delivery(row: Row[Any]) -> Delivery:
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
    )

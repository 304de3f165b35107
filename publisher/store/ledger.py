"""The ledger: one row for each delivery, and the promises of what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from publisher.errors import StoreError
from publisher.models import (
    Audience,
    Delivery,
    Draft,
    Guards,
    Issue,
    Outcome,
    State,
    draft_from,
)
from publisher.store import (
    addresses,
    audiences,
    canaries,
    guarding,
    leases,
    times,
    verifying,
)
from publisher.store import ledger_sql as sql
from publisher.store.database import Database, ask, many
from publisher.store.guarding import Guard
from publisher.store.ledger_rows import (
    Next,
    claim_from,
    delivery_from,
    issue_from,
    issue_row,
    json_of,
)


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
        deliveries: Sequence[Delivery] = (),
        readers: Sequence[Audience] = (),
    ) -> int:
        """Write down the whole plan, or nothing; return how many deliveries are new.

        To begin an equal issue again adds what is missing and changes nothing else.
        """
        with self._database.writing() as connection:
            is_new = self._begin_issue(connection, issue)
            rows = [
                {"issue": issue.id, "name": name, "data": json_of(draft.data())}
                for name, draft in drafts.items()
            ]
            many(connection, sql.ADD_DRAFT, rows)
            new = 0
            for one in readers if is_new else ():
                _count(connection, issue.id, one.channel, one.count)
                audiences.add(connection, issue.id, one)
                new += one.count
            return new + _add(connection, issue, deliveries)

    def _begin_issue(self, connection: Connection, issue: Issue) -> bool:
        is_new = connection.execute(sql.ADD_ISSUE, issue_row(issue)).rowcount == 1
        found = connection.execute(sql.ISSUE, {"issue": issue.id}).one_or_none()
        if found is None or issue_from(found) != issue:
            raise StoreError(
                f"{issue.id} is in the ledger already, and it is another plan",
                hint="Try: the same command again; it goes on with what is there",
            )
        return is_new

    def issue(self, issue: str) -> Issue | None:
        """Return an issue, or None where it was never begun."""
        with self._database.reading() as connection:
            found = connection.execute(sql.ISSUE, {"issue": issue}).one_or_none()
        return issue_from(found) if found else None

    def unfinished(self, campaign: str, *, is_rehearsal: bool) -> Issue | None:
        """Return the oldest issue that still has something planned or claimed."""
        values = {"campaign": campaign, "is_rehearsal": is_rehearsal}
        with self._database.reading() as connection:
            found = connection.execute(sql.UNFINISHED, values).one_or_none()
        return issue_from(found) if found else None

    def issues(self, campaign: str = "", limit: int = 20) -> list[Issue]:
        """Return the newest issues, of one campaign or of all."""
        values = {"campaign": campaign, "limit": limit}
        with self._database.reading() as connection:
            return [issue_from(row) for row in connection.execute(sql.ISSUES, values)]

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
            data = connection.execute(sql.DRAFT, {"name": draft}).scalar()
        if data is None:
            raise StoreError(f"there is no draft {draft} in the books")
        return draft_from(json.loads(data))

    def drafts(self, issue: str) -> dict[str, Draft]:
        """Return the drafts of an issue by id."""
        with self._database.reading() as connection:
            rows = connection.execute(sql.DRAFTS, {"issue": issue}).all()
        return {row.name: draft_from(json.loads(row.data)) for row in rows}

    def deliveries(
        self, issue: str, channel: str = "", state: State | None = None
    ) -> list[Delivery]:
        """Return the deliveries of an issue that have rows, in the plan's order."""
        values = {"issue": issue, "channel": channel, "state": state or ""}
        with self._database.reading() as connection:
            return [delivery_from(row) for row in connection.execute(sql.LIST, values)]

    def each_delivery(self, issue: str, channel: str) -> Iterator[Delivery]:
        """Yield the same one by one, where a list of all of them would be too long."""
        values = {"issue": issue, "channel": channel, "state": ""}
        with self._database.reading() as connection:
            some = connection.execution_options(yield_per=1_000)
            for row in some.execute(sql.LIST, values):
                yield delivery_from(row)

    def counts(self, issue: str) -> dict[str, dict[str, int]]:
        """Return how many deliveries stand in each state, by channel."""
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(sql.COUNTS, {"issue": issue}).all()
        for row in rows:
            of_channel = found.setdefault(
                row.channel, {state.value: 0 for state in State}
            )
            if row.state == "selected":
                of_channel[State.ACCEPTED] += row.number
            else:
                of_channel[row.state] += row.number
                of_channel[State.ACCEPTED] -= row.number
        return found

    def reasons(self, issue: str) -> list[tuple[str, State, str, int]]:
        """Return why deliveries were not accepted: channel, state, reason, how many."""
        with self._database.reading() as connection:
            rows = connection.execute(sql.REASONS, {"issue": issue}).all()
        return [(row.channel, State(row.state), row.reason, row.number) for row in rows]

    # --- the sender's steps, each on disk when it returns ---

    def lease(self, issue: str) -> AbstractContextManager[None]:
        """Be the only sender of the issue; the operating system frees it on a kill."""
        return leases.lease(self._database.path, issue)

    def claim(
        self,
        issue: str,
        channel: str,
        count: int,
        *,
        now: datetime,
        settled: Sequence[Outcome] = (),
        guards: Guards | None = None,
    ) -> list[Delivery]:
        """Take the next deliveries, each for one caller only, however many ask.

        Whoever was suppressed, left the list or paused since the plan was made is
        skipped in the same step, and so is who has had enough by the `guards`; for whom
        it is too early waits. What has `settled` meanwhile is written down in it, too.
        No more than the canary are taken until the others may follow.
        """
        stamp = times.stamp(now)
        with self._database.writing() as connection:
            _settle(connection, settled, stamp)
            guard = guarding.guard(connection, issue, guards, now)
            count = min(count, canaries.room(connection, issue, channel, count))
            while True:
                rows, going = _next(connection, issue, channel, count, guard)
                if going or not rows:
                    break
            claimed = [claim_from(issue, channel, row) for row in going]
            if len(claimed) < count:
                rest = count - len(claimed)
                claimed += audiences.take(connection, issue, channel, rest, guard=guard)
            return claimed

    def hurry(self, issue: str) -> None:
        """Let an issue heed no quiet hours any more, nor who has had enough."""
        with self._database.writing() as connection:
            connection.execute(sql.HURRY, {"issue": issue})
            connection.execute(sql.HURRY_ROWS, {"issue": issue})

    def soonest(self, issue: str, channel: str) -> datetime | None:
        """Return when the first of what is planned may go; None if nothing may."""
        values = {"issue": issue, "channel": channel}
        with self._database.reading() as connection:
            if not canaries.room(connection, issue, channel, 1):
                return None
            if audiences.has_more(connection, issue, channel):
                return times.moment(0)
            found = connection.execute(sql.SOONEST, values).scalar()
        return None if found is None else times.moment(found)

    def settle(self, outcomes: Sequence[Outcome], *, now: datetime) -> None:
        """Write down how deliveries ended; what has ended already stays as it is."""
        if outcomes:
            with self._database.writing() as connection:
                _settle(connection, outcomes, times.stamp(now))

    def release(self, keys: Iterable[str]) -> None:
        """Give claimed deliveries back: surely nothing of them has left."""
        rows = [{"key": key} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.RELEASE, rows)

    def postpone(
        self, keys: Iterable[str], *, now: datetime, until: datetime | None = None
    ) -> None:
        """Give claimed deliveries back, to be tried after all the others.

        With `until` not before then; that counts as a try.
        """
        values = {
            "now": times.stamp(now),
            "tried": int(until is not None),
            "not_before": times.stamp(until) if until else 0,
        }
        rows = [{"key": key, **values} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.POSTPONE, rows)

    def skip(self, keys: Iterable[str], *, reason: str, now: datetime) -> None:
        """Decide that planned deliveries never go."""
        settled = {"reason": reason, "now": times.stamp(now)}
        rows = [{"key": key, **settled} for key in keys]
        if rows:
            with self._database.writing() as connection:
                many(connection, sql.SKIP, rows)

    def claims(self, issue: str, channel: str) -> list[Claim]:
        """Return what is claimed, and since when.

        Under the lease that is what a killed sender left.
        """
        values = {"issue": issue, "channel": channel}
        with self._database.reading() as connection:
            return [
                Claim(delivery_from(row), times.moment(row.claimed_at))
                for row in connection.execute(sql.CLAIMS, values)
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
            "not_before": times.stamp(one.not_before) if one.not_before else 0,
        }
        by_channel.setdefault(one.channel, []).append(row)
    new = 0
    for channel, rows in by_channel.items():
        _count(connection, issue.id, channel, 0)
        added = many(connection, sql.ADD_DELIVERY, rows)
        _count(connection, issue.id, channel, added)
        new += added
    return new


def _count(connection: Connection, issue: str, channel: str, added: int) -> None:
    """Note that a channel of the issue has so many deliveries more."""
    selected = {"issue": issue, "channel": channel}
    connection.execute(sql.ADD_CHANNEL, selected)
    connection.execute(sql.COUNT_SELECTED, selected | {"added": added})


def _next(
    connection: Connection,
    issue: str,
    channel: str,
    count: int,
    guard: Guard,
) -> tuple[list[Next], list[Next]]:
    """Claim what is planned and has a row; return what was looked at, and claimed.

    Where there is a hindrance it is skipped, and where it is too early it waits.
    """
    now = guard.stamp
    values = {
        "issue": issue,
        "channel": channel,
        "count": count,
        "now": now,
        "moment": times.written(guard.now),
    }
    rows = [Next(*row) for row in ask(connection, sql.NEXT, values)]
    if not rows:
        return rows, rows
    often = guard.had_enough([row.id for row in rows if row.id])
    reasons = {row.row_id: row.hindrance or often.get(row.id or 0) for row in rows}
    hindered = {row: reason for row, reason in reasons.items() if reason}
    skipped = [
        {"id": row, "reason": reason, "now": now} for row, reason in hindered.items()
    ]
    many(connection, sql.SKIP_NEXT, skipped)
    willing = [row for row in rows if row.row_id not in hindered]
    late = {
        row.row_id: until for row in willing if (until := guard.until(row.timezone))
    }
    delayed = [{"id": row, "not_before": until} for row, until in late.items()]
    many(connection, sql.DELAY_NEXT, delayed)
    going = [row for row in willing if row.row_id not in late]
    ids = json.dumps([row.row_id for row in going])
    ask(connection, sql.CLAIM, {"ids": ids, "now": now})
    return rows, going


def _settle(connection: Connection, outcomes: Sequence[Outcome], now: int) -> None:
    receipts = {}
    rows = []
    for one in outcomes:
        if one.state is State.ACCEPTED and not one.url:
            receipts[one.key] = one.receipt
            continue
        rows.append(
            {
                "key": one.key,
                "state": one.state.value,
                "reason": one.reason,
                "receipt": one.receipt,
                "url": one.url,
                "now": now,
            }
        )
    if receipts:
        ask(connection, sql.ACCEPT, {"receipts": json_of(receipts), "now": now})
    many(connection, sql.SETTLE, rows)

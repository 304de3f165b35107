"""Canaries: the first readers of an issue, after whom it waits for what comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import Connection, text

from publisher.models import Canary
from publisher.store import times
from publisher.store.database import Database, ask

Standing: TypeAlias = Literal["open", "waiting", "passed", "stopped"]

ADD = text("""
insert into canaries (issue, channels, first, wait, bounces, complaints, state, until)
values (:issue, :channels, :first, :wait, :bounces, :complaints, 'open', 0)
on conflict do nothing
""")
OF = text("""
select channels, first, wait, bounces, complaints, state, until
  from canaries
 where issue = :issue
""")
SET = text("""
update canaries
   set state = :state,
       until = :until
 where issue = :issue
   and state <> 'passed'
""")
LET_PASS = text("""
update canaries
   set state = 'passed'
 where issue = :issue
   and state = 'stopped'
""")
IS_GUARDED = text("""
select canaries.first, canaries.state, canaries.channels
  from canaries
 where canaries.issue = :issue
   and canaries.state <> 'passed'
   and exists (select 1
                 from json_each(canaries.channels)
                where json_each.value = :channel)
""")
# Who has not been claimed yet, of the channels that carry the issue's emails.
LEFT = text("""
select coalesce(sum(selected.count), 0) as planned,
       coalesce(sum((select count(*)
                       from deliveries
                      where deliveries.selected = selected.id
                        and deliveries.state in ('planned', 'claimed')
                        and deliveries.state = 'planned')), 0)
       + coalesce(sum((select coalesce(sum(audiences.count - audiences.taken), 0)
                         from audiences
                        where audiences.selected = selected.id)), 0) as waiting
  from selected
 where selected.issue = :issue
   and selected.channel in (select value from json_each(:channels))
""")
ENDS = text("""
select coalesce(sum(deliveries.state = 'accepted'), 0) as accepted,
       coalesce(sum(deliveries.state = 'failed'), 0) as failed
  from selected
  join deliveries
    on deliveries.selected = selected.id
 where selected.issue = :issue
   and selected.channel in (select value from json_each(:channels))
""")


@dataclass(frozen=True, slots=True)
class Watch:
    """How the canary of an issue stands."""

    canary: Canary
    state: Standing
    until: datetime | None  # when its wait ends
    is_full: bool  # nobody more may go
    waiting: int  # who has not gone


@dataclass(frozen=True, slots=True)
class Ends:
    """How the messages of a canary ended so far."""

    accepted: int
    failed: int


class Canaries:
    """Who goes first, and whether the others may follow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, issue: str, canary: Canary, channels: Sequence[str]) -> None:
        """Let an issue wait after its first readers; again changes nothing."""
        values = {
            "issue": issue,
            "channels": json.dumps([*channels]),
            "first": canary.first,
            "wait": int(canary.wait.total_seconds()),
            "bounces": canary.bounces,
            "complaints": canary.complaints,
        }
        with self._database.writing() as connection:
            connection.execute(ADD, values)

    def of(self, issue: str) -> Watch | None:
        """Return how it stands; None for an issue without one."""
        with self._database.reading() as connection:
            row = connection.execute(OF, {"issue": issue}).one_or_none()
            if row is None:
                return None
            gone, waiting = _gone(connection, issue, row.channels)
        return Watch(
            canary=Canary(
                first=row.first,
                wait=timedelta(seconds=row.wait),
                bounces=row.bounces,
                complaints=row.complaints,
            ),
            state=row.state,
            until=times.moment(row.until) if row.until else None,
            is_full=row.state != "passed" and gone >= row.first,
            waiting=waiting,
        )

    def channels(self, issue: str) -> list[str]:
        """Return the channels that wait."""
        with self._database.reading() as connection:
            row = connection.execute(OF, {"issue": issue}).one_or_none()
        return json.loads(row.channels) if row else []

    def ends(self, issue: str) -> Ends:
        """Return how the messages ended that have gone."""
        with self._database.reading() as connection:
            channels = connection.execute(OF, {"issue": issue}).one().channels
            values = {"issue": issue, "channels": channels}
            row = connection.execute(ENDS, values).one()
        return Ends(row.accepted, row.failed)

    def let_pass(self, issue: str) -> None:
        """Let the others follow all the same, where it was stopped."""
        with self._database.writing() as connection:
            connection.execute(LET_PASS, {"issue": issue})

    def set(self, issue: str, state: Standing, *, until: datetime | None) -> None:
        """Note that it waits, or how it was judged; what has passed stays so."""
        values = {
            "issue": issue,
            "state": state,
            "until": times.stamp(until) if until else 0,
        }
        with self._database.writing() as connection:
            connection.execute(SET, values)


def room(connection: Connection, issue: str, channel: str, count: int) -> int:
    """Return how many more may be claimed, and `count` where nobody counts them."""
    found = ask(connection, IS_GUARDED, {"issue": issue, "channel": channel})
    if not found:
        return count
    first, state, channels = found[0]
    if state != "open":
        return 0
    return max(0, int(first) - _gone(connection, issue, channels)[0])


def _gone(connection: Connection, issue: str, channels: str) -> tuple[int, int]:
    """Return how many have been claimed, and how many wait."""
    values = {"issue": issue, "channels": channels}
    planned, waiting = ask(connection, LEFT, values)[0]
    return planned - waiting, waiting

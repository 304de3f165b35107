"""Guards at the claim: who sleeps now waits, and who has had enough is skipped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from publisher.models import Guards, Hours, Often
from publisher.store import times
from publisher.store.database import ask

# An issue may be a while on its way.
LONG = timedelta(days=7)

ISSUES = text("""
select issues.id
  from issues
  left join sequences
    on sequences.issue = issues.id
 where issues.id <> :issue
   and not issues.is_rehearsal
   and (issues.planned_at >= :earliest or sequences.issue is not null)
""")
# By the key of each of their deliveries; a cross join keeps this order.
OFTEN = text("""
select people.value
  from json_each(:readers) as people
 where (select count(*)
          from json_each(:issues) as issues
         cross join deliveries
            on deliveries.key = issues.value || '/email/'
                                || printf('%09d', people.value)
         where deliveries.state in ('claimed', 'accepted', 'uncertain')
           and coalesce(deliveries.settled_at, deliveries.claimed_at) >= :since)
       >= :most
""")
ON_LIST = text("""
select subscriber
  from subscriptions
 where list = :list
   and state = 'confirmed'
""")


@dataclass(frozen=True, slots=True)
class Guard:
    """What `Guards` say of readers, for one claim."""

    connection: Connection
    now: datetime
    hours: Hours | None
    often: Often | None
    issues: Sequence[str] = ()  # that may have reached the readers lately
    zones: dict[str, int] = field(default_factory=dict)

    @property
    def stamp(self) -> int:
        """The time of the claim, as the ledger has it."""
        return times.stamp(self.now)

    def until(self, zone: str | None) -> int:
        """Return when a reader may be written to, as the ledger has it; 0: at once."""
        if self.hours is None:
            return 0
        zone = zone or ""
        if zone not in self.zones:
            opens = times.stamp(self.hours.opens(zone, self.now))
            self.zones[zone] = opens if opens > self.stamp else 0
        return self.zones[zone]

    def had_enough(self, readers: Sequence[int]) -> Mapping[int, str]:
        """Return why some of the readers get nothing now."""
        if self.often is None or not self.issues or not readers:
            return {}
        values = {
            "readers": json.dumps([*readers]),
            "issues": json.dumps([*self.issues]),
            "since": times.stamp(self.now - self.often.span),
            "most": self.often.most,
        }
        found = ask(self.connection, OFTEN, values)
        return {reader: why(self.often) for (reader,) in found}


def why(often: Often) -> str:
    """Return the reason, as the ledger and a plan say it."""
    return f"has had {often}"


def guard(
    connection: Connection, issue: str, guards: Guards | None, now: datetime
) -> Guard:
    """Return what is to be heeded when some of an issue are claimed."""
    if guards is None:
        return Guard(connection, now, None, None)
    issues: list[str] = []
    if guards.often:
        earliest = times.written(now - guards.often.span - LONG)
        values = {"issue": issue, "earliest": earliest}
        issues = [one for (one,) in ask(connection, ISSUES, values)]
    return Guard(connection, now, guards.hours, guards.often, issues)


def count(connection: Connection, list_name: str, often: Often, now: datetime) -> int:
    """Return how many of a list have had enough now."""
    found = guard(connection, "", Guards(often=often), now)
    readers = connection.execute(ON_LIST, {"list": list_name}).scalars().all()
    return len(found.had_enough(readers))

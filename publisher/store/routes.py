"""Routes: which channels may take an issue's emails, and which of them fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from publisher.models import Health, Move
from publisher.store import times, wishes
from publisher.store.database import Database, many

FORGET = text("""
delete from routes
 where issue = :issue
""")
ADD = text("""
insert into routes (issue, channel, position, has_left)
values (:issue, :channel, :position, 0)
""")
OF = text("""
select channel, has_left
  from routes
 where issue = :issue
 order by position
""")
LEAVE = text("""
update routes
   set has_left = 1
 where issue = :issue
   and channel = :source
""")
NOTE = text("""
insert into moves (issue, source, target, count, why, moved_at)
values (:issue, :source, :target, :count, :why, :now)
""")
MOVES = text("""
select source, target, count as number, why, moved_at
  from moves
 where issue = :issue
 order by id
""")
HEALTH = text("""
select failures, openings, open_until
  from breakers
 where channel = :channel
""")
CHANGE = text("""
insert into breakers (channel, failures, openings, open_until)
values (:channel, :failures, :openings, :open_until)
on conflict (channel) do update
   set failures = :failures,
       openings = :openings,
       open_until = :open_until
""")


class Routes:
    """The channels of an issue in their order, and the breakers of all channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, issue: str, channels: Sequence[str]) -> None:
        """Write down the channels of an issue that is not begun yet."""
        rows = [
            {"issue": issue, "channel": channel, "position": position}
            for position, channel in enumerate(channels)
        ]
        with self._database.writing() as connection:
            connection.execute(FORGET, {"issue": issue})
            many(connection, ADD, rows)

    def of(self, issue: str) -> dict[str, bool]:
        """Return the channels in their order, and whether each is left for good."""
        with self._database.reading() as connection:
            rows = connection.execute(OF, {"issue": issue}).all()
        return {row.channel: bool(row.has_left) for row in rows}

    def leave(
        self, issue: str, source: str, target: str, *, why: str, now: datetime
    ) -> int:
        """Give what a channel has not claimed to another, for good; return how many.

        All of it happens, or nothing.
        """
        values = {"issue": issue, "source": source, "target": target}
        with self._database.writing() as connection:
            connection.execute(LEAVE, values)
            count = wishes.move(connection, issue, source, target)
            if count:
                note = {"count": count, "why": why, "now": times.stamp(now)}
                connection.execute(NOTE, values | note)
        return count

    def moves(self, issue: str) -> list[Move]:
        """Return what moved, in its order."""
        with self._database.reading() as connection:
            rows = connection.execute(MOVES, {"issue": issue}).all()
        return [
            Move(
                source=row.source,
                target=row.target,
                count=row.number,
                why=row.why,
                moved_at=times.moment(row.moved_at),
            )
            for row in rows
        ]

    # --- breakers ---

    def health(self, channel: str) -> Health:
        """Return how a channel does; of one that nothing is known of, well."""
        with self._database.reading() as connection:
            return _health(connection, channel)

    def change(self, channel: str, rule: Callable[[Health], Health]) -> Health:
        """Replace what is known of a channel by what the rule makes of it."""
        with self._database.writing() as connection:
            health = rule(_health(connection, channel))
            until = health.open_until
            values = {
                "channel": channel,
                "failures": health.failures,
                "openings": health.openings,
                "open_until": times.stamp(until) if until else 0,
            }
            connection.execute(CHANGE, values)
        return health


def _health(connection: Connection, channel: str) -> Health:
    row = connection.execute(HEALTH, {"channel": channel}).one_or_none()
    if row is None:
        return Health()
    return Health(
        failures=row.failures,
        openings=row.openings,
        open_until=times.moment(row.open_until) if row.open_until else None,
    )

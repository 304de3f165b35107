"""Pauses: readers who stay subscribed, and get nothing for a while.

Who has paused is left out of every issue that is planned meanwhile, and of what an
issue that is being sent has not yet claimed for them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from publisher.models import Consent
from publisher.store import addresses, consents, times
from publisher.store.database import Database

# A pause that goes on keeps its beginning: what was planned in it stays left out.
PAUSE = text("""
insert into pauses (subscriber, since, until)
select id, :now, :until
  from subscribers
 where normal = :normal
on conflict (subscriber) do update
   set since = case
               when pauses.until > excluded.since then pauses.since
               else excluded.since
               end,
       until = excluded.until
""")
END = text("""
update pauses
   set until = :now
 where until > :now
   and subscriber = (select id
                       from subscribers
                      where normal = :normal)
""")
OF = text("""
select pauses.until
  from pauses
  join subscribers
    on subscribers.id = pauses.subscriber
 where subscribers.normal = :normal
   and pauses.until > :now
""")
AMONG = text("""
select subscriber
  from pauses
 where until > :now
""")


class Pauses:
    """Who has paused, and until when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, address: str, *, until: datetime, said: Consent) -> bool:
        """Send a reader nothing until then; return whether there is such a reader.

        A pause that they are in gets this end.
        """
        with self._database.writing() as connection:
            values = _values(address, said.said_at) | {"until": times.written(until)}
            is_known = connection.execute(PAUSE, values).rowcount > 0
            consents.write(connection, values["normal"], [""], said)
            return is_known

    def resume(self, address: str, *, said: Consent) -> bool:
        """End a reader's pause at once; return whether they were in one."""
        with self._database.writing() as connection:
            values = _values(address, said.said_at)
            was_paused = connection.execute(END, values).rowcount > 0
            if was_paused:
                consents.write(connection, values["normal"], [""], said)
            return was_paused

    def until(self, address: str, *, now: datetime) -> datetime | None:
        """Return when a reader's pause ends; None where they are in none."""
        with self._database.reading() as connection:
            return until(connection, addresses.loosely_normal(address), now)

    def among(self, *, now: datetime) -> set[int]:
        """Return the numbers of all who have paused."""
        with self._database.reading() as connection:
            rows = connection.execute(AMONG, {"now": times.written(now)})
            return {int(number) for number in rows.scalars()}


def until(connection: Connection, normal: str, now: datetime) -> datetime | None:
    """Return when a pause ends, as `Pauses.until` does."""
    values = {"normal": normal, "now": times.written(now)}
    found = connection.execute(OF, values).scalar()
    return times.read(found) if found else None


def _values(address: str, now: datetime) -> dict[str, str]:
    return {"normal": addresses.loosely_normal(address), "now": times.written(now)}

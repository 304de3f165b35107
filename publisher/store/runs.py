"""Which scheduled runs were made: each once, whoever is first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from publisher.store import times
from publisher.store.database import Database

START = text("""
insert into runs (schedule, scheduled_at, started_at, result, issue)
values (:schedule, :scheduled_at, :now, '', '')
on conflict do nothing
""")
FINISH = text("""
update runs
   set finished_at = coalesce(:now, started_at),
       result = :result,
       issue = :issue
 where schedule = :schedule
   and scheduled_at = :scheduled_at
""")
LAST = text("""
select max(scheduled_at)
  from runs
 where schedule = :schedule
""")
LIST = text("""
select schedule, scheduled_at, started_at, finished_at, result, issue
  from runs
 where schedule = :schedule or :schedule = ''
 order by scheduled_at desc, schedule
 limit :limit
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a schedule; `finished_at` is None while it runs or if it was cut."""

    schedule: str
    scheduled_at: datetime
    started_at: datetime
    finished_at: datetime | None
    result: str
    issue: str


class Runs:
    """The runs, unique by (schedule, scheduled time)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, schedule: str, scheduled_at: datetime, *, now: datetime) -> bool:
        """Take the run; False where somebody has it already."""
        values = {
            "schedule": schedule,
            "scheduled_at": times.written(scheduled_at),
            "now": times.written(now),
        }
        with self._database.writing() as connection:
            return connection.execute(START, values).rowcount == 1

    def finish(
        self,
        schedule: str,
        scheduled_at: datetime,
        *,
        result: str,
        issue: str = "",
        now: datetime | None = None,
    ) -> None:
        """Write down how the run ended."""
        values = {
            "schedule": schedule,
            "scheduled_at": times.written(scheduled_at),
            "result": result,
            "issue": issue,
            "now": times.written(now) if now else None,
        }
        with self._database.writing() as connection:
            connection.execute(FINISH, values)

    def last(self, schedule: str) -> datetime | None:
        """Return the newest scheduled time that was run."""
        with self._database.reading() as connection:
            found = connection.execute(LAST, {"schedule": schedule}).scalar()
        return times.read(found) if found else None

    def list(self, schedule: str = "", *, limit: int = 20) -> Sequence[Run]:
        """Return the newest runs, of one schedule or of all."""
        values = {"schedule": schedule, "limit": limit}
        with self._database.reading() as connection:
            rows = connection.execute(LIST, values).all()
        return [
            Run(
                schedule=row.schedule,
                scheduled_at=times.read(row.scheduled_at),
                started_at=times.read(row.started_at),
                finished_at=times.read(row.finished_at) if row.finished_at else None,
                result=row.result,
                issue=row.issue,
            )
            for row in rows
        ]

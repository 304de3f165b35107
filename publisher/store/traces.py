"""What is tracked of single readers: shown, exported and erased with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from publisher.store import times
from publisher.store.database import many

ANSWER = text("""
select permissions.answer
  from permissions
  join subscribers
    on subscribers.id = permissions.subscriber
 where subscribers.normal = :normal
""")
ANSWERS = text("""
select permissions.subscriber, permissions.answer
  from json_each(:readers)
  join permissions
    on permissions.subscriber = json_each.value
""")
SAY = text("""
insert into permissions (subscriber, answer, said_at)
select id, :answer, :now
  from subscribers
 where normal = :normal
on conflict (subscriber) do update
   set answer = excluded.answer,
       said_at = excluded.said_at
""")
ERASE = (
    text("""
delete from traces
 where subscriber = (select id
                       from subscribers
                      where normal = :normal)
"""),
    text("""
delete from last_opens
 where subscriber = (select id
                       from subscribers
                      where normal = :normal)
"""),
)
LAST_OPEN = text("""
select last_opens.day
  from last_opens
  join subscribers
    on subscribers.id = last_opens.subscriber
 where subscribers.normal = :normal
""")
TRACES = text("""
select traces.kind, traces.issue, traces.url, traces.at
  from traces
  join subscribers
    on subscribers.id = traces.subscriber
 where subscribers.normal = :normal
 order by traces.id
""")
# Asked again when it is written down: somebody may have said no meanwhile.
OPEN = text("""
insert into last_opens (subscriber, day)
select id, :day
  from subscribers
 where id = :reader
   and not exists (select 1
                     from permissions
                    where permissions.subscriber = subscribers.id
                      and permissions.answer = 'no')
on conflict (subscriber) do update
   set day = max(last_opens.day, excluded.day)
""")
TRACE = text("""
insert into traces (subscriber, issue, draft, kind, url, at)
select subscriber, :issue, :draft, :kind, :url, :at
  from permissions
 where subscriber = :reader
   and answer = 'yes'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one reader did with one issue; `url` is that of a click."""

    reader: int
    issue: str
    draft: str
    kind: Literal["opened", "clicked"]
    url: str = ""
    at: datetime


def answers(connection: Connection, readers: Iterable[int]) -> dict[int, str]:
    """Return what those readers said who said anything: "yes" or "no"."""
    found = connection.execute(ANSWERS, {"readers": json.dumps([*readers])})
    return {row.subscriber: row.answer for row in found}


def say(connection: Connection, normal: str, answer: str, *, now: str) -> bool:
    """Keep what a reader said; a no erases what was kept. Say if there is a reader."""
    values = {"normal": normal, "answer": answer, "now": now}
    is_known = connection.execute(SAY, values).rowcount > 0
    if answer == "no":
        for statement in ERASE:
            connection.execute(statement, {"normal": normal})
    return is_known


def keep(
    connection: Connection, days: Mapping[int, str], found: Iterable[Trace]
) -> None:
    """Write down days of opens, and traces of those who still allow it."""
    many(connection, OPEN, [{"reader": one, "day": day} for one, day in days.items()])
    rows = [
        {
            "reader": one.reader,
            "issue": one.issue,
            "draft": one.draft,
            "kind": one.kind,
            "url": one.url,
            "at": times.written(one.at),
        }
        for one in found
    ]
    many(connection, TRACE, rows)


def about(connection: Connection, normal: str) -> dict[str, object]:
    """Return all that is tracked of a reader, as JSON can hold it."""
    values = {"normal": normal}
    answer = connection.execute(ANSWER, values).scalar()
    day = connection.execute(LAST_OPEN, values).scalar()
    rows = connection.execute(TRACES, values)
    return {
        "allowed": answer or "",
        "last_opened": day or "",
        "traces": [dict(row._mapping) for row in rows],
    }

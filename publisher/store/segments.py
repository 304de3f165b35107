"""Segments: the answer of the books to a question about readers.

A question is translated part by part into fixed clauses; what its owner wrote is only
ever bound. Who is suppressed is in no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, text

from publisher.errors import ConfigError
from publisher.segments import (
    Among,
    Comparison,
    Every,
    Field,
    Happened,
    HappenedIn,
    IsSet,
    Joined,
    Not,
    Question,
    Some,
)
from publisher.store import addresses, times, tracked
from publisher.store.database import Database

COUNT = """
select count(*)
  from subscribers
 where normal not in (select normal from suppressions)
   and """
MEMBERS = """
select id
  from subscribers
 where normal not in (select normal from suppressions)
   and """
HOLDS = """
select count(*)
  from subscribers
 where normal = :normal
   and """
ATTRIBUTES = text("""
select distinct known.key
  from subscribers
  join json_each(subscribers.attributes) as known
 where subscribers.attributes <> '{}'
 order by known.key
""")
# What there can be many of, by the field that asks.
MANY = {
    "list": (
        "exists (select 1 from subscriptions where subscriber = subscribers.id"
        " and state = 'confirmed' and list {})"
    ),
    "tag": ("exists (select 1 from tags where subscriber = subscribers.id and tag {})"),
}
OWN = {
    "name": "subscribers.name",
    "language": "lower(subscribers.language)",
    "address": "subscribers.normal",
}
ATTRIBUTE = (
    "coalesce((select cast(known.value as text)"
    " from json_each(subscribers.attributes) as known where known.key = {}), '')"
)
# Text that is no number is neither less nor more than one.
NUMBER = (
    "(case when json_valid({0}) then"
    " case when json_type({0}) in ('integer', 'real')"
    " then cast({0} as real) {1} {2} else 0 end else 0 end = 1)"
)
SUBSCRIBED = (
    "exists (select 1 from subscriptions where subscriber = subscribers.id"
    " and state = 'confirmed' and changed_at {})"
)


class Segments:
    """Asks the books which readers a question means."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def attributes(self) -> list[str]:
        """Return the names of all that is known of any reader."""
        with self._database.reading() as connection:
            return [str(one) for one in connection.execute(ATTRIBUTES).scalars()]

    def count(self, question: Question, *, now: datetime) -> int:
        """Count who is in it; days are those of the zone of `now`."""
        with self._database.reading() as connection:
            asked = _asked(connection, question, now)
            found = connection.execute(text(COUNT + asked.where), asked.values)
            return int(found.scalar_one())

    def members(self, question: Question, *, now: datetime) -> list[int]:
        """Return the numbers of those who are in it, in their order."""
        with self._database.reading() as connection:
            asked = _asked(connection, question, now)
            where = f"{asked.where}\n order by id"
            return list(
                connection.execute(text(MEMBERS + where), asked.values).scalars()
            )

    def holds(self, question: Question, address: str, *, now: datetime) -> bool:
        """Say whether a question is true of one reader, suppressed or not."""
        with self._database.reading() as connection:
            asked = _asked(connection, question, now)
            values = asked.values | {"normal": addresses.loosely_normal(address)}
            found = connection.execute(text(HOLDS + asked.where), values)
            return bool(found.scalar_one())


@dataclass
class _Asking:
    """The clauses of a question, and what is bound in them."""

    now: datetime
    modes: frozenset[str] = frozenset()  # in which anything was ever tracked
    values: dict[str, Any] = field(default_factory=dict)
    where: str = ""

    def bound(self, value: object) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def refuse_untracked(self, asked: Happened | HappenedIn) -> None:
        """Raise `ConfigError` where nothing that was sent can answer this."""
        is_of_days = isinstance(asked, Happened) and asked.event == "opened"
        needed = ("opens-day", "individual") if is_of_days else ("individual",)
        if not self.modes & {*needed}:
            raise ConfigError(
                f"nothing was sent with tracking: {' or '.join(needed)}, so "
                f"{asked.event} cannot be answered [column {asked.column}]",
                hint="Try: docs/tracking.md, or subscribed in last 30 days",
            )


def _asked(connection: Connection, question: Question, now: datetime) -> _Asking:
    asking = _Asking(now, tracked.modes(connection))
    asking.where = _clause(question, asking)
    return asking


def _clause(question: Question, asking: _Asking) -> str:
    match question:
        case Every(parts):
            return f"({' and '.join(_clause(one, asking) for one in parts)})"
        case Some(parts):
            return f"({' or '.join(_clause(one, asking) for one in parts)})"
        case Not(part):
            return f"(not {_clause(part, asking)})"
        case Comparison():
            return _comparison(question, asking)
        case Among(asked, values):
            return _equal(asked, values, asking)
        case IsSet(asked):
            if _is_many(asked):
                return MANY[asked.name].format("<> ''")
            return f"{_value(asked, asking)} <> ''"
        case Joined(day, is_before):
            return _joined(day, asking, is_before=is_before)
        case Happened() | HappenedIn():
            return _happened(question, asking)


def _comparison(question: Comparison, asking: _Asking) -> str:
    asked, sign, value = question.field, question.sign, question.value
    match sign:
        case "=":
            return _equal(asked, (value,), asking)
        case "!=":
            return f"(not {_equal(asked, (value,), asking)})"
        case "~":
            part = asking.bound(value)
            return f"instr(lower({_value(asked, asking)}), lower({part})) > 0"
        case _:
            number = asking.bound(float(value))
            return NUMBER.format(_value(asked, asking), sign, number)


def _equal(asked: Field, values: tuple[str, ...], asking: _Asking) -> str:
    own = asked.name if asked.is_own else ""
    match own:
        case "language":
            values = tuple(one.lower() for one in values)
        case "address":
            values = tuple(addresses.loosely_normal(one) for one in values)
    among = f"in ({', '.join(asking.bound(one) for one in values)})"
    if _is_many(asked):
        return MANY[asked.name].format(among)
    return f"{_value(asked, asking)} {among}"


def _is_many(asked: Field) -> bool:
    return asked.is_own and asked.name in MANY


def _value(asked: Field, asking: _Asking) -> str:
    if asked.is_own:
        return OWN[asked.name]
    return ATTRIBUTE.format(asking.bound(asked.name))


def _joined(day: date, asking: _Asking, *, is_before: bool) -> str:
    begins = _begin(day, asking.now.tzinfo)
    sign = "<" if is_before else ">="
    return SUBSCRIBED.format(f"{sign} {asking.bound(times.written(begins))}")


def _begin(day: date, zone: tzinfo | None) -> datetime:
    """Return when a day begins; those at the ends of the calendar begin in UTC."""
    begins = datetime.combine(day, time(), tzinfo=zone)
    try:
        return begins.astimezone(UTC)
    except OverflowError:
        return begins.replace(tzinfo=UTC)


def _happened(question: Happened | HappenedIn, asking: _Asking) -> str:
    if isinstance(question, HappenedIn):
        asking.refuse_untracked(question)
        what = asking.bound(question.what)
        return tracked.happened_in(what, kind=asking.bound(question.event))
    since = asking.now - timedelta(days=question.days)
    begins = asking.bound(times.written(since))
    if question.event == "subscribed":
        return SUBSCRIBED.format(f">= {begins}")
    asking.refuse_untracked(question)
    if question.event == "opened":
        day = asking.bound(since.date().isoformat())
        return tracked.opened(since=begins, day=day)
    return tracked.clicked(since=begins)

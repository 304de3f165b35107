"""The people: who reads what, and who must never be written to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import available_timezones

from sqlalchemy import Connection, text

from publisher.errors import ConfigError
from publisher.models import Often, Subscriber
from publisher.store import (
    addresses,
    audiences,
    exports,
    forgetting,
    guarding,
    importing,
    people,
    times,
)
from publisher.store.database import Database
from publisher.store.imports import ImportReport, Person, Row, with_columns
from publisher.store.joining import Joining, Refuse
from publisher.store.readers import reader_from
from publisher.text import suggest

PEOPLE = text("""
select id, address, normal, name, language, attributes, timezone
  from subscribers
 where :list = ''
    or id in (select subscriber
                from subscriptions
               where list = :list
                 and state = 'confirmed')
 order by id
""")
AUDIENCE = text("""
select id, address, normal, name, language, attributes, timezone
  from subscribers
 where id in (select subscriber
                from subscriptions
               where list = :list
                 and state = 'confirmed')
   and normal not in (select normal from suppressions)
 order by id
""")
FIRST = text("""
select subscribers.normal
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
 where subscriptions.list = :list
   and subscriptions.state = 'confirmed'
   and subscribers.normal not in (select normal from suppressions)
 order by subscriptions.subscriber
 limit 1
""")
ZONES = text("""
select subscribers.timezone, count(*) as readers
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
 where subscriptions.list = :list
   and subscriptions.state = 'confirmed'
 group by subscribers.timezone
""")
ONE = text("""
select id, address, normal, name, language, attributes, timezone
  from subscribers
 where normal = :normal
""")
SET_ZONE = text("""
update subscribers
   set timezone = :timezone
 where normal = :normal
""")
SUBSCRIPTIONS = text("""
select subscriber, list, state
  from subscriptions
 where state = :state or :state = ''
 order by subscriber, list
""")
LISTS_OF = text("""
select subscriber, list, state
  from subscriptions
 where subscriber = :id
 order by list
""")
PREFER = text("""
update subscribers
   set language = coalesce(:language, language),
       timezone = coalesce(:timezone, timezone)
 where normal = :normal
""")
SUPPRESSED = text("""
select normal
  from suppressions
""")
IS_SUPPRESSED = text("""
select count(*)
  from suppressions
 where normal = :normal
""")


class Subscribers:
    """Readers, their lists and the suppressions, which beat everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def normal(address: str) -> str:
        """Return the form in which addresses are compared, or raise `ConfigError`."""
        return addresses.normal(address)

    # --- coming ---

    def add(
        self,
        address: str,
        *,
        name: str = "",
        lists: Sequence[str] = (),
        language: str = "",
        attributes: Mapping[str, str] | None = None,
        timezone: str = "",
        now: datetime,
    ) -> Subscriber:
        """Add one reader who said yes, or change what is known of them.

        Unlike an import this brings back somebody who left a list: a person asked for
        it by name. It cannot bring back a suppressed address.
        """
        normal = addresses.normal(address)
        found = Person(
            address.strip(), name=name, language=language, attributes=attributes or {}
        )
        with self._database.writing() as connection:
            _refuse_suppressed(connection, normal)
            importing.add(connection, normal, found, lists, times.written(now))
            if timezone:
                _live_by(connection, normal, timezone)
            return _with_lists(connection, normal)

    def import_rows(
        self,
        rows: Iterable[Mapping[str, str]],
        *,
        lists: Sequence[str],
        now: datetime,
        dry_run: bool = False,
        as_new: bool = False,
    ) -> ImportReport:
        """Add the people of rows by column; nobody who left comes back."""
        return self.import_people(
            with_columns(rows), lists=lists, now=now, dry_run=dry_run, as_new=as_new
        )

    def import_people(
        self,
        rows: Iterable[Row],
        *,
        lists: Sequence[str],
        now: datetime,
        dry_run: bool = False,
        as_new: bool = False,
        refuse: Refuse | None = None,
        tell: importing.Tell = lambda _count: None,
    ) -> ImportReport:
        """Add the people of a file as it is read; nobody who left comes back.

        They subscribed elsewhere before, so no sequence begins for them, but with
        `as_new`, where they subscribe only now. What is added stays when a later row
        cannot be read; the same import again goes on from there. `refuse` is told of
        each row that holds no address, `tell` how many rows more are done.
        """
        joining = Joining(lists, now, refuse)
        if dry_run:
            return importing.try_out(self._database, rows, joining, tell=tell)
        return importing.run(self._database, rows, joining, as_new=as_new, tell=tell)

    def prefer(
        self, address: str, *, language: str | None = None, timezone: str | None = None
    ) -> None:
        """Note what a reader would rather have; None changes nothing."""
        normal = addresses.loosely_normal(address)
        values = {"normal": normal, "language": language, "timezone": timezone}
        with self._database.writing() as connection:
            connection.execute(PREFER, values)

    # --- going ---

    def suppress(self, address: str, *, reason: str, now: datetime) -> None:
        """Never write to this address again; the first reason stays."""
        values = {
            "normal": addresses.normal(address),
            "reason": reason,
            "now": times.written(now),
        }
        with self._database.writing() as connection:
            connection.execute(people.SUPPRESS, values)

    def is_suppressed(self, address: str) -> bool:
        """Say whether the address must not be written to."""
        normal = addresses.loosely_normal(address)
        with self._database.reading() as connection:
            return _is_suppressed(connection, normal)

    def suppressed(self) -> set[str]:
        """Return every suppressed address in its normal form."""
        with self._database.reading() as connection:
            return set(connection.execute(SUPPRESSED).scalars())

    # --- reading ---

    def all(self, list_name: str = "") -> list[Subscriber]:
        """Return the readers, of one list or all; suppressed ones too."""
        return self._people(PEOPLE, list_name)

    def size(
        self,
        list_name: str,
        *,
        now: datetime,
        number: int = 0,
        shares: tuple[int, int] = (0, 100),
    ) -> audiences.Size:
        """Count who may get what goes to a list now, without reading them all.

        `shares` of 100, as the campaign's issue of this `number` parts its readers.
        """
        salt = audiences.salt_of(number)
        with self._database.reading() as connection:
            return audiences.size(
                connection, list_name, planned_at=now, salt=salt, shares=shares
            )

    def zones(self, list_name: str) -> Mapping[str, int]:
        """Return how many of a list live by which clock; "" has told none."""
        with self._database.reading() as connection:
            rows = connection.execute(ZONES, {"list": list_name}).all()
        return {row.timezone: row.readers for row in rows}

    def sated(self, list_name: str, often: Often, *, now: datetime) -> tuple[int, str]:
        """Return how many of a list have had enough now, and what that is called."""
        with self._database.reading() as connection:
            found = guarding.count(connection, list_name, often, now)
        return found, guarding.why(often)

    def audience(self, list_name: str) -> list[Subscriber]:
        """Return who may get what goes to a list: confirmed and not suppressed."""
        return self._people(AUDIENCE, list_name)

    def first(self, list_name: str) -> Subscriber | None:
        """Return the first of the audience; None where it has nobody."""
        with self._database.reading() as connection:
            normal = connection.execute(FIRST, {"list": list_name}).scalar()
            return _with_lists(connection, normal) if normal else None

    def _people(self, question: Any, list_name: str) -> list[Subscriber]:
        with self._database.reading() as connection:
            lists = _lists(connection, "confirmed")
            rows = connection.execute(question, {"list": list_name}).all()
        return [reader_from(row, lists.get(row.id, ())) for row in rows]

    def find(self, address: str) -> Subscriber | None:
        """Return a reader by address, in whatever case it is written."""
        normal = addresses.loosely_normal(address)
        with self._database.reading() as connection:
            if connection.execute(ONE, {"normal": normal}).one_or_none() is None:
                return None
            return _with_lists(connection, normal)

    def export(self, list_name: str = "") -> Iterator[Mapping[str, str]]:
        """Yield a row for each reader; importing them makes the same books."""
        with self._database.reading() as connection:
            for row in exports.rows(connection, list_name):
                yield exports.flat(row)

    def write_out(
        self, out: TextIO, list_name: str = "", *, as_json: bool = False
    ) -> int:
        """Write the readers, or those of a list, as one moment of the books has them.

        As CSV, which no spreadsheet takes for formulas, or as JSON Lines. Return how
        many they are.
        """
        with self._database.reading() as connection:
            found = exports.rows(connection, list_name)
            if as_json:
                return exports.write_json(out, found)
            return exports.write_csv(out, exports.names(connection, list_name), found)


def _live_by(connection: Connection, normal: str, timezone: str) -> None:
    known = available_timezones()
    if timezone not in known:
        close = suggest(timezone, sorted(known))
        raise ConfigError(
            f'"{timezone}" is no zone of the IANA database',
            hint=f"Did you mean {close}?" if close else "Try: Europe/Rome",
        )
    values = {"normal": normal, "timezone": timezone}
    connection.execute(SET_ZONE, values)


def _refuse_suppressed(connection: Connection, normal: str) -> None:
    if _is_suppressed(connection, normal):
        raise ConfigError(
            "this address is suppressed, so nothing would be sent to it",
            hint="Ask its owner to write to you first",
        )


def _is_suppressed(connection: Connection, normal: str) -> bool:
    found = connection.execute(IS_SUPPRESSED, {"normal": normal}).scalar()
    return bool(found) or any(forgetting.among(connection, [normal]))


def _lists(connection: Connection, state: str) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(SUBSCRIPTIONS, {"state": state}):
        found[row.subscriber] = (*found.get(row.subscriber, ()), row.list)
    return found


def _with_lists(connection: Connection, normal: str) -> Subscriber:
    row = connection.execute(ONE, {"normal": normal}).one()
    rows = connection.execute(LISTS_OF, {"id": row.id})
    return reader_from(row, tuple(one.list for one in rows if one.state == "confirmed"))

"""Runs an import, some thousand rows at a time, or tries it out."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, text

from publisher.store import people
from publisher.store.database import CACHE, Database, ask, make_roomy, many
from publisher.store.imports import ImportReport, Person, Row
from publisher.store.joining import Admitted, Joining, Known, admit, stranger

Tell = Callable[[int], None]  # told how many rows more are done

# What is remembered of a person while an import is tried out.
TOLD = ("normal", "address", "name", "language", "attributes", "suppressed")
SELDOM = ("timezone", "tags", "given", "paused_until")

MAKE_ROOM = text("""
create temporary table if not exists tried (normal text primary key, known text)
""")
EMPTY_ROOM = text("""
delete from tried
""")
TRIED = text("""
select tried.normal, tried.known
  from json_each(:normals)
  join tried
    on tried.normal = json_each.value
""")
TRY = text("""
insert into tried (normal, known)
values (:normal, :known)
on conflict (normal) do update
   set known = excluded.known
""")


def run(
    database: Database,
    rows: Iterable[Row],
    joining: Joining,
    *,
    as_new: bool,
    tell: Tell,
) -> ImportReport:
    """Write the people of the rows; what is written stays, whatever comes later.

    So an import that was broken off is done again from the start: what is in the books
    already is only looked at. Others can write between two batches.
    """
    with _undisturbed():
        for some in joining.batches(rows):
            with database.writing() as connection:
                make_roomy(connection)
                admitted = joining.admit(some, people.known(connection, some))
                last = people.last_number(connection)
                people.write(connection, admitted, as_new=as_new)
                people.note(connection, admitted, last)
            tell(len(some))
    with database.reading() as connection:
        make_roomy(connection, CACHE)
    return joining.report()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Python from looking for cycles among rows, which have none.

    It would look at every batch again and again, for a tenth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def try_out(
    database: Database, rows: Iterable[Row], joining: Joining, *, tell: Tell
) -> ImportReport:
    """Say what `run` would do, and write nothing, nor keep anybody from writing.

    What earlier rows would have changed is remembered beside the books, so that who is
    in the file twice is new once.
    """
    with _undisturbed(), database.reading() as connection:
        connection.execute(MAKE_ROOM)
        connection.execute(EMPTY_ROOM)
        for some in joining.batches(rows):
            known = people.known(connection, some)
            _recall(connection, some, known)
            _remember(connection, joining.admit(some, known))
            tell(len(some))
        connection.execute(EMPTY_ROOM)
    return joining.report()


def add(
    connection: Connection, normal: str, found: Person, lists: Sequence[str], now: str
) -> None:
    """Write one person whom somebody names, on these lists again where they left."""
    known = people.known(connection, [(normal, found)])
    one = known.get(normal) or stranger(normal, found)
    one.learn(found)
    one.put(lists, "confirmed")
    people.write(connection, Admitted({}, [one], (), now), as_new=True)


def _recall(
    connection: Connection, some: Iterable[tuple[str, Person]], known: dict[str, Known]
) -> None:
    normals = {"normals": json.dumps([normal for normal, _ in some])}
    for normal, said in ask(connection, TRIED, normals):
        known[normal] = Known(**json.loads(said))


def _remember(connection: Connection, admitted: Admitted) -> None:
    known = [
        *(_joined(normal, one, admitted) for normal, one in admitted.strangers.items()),
        *admitted.changed,
    ]
    many(
        connection,
        TRY,
        [{"normal": one.normal, "known": _written(one)} for one in known],
    )


def _joined(normal: str, found: Person, admitted: Admitted) -> Known:
    one = stranger(normal, found)
    admit(one, found, admitted.lists)
    return one


def _written(one: Known) -> str:
    said = {name: getattr(one, name) for name in TOLD}
    said |= {name: found for name in SELDOM if (found := getattr(one, name))}
    return json.dumps(said | {"subscriptions": one.subscriptions})

"""Who comes in with an import, and who stays out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal, TypeAlias

from sqlalchemy import Connection, text

from publisher.errors import ConfigError
from publisher.models import unique
from publisher.store import addresses, sequences_sql, times
from publisher.store.database import many
from publisher.store.imports import ImportReport, Person, person

CHUNK = 2000
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
Verdict: TypeAlias = Literal["new", "updated", "kept out"]


# A table of this connection's own: faster than thousands of parameters, and no limit.
MAKE_ROOM = text("""
create temporary table if not exists arriving (normal text primary key)
""")
EMPTY_ROOM = text("""
delete from arriving
""")
ARRIVE = text("""
insert into arriving (normal)
values (:normal)
""")
PEOPLE = text("""
select normal, address, name, language, attributes
  from subscribers
 where normal in (select normal from arriving)
""")
SUBSCRIPTIONS = text("""
select subscribers.normal, subscriptions.list, subscriptions.state
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
 where subscribers.normal in (select normal from arriving)
""")
SUPPRESSED = text("""
select normal
  from suppressions
 where normal in (select normal from arriving)
""")
KEEP_PERSON = text("""
insert into subscribers (address, normal, name, language, attributes, created_at)
values (:address, :normal, :name, :language, :attributes, :now)
on conflict (normal) do update
   set name = excluded.name,
       language = excluded.language,
       attributes = excluded.attributes
""")
KEEP_SUBSCRIPTION = text("""
insert into subscriptions (subscriber, list, state, changed_at)
select id, :list, :state, :now
  from subscribers
 where normal = :normal
on conflict (subscriber, list) do update
   set state = excluded.state,
       changed_at = excluded.changed_at
 where subscriptions.state <> excluded.state
""")
SUPPRESS = text("""
insert into suppressions (normal, reason, suppressed_at)
values (:normal, :reason, :now)
on conflict do nothing
""")


@dataclass
class Known:
    """What the books know of one person, and what is to be written."""

    normal: str
    address: str
    name: str = ""
    language: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    suppressed: str = ""  # the reason
    is_new: bool = True
    is_changed: bool = False

    def learn(self, found: Person) -> None:
        """Take over what the row says; an empty cell says nothing."""
        before = (self.name, self.language, dict(self.attributes))
        self.name = found.name or self.name
        self.language = found.language or self.language
        self.attributes |= found.attributes
        after = (self.name, self.language, self.attributes)
        self.is_changed = self.is_changed or self.is_new or before != after

    def join(self, lists: Iterable[str], state: str) -> None:
        """Subscribe to lists; who has left one stays out, who is in stays in."""
        for name in lists:
            if self.subscriptions.get(name) not in {"ended", "confirmed", state}:
                self.subscriptions[name] = state
                self.is_changed = True

    def leave(self, lists: Iterable[str]) -> None:
        """End subscriptions."""
        self.subscriptions |= dict.fromkeys(lists, "ended")
        self.is_changed = True


def admit(known: Known, found: Person, lists: Sequence[str]) -> Verdict:
    """Change `known` by what a row says, without ever bringing back who left."""
    wanted = unique((*lists, *found.lists))
    if found.gone or found.has_left:
        _let_go(known, found, wanted)
        return "kept out"
    if known.suppressed:
        return "kept out"
    if found.left:
        known.leave(found.left)
    known.join(wanted, "pending" if found.is_pending else "confirmed")
    known.join(found.pending, "pending")
    if wanted and all(known.subscriptions[name] == "ended" for name in wanted):
        return "kept out"
    known.learn(found)
    return "new" if known.is_new else "updated"


def _let_go(known: Known, found: Person, wanted: Sequence[str]) -> None:
    if known.is_new:
        known.learn(found)
    known.leave((*wanted, *found.left) or known.subscriptions)
    if found.gone:
        known.suppressed = known.suppressed or found.gone
    elif not known.subscriptions:
        # They left, and no list is named: the only safe reading is all of them.
        known.suppressed = known.suppressed or "imported as unsubscribed"


def join(
    connection: Connection,
    rows: Iterable[Mapping[str, str]],
    *,
    lists: Sequence[str],
    now: datetime,
    as_new: bool,
) -> ImportReport:
    """Write the people of the rows and count what became of them."""
    verdicts: Counter[Verdict] = Counter()
    invalid: list[tuple[int, str]] = []
    people = _valid(rows, invalid)
    while chunk := list(islice(people, CHUNK)):
        known = _known(connection, chunk)
        for normal, found in chunk:
            one = known[normal]
            verdicts[admit(one, found, lists)] += 1
            one.is_new = one.is_new and not one.is_changed
        _write(connection, known.values(), now, as_new=as_new)
    return ImportReport(
        new=verdicts["new"],
        updated=verdicts["updated"],
        kept_out=verdicts["kept out"],
        invalid=tuple(invalid),
    )


def _valid(
    rows: Iterable[Mapping[str, str]], invalid: list[tuple[int, str]]
) -> Iterator[tuple[str, Person]]:
    """Yield the rows that hold an address; note the lines of the others."""
    for number, row in enumerate(rows, start=2):
        found = person(row)
        try:
            yield addresses.normal(found.address), found
        except ConfigError as error:
            reason = error.message if found.address else "there is no email address"
            invalid.append((getattr(row, "line", number), reason))


def _known(
    connection: Connection, chunk: Sequence[tuple[str, Person]]
) -> dict[str, Known]:
    """Return what the books know of these people; of strangers, only the address."""
    found: dict[str, Known] = {}
    for normal, one in chunk:
        found.setdefault(normal, Known(normal, one.address))
    connection.execute(MAKE_ROOM)
    connection.execute(EMPTY_ROOM)
    many(connection, ARRIVE, [{"normal": normal} for normal in found])
    for row in connection.execute(PEOPLE):
        found[row.normal] = Known(
            row.normal,
            row.address,
            row.name,
            row.language,
            json.loads(row.attributes),
            is_new=False,
        )
    for row in connection.execute(SUBSCRIPTIONS):
        found[row.normal].subscriptions[row.list] = row.state
    for normal in connection.execute(SUPPRESSED).scalars():
        found[normal].suppressed = "already"
    return found


def _write(
    connection: Connection, people: Iterable[Known], now: datetime, *, as_new: bool
) -> None:
    changed = [one for one in people if one.is_changed]
    moment = {"now": times.written(now)}
    many(connection, KEEP_PERSON, [_person_row(one) | moment for one in changed])
    subscriptions = [
        {"normal": one.normal, "list": name, "state": state, **moment}
        for one in changed
        for name, state in one.subscriptions.items()
    ]
    many(connection, KEEP_SUBSCRIPTION, subscriptions)
    if connection.execute(sequences_sql.ANY).scalar():
        connection.execute(sequences_sql.ENROL, moment | {"as_new": as_new})
    gone = [
        {"normal": one.normal, "reason": one.suppressed, **moment}
        for one in changed
        if one.suppressed
    ]
    many(connection, SUPPRESS, gone)


def _person_row(one: Known) -> dict[str, str]:
    return {
        "address": one.address,
        "normal": one.normal,
        "name": one.name,
        "language": one.language,
        "attributes": _encode(one.attributes),
    }


def add(
    connection: Connection,
    normal: str,
    found: Person,
    lists: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Write one person whom somebody names, on these lists again where they left."""
    known = _known(connection, [(normal, found)])[normal]
    known.learn(found)
    known.subscriptions |= dict.fromkeys(lists, "confirmed")
    known.is_changed = True
    _write(connection, [known], now, as_new=True)

"""Finds and writes many people at once, for an import."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, text

from publisher.store import forgetting, sequences_sql
from publisher.store.database import ask, many, rows
from publisher.store.imports import Person
from publisher.store.joining import Admitted, Known, encoded
from publisher.store.readers import NOTHING

PEOPLE = text("""
select normal, address, subscribers.id, name, language, timezone, attributes
  from json_each(:normals)
  join subscribers
    on subscribers.normal = json_each.value
""")
SUBSCRIPTIONS = text("""
select subscribers.normal, subscriptions.list, subscriptions.state
  from json_each(:normals)
  join subscribers
    on subscribers.normal = json_each.value
  join subscriptions
    on subscriptions.subscriber = subscribers.id
""")
TAGS = text("""
select subscribers.normal, tags.tag
  from json_each(:normals)
  join subscribers
    on subscribers.normal = json_each.value
  join tags
    on tags.subscriber = subscribers.id
""")
PAUSED = text("""
select subscribers.normal, pauses.until
  from json_each(:normals)
  join subscribers
    on subscribers.normal = json_each.value
  join pauses
    on pauses.subscriber = subscribers.id
""")
PAUSE = text("""
insert into pauses (subscriber, since, until)
values (:id, :now, :until)
on conflict (subscriber) do update
   set since = case
               when pauses.until > excluded.since then pauses.since
               else excluded.since
               end,
       until = excluded.until
""")
GIVE_TAG = text("""
insert into tags (subscriber, tag)
values (:id, :tag)
on conflict (subscriber, tag) do nothing
""")
SUPPRESSED = text("""
select normal
  from json_each(:normals)
  join suppressions
    on suppressions.normal = json_each.value
""")
LAST = text("""
select seq
  from sqlite_sequence
 where name = 'subscribers'
""")
# By place, not by name: that alone is a fifth of what a row costs.
KEEP_PERSON = """
insert into subscribers (id, address, normal, name, language, timezone, attributes,
                         created_at)
values (?, ?, ?, ?, ?, ?, ?, ?)
"""
JOIN_STRANGERS = text("""
insert into subscriptions (subscriber, list, state, changed_at)
select id, :list, 'confirmed', :now
  from subscribers
 where id > :last
""")
CHANGE_PERSON = text("""
update subscribers
   set name = :name,
       language = :language,
       timezone = :timezone,
       attributes = :attributes
 where id = :id
""")
KEEP_SUBSCRIPTION = text("""
insert into subscriptions (subscriber, list, state, changed_at)
values (:id, :list, :state, :now)
on conflict (subscriber, list) do update
   set state = excluded.state,
       changed_at = excluded.changed_at
""")
SUPPRESS = text("""
insert into suppressions (normal, reason, suppressed_at)
values (:normal, :reason, :now)
on conflict do nothing
""")
NOTE_STRANGERS = text("""
insert into consents (subscriber, list, act, said_at, how, words, language, network,
                      browser)
select id, :list, 'imported', :now, 'import', '', '', '', ''
  from subscribers
 where id > :last
   and id <= :last + :count
""")
NOTE = text("""
insert into consents (subscriber, list, act, said_at, how, words, language, network,
                      browser)
values (:id, :list, :act, :now, 'import', '', '', '', '')
""")
# Whose subscriptions changed: sequences ask whom they begin for.
MAKE_ROOM = text("""
create temporary table if not exists arriving (normal text primary key)
""")
EMPTY_ROOM = text("""
delete from arriving
""")
ARRIVE = text("""
insert into arriving (normal)
select value
  from json_each(:normals)
""")


def known(
    connection: Connection, people: Sequence[tuple[str, Person]]
) -> dict[str, Known]:
    """Return what the books know of these people; strangers are not in it."""
    addresses = {normal: one.address for normal, one in reversed(people)}
    # In the order of the index, so that each of its pages is read once.
    normals = {"normals": json.dumps(sorted(addresses))}
    found = {row[0]: Known(*row) for row in ask(connection, PEOPLE, normals)}
    if found:
        for normal, name, state in ask(connection, SUBSCRIPTIONS, normals):
            found[normal].subscriptions[name] = state
        if any(one.tags for _, one in people):
            for normal, tag in ask(connection, TAGS, normals):
                found[normal].tags += (tag,)
        if any(one.paused_until for _, one in people):
            for normal, until in ask(connection, PAUSED, normals):
                found[normal].paused_until = until
    for (normal,) in ask(connection, SUPPRESSED, normals):
        if normal not in found:
            found[normal] = Known(normal, addresses[normal], is_new=True)
        found[normal].suppressed = "already"
    for normal in forgetting.among(connection, addresses):
        found.setdefault(normal, Known(normal, addresses[normal], is_new=True))
        found[normal].suppressed = "forgotten"
    return found


def write(connection: Connection, admitted: Admitted, *, as_new: bool) -> None:
    """Write whom an import or somebody by name admits."""
    changed, now = admitted.changed, admitted.now
    last = last_number(connection)
    _write_strangers(connection, admitted, last)
    learned = [_details(one) for one in changed if one.id and one.is_learned]
    new = [one for one in changed if not one.id]
    for number, one in enumerate(new, start=last + len(admitted.strangers) + 1):
        one.id = number
    rows(connection, KEEP_PERSON, [_person(one, now) for one in new])
    many(connection, CHANGE_PERSON, learned)
    given = [
        {"id": one.id, "tag": tag} for one in changed if one.given for tag in one.given
    ]
    many(connection, GIVE_TAG, given)
    moved = [
        {"id": one.id, "list": name, "state": state, "now": now}
        for one in changed
        for name, state in one.moved()
    ]
    many(connection, KEEP_SUBSCRIPTION, moved)
    gone = [
        {"normal": one.normal, "reason": one.suppressed, "now": now}
        for one in changed
        if one.is_suppressed_now
    ]
    many(connection, SUPPRESS, gone)
    paused = [
        {"id": one.id, "until": one.paused_until, "now": now}
        for one in changed
        if one.is_paused_now
    ]
    many(connection, PAUSE, paused)
    if connection.execute(sequences_sql.ANY).scalar():
        _enrol(connection, admitted, as_new=as_new)


def last_number(connection: Connection) -> int:
    """Return the number of whoever came last."""
    return connection.execute(LAST).scalar() or 0


def note(connection: Connection, admitted: Admitted, last: int) -> None:
    """Write into the journal of consent what an import wrote; `last` was before it."""
    now = admitted.now
    for name in admitted.lists if admitted.strangers else ():
        values = {"list": name, "now": now, "last": last}
        count = {"count": len(admitted.strangers)}
        connection.execute(NOTE_STRANGERS, values | count)
    acts = [
        {
            "id": one.id,
            "list": name,
            "act": "left" if state == "ended" else "imported",
            "now": now,
        }
        for one in admitted.changed
        for name, state in one.moved()
    ]
    acts += [
        {"id": one.id, "list": "", "act": "paused", "now": now}
        for one in admitted.changed
        if one.is_paused_now
    ]
    many(connection, NOTE, acts)


def _write_strangers(connection: Connection, admitted: Admitted, last: int) -> None:
    """Number them as SQLite would, so that nobody has to be looked up again.

    Nobody else writes until this transaction ends.
    """
    now = admitted.now
    rows(
        connection,
        KEEP_PERSON,
        [
            (
                number,
                one.address,
                normal,
                one.name,
                one.language,
                one.timezone,
                encoded(one.attributes) if one.attributes else NOTHING,
                min(one.created, now) if one.created else now,
            )
            for number, (normal, one) in enumerate(
                admitted.strangers.items(), start=last + 1
            )
        ],
    )
    given = [
        {"id": number, "tag": tag}
        for number, one in enumerate(admitted.strangers.values(), start=last + 1)
        if one.tags
        for tag in one.tags
    ]
    many(connection, GIVE_TAG, given)
    for name in admitted.lists:
        values = {"last": last, "list": name, "now": now}
        connection.execute(JOIN_STRANGERS, values)


def _person(one: Known, now: str) -> tuple[object, ...]:
    return (
        one.id,
        one.address,
        one.normal,
        one.name,
        one.language,
        one.timezone,
        one.attributes,
        min(one.created or now, now),
    )


def _details(one: Known) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "language": one.language,
        "timezone": one.timezone,
        "attributes": one.attributes,
    }


def _enrol(connection: Connection, admitted: Admitted, *, as_new: bool) -> None:
    connection.execute(MAKE_ROOM)
    connection.execute(EMPTY_ROOM)
    normals = [*admitted.strangers, *(one.normal for one in admitted.changed)]
    connection.execute(ARRIVE, {"normals": json.dumps(normals)})
    values = {"now": admitted.now, "as_new": as_new}
    connection.execute(sequences_sql.ENROL, values)

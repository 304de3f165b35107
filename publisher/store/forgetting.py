"""Erasing a person from the books: what stays leads back to nobody.

A hash of the address, by which an import knows whom not to bring back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, text

from publisher.store import times
from publisher.store.database import ask

PERSON = text("""
select id
  from subscribers
 where normal = :normal
""")
REASON = text("""
select reason
  from suppressions
 where normal = :normal
""")
ANYBODY = text("""
select 1
  from forgotten
 limit 1
""")
UNCONFIRMED = text("""
select subscribers.normal
  from subscribers
  join subscriptions
    on subscriptions.subscriber = subscribers.id
 group by subscribers.id, subscribers.normal
having max(subscriptions.changed_at) < :before
   and sum(case when subscriptions.state <> 'pending' then 1 else 0 end) = 0
""")
FORGET = (
    text("delete from tags where subscriber = :id"),
    text("delete from pauses where subscriber = :id"),
    text("delete from consents where subscriber = :id"),
    text("delete from follows where subscriber = :id"),
    text("delete from permissions where subscriber = :id"),
    text("delete from last_opens where subscriber = :id"),
    text("delete from traces where subscriber = :id"),
    text("delete from arrivals where reader = :id"),
    text("delete from subscriptions where subscriber = :id"),
    text("delete from suppressions where normal = :normal"),
    text("""
update deliveries
   set recipient = '',
       normal = ''
 where normal = :normal
"""),
    text("delete from subscribers where id = :id"),
)
ERASE = text("pragma secure_delete = on")
REMEMBER = text("""
insert into forgotten (digest, is_for_ever)
values (:digest, :is_for_ever)
on conflict (digest) do update
   set is_for_ever = max(forgotten.is_for_ever, excluded.is_for_ever)
""")
LET_BACK = text("""
delete from forgotten
 where digest = :digest
   and is_for_ever = 0
""")
AMONG = text("""
select forgotten.digest
  from json_each(:digests)
  join forgotten
    on forgotten.digest = json_each.value
""")
FOR_EVER = text("""
update forgotten
   set is_for_ever = 1
 where digest = :digest
""")
IS_FORGOTTEN = text("""
select is_for_ever
  from forgotten
 where digest = :digest
""")


def digest(normal: str) -> str:
    """Return what is kept of a forgotten address: by it, it is known again."""
    return sha256(f"publisher:{normal}".encode()).hexdigest()


def among(connection: Connection, normals: Iterable[str]) -> list[str]:
    """Return who of these was forgotten, and must not come back by themselves."""
    if connection.execute(ANYBODY).scalar() is None:
        return []
    digests = {digest(normal): normal for normal in normals}
    found = ask(connection, AMONG, {"digests": json.dumps([*digests])})
    return [digests[one] for (one,) in found]


def is_for_ever(connection: Connection, normal: str) -> bool:
    """Say whether somebody who was suppressed was forgotten: they stay out."""
    values = {"digest": digest(normal)}
    return bool(connection.execute(IS_FORGOTTEN, values).scalar())


def keep_out(connection: Connection, normal: str) -> bool:
    """Keep out for ever who was forgotten; return whether they were."""
    values = {"digest": digest(normal)}
    return connection.execute(FOR_EVER, values).rowcount > 0


def let_back(connection: Connection, normal: str) -> None:
    """Forget the hash, too: they have come back themselves."""
    connection.execute(LET_BACK, {"digest": digest(normal)})


def unconfirmed(connection: Connection, before: datetime) -> list[str]:
    """Return who was asked before then and has confirmed nothing."""
    values = {"before": times.written(before)}
    return list(connection.execute(UNCONFIRMED, values).scalars())


def forget(connection: Connection, normal: str, *, keeps_out: bool) -> bool:
    """Erase a person; return whether there was one. `keeps_out` leaves a hash."""
    person = connection.execute(PERSON, {"normal": normal}).one_or_none()
    reason = connection.execute(REASON, {"normal": normal}).scalar()
    if person is None and reason is None:
        return False
    if keeps_out:
        values = {"digest": digest(normal), "is_for_ever": int(reason is not None)}
        connection.execute(REMEMBER, values)
    if connection.dialect.name == "sqlite":
        # Else what is deleted stays readable in the file until it is written over.
        connection.execute(ERASE)
    for statement in FORGET:
        bound = {"id": person.id if person else 0, "normal": normal}
        names = statement.compile().params
        connection.execute(statement, {name: bound[name] for name in names})
    return True

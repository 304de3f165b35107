"""The journal of consent: who said what to which words.

Rows are only added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from publisher.models import Consent, Subscriber
from publisher.store import (
    addresses,
    forgetting,
    importing,
    people,
    readers,
    times,
    traces,
)
from publisher.store.database import Database, many
from publisher.store.imports import Person

ADD_WORDS = text("""
insert into consent_words (digest, words)
values (:digest, :words)
on conflict (digest) do nothing
""")
ADD = text("""
insert into consents (subscriber, list, act, said_at, how, words, language,
                      network, browser)
select id, :list, :act, :now, :how, :digest, :language, :network, :browser
  from subscribers
 where normal = :normal
""")
# Who is known keeps their name: anybody can write another's address into a form.
MEET = text("""
insert into subscribers (address, normal, name, language, attributes, created_at)
values (:address, :normal, :name, :language, '{}', :now)
on conflict (normal) do nothing
""")
ASK = text("""
insert into subscriptions (subscriber, list, state, changed_at)
select id, :list, 'pending', :now
  from subscribers
 where normal = :normal
on conflict (subscriber, list) do update
   set state = 'pending',
       changed_at = excluded.changed_at
 where subscriptions.state <> 'confirmed'
""")
END = text("""
update subscriptions
   set state = 'ended',
       changed_at = :now
 where list = :list
   and subscriber = (select id
                       from subscribers
                      where normal = :normal)
""")
STORY = text("""
select consents.list, consents.act, consents.said_at, consents.how,
       coalesce(consent_words.words, '') as words, consents.language,
       consents.network, consents.browser
  from consents
  join subscribers
    on subscribers.id = consents.subscriber
  left join consent_words
    on consent_words.digest = consents.words
 where subscribers.normal = :normal
 order by consents.id
""")
STATES = text("""
select subscriptions.list, subscriptions.state, subscriptions.changed_at
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
 where subscribers.normal = :normal
 order by subscriptions.list
""")
DELIVERIES = text("""
select deliveries.key, deliveries.state, deliveries.settled_at
  from deliveries
  join subscribers
    on subscribers.id = deliveries.reader
 where subscribers.normal = :normal
 order by deliveries.id
""")
EVENTS = text("""
select channel, kind, is_permanent, reason, at
  from events
 where who = :who
   and who <> ''
 order by at
""")
PERSON = text("""
select id, address, normal, name, language, attributes, timezone, created_at
  from subscribers
 where normal = :normal
""")
SUPPRESSION = text("""
select reason
  from suppressions
 where normal = :normal
""")
PAUSE = text("""
select pauses.since, pauses.until
  from pauses
  join subscribers
    on subscribers.id = pauses.subscriber
 where subscribers.normal = :normal
""")
TAGS = text("""
select tags.tag
  from tags
  join subscribers
    on subscribers.id = tags.subscriber
 where subscribers.normal = :normal
 order by tags.tag
""")


class Consents:
    """What readers said yes and no to, and all that is known of one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(
        self,
        address: str,
        *,
        lists: Sequence[str],
        name: str = "",
        language: str = "",
        said: Consent,
    ) -> Sequence[str]:
        """Note that somebody wants to subscribe; return the lists to be confirmed.

        None for who must not be written to. What is known of a reader already stays as
        it is: anybody can write another's address into a form.
        """
        normal = addresses.normal(address)
        with self._database.writing() as connection:
            if _is_out(connection, normal):
                return ()
            found = Person(address.strip(), name=name, language=language)
            asked = _ask(connection, normal, found, lists, now=said.said_at)
            write(connection, normal, asked, said)
            return asked

    def confirm(
        self, address: str, *, lists: Sequence[str], said: Consent
    ) -> Sequence[str]:
        """Subscribe a reader who proved that the address is theirs.

        Return the lists that they are on now by this; none where the address is
        suppressed, or forgotten since.
        """
        normal = addresses.normal(address)
        with self._database.writing() as connection:
            if _is_out(connection, normal) or not _person(connection, normal):
                return ()
            forgetting.let_back(connection, normal)
            now = times.written(said.said_at)
            importing.add(connection, normal, Person(address), lists, now)
            write(connection, normal, lists, said)
            return lists

    def leave(self, address: str, *, lists: Sequence[str], said: Consent) -> None:
        """End subscriptions; without lists all of them.

        An address that is no reader's is suppressed: it got something by name.
        """
        normal = addresses.normal(address)
        with self._database.writing() as connection:
            leave(connection, normal, lists, said)

    def note(
        self, addresses_: Iterable[str], *, lists: Sequence[str], said: Consent
    ) -> None:
        """Write down what an owner did for readers: added them, or took them off."""
        with self._database.writing() as connection:
            for address in addresses_:
                write(connection, addresses.normal(address), lists, said)

    def of(self, address: str) -> list[Consent]:
        """Return what a reader said, the oldest first."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.reading() as connection:
            rows = connection.execute(STORY, values).all()
        return [
            Consent(
                list=row.list,
                act=row.act,
                said_at=times.read(row.said_at),
                how=row.how,
                words=row.words,
                language=row.language,
                network=row.network,
                browser=row.browser,
            )
            for row in rows
        ]

    def lists_of(self, address: str) -> dict[str, str]:
        """Return the lists that a reader is or was on, with the state of each."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.reading() as connection:
            rows = connection.execute(STATES, values)
            return {row.list: row.state for row in rows}

    def everything(self, address: str) -> dict[str, object]:
        """Return all data about a person, as JSON can hold it; empty for a stranger."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.reading() as connection:
            person = connection.execute(PERSON, values).one_or_none()
            reason = connection.execute(SUPPRESSION, values).scalar()
            states = connection.execute(STATES, values).all()
            sent = connection.execute(DELIVERIES, values).all()
            who = {"who": forgetting.digest(values["normal"])}
            heard = connection.execute(EVENTS, who).all()
            given = connection.execute(TAGS, values).scalars().all()
            pause = connection.execute(PAUSE, values).one_or_none()
            tracked = traces.about(connection, values["normal"])
        if person is None:
            return {"address": address, "suppressed": reason} if reason else {}
        reader: Subscriber = readers.reader_from(person, ())
        return {
            "address": reader.address,
            "name": reader.name,
            "language": reader.language,
            "timezone": reader.timezone,
            "attributes": dict(reader.attributes),
            "tags": list(given),
            "known_since": person.created_at,
            "suppressed": reason or "",
            "pause": dict(pause._mapping) if pause else None,
            "tracking": tracked,
            "subscriptions": [dict(row._mapping) for row in states],
            "consents": [one.data() for one in self.of(address)],
            "deliveries": [
                {
                    "key": row.key,
                    "state": row.state,
                    "at": times.written(times.moment(row.settled_at))
                    if row.settled_at
                    else "",
                }
                for row in sent
            ],
            "events": [
                {
                    "channel": row.channel,
                    "kind": row.kind,
                    "for_good": bool(row.is_permanent),
                    "reason": row.reason,
                    "at": times.written(times.moment(row.at)),
                }
                for row in heard
            ],
        }

    def forget(self, address: str) -> bool:
        """Erase a person; return whether there was one.

        Their number is never given again, so what was sent stays counted. An import or
        a command does not bring them back; only they can, unless they were suppressed.
        """
        normal = addresses.loosely_normal(address)
        with self._database.writing() as connection:
            return forgetting.forget(connection, normal, keeps_out=True)

    def forget_unconfirmed(self, before: datetime) -> int:
        """Erase who was asked earlier and never confirmed; return how many."""
        with self._database.writing() as connection:
            found = forgetting.unconfirmed(connection, before)
            for normal in found:
                forgetting.forget(connection, normal, keeps_out=False)
        return len(found)


def leave(
    connection: Connection, normal: str, lists: Sequence[str], said: Consent
) -> None:
    """End subscriptions in a transaction, as `Consents.leave` does."""
    if _person(connection, normal):
        ended = _leave(connection, normal, lists, now=said.said_at)
        write(connection, normal, ended, said)
    elif not forgetting.among(connection, [normal]):
        suppress(connection, normal, reason="unsubscribed", now=said.said_at)


def suppress(
    connection: Connection, normal: str, *, reason: str, now: datetime
) -> None:
    """Suppress an address, also of who was forgotten: without writing it down."""
    if forgetting.keep_out(connection, normal):
        return
    values = {"normal": normal, "reason": reason, "now": times.written(now)}
    connection.execute(people.SUPPRESS, values)


def _is_out(connection: Connection, normal: str) -> bool:
    suppressed = connection.execute(SUPPRESSION, {"normal": normal}).scalar()
    return suppressed is not None or forgetting.is_for_ever(connection, normal)


def _ask(
    connection: Connection,
    normal: str,
    found: Person,
    lists: Sequence[str],
    *,
    now: datetime,
) -> list[str]:
    values = {"normal": normal, "now": times.written(now)}
    about = {"address": found.address, "name": found.name, "language": found.language}
    connection.execute(MEET, values | about)
    many(connection, ASK, [values | {"list": one} for one in lists])
    states = {row.list: row.state for row in connection.execute(STATES, values)}
    return [one for one in lists if states[one] == "pending"]


def _leave(
    connection: Connection, normal: str, lists: Sequence[str], *, now: datetime
) -> list[str]:
    values = {"normal": normal, "now": times.written(now)}
    rows = connection.execute(STATES, values).all()
    open_ = [row.list for row in rows if row.state != "ended"]
    ended = [one for one in open_ if not lists or one in lists]
    many(connection, END, [values | {"list": one} for one in ended])
    return ended


def _person(connection: Connection, normal: str) -> bool:
    return connection.execute(PERSON, {"normal": normal}).one_or_none() is not None


def write(
    connection: Connection, normal: str, lists: Sequence[str], said: Consent
) -> None:
    """Add a line to the journal for each list, in a transaction."""
    about: Mapping[str, str] = {
        "normal": normal,
        "act": said.act,
        "now": times.written(said.said_at),
        "how": said.how,
        "digest": said.digest,
        "language": said.language,
        "network": said.network,
        "browser": said.browser,
    }
    if said.words:
        connection.execute(ADD_WORDS, {"digest": said.digest, "words": said.words})
    many(connection, ADD, [{**about, "list": one} for one in lists])

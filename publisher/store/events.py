"""The journal of events: what came back, each once, and what it changes.

It holds no addresses: a person is a hash in it, and who opened or clicked is nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, text

from publisher.errors import Unsigned
from publisher.models import Consent, Event, key_mark
from publisher.store import addresses, audiences, consents, forgetting, times
from publisher.store.database import Database, many

NEWEST = 1_000  # issues that an event may be about
ANONYMOUS = {"opened", "clicked"}

KNOWN = text("""
select id, kind, who
  from events
 where channel = :channel
   and id in (select value from json_each(:ids))
""")
ADD = text("""
insert into events (channel, id, kind, is_permanent, is_ours, who, mark, issue, reason,
                    at)
values (:channel, :id, :kind, :is_permanent, :is_ours, :who, :mark, :issue, :reason,
        :at)
""")
ISSUES = text("""
select id, list
  from issues
 where not is_rehearsal
 order by planned_at desc, number desc
 limit :limit
""")
READER = text("""
select id
  from subscribers
 where normal = :normal
""")
# What nobody knows the end of: by the indexes of the few, not of all deliveries.
OPEN = text("""
select deliveries.id, deliveries.key
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
   and deliveries.state = 'claimed'
 where selected.channel = :channel or :channel = ''
union all
select deliveries.id, deliveries.key
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('failed', 'skipped', 'uncertain')
   and deliveries.state = 'uncertain'
 where selected.channel = :channel or :channel = ''
""")
ACCEPT = text("""
update deliveries
   set state = 'accepted',
       reason = '',
       receipt = :receipt,
       settled_at = :now
 where id = :id
   and state in ('claimed', 'uncertain')
""")
# Of several about one message only one counts.
SOFT = text("""
select count(distinct case mark when '' then channel || id else mark end) as number,
       min(at) as first, max(at) as last
  from events
 where who = :who
   and kind = 'bounced'
   and is_permanent = 0
   and is_ours = 0
   and at > coalesce((select max(at)
                        from events
                       where who = :who
                         and kind = 'delivered'), 0)
""")
COUNTS = text("""
select kind, is_permanent, count(distinct mark) as number
  from events
 where issue = :issue
   and issue <> ''
 group by kind, is_permanent
""")


@dataclass(frozen=True, slots=True)
class Softly:
    """How often a reader's messages bounced softly since one was delivered."""

    count: int
    first: datetime
    last: datetime


class Events:
    """What came back, by channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def hearing(
        self, channel: str, *, now: datetime, salt: str = ""
    ) -> Iterator[Hearing]:
        """Write down news of a channel and what they change: all of it, or nothing.

        `salt` is that of the marks. News of no channel, "", may be about any.
        """
        with self._database.writing() as connection:
            yield Hearing(connection, channel, now, salt)

    def counts(self, issue: str) -> dict[str, int]:
        """Return how many deliveries bounced, for good or not, and how many complained.

        By "bounced", "softly bounced", "complained" and "unsubscribed".
        """
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for row in connection.execute(COUNTS, {"issue": issue}):
                is_soft = row.kind == "bounced" and not row.is_permanent
                found["softly bounced" if is_soft else row.kind] = row.number
        return found


class Hearing:
    """One transaction about news of one channel."""

    def __init__(
        self, connection: Connection, channel: str, now: datetime, salt: str
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._now = now
        self._salt = salt

    def new(self, events: Sequence[Event]) -> list[Event]:
        """Write down what was not heard yet, and return it.

        `Unsigned` is raised where the only one has the name of another, which is how a
        signature is used twice that does not cover what it is about.
        """
        by_name = {one.id: one for one in events}
        known = self._known(by_name)
        if len(events) == 1 and known not in ({}, {events[0].id: _told(events[0])}):
            raise Unsigned("what proves it was used before, for something else")
        new = [one for name, one in by_name.items() if name not in known]
        many(self._connection, ADD, [self._row(one) for one in new])
        return new

    def _known(self, names: Mapping[str, Event]) -> dict[str, tuple[str, str]]:
        values = {"channel": self._channel, "ids": json.dumps(list(names))}
        rows = self._connection.execute(KNOWN, values)
        return {row.id: (row.kind, row.who) for row in rows}

    def _row(self, event: Event) -> dict[str, object]:
        kind, who = _told(event)
        return {
            "channel": self._channel,
            "id": event.id,
            "kind": kind,
            "is_permanent": int(event.is_permanent),
            "is_ours": int(event.is_ours),
            "who": who,
            "mark": event.mark if who else "",
            "issue": self._issue(event)[0],
            "reason": event.reason,
            "at": times.stamp(event.at),
        }

    # --- what it changes ---

    def settle(self, events: Sequence[Event]) -> int:
        """Accept what nobody knew the end of; return how many deliveries that were.

        Whatever a provider tells of a message, it has taken it.
        """
        told = {one.mark: one for one in events if one.mark}
        if not told:
            return 0
        values = {"channel": self._channel}
        open_ = self._connection.execute(OPEN, values).all()
        rows = [
            {"id": row.id, "receipt": one.message or one.id}
            for row in open_
            if (one := told.get(key_mark(row.key, self._salt)))
        ]
        now = {"now": times.stamp(self._now)}
        return many(self._connection, ACCEPT, [{**row, **now} for row in rows])

    def suppress(self, address: str, *, reason: str) -> None:
        """Never write to this address again; the first reason stays."""
        normal = addresses.loosely_normal(address)
        consents.suppress(self._connection, normal, reason=reason, now=self._now)

    def leave(self, event: Event) -> None:
        """End the subscription that a message came by; where none is known, all.

        An address that is no reader's is suppressed: it got something by name.
        """
        _, list_name = self._issue(event)
        said = Consent(
            act="left", said_at=self._now, how="provider" if self._channel else "mail"
        )
        lists = [list_name] if list_name else []
        normal = addresses.loosely_normal(event.address)
        consents.leave(self._connection, normal, lists, said)

    def softly(self, address: str) -> Softly:
        """Return how often messages to an address bounced softly in a row."""
        row = self._connection.execute(SOFT, {"who": who_of(address)}).one()
        first, last = times.moment(row.first or 0), times.moment(row.last or 0)
        return Softly(row.number, first, last)

    # --- what an event is about ---

    def _issue(self, event: Event) -> tuple[str, str]:
        """Return the issue that an event is about, and its list, of those that count.

        Deliveries to subscribers have keys of their numbers, so nothing is looked up.
        """
        if not event.mark or event.kind not in {
            "bounced",
            "complained",
            "unsubscribed",
        }:
            return "", ""
        reader = self._reader(event.address)
        for issue, list_name in self._issues if reader else ():
            key = f"{audiences.prefix(issue)}{reader:09}"
            if key_mark(key, self._salt) == event.mark:
                return issue, list_name
        return "", ""

    def _reader(self, address: str) -> int:
        values = {"normal": addresses.loosely_normal(address)}
        return self._connection.execute(READER, values).scalar() or 0

    @cached_property
    def _issues(self) -> list[tuple[str, str]]:
        rows = self._connection.execute(ISSUES, {"limit": NEWEST})
        return [(row.id, row.list) for row in rows]


def who_of(address: str) -> str:
    """Return what the journal knows a person by, which leads back to nobody."""
    normal = addresses.loosely_normal(address)
    return forgetting.digest(normal) if normal else ""


def _told(event: Event) -> tuple[str, str]:
    """Return the kind of an event, and who it is about where that is kept."""
    is_nobody = event.kind in ANONYMOUS
    return event.kind, "" if is_nobody else who_of(event.address)

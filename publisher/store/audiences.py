"""Audiences: readers of a list as they were when a plan was made.

Who was confirmed and not suppressed then is counted at once, and gets a row in the
ledger when it is claimed. Who came later is not in it; who left or was suppressed since
is skipped, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from publisher.models import Audience, Delivery, State, Subscriber, maker
from publisher.store import times
from publisher.store.database import ask, many
from publisher.store.guarding import Guard
from publisher.store.readers import attributes_of

OPEN, HELD, CANCELLED = "open", "held", "cancelled"
MOST = 5_000  # readers who are looked at for one call, where all of them have to wait

# 7919 is prime to 100, so that any hundred readers in a row are spread over all shares;
# `salt` differs by issue, so that they are not the same readers each time.
_IN_SHARES = """
   and (:last_share - :first_share = 100
        or (subscriptions.subscriber * 7919 + :salt) % 100
           between :first_share and :last_share - 1)
"""
_MEMBERS = f"""
   and (subscriptions.state = 'confirmed' and subscriptions.changed_at <= :planned_at
        or subscriptions.state = 'ended' and subscriptions.changed_at > :planned_at)
{_IN_SHARES}
"""
# The one question that looks at everybody: it asks no more than it must.
COUNT = text("""
select count(*) as readers, coalesce(max(subscriber), 0) as last,
       coalesce(sum(subscriber), 0) as checksum
  from subscriptions
 where list = :list
   and state = 'confirmed'
   and changed_at <= :planned_at
""")
COUNT_SHARE = text(f"""
{COUNT.text}
{_IN_SHARES}
""")
# From the suppressions' side, for they are few: SQLite keeps the order of a cross join.
SUPPRESSED = text(f"""
select count(*) as readers, coalesce(sum(subscriptions.subscriber), 0) as checksum
  from suppressions
 cross join subscribers
 cross join subscriptions
 where suppressions.suppressed_at <= :planned_at
   and subscribers.normal = suppressions.normal
   and subscriptions.subscriber = subscribers.id
   and subscriptions.list = :list
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at <= :planned_at
{_IN_SHARES}
""")  # noqa: S608
# The same for who had paused; who is suppressed, too, is counted above.
PAUSED = text(f"""
select count(*) as readers, coalesce(sum(subscriptions.subscriber), 0) as checksum
  from pauses
 cross join subscribers
 cross join subscriptions
 where pauses.since <= :planned_at
   and pauses.until > :planned_at
   and subscribers.id = pauses.subscriber
   and not exists (select 1
                     from suppressions
                    where suppressions.normal = subscribers.normal
                      and suppressions.suppressed_at <= :planned_at)
   and subscriptions.subscriber = pauses.subscriber
   and subscriptions.list = :list
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at <= :planned_at
{_IN_SHARES}
""")  # noqa: S608

ADD = text("""
insert into audiences (selected, draft, list, first_share, last_share, last, count,
                       reached, taken, state)
select selected.id, drafts.id, :list, :first_share, :last_share, :last, :count, 0, 0,
       :state
  from selected
  join drafts
    on drafts.issue = selected.issue
   and drafts.name = :draft
 where selected.issue = :issue
   and selected.channel = :channel
""")
WAITING = text("""
select audiences.id, audiences.selected, audiences.draft as draft_id, audiences.list,
       audiences.first_share, audiences.last_share, audiences.last,
       audiences.count as readers, audiences.reached, audiences.taken,
       drafts.name as draft, issues.planned_at, issues.number
  from selected
  join issues
    on issues.id = selected.issue
  join audiences
    on audiences.selected = selected.id
  join drafts
    on drafts.id = audiences.draft
 where selected.issue = :issue
   and selected.channel = :channel
   and audiences.state = 'open'
   and audiences.reached < audiences.last
 order by audiences.id
""")
_FROM = f"""
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
  left join suppressions
    on suppressions.normal = subscribers.normal
  left join pauses
    on pauses.subscriber = subscriptions.subscriber
 where subscriptions.list = :list
   and subscriptions.subscriber > :reached
   and subscriptions.subscriber <= :last
   and (suppressions.normal is null or suppressions.suppressed_at > :planned_at)
   and (pauses.until is null
        or pauses.since > :planned_at
        or pauses.until <= :planned_at)
{_MEMBERS}
"""
_HINDRANCE = """case
       when suppressions.normal is not null then 'suppressed'
       when subscriptions.state = 'ended' then 'left the list'
       when pauses.until > :moment then 'paused'
       else ''
       end"""
NEXT = text(f"""
select subscribers.id, subscribers.address, subscribers.name, subscribers.language,
       subscribers.attributes, subscribers.timezone, {_HINDRANCE} as hindrance
{_FROM}
 order by subscriptions.subscriber
 limit :limit
""")
TAKE = text("""
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before, claimed_at)
select :prefix || printf('%09d', people.value), :selected, :draft_id, people.value, '',
       '', people.value, 'claimed', '', '', '', 0, 0, :now
  from json_each(:ids) as people
""")
PASS_OVER = text("""
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before, claimed_at,
                        settled_at)
values (:prefix || printf('%09d', :reader), :selected, :draft_id, :reader, '', '',
        :reader, 'skipped', :hindrance, '', '', 0, 0, :now, :now)
""")
# Whose own clock says that it is too early.
DELAY = text("""
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before)
values (:prefix || printf('%09d', :reader), :selected, :draft_id, :reader, '', '',
        :reader, 'planned', '', '', '', 0, :not_before)
""")
ADVANCE = text("""
update audiences
   set reached = :reached,
       taken = :taken,
       count = :count
 where id = :id
""")
CORRECT = text("""
update selected
   set count = count + :more
 where id = :selected
""")


class Waiting(NamedTuple):
    """A row of `WAITING`."""

    id: int
    selected: int
    draft_id: int
    list: str
    first_share: int
    last_share: int
    last: int
    readers: int
    reached: int
    taken: int
    draft: str
    planned_at: str
    number: int


@dataclass(frozen=True, slots=True)
class Size:
    """How many an audience has, its newest reader, and a sum that tells it apart."""

    count: int
    last: int
    checksum: int
    suppressed: int
    paused: int = 0


def size(
    connection: Connection,
    list_name: str,
    *,
    planned_at: datetime,
    salt: int = 0,
    shares: tuple[int, int] = (0, 100),
) -> Size:
    """Count who would be in an audience."""
    values = {
        "list": list_name,
        "planned_at": times.written(planned_at),
        "salt": salt,
        "first_share": shares[0],
        "last_share": shares[1],
    }
    is_all = shares == (0, 100)
    found = connection.execute(COUNT if is_all else COUNT_SHARE, values).one()
    gone = connection.execute(SUPPRESSED, values).one()
    away = connection.execute(PAUSED, values).one()
    return Size(
        count=found.readers - gone.readers - away.readers,
        last=found.last,
        checksum=found.checksum - gone.checksum - away.checksum,
        suppressed=gone.readers,
        paused=away.readers,
    )


def add(connection: Connection, issue: str, audience: Audience) -> None:
    """Plan an audience; the channel and the draft are in the ledger already."""
    first, last = audience.shares
    connection.execute(
        ADD,
        {
            "issue": issue,
            "channel": audience.channel,
            "draft": audience.draft,
            "list": audience.list,
            "first_share": first,
            "last_share": last,
            "last": audience.last,
            "count": audience.count,
            "state": HELD if audience.is_held else OPEN,
        },
    )


def take(
    connection: Connection,
    issue: str,
    channel: str,
    limit: int,
    *,
    guard: Guard,
) -> list[Delivery]:
    """Give the next readers rows of their own, and return those that are claimed.

    The others are skipped, or planned for later, as the `guard` says. Empty means that
    nobody is left, or that many in a row have to wait: `has_more` tells.
    """
    where = {"issue": issue, "channel": channel}
    looked = 0
    while looked < MOST and (found := ask(connection, WAITING, where)):
        row = Waiting(*found[0])
        people = _take(connection, issue, row, limit, guard)
        claimed = _deliveries(people, issue, channel, row.draft)
        if claimed:
            return claimed
        looked += max(limit, len(people))
    return []


def has_more(connection: Connection, issue: str, channel: str) -> bool:
    """Say whether anybody is left who has no row yet, and may go."""
    return bool(ask(connection, WAITING, {"issue": issue, "channel": channel}))


def _take(
    connection: Connection,
    issue: str,
    row: Waiting,
    limit: int,
    guard: Guard,
) -> Sequence[tuple[Any, ...]]:
    """Write rows for the next readers of one audience, advance it; return who goes."""
    values = {
        **row._asdict(),
        "prefix": prefix(issue),
        "salt": salt_of(row.number),
        "limit": limit,
        "now": guard.stamp,
        "moment": times.written(guard.now),
    }
    people = ask(connection, NEXT, values)
    is_end = len(people) < limit
    reached = row.last if is_end else people[-1][0]
    going = _write(connection, people, values, guard)
    taken = row.taken + len(people)
    # Who was erased meanwhile is missing at the end; who left before they had confirmed
    # is one more, and skipped.
    count = taken if is_end else max(row.readers, taken)
    ask(
        connection,
        ADVANCE,
        {"id": row.id, "reached": reached, "taken": taken, "count": count},
    )
    if count != row.readers:
        more = {"selected": row.selected, "more": count - row.readers}
        connection.execute(CORRECT, more)
    return going


def _write(
    connection: Connection,
    people: Sequence[tuple[Any, ...]],
    values: dict[str, Any],
    guard: Guard,
) -> Sequence[tuple[Any, ...]]:
    """Give readers their rows, and return who goes now.

    Who must not be written to is skipped at once.
    """
    hindered = {one[0]: one[-1] for one in people if one[-1]}
    if guard.often:
        hindered = {**guard.had_enough([one[0] for one in people]), **hindered}
    rows = [
        {**values, "reader": reader, "hindrance": reason}
        for reader, reason in hindered.items()
    ]
    many(connection, PASS_OVER, rows)
    going = [one for one in people if one[0] not in hindered] if hindered else people
    if guard.hours:
        late = {one[0]: until for one in going if (until := guard.until(one[-2]))}
        rows = [
            {**values, "reader": reader, "not_before": until}
            for reader, until in late.items()
        ]
        many(connection, DELAY, rows)
        going = [one for one in going if one[0] not in late]
    if going:
        ids = json.dumps([one[0] for one in going])
        ask(connection, TAKE, values | {"ids": ids})
    return going


def prefix(issue: str) -> str:
    """Return what the keys of an issue's emails to subscribers begin with."""
    return f"{issue}/email/"


def salt_of(number: int) -> int:
    """Return what spreads the shares of the campaign's issue of this number."""
    return number * 37 % 100


_reader = maker(
    Subscriber, "address", "id", "name", "language", "attributes", "timezone"
)
_delivery = maker(
    Delivery, "key", "issue", "channel", "draft", "recipient", "state", "reader"
)


def _deliveries(
    people: Sequence[tuple[Any, ...]], issue: str, channel: str, draft: str
) -> list[Delivery]:
    # Unpacked, for a row's names cost more than all the rest of a reader.
    known = attributes_of([one[4] for one in people])
    before = prefix(issue)
    claimed = State.CLAIMED
    return [
        _delivery(
            f"{before}{number:09}",
            *(issue, channel, draft, address, claimed),
            _reader(address, number, name, language, attributes, timezone),
        )
        for (number, address, name, language, _, timezone, _), attributes in zip(
            people, known, strict=True
        )
    ]

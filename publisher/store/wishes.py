"""What a person wishes of an issue: pause, go on, cancel, move, try again, decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, text

from publisher.store import ledger_sql, times
from publisher.store.database import Database, ask, many

Wish: TypeAlias = Literal["", "paused", "cancelled"]
BY_HAND = "by hand"  # the receipt of what a person saw arrive

WISH = text("""
select wish
  from issues
 where id = :issue
""")
SET_WISH = text("""
update issues
   set wish = :wish
 where id = :issue
   and wish <> 'cancelled'
""")
CANCEL_READERS = text("""
update audiences
   set state = 'cancelled'
 where selected in (select id from selected where issue = :issue)
   and reached < last
""")
CANCEL_ROWS = text("""
update deliveries
   set state = 'skipped',
       reason = 'cancelled',
       settled_at = :now
 where selected in (select id from selected where issue = :issue)
   and state in ('planned', 'claimed')
   and state = 'planned'
""")
ADD_CHANNEL = text("""
insert into selected (issue, channel, count)
values (:issue, :target, 0)
on conflict do nothing
""")
# The rest of an audience becomes one of the other channel; its beginning stays.
MOVE_READERS = text("""
insert into audiences (selected, draft, list, first_share, last_share, last, count,
                       reached, taken, state)
select target.id, audiences.draft, audiences.list, audiences.first_share,
       audiences.last_share, audiences.last, audiences.count - audiences.taken,
       audiences.reached, 0, audiences.state
  from audiences
  join selected as source
    on source.id = audiences.selected
   and source.issue = :issue
   and source.channel = :source
  join selected as target
    on target.issue = :issue
   and target.channel = :target
 where audiences.reached < audiences.last
   and audiences.state <> 'cancelled'
""")
LEAVE_READERS = text("""
update audiences
   set count = taken,
       reached = last
 where selected = (select id
                     from selected
                    where issue = :issue
                      and channel = :source)
   and reached < last
   and state <> 'cancelled'
""")
MOVE_ROWS = text("""
update deliveries
   set selected = (select id
                     from selected
                    where issue = :issue
                      and channel = :target)
 where selected = (select id
                     from selected
                    where issue = :issue
                      and channel = :source)
   and state in ('planned', 'claimed')
   and state = 'planned'
""")
REST = text("""
select coalesce(sum(audiences.count - audiences.taken), 0)
  from audiences
  join selected
    on selected.id = audiences.selected
 where selected.issue = :issue
   and selected.channel = :source
   and audiences.reached < audiences.last
   and audiences.state <> 'cancelled'
""")
COUNT = text("""
update selected
   set count = count + :more
 where issue = :issue
   and channel = :channel
""")
AGAIN = text("""
update deliveries
   set state = 'planned',
       reason = '',
       tries = 0,
       not_before = 0,
       claimed_at = null,
       settled_at = null
 where selected in (select id from selected where issue = :issue)
   and state in ('failed', 'skipped', 'uncertain')
   and state = :state
""")
AGAIN_ONE = text(f"{AGAIN.text} and key = :key")
PAUSED = text("""
select id
  from issues
 where campaign = :campaign
   and wish = 'paused'
 order by number
""")
DECIDE = text("""
update deliveries
   set state = :state,
       reason = :reason,
       receipt = :receipt,
       settled_at = :now
 where selected in (select id from selected where issue = :issue)
   and state in ('failed', 'skipped', 'uncertain')
   and state = 'uncertain'
   and key = :key
""")


# The variants of a test, and who waits for the winner. What is held has the first
# variant's draft until then.
VARIANTS = text("""
select drafts.name as draft, min(audiences.first_share) as place,
       sum(audiences.count) as readers
  from audiences
  join selected
    on selected.id = audiences.selected
  join drafts
    on drafts.id = audiences.draft
 where selected.issue = :issue
   and audiences.state <> 'held'
   and audiences.last_share - audiences.first_share < 100
 group by drafts.name
 order by place
""")
RESULTS = text("""
select drafts.name as draft, deliveries.state, count(*) as number
  from selected
  join deliveries
    on deliveries.selected = selected.id
  join drafts
    on drafts.id = deliveries.draft
 where selected.issue = :issue
 group by drafts.name, deliveries.state
""")
UNDECIDED = text("""
select coalesce(sum(audiences.count - audiences.taken), 0)
  from audiences
  join selected
    on selected.id = audiences.selected
 where selected.issue = :issue
   and audiences.state = 'held'
""")
WIN = text("""
update audiences
   set state = 'open',
       draft = (select id from drafts where issue = :issue and name = :draft)
 where selected in (select id from selected where issue = :issue)
   and state = 'held'
""")


class Wishes:
    """The wishes that a sender looks for, and the changes that no sender makes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def gone(self, issue: str, channel: str, *, now: datetime) -> dict[str, str]:
        """Return why readers get no more what is claimed for them, by its key.

        They left, paused or were suppressed since.
        """
        values = {"issue": issue, "channel": channel, "moment": times.written(now)}
        with self._database.reading() as connection:
            return {
                key: why for key, why in ask(connection, ledger_sql.GONE, values) if why
            }

    def of(self, issue: str) -> Wish:
        """Return what somebody wishes of the issue; "" is that it goes on."""
        with self._database.reading() as connection:
            found: Wish = connection.execute(WISH, {"issue": issue}).scalar() or ""
        return found

    def pause(self, issue: str) -> None:
        """Let nothing more be claimed until somebody resumes it."""
        self._set(issue, "paused")

    def resume(self, issue: str) -> None:
        """Let it go on; what is cancelled stays so."""
        self._set(issue, "")

    def _set(self, issue: str, wish: Wish) -> None:
        with self._database.writing() as connection:
            connection.execute(SET_WISH, {"issue": issue, "wish": wish})

    def cancel(self, issue: str, *, now: datetime) -> None:
        """Skip whatever is not claimed yet, for good."""
        values = {"issue": issue, "now": times.stamp(now)}
        with self._database.writing() as connection:
            connection.execute(SET_WISH, {"issue": issue, "wish": "cancelled"})
            connection.execute(CANCEL_READERS, {"issue": issue})
            connection.execute(CANCEL_ROWS, values)

    def move(self, issue: str, source: str, target: str) -> int:
        """Give what a channel has not claimed to another; return how many."""
        with self._database.writing() as connection:
            return move(connection, issue, source, target)

    def paused(self, campaign: str) -> list[str]:
        """Return the issues of a campaign that wait for somebody to resume them."""
        with self._database.reading() as connection:
            return list(connection.execute(PAUSED, {"campaign": campaign}).scalars())

    # --- A/B tests ---

    def variants(self, issue: str) -> dict[str, dict[str, int]]:
        """Return how each variant of a test stands, by its draft, the first one first.

        Empty where the issue is no test.
        """
        values = {"issue": issue}
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(VARIANTS, values):
                found[row.draft] = {"readers": int(row.readers)}
            for row in connection.execute(RESULTS, values):
                if row.draft in found:
                    found[row.draft][row.state] = row.number
        return found if len(found) > 1 else {}

    def undecided(self, issue: str) -> int:
        """Return how many wait for the winner of a test."""
        with self._database.reading() as connection:
            return int(connection.execute(UNDECIDED, {"issue": issue}).scalar() or 0)

    def win(self, issue: str, draft: str) -> None:
        """Let those who waited for it get this draft."""
        with self._database.writing() as connection:
            connection.execute(WIN, {"issue": issue, "draft": draft})

    # --- what did not go as it should ---

    def retry(
        self,
        issue: str,
        state: Literal["failed", "uncertain"],
        keys: Sequence[str] | None = None,
    ) -> int:
        """Plan again what failed, or what nobody knows of; return how many.

        Without `keys` all of them.
        """
        values = {"issue": issue, "state": state}
        with self._database.writing() as connection:
            if keys is None:
                return connection.execute(AGAIN, values).rowcount
            return many(connection, AGAIN_ONE, [{**values, "key": one} for one in keys])

    def decide(
        self, issue: str, keys: Sequence[str], *, arrived: bool, now: datetime
    ) -> int:
        """Settle uncertain deliveries by a person's word; return how many."""
        values = {
            "issue": issue,
            "state": "accepted" if arrived else "failed",
            "reason": "" if arrived else "not arrived, by hand",
            "receipt": BY_HAND if arrived else "",
            "now": times.stamp(now),
        }
        with self._database.writing() as connection:
            return many(connection, DECIDE, [{"key": key, **values} for key in keys])


def move(connection: Connection, issue: str, source: str, target: str) -> int:
    """Give what a channel has not claimed to another; return how many.

    The keys stay: the same reader gets the same issue once, whatever carries it.
    """
    values = {"issue": issue, "source": source, "target": target}
    connection.execute(ADD_CHANNEL, {"issue": issue, "target": target})
    moved = int(connection.execute(REST, values).scalar() or 0)
    connection.execute(MOVE_READERS, values)
    connection.execute(LEAVE_READERS, values)
    moved += connection.execute(MOVE_ROWS, values).rowcount
    for channel, more in ((source, -moved), (target, moved)):
        change = {"issue": issue, "channel": channel, "more": more}
        connection.execute(COUNT, change)
    return moved

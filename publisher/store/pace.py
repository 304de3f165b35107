"""How fast accounts may be used: one row each, shared by every process that sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, text

from publisher.models import Pace, Standing, Turn
from publisher.store import times
from publisher.store.database import Database, ask

LOOK = text("""
select next_at, blocked_until, blocks, seen_at, share, speed, taken, since, day, sent,
       active
  from paces
 where account = :account
""")
KEEP = text("""
insert into paces (account, channel, next_at, blocked_until, blocks, seen_at, share,
                   speed, taken, since, day, sent, active)
values (:account, :channel, :next_at, :blocked_until, :blocks, :seen_at, :share, :speed,
        :taken, :since, :day, :sent, :active)
on conflict (account) do update
   set channel = excluded.channel,
       next_at = excluded.next_at,
       blocked_until = excluded.blocked_until,
       blocks = excluded.blocks,
       seen_at = excluded.seen_at,
       share = excluded.share,
       speed = excluded.speed,
       taken = excluded.taken,
       since = excluded.since,
       day = excluded.day,
       sent = excluded.sent,
       active = excluded.active
""")


class Paces:
    """What is known of each account.

    An account is named by a digest of what makes it one; no secret is in the books.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, digest: str, *, channel: str, zone: tzinfo) -> Account:
        """Return the account, whose days are those of the zone."""
        return Account(self._database, digest, channel, zone)


class Account:
    """One account: each change is one transaction, for many calls together."""

    def __init__(
        self, database: Database, digest: str, channel: str, zone: tzinfo
    ) -> None:
        self._database = database
        self._names = {"account": digest, "channel": channel}
        self.zone = zone

    def look(self) -> Standing:
        """Return what is known, and change nothing."""
        with self._database.reading() as connection:
            return self._found(connection)

    def ready_at(self, now: datetime, pace: Pace) -> datetime | None:
        """Return when something may go again; None where nothing hinders it now."""
        return self.look().ready_at(
            now=now, day=self._day(now), pace=pace, zone=self.zone
        )

    def _day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def turn(
        self,
        *,
        now: datetime,
        calls: int,
        messages: int,
        interval: timedelta,
        pace: Pace,
    ) -> Turn:
        """Reserve calls that nobody else will make, for so many messages of a day."""
        turns: list[Turn] = []

        def reserved(standing: Standing) -> Standing:
            kept, turn = standing.turn(
                now=now,
                day=self._day(now),
                calls=calls,
                messages=messages,
                interval=interval,
                pace=pace,
            )
            turns.append(turn)
            return kept

        self._change(reserved)
        return turns[0]

    def block(
        self, *, now: datetime, until: datetime, taken: int, since: datetime
    ) -> Standing:
        """Let nobody call before then; return what is known now."""
        return self._change(
            lambda known: known.blocked(now=now, until=until, taken=taken, since=since)
        )

    def give_back(self, count: int, day: date) -> None:
        """Count so many messages of a day as not sent."""
        self._change(lambda known: known.given_back(count, day))

    def _change(self, changed: Callable[[Standing], Standing]) -> Standing:
        with self._database.writing() as connection:
            kept = changed(self._found(connection))
            ask(connection, KEEP, {**self._names, **_row(kept)})
        return kept

    def _found(self, connection: Connection) -> Standing:
        for row in ask(connection, LOOK, {"account": self._names["account"]}):
            return _standing(row)
        return Standing()


def _row(kept: Standing) -> dict[str, Any]:
    return {
        "next_at": times.stamp(kept.next_at),
        "blocked_until": times.stamp(kept.blocked_until),
        "blocks": kept.blocks,
        "seen_at": times.stamp(kept.seen_at),
        "share": kept.share,
        "speed": kept.speed,
        "taken": kept.taken,
        "since": times.stamp(kept.since),
        "day": kept.day.isoformat(),
        "sent": kept.sent,
        "active": kept.active,
    }


def _standing(row: tuple[Any, ...]) -> Standing:
    next_at, blocked_until, blocks, seen_at, share, speed, taken, since, *days = row
    day, sent, active = days
    return Standing(
        next_at=times.moment(next_at),
        blocked_until=times.moment(blocked_until),
        blocks=blocks,
        seen_at=times.moment(seen_at),
        share=share,
        speed=speed,
        taken=taken,
        since=times.moment(since),
        day=date.fromisoformat(day),
        sent=sent,
        active=active,
    )

"""What each reader has had already, and which topics they follow."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, text

from publisher.store import addresses
from publisher.store.database import Database, ask, many

OTHERS = text("""
select id, articles
  from issues
 where campaign <> :campaign
   and is_rehearsal = :is_rehearsal
   and wish <> 'cancelled'
   and articles <> '[]'
""")
DRAFTS = text("""
select drafts.id, drafts.data
  from json_each(:issues)
  join drafts
    on drafts.issue = json_each.value
""")
# Whoever it may have reached, or will: what is planned counts, what failed does not.
REACHED = text("""
select deliveries.reader, deliveries.draft
  from json_each(:issues)
  join selected
    on selected.issue = json_each.value
  join deliveries
    on deliveries.selected = selected.id
 where deliveries.reader > 0
   and deliveries.state in ('planned', 'claimed', 'accepted', 'uncertain')
""")
# Those of a list who have no row yet, because it is still being sent.
COMING = text("""
select subscriptions.subscriber, audiences.draft
  from json_each(:issues)
  join selected
    on selected.issue = json_each.value
  join audiences
    on audiences.selected = selected.id
   and audiences.state <> 'cancelled'
   and audiences.reached < audiences.last
  join subscriptions
    on subscriptions.list = audiences.list
   and subscriptions.state = 'confirmed'
   and subscriptions.subscriber > audiences.reached
   and subscriptions.subscriber <= audiences.last
""")
FOLLOWED = text("""
select follows.subscriber, follows.topic
  from follows
  join subscriptions
    on subscriptions.subscriber = follows.subscriber
   and subscriptions.list = :list
   and subscriptions.state = 'confirmed'
""")
OF = text("""
select follows.topic
  from follows
  join subscribers
    on subscribers.id = follows.subscriber
 where subscribers.normal = :normal
 order by follows.topic
""")
UNFOLLOW = text("""
delete from follows
 where subscriber = (select id
                       from subscribers
                      where normal = :normal)
""")
FOLLOW = text("""
insert into follows (subscriber, topic)
select id, :topic
  from subscribers
 where normal = :normal
""")


class Memory:
    """Which articles reached whom, and who wants to read of what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def had(
        self, slugs: Collection[str], *, campaign: str, is_rehearsal: bool
    ) -> Mapping[str, set[int]]:
        """Return which readers had which of these articles from other campaigns.

        By slug, the readers' ids; an article that nobody had is not in it.
        """
        values = {"campaign": campaign, "is_rehearsal": is_rehearsal}
        with self._database.reading() as connection:
            issues = [
                row.id
                for row in connection.execute(OTHERS, values)
                if not set(json.loads(row.articles)).isdisjoint(slugs)
            ]
            return _readers_of(connection, issues, set(slugs)) if issues else {}

    def follows(self, list_name: str) -> Mapping[int, frozenset[str]]:
        """Return the topics of each reader of a list who has chosen some, by id."""
        found: dict[int, set[str]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(FOLLOWED, {"list": list_name}):
                found.setdefault(row.subscriber, set()).add(row.topic)
        return {reader: frozenset(topics) for reader, topics in found.items()}

    def topics_of(self, address: str) -> tuple[str, ...]:
        """Return what a reader follows; nothing chosen means everything."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.reading() as connection:
            return tuple(connection.execute(OF, values).scalars())

    def follow(self, address: str, topics: Iterable[str]) -> None:
        """Let a reader follow these topics and no others."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.writing() as connection:
            connection.execute(UNFOLLOW, values)
            rows = [values | {"topic": one} for one in sorted(set(topics))]
            many(connection, FOLLOW, rows)


def _readers_of(
    connection: Connection, issues: Sequence[str], slugs: set[str]
) -> Mapping[str, set[int]]:
    values = {"issues": json.dumps([*issues])}
    articles = {
        draft: slugs.intersection(json.loads(data).get("articles", ()))
        for draft, data in ask(connection, DRAFTS, values)
    }
    found: dict[str, set[int]] = {}
    for question in (REACHED, COMING):
        for reader, draft in ask(connection, question, values):
            for slug in articles.get(draft, ()):
                found.setdefault(slug, set()).add(reader)
    return found

"""What was sent to everybody of a list: the issues that anybody may read later."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text

from publisher.models import Draft, draft_from
from publisher.store import times
from publisher.store.database import Database

# Only where all readers get one letter: what depends on the reader may be theirs alone.
# Of a test, the letter that reached most.
PUBLISHED = text("""
select issues.id, issues.list, issues.planned_at, drafts.data,
       sum(audiences.taken) as readers
  from issues
  join selected
    on selected.issue = issues.id
  join audiences
    on audiences.selected = selected.id
  join drafts
    on drafts.id = audiences.draft
 where issues.list in :lists
   and (issues.id = :issue or :issue = '')
   and not issues.is_rehearsal
   and issues.wish <> 'cancelled'
   and audiences.taken > 0
 group by issues.id, issues.list, issues.planned_at, drafts.data, drafts.id
 order by issues.planned_at desc, issues.id, readers desc, drafts.id
 limit :limit
""").bindparams(bindparam("lists", expanding=True))
MOST_VARIANTS = 10


@dataclass(frozen=True, slots=True)
class Published:
    """An issue of a list, as the others got it."""

    id: str
    list: str
    date: datetime
    draft: Draft


class Archive:
    """The issues that went to a list, the newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issues(self, lists: Collection[str], *, limit: int = 100) -> list[Published]:
        """Return the newest issues of these lists."""
        return list(self._published(lists, "", limit))

    def issue(self, lists: Collection[str], issue: str) -> Published | None:
        """Return one issue, if it went to one of these lists."""
        return next(self._published(lists, issue, 1), None)

    def _published(
        self, lists: Collection[str], issue: str, limit: int
    ) -> Iterator[Published]:
        values = {
            "lists": [*lists],
            "issue": issue,
            "limit": limit * MOST_VARIANTS,
        }
        with self._database.reading() as connection:
            rows = connection.execute(PUBLISHED, values).all()
        seen: set[str] = set()
        for row in rows:
            if row.id not in seen and len(seen) < limit:
                seen.add(row.id)
                draft = draft_from(json.loads(row.data))
                yield Published(row.id, row.list, times.read(row.planned_at), draft)

"""Posts that went: when an account had its last, and what stands about an article."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from publisher.models import PostDraft, Receipt, draft_from
from publisher.store import times
from publisher.store.database import Database
from publisher.store.ledger_rows import json_of
from publisher.store.ledger_sql import ADD_DRAFT

# Planned ones count at their turn, the others when they went.
LAST = text("""
select max(case
           when deliveries.settled_at is null
                or deliveries.not_before > deliveries.settled_at
           then deliveries.not_before
           else deliveries.settled_at
           end)
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed', 'accepted', 'uncertain')
   and deliveries.reader = 0
   and deliveries.recipient = ''
 where selected.channel = :channel
""")
ABOUT = text("""
select deliveries.key, selected.issue, selected.channel, deliveries.receipt,
       deliveries.url, deliveries.settled_at, drafts.data
  from drafts
  join deliveries
    on deliveries.draft = drafts.id
   and deliveries.state = 'accepted'
  join selected
    on selected.id = deliveries.selected
 where drafts.data like '%"article"%'
   and drafts.data like :slug
 order by deliveries.settled_at, deliveries.id
""")
# What a campaign has planned since a time, whatever became of it but nothing.
SINCE = text("""
select selected.channel, drafts.data
  from issues
  join selected
    on selected.issue = issues.id
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state not in ('failed', 'skipped')
   and deliveries.reader = 0
   and deliveries.recipient = ''
  join drafts
    on drafts.id = deliveries.draft
 where issues.campaign = :campaign
   and issues.planned_at >= :since
   and not issues.is_rehearsal
""")
EACH = text("""
select drafts.data, max(deliveries.settled_at) as at
  from issues
  join selected
    on selected.issue = issues.id
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('accepted', 'uncertain')
   and deliveries.reader = 0
   and deliveries.recipient = ''
  join drafts
    on drafts.id = deliveries.draft
 where :is_rehearsal
    or not issues.is_rehearsal
 group by drafts.id
""")
AMEND = text("""
update deliveries
   set draft = (select id from drafts where issue = :issue and name = :draft),
       receipt = :receipt,
       url = case :url when '' then url else :url end
 where key = :key
   and state = 'accepted'
""")


@dataclass(frozen=True, slots=True)
class Posted:
    """A post that its network took."""

    key: str
    issue: str
    channel: str
    receipt: str
    url: str
    at: datetime
    draft: PostDraft


class Posts:
    """The posts among the deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, channel: str) -> datetime | None:
        """Return when a channel had its last post, or will have it."""
        with self._database.reading() as connection:
            found = connection.execute(LAST, {"channel": channel}).scalar()
        return times.moment(found) if found else None

    def about(self, slug: str) -> list[Posted]:
        """Return what networks took about an article, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(ABOUT, {"slug": f"%{json_of(slug)}%"}).all()
        found = []
        for row in rows:
            draft = draft_from(json.loads(row.data))
            if isinstance(draft, PostDraft) and draft.article == slug:
                at = times.moment(row.settled_at)
                place = (row.key, row.issue, row.channel, row.receipt, row.url)
                found.append(Posted(*place, at, draft))
        return found

    def since(self, campaign: str, moment: datetime) -> list[tuple[str, PostDraft]]:
        """Return a campaign's posts that were planned since then, with channels."""
        values = {"campaign": campaign, "since": times.written(moment)}
        with self._database.reading() as connection:
            rows = connection.execute(SINCE, values).all()
        drafts = ((row.channel, draft_from(json.loads(row.data))) for row in rows)
        return [(name, one) for name, one in drafts if isinstance(one, PostDraft)]

    def amend(self, posted: Posted, draft: PostDraft, receipt: Receipt) -> None:
        """Write down that another draft stands there now."""
        values = {
            "issue": posted.issue,
            "name": draft.id,
            "data": json_of(draft.data()),
        }
        with self._database.writing() as connection:
            connection.execute(ADD_DRAFT, values)
            connection.execute(
                AMEND,
                {
                    "issue": posted.issue,
                    "draft": draft.id,
                    "key": posted.key,
                    "receipt": receipt.id,
                    "url": receipt.url,
                },
            )

    def last_of_each(self, *, is_rehearsal: bool) -> dict[str, datetime]:
        """Return when there was last a post about each article, by slug.

        What was only rehearsed counts for a rehearsal alone.
        """
        with self._database.reading() as connection:
            rows = connection.execute(EACH, {"is_rehearsal": is_rehearsal}).all()
        found: dict[str, datetime] = {}
        for row in rows:
            draft, at = draft_from(json.loads(row.data)), times.moment(row.at)
            if isinstance(draft, PostDraft):
                found[draft.article] = max(at, found.get(draft.article, at))
        return found

"""Proves that every delivery is accounted for."""

from __future__ import annotations

from sqlalchemy import Connection, text

from publisher.store.sequences_sql import FORGOTTEN

# `selected` was counted when the plan was written; the rows are counted now.
EQUATION = text("""
select selected.issue, selected.channel, selected.count as selected,
       count(*) filter (where deliveries.state = 'planned')
         + coalesce((select sum(audiences.count - audiences.taken)
                       from audiences
                      where audiences.selected = selected.id
                        and audiences.state <> 'cancelled'), 0) as planned,
       count(*) filter (where deliveries.state = 'claimed') as claimed,
       count(*) filter (where deliveries.state = 'accepted') as accepted,
       count(*) filter (where deliveries.state = 'failed') as failed,
       count(*) filter (where deliveries.state = 'skipped')
         + coalesce((select sum(audiences.count - audiences.taken)
                       from audiences
                      where audiences.selected = selected.id
                        and audiences.state = 'cancelled'), 0) as skipped,
       count(*) filter (where deliveries.state = 'uncertain') as uncertain
  from selected
  left join deliveries
    on deliveries.selected = selected.id
   and deliveries.key > selected.issue || '/'
   and deliveries.key < selected.issue || '0'
 where selected.issue = :issue or :issue = ''
 group by selected.id, selected.issue, selected.channel, selected.count
 order by selected.issue, selected.channel
""")
UNSELECTED = text("""
select deliveries.key
  from deliveries
  left join selected
    on selected.id = deliveries.selected
   and deliveries.key > selected.issue || '/'
   and deliveries.key < selected.issue || '0'
 where (deliveries.key > :issue || '/' and deliveries.key < :issue || '0'
        or :issue = '')
   and selected.id is null
 order by deliveries.key
""")
WITHOUT_DRAFT = text("""
select deliveries.key
  from deliveries
  left join drafts
    on drafts.id = deliveries.draft
 where (deliveries.key > :issue || '/' and deliveries.key < :issue || '0'
        or :issue = '')
   and drafts.id is null
 order by deliveries.key
""")
WITHOUT_RECEIPT = text("""
select key
  from deliveries
 where (key > :issue || '/' and key < :issue || '0' or :issue = '')
   and state = 'accepted'
   and (receipt = '' or settled_at is null)
 order by key
""")
HOMELESS = text("""
select drafts.name as key
  from drafts
  left join issues
    on issues.id = drafts.issue
 where (drafts.issue = :issue or :issue = '')
   and issues.id is null
 order by drafts.name
""")
STATES = ("planned", "claimed", "accepted", "failed", "skipped", "uncertain")
RULES = (
    (UNSELECTED, "was never selected"),
    (WITHOUT_DRAFT, "has no draft"),
    (WITHOUT_RECEIPT, "is accepted without a receipt and its time"),
    (HOMELESS, "is a draft of no issue"),
    (FORGOTTEN, "was forgotten by its sequence"),
)


def broken(connection: Connection, issue: str) -> list[str]:
    """Return each broken promise of an issue, or of all, in a line."""
    values = {"issue": issue}
    found = []
    for row in connection.execute(EQUATION, values):
        counts = {state: int(getattr(row, state)) for state in STATES}
        if row.selected != sum(counts.values()):
            terms = " + ".join(f"{count} {state}" for state, count in counts.items())
            found.append(
                f"{row.issue} through {row.channel}: {row.selected} selected is not "
                f"{terms}"
            )
    for question, complaint in RULES:
        found += [
            f"{row.key} {complaint}" for row in connection.execute(question, values)
        ]
    return found

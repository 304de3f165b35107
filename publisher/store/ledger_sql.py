"""What the ledger asks of the database."""

from __future__ import annotations

from sqlalchemy import text

LAST_NUMBER = text("""
select max(number)
  from issues
 where campaign = :campaign
""")

ADD_ISSUE = text("""
insert into issues (id, campaign, number, articles, planned_at, scheduled_at,
                    is_rehearsal, list, hash)
values (:id, :campaign, :number, :articles, :planned_at, :scheduled_at,
        :is_rehearsal, :list, :hash)
on conflict do nothing
""")

ISSUE = text("""
select id, campaign, number, articles, planned_at, scheduled_at, is_rehearsal, list,
       hash
  from issues
 where id = :issue
""")

UNFINISHED = text("""
select id, campaign, number, articles, planned_at, scheduled_at, is_rehearsal, list,
       hash
  from issues
 where campaign = :campaign
   and is_rehearsal = :is_rehearsal
   and id in (select issue
                from deliveries
               where state in ('planned', 'claimed'))
 order by number
 limit 1
""")

ISSUES = text("""
select id, campaign, number, articles, planned_at, scheduled_at, is_rehearsal, list,
       hash
  from issues
 where campaign = :campaign or :campaign = ''
 order by planned_at desc, number desc, id
 limit :limit
""")

SENT_ARTICLES = text("""
select articles
  from issues
 where campaign = :campaign
   and (:is_rehearsal or not is_rehearsal)
   and exists (select 1
                 from deliveries
                where deliveries.issue = issues.id
                  and deliveries.state not in ('failed', 'skipped'))
""")

ADD_DRAFT = text("""
insert into drafts (issue, id, data)
values (:issue, :id, :data)
on conflict do nothing
""")

DRAFT = text("""
select data
  from drafts
 where id = :id
 limit 1
""")

DRAFTS = text("""
select id, data
  from drafts
 where issue = :issue
 order by id
""")

ADD_CHANNEL = text("""
insert into selected (issue, channel, count)
values (:issue, :channel, 0)
on conflict do nothing
""")

COUNT_SELECTED = text("""
update selected
   set count = count + :added
 where issue = :issue
   and channel = :channel
""")

ADD_DELIVERY = text("""
insert into deliveries (key, issue, channel, draft, recipient, normal, position, state,
                        reason, receipt, url, planned_at)
values (:key, :issue, :channel, :draft, :recipient, :normal, :position, 'planned',
        '', '', '', :planned_at)
on conflict do nothing
""")

LIST = text("""
select key, issue, channel, draft, recipient, state, reason, receipt, url, claimed_at
  from deliveries
 where issue = :issue
   and (channel = :channel or :channel = '')
   and (state = :state or :state = '')
 order by position, key
""")

# Channels in the plan's order; a channel without deliveries is shown, too.
COUNTS = text("""
select selected.channel, deliveries.state, count(deliveries.key) as number,
       min(min(deliveries.position)) over (partition by selected.channel) as first
  from selected
  left join deliveries
    on deliveries.issue = selected.issue
   and deliveries.channel = selected.channel
 where selected.issue = :issue
 group by selected.channel, deliveries.state
 order by first, selected.channel
""")

# One statement, so that no suppression can come between the question and the claim.
# `deliveries.state` is asked again for databases that let two claimers choose at once.
CLAIM = text("""
with turn as (
    select key,
           case
           when exists (select 1
                          from suppressions
                         where suppressions.normal = deliveries.normal)
           then 'suppressed'
           when exists (select 1
                          from issues
                          join subscriptions
                            on subscriptions.list = issues.list
                           and subscriptions.state = 'ended'
                          join subscribers
                            on subscribers.id = subscriptions.subscriber
                         where issues.id = deliveries.issue
                           and subscribers.normal = deliveries.normal)
           then 'left the list'
           else ''
           end as hindrance
      from deliveries
     where issue = :issue
       and channel = :channel
       and state = 'planned'
     order by position
     limit :count
)
update deliveries
   set state = case turn.hindrance when '' then 'claimed' else 'skipped' end,
       reason = turn.hindrance,
       claimed_at = case turn.hindrance when '' then :now end,
       settled_at = case turn.hindrance when '' then null else :now end
  from turn
 where deliveries.key = turn.key
   and deliveries.state = 'planned'
returning deliveries.key, issue, channel, draft, recipient, position, state, reason,
          receipt, url
""")

SETTLE = text("""
update deliveries
   set state = :state,
       reason = :reason,
       receipt = :receipt,
       url = :url,
       settled_at = :now
 where key = :key
   and state in ('claimed', 'uncertain')
""")

RELEASE = text("""
update deliveries
   set state = 'planned',
       claimed_at = null
 where key = :key
   and state = 'claimed'
""")

# Behind everything else of its issue, so that one reader does not hold up the others.
POSTPONE = text("""
update deliveries
   set state = 'planned',
       claimed_at = null,
       position = 1 + (select max(position)
                         from deliveries as others
                        where others.issue = deliveries.issue)
 where key = :key
   and state = 'claimed'
""")

SKIP = text("""
update deliveries
   set state = 'skipped',
       reason = :reason,
       settled_at = :now
 where key = :key
   and state = 'planned'
""")

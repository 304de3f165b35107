"""What the ledger asks of the database."""

from __future__ import annotations

from sqlalchemy import text

LAST_NUMBER = text("""
select max(number)
  from issues
 where campaign = :campaign
""")

ADD_ISSUE = text("""
insert into issues (id, campaign, number, articles, planned_at, scheduled_at, starts_at,
                    is_rehearsal, list, hash, wish, local_at, is_urgent)
values (:id, :campaign, :number, :articles, :planned_at, :scheduled_at, :starts_at,
        :is_rehearsal, :list, :hash, '', :local_at, :is_urgent)
on conflict do nothing
""")

_ISSUE = """
select id, campaign, number, articles, planned_at, scheduled_at, starts_at,
       is_rehearsal, list, hash, local_at, is_urgent
  from issues
"""
ISSUE = text(f"""
{_ISSUE}
 where id = :issue
""")

# Of what somebody paused or cancelled nobody goes on by himself.
UNFINISHED = text(f"""
{_ISSUE}
 where campaign = :campaign
   and is_rehearsal = :is_rehearsal
   and wish = ''
   and id in (select selected.issue
                from selected
               where exists (select 1
                               from deliveries
                              where deliveries.selected = selected.id
                                and deliveries.state in ('planned', 'claimed'))
                  or exists (select 1
                               from audiences
                              where audiences.selected = selected.id
                                and audiences.state = 'open'
                                and audiences.reached < audiences.last))
 order by number
 limit 1
""")  # noqa: S608

ISSUES = text(f"""
{_ISSUE}
 where campaign = :campaign or :campaign = ''
 order by planned_at desc, number desc, id
 limit :limit
""")

# What is neither failed nor skipped has gone, or is about to. The states are named as
# the index names them, or it would not be used.
SENT_ARTICLES = text("""
select articles
  from issues
 where campaign = :campaign
   and (:is_rehearsal or not is_rehearsal)
   and exists (
       select 1
         from selected
        where selected.issue = issues.id
          and selected.count
              > (select count(*)
                   from deliveries
                  where deliveries.selected = selected.id
                    and deliveries.state in ('failed', 'skipped', 'uncertain')
                    and deliveries.state <> 'uncertain')
              + (select coalesce(sum(audiences.count - audiences.taken), 0)
                   from audiences
                  where audiences.selected = selected.id
                    and audiences.state = 'cancelled'))
""")

ADD_DRAFT = text("""
insert into drafts (issue, name, data)
values (:issue, :name, :data)
on conflict do nothing
""")

DRAFT = text("""
select data
  from drafts
 where name = :name
 limit 1
""")

DRAFTS = text("""
select name, data
  from drafts
 where issue = :issue
 order by name
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
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before)
values (:key,
        (select id from selected where issue = :issue and channel = :channel),
        (select id from drafts where issue = :issue and name = :draft),
        coalesce((select id from subscribers where normal = :normal), 0),
        :recipient, :normal, :position, 'planned', '', '', '', 0, :not_before)
on conflict do nothing
""")

# All keys of an issue begin with its name and a "/", and "0" is the sign after that.
LIST = text("""
select deliveries.key, selected.issue, selected.channel, drafts.name as draft,
       case deliveries.recipient
       when '' then coalesce(subscribers.address, '')
       else deliveries.recipient
       end as recipient,
       deliveries.state, deliveries.reason, deliveries.receipt, deliveries.url,
       deliveries.tries, deliveries.claimed_at
  from deliveries
  join selected
    on selected.id = deliveries.selected
  join drafts
    on drafts.id = deliveries.draft
  left join subscribers
    on subscribers.id = deliveries.reader
 where deliveries.key > :issue || '/'
   and deliveries.key < :issue || '0'
   and (selected.channel = :channel or :channel = '')
   and (deliveries.state = :state or :state = '')
 order by deliveries.position, deliveries.key
""")

# By the index of what is open: an issue may have a million that are not.
CLAIMS = text("""
select deliveries.key, selected.issue, selected.channel, drafts.name as draft,
       case deliveries.recipient
       when '' then coalesce(subscribers.address, '')
       else deliveries.recipient
       end as recipient,
       deliveries.state, deliveries.reason, deliveries.receipt, deliveries.url,
       deliveries.tries, deliveries.claimed_at
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
   and deliveries.state = 'claimed'
  join drafts
    on drafts.id = deliveries.draft
  left join subscribers
    on subscribers.id = deliveries.reader
 where selected.issue = :issue
   and selected.channel = :channel
 order by deliveries.position, deliveries.key
""")

# Channels in the plan's order; a channel without deliveries is shown, too. What is
# accepted is the rest, so that the many are not counted one by one.
COUNTS = text("""
select selected.channel, 'selected' as state, selected.count as number,
       selected.id as turn
  from selected
 where selected.issue = :issue
union all
select selected.channel, deliveries.state, count(*), selected.id
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
 where selected.issue = :issue
 group by selected.channel, deliveries.state, selected.id
union all
select selected.channel, deliveries.state, count(*), selected.id
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('failed', 'skipped', 'uncertain')
 where selected.issue = :issue
 group by selected.channel, deliveries.state, selected.id
union all
select selected.channel,
       case audiences.state when 'cancelled' then 'skipped' else 'planned' end,
       audiences.count - audiences.taken, selected.id
  from selected
  join audiences
    on audiences.selected = selected.id
 where selected.issue = :issue
 order by turn
""")

REASONS = text("""
select selected.channel, deliveries.state, deliveries.reason, count(*) as number
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('failed', 'skipped', 'uncertain')
 where selected.issue = :issue
 group by selected.id, selected.channel, deliveries.state, deliveries.reason
 order by selected.id, deliveries.state, number desc
""")

# Why a reader must not be written to, as things stand.
_HINDRANCE = """case
       when deliveries.reader > 0 and subscribers.id is null
       then 'no longer in the books'
       when exists (select 1
                      from suppressions
                     where suppressions.normal = coalesce(subscribers.normal,
                                                          deliveries.normal))
       then 'suppressed'
       when exists (select 1
                      from subscriptions
                      join subscribers as same
                        on same.id = subscriptions.subscriber
                     where same.normal = coalesce(subscribers.normal, deliveries.normal)
                       and subscriptions.list = issues.list
                       and subscriptions.state = 'ended')
       then 'left the list'
       when exists (select 1
                      from pauses
                      join subscribers as same
                        on same.id = pauses.subscriber
                      join subscriptions
                        on subscriptions.subscriber = same.id
                     where pauses.until > :moment
                       and same.normal = coalesce(subscribers.normal, deliveries.normal)
                       and subscriptions.list = issues.list
                       and subscriptions.state = 'confirmed')
       then 'paused'
       else ''
       end"""

# One transaction chooses and takes, so that no suppression can come in between.
NEXT = text(f"""
select deliveries.id as row_id, deliveries.key, drafts.name as draft,
       deliveries.recipient, deliveries.tries, subscribers.id, subscribers.address,
       subscribers.name, subscribers.language, subscribers.attributes,
       subscribers.timezone,
       {_HINDRANCE} as hindrance
  from selected
  join issues
    on issues.id = selected.issue
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
   and deliveries.state = 'planned'
   and deliveries.not_before <= :now
  join drafts
    on drafts.id = deliveries.draft
  left join subscribers
    on subscribers.id = deliveries.reader
 where selected.issue = :issue
   and selected.channel = :channel
 order by deliveries.not_before, deliveries.position
 limit :count
""")  # noqa: S608

# The same of what is claimed: what a slow channel carries on its way is claimed before.
GONE = text(f"""
select deliveries.key, {_HINDRANCE} as hindrance
  from selected
  join issues
    on issues.id = selected.issue
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
   and deliveries.state = 'claimed'
  left join subscribers
    on subscribers.id = deliveries.reader
 where selected.issue = :issue
   and selected.channel = :channel
""")  # noqa: S608

CLAIM = text("""
update deliveries
   set state = 'claimed',
       claimed_at = :now
 where id in (select value from json_each(:ids))
   and state = 'planned'
""")

SKIP_NEXT = text("""
update deliveries
   set state = 'skipped',
       reason = :reason,
       settled_at = :now
 where id = :id
   and state = 'planned'
""")

# Whose own clock says that it is too early.
DELAY_NEXT = text("""
update deliveries
   set not_before = :not_before
 where id = :id
   and state = 'planned'
""")

HURRY = text("""
update issues
   set is_urgent = true
 where id = :issue
""")
# Whose mailbox asked for patience waits on.
HURRY_ROWS = text("""
update deliveries
   set not_before = 0
 where selected in (select id from selected where issue = :issue)
   and state in ('planned', 'claimed')
   and state = 'planned'
   and tries = 0
""")

# When the first of those that wait for a better time may go.
SOONEST = text("""
select min(deliveries.not_before)
  from selected
  join deliveries
    on deliveries.selected = selected.id
   and deliveries.state in ('planned', 'claimed')
   and deliveries.state = 'planned'
 where selected.issue = :issue
   and selected.channel = :channel
""")

# The usual end of many at once.
ACCEPT = text("""
update deliveries
   set state = 'accepted',
       reason = '',
       receipt = receipts.value,
       settled_at = :now
  from json_each(:receipts) as receipts
 where deliveries.key = receipts.key
   and deliveries.state in ('claimed', 'uncertain')
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
       position = :now,
       tries = tries + :tried,
       not_before = :not_before
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

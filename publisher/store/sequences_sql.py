"""What the sequences ask of the database."""

from __future__ import annotations

from sqlalchemy import text

FIND = text("""
select issues.id, issues.campaign, issues.number, issues.articles, issues.planned_at,
       issues.scheduled_at, issues.starts_at, issues.is_rehearsal, issues.list,
       issues.hash, issues.local_at, issues.is_urgent
  from sequences
  join issues
    on issues.id = sequences.issue
 where issues.campaign = :campaign
   and issues.is_rehearsal = :is_rehearsal
   and issues.list = :list
""")
IS_ONE = text("""
select count(*)
  from sequences
 where issue = :issue
""")
ADD = text("""
insert into sequences (issue, list, since)
values (:issue, :list, :since)
on conflict do nothing
""")
WIDEN = text("""
update sequences
   set since = :since
 where issue = :issue
   and since > :since
""")

# The key of a delivery, in any of the issues in which the campaign was a sequence: the
# list may have been another one then, and still nobody gets the same step twice.
_HAS_HAD = """exists (select 1
                 from issues as own
                 join issues as same
                   on same.campaign = own.campaign
                  and same.is_rehearsal = own.is_rehearsal
                 join sequences as theirs
                   on theirs.issue = same.id
                 join deliveries
                   on deliveries.key = same.id || '/email/'
                                       || printf('%09d', subscriptions.subscriber)
                where own.id = sequences.issue)"""

ENROL_EARLIER = text(f"""
insert into arrivals (sequence, reader, subscribed_at, state)
select sequences.id, subscriptions.subscriber, subscriptions.changed_at, 'waiting'
  from sequences
  join subscriptions
    on subscriptions.list = sequences.list
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at > sequences.since
 where sequences.issue = :issue
   and not {_HAS_HAD}
on conflict do nothing
""")  # noqa: S608

# Who subscribes again begins again; what they have had already they do not get again.
# Who is imported subscribed elsewhere, and earlier: they wait only where all do.
ENROL = text(f"""
insert into arrivals (sequence, reader, subscribed_at, state)
select sequences.id, subscriptions.subscriber, :now,
       case when :as_new or sequences.since = '' then 'waiting' else 'passed' end
  from arriving
  join subscribers
    on subscribers.normal = arriving.normal
  join subscriptions
    on subscriptions.subscriber = subscribers.id
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at = :now
  join sequences
    on sequences.list = subscriptions.list
 where not {_HAS_HAD}
on conflict (sequence, reader) do update
   set subscribed_at = excluded.subscribed_at,
       state = excluded.state
 where excluded.state = 'waiting'
""")  # noqa: S608
ANY = text("""
select count(*)
  from sequences
""")

# `also` is "asked" where those go, too, of whom a person was asked.
_DUE = """
  from sequences
  join arrivals
    on arrivals.sequence = sequences.id
   and arrivals.state <> 'passed'
   and arrivals.state in ('waiting', :also)
   and arrivals.subscribed_at <= :by
  join subscribers
    on subscribers.id = arrivals.reader
  left join subscriptions
    on subscriptions.subscriber = arrivals.reader
   and subscriptions.list = sequences.list
 where sequences.issue = :issue
"""
DUE = text(f"""
select subscribers.id, subscribers.address, subscribers.name, subscribers.language,
       subscribers.attributes, subscribers.timezone
{_DUE}
   and subscriptions.state = 'confirmed'
 order by arrivals.subscribed_at, arrivals.reader
 limit :limit
""")
COUNT_DUE = text(f"""
select count(*)
{_DUE}
   and subscriptions.state = 'confirmed'
""")
# Of a sequence that nobody has begun yet.
_WOULD_BE_DUE = """
  from subscriptions
  join subscribers
    on subscribers.id = subscriptions.subscriber
 where subscriptions.list = :list
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at > :since
   and subscriptions.changed_at <= :by
"""
WOULD_BE_DUE = text(f"""
select subscribers.id, subscribers.address, subscribers.name, subscribers.language,
       subscribers.attributes, subscribers.timezone
{_WOULD_BE_DUE}
 order by subscriptions.changed_at, subscriptions.subscriber
 limit :limit
""")
COUNT_WOULD_BE_DUE = text(f"""
select count(*)
{_WOULD_BE_DUE}
""")
LISTS = text("""
select subscriber, list
  from subscriptions
 where subscriber in (select value from json_each(:ids))
   and state = 'confirmed'
 order by subscriber, list
""")
WOULD_WAIT = text("""
select count(*) as waiting, min(changed_at) as first
  from subscriptions
 where list = :list
   and state = 'confirmed'
   and changed_at > :since
   and changed_at > :by
""")
# Kept by an index: what is accepted is in none, however many that are.
OPEN_DRAFTS = text("""
select drafts.name, drafts.data
  from drafts
 where drafts.id in (select distinct deliveries.draft
                       from selected
                       join deliveries
                         on deliveries.selected = selected.id
                        and deliveries.state in ('planned', 'claimed')
                      where selected.issue = :issue)
 order by drafts.name
""")
NEXT = text("""
select count(*) as waiting, min(arrivals.subscribed_at) as first
  from sequences
  join arrivals
    on arrivals.sequence = sequences.id
   and arrivals.state <> 'passed'
   and arrivals.state = 'waiting'
   and arrivals.subscribed_at > :by
  join subscriptions
    on subscriptions.subscriber = arrivals.reader
   and subscriptions.list = sequences.list
   and subscriptions.state = 'confirmed'
 where sequences.issue = :issue
""")

# Asked again under the lock: whoever left meanwhile gets nothing. `rows` is a list of
# [key, draft, reader]; a cross join keeps the order in which SQLite looks, since a list
# has no index.
TAKE = text(f"""
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before)
select json_extract(given.value, '$[0]'), selected.id, drafts.id, arrivals.reader, '',
       '', given.key, 'planned', '', '', '', 0, 0
  from sequences
 cross join json_each(:rows) as given
 cross join arrivals
    on arrivals.sequence = sequences.id
   and arrivals.reader = json_extract(given.value, '$[2]')
   and arrivals.state <> 'passed'
   and arrivals.subscribed_at <= :by
  join subscriptions
    on subscriptions.subscriber = arrivals.reader
   and subscriptions.list = sequences.list
   and subscriptions.state = 'confirmed'
  join selected
    on selected.issue = sequences.issue
   and selected.channel = :channel
  join drafts
    on drafts.issue = sequences.issue
   and drafts.name = json_extract(given.value, '$[1]')
 where sequences.issue = :issue
   and not {_HAS_HAD}
on conflict do nothing
""")  # noqa: S608
# The signs keep SQLite from the index by time: it would go through all who wait.
LET_GO = text("""
delete from arrivals
 where sequence = (select id from sequences where issue = :issue)
   and reader in (select json_extract(value, '$[2]') from json_each(:rows))
   and +state <> 'passed'
   and +subscribed_at <= :by
""")
# Who is due and left: if they subscribe again, they begin again.
LET_GO_OF_THE_GONE = text("""
delete from arrivals
 where sequence = (select id from sequences where issue = :issue)
   and state <> 'passed'
   and subscribed_at <= :by
   and not exists (select 1
                     from sequences
                     join subscriptions
                       on subscriptions.list = sequences.list
                      and subscriptions.subscriber = arrivals.reader
                      and subscriptions.state = 'confirmed'
                    where sequences.id = arrivals.sequence)
""")
PASS = text("""
update arrivals
   set state = :state
 where sequence = (select id from sequences where issue = :issue)
   and state <> 'passed'
   and (state = 'waiting' or :state = 'passed')
   and subscribed_at <= :by
""")

FORGOTTEN = text(f"""
select sequences.issue || '/email/' || printf('%09d', subscriptions.subscriber) as key
  from sequences
  join subscriptions
    on subscriptions.list = sequences.list
   and subscriptions.state = 'confirmed'
   and subscriptions.changed_at > sequences.since
  left join arrivals
    on arrivals.sequence = sequences.id
   and arrivals.reader = subscriptions.subscriber
 where (sequences.issue = :issue or :issue = '')
   and arrivals.reader is null
   and not {_HAS_HAD}
 order by key
""")  # noqa: S608

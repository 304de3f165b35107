"""What is known of opens and clicks, as clauses of a segment.

Of most readers nothing is known, and that is no "no": SQL's null is neither, so who is
not watched is in no segment that asks, nor in its opposite.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

MODES = text("select distinct mode from tracked_issues")
ALLOWED = (
    "exists (select 1 from permissions where subscriber = subscribers.id"
    " and answer = 'yes' and said_at <= {since})"
)
REFUSED = (
    "exists (select 1 from permissions where subscriber = subscribers.id"
    " and answer = 'no')"
)
# Watched all the time: on a list to which tracked letters went before it, and in it.
WATCHED = (
    "exists (select 1 from tracked_issues join subscriptions"
    " on subscriptions.list = tracked_issues.list"
    " where subscriptions.subscriber = subscribers.id"
    " and subscriptions.state = 'confirmed'"
    " and subscriptions.changed_at <= {since} and tracked_issues.mode = '{mode}'"
    " group by tracked_issues.list"
    " having min(tracked_issues.at) <= {since} and max(tracked_issues.at) >= {since})"
)
OPENED_ON = (
    "exists (select 1 from last_opens where subscriber = subscribers.id"
    " and day >= {day})"
)
TRACED = (
    "exists (select 1 from traces where subscriber = subscribers.id"
    " and kind = '{kind}' and at >= {since})"
)
IN = "({0}.issue = {1} or substr({0}.issue, 1, length({1}) + 1) = {1} || '/')"
TRACED_IN = (
    "exists (select 1 from traces where subscriber = subscribers.id"
    " and kind = {kind} and (url = {what} or {matches}))"
)
COULD_BE = (
    "exists (select 1 from permissions join tracked_issues"
    " on tracked_issues.mode = 'individual'"
    " and tracked_issues.at >= permissions.said_at"
    " where permissions.subscriber = subscribers.id and permissions.answer = 'yes'"
    " and ({matches} or tracked_issues.issue in"
    " (select issue from tracked_links where url = {what})))"
)
EITHER = "(case when {did} then 1 when {known} then 0 end = 1)"


def modes(connection: Connection) -> frozenset[str]:
    """Return in which modes anything was ever tracked."""
    return frozenset(connection.execute(MODES).scalars())


def opened(*, since: str, day: str) -> str:
    """Return the clause of `opened in last 30 days`, of bound values."""
    did = f"({_traced('opened', since)} or {OPENED_ON.format(day=day)})"
    watched = WATCHED.format(mode="opens-day", since=since)
    known = f"({_followed(since)} or ({watched} and not {REFUSED}))"
    return EITHER.format(did=did, known=known)


def clicked(*, since: str) -> str:
    """Return the clause of `clicked in last 30 days`, of bound values."""
    return EITHER.format(did=_traced("clicked", since), known=_followed(since))


def _traced(kind: str, since: str) -> str:
    return TRACED.format(kind=kind, since=since)


def _followed(since: str) -> str:
    watched = WATCHED.format(mode="individual", since=since)
    return f"({ALLOWED.format(since=since)} and {watched})"


def happened_in(what: str, *, kind: str) -> str:
    """Return the clause of `clicked in "weekly/7"`, of bound values."""
    did = TRACED_IN.format(kind=kind, what=what, matches=IN.format("traces", what))
    could = COULD_BE.format(matches=IN.format("tracked_issues", what), what=what)
    return EITHER.format(did=did, known=could)

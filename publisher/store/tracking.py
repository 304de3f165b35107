"""What owners asked to be tracked: where links lead, and how often they were followed.

A count holds no reader. What does is kept apart from it, and erased with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from publisher.models import Consent, Issue
from publisher.store import addresses, consents, times, traces
from publisher.store.database import Database, many
from publisher.store.traces import Trace

BEGIN = text("""
insert into tracked_issues (issue, mode, list, at)
values (:issue, :mode, :list, :at)
on conflict (issue, mode) do nothing
""")
LEAD = text("""
insert into tracked_links (mark, issue, draft, url, clicks)
values (:mark, :issue, :draft, :url, 0)
on conflict (mark) do nothing
""")
TARGET = text("""
select tracked_links.issue, tracked_links.draft, tracked_links.url,
       (select count(*)
          from tracked_links as others
         where others.issue = tracked_links.issue
           and others.draft = tracked_links.draft) as links
  from tracked_links
 where mark = :mark
""")
COUNT = text("""
update tracked_links
   set clicks = clicks + :count
 where mark = :mark
   and exists (select 1
                 from tracked_issues
                where tracked_issues.issue = tracked_links.issue
                  and tracked_issues.mode = 'clicks')
""")
MODES = text("""
select mode
  from tracked_issues
 where issue = :issue
 order by mode
""")
CLICKS = text("""
select url, sum(clicks) as clicks
  from tracked_links
 where issue = :issue
 group by url
 order by sum(clicks) desc, min(rowid)
""")
OPENED_BY_DRAFT = text("""
select draft, count(distinct subscriber) as readers
  from traces
 where issue = :issue
   and kind = 'opened'
 group by draft
""")
BY_DRAFT = text("""
select draft, sum(clicks) as clicks
  from tracked_links
 where issue = :issue
 group by draft
""")


WHO = text("""
select count(distinct subscriber)
  from traces
 where issue = :issue
   and kind = :kind
""")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link of a letter leads; the letter has so many `links`."""

    mark: str
    issue: str
    draft: str
    url: str
    links: int


class Tracks:
    """Keeps what is tracked of issues and, of who said yes, of readers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        issue: Issue,
        modes: Sequence[str],
        targets: Sequence[tuple[str, str, str]],
    ) -> None:
        """Write down what is tracked of an issue, and its links: mark, draft and URL.

        What stands there already stays as it is.
        """
        about = {
            "issue": issue.id,
            "list": issue.list,
            "at": times.written(issue.planned_at),
        }
        leading = [
            {"mark": mark, "draft": draft, "url": url, "issue": issue.id}
            for mark, draft, url in targets
        ]
        with self._database.writing() as connection:
            many(connection, BEGIN, [{**about, "mode": mode} for mode in modes])
            many(connection, LEAD, leading)

    def target(self, mark: str) -> Target | None:
        """Return where a link leads; None where it is none of ours."""
        with self._database.reading() as connection:
            row = connection.execute(TARGET, {"mark": mark}).one_or_none()
        if row is None:
            return None
        return Target(mark, row.issue, row.draft, row.url, row.links)

    def count(
        self,
        clicks: Mapping[str, int],
        *,
        days: Mapping[int, str] | None = None,
        found: Sequence[Trace] = (),
    ) -> None:
        """Add clicks to links, by their marks, where the issue counts them.

        `days` are those on which readers, by their numbers, opened something.
        """
        rows = [{"mark": mark, "count": count} for mark, count in clicks.items()]
        with self._database.writing() as connection:
            many(connection, COUNT, rows)
            traces.keep(connection, days or {}, found)

    def opens_of_drafts(self, issue: str) -> dict[str, int]:
        """Return how many readers, of those who allowed it, opened each draft."""
        with self._database.reading() as connection:
            rows = connection.execute(OPENED_BY_DRAFT, {"issue": issue})
            return {row.draft: row.readers for row in rows}

    # --- what readers say about it ---

    def say(self, address: str, *, said: Consent) -> bool:
        """Keep that a reader "allowed" being tracked, or "refused" it.

        Who refuses has everything erased that was kept of them. Return whether there is
        such a reader.
        """
        normal = addresses.loosely_normal(address)
        answer = "yes" if said.act == "allowed" else "no"
        now = times.written(said.said_at)
        with self._database.writing() as connection:
            is_known = traces.say(connection, normal, answer, now=now)
            if is_known:
                consents.write(connection, normal, [""], said)
            return is_known

    def answer(self, address: str) -> str:
        """Return what a reader said: "yes", "no" or nothing."""
        values = {"normal": addresses.loosely_normal(address)}
        with self._database.reading() as connection:
            return str(connection.execute(traces.ANSWER, values).scalar() or "")

    def answers(self, readers: Sequence[int]) -> dict[int, str]:
        """Return what readers said, by their numbers, who said anything."""
        with self._database.reading() as connection:
            return traces.answers(connection, readers)

    def readers_who(self, kind: str, issue: str) -> int:
        """Count the readers of whom it is known that they "opened" or "clicked"."""
        values = {"kind": kind, "issue": issue}
        with self._database.reading() as connection:
            return int(connection.execute(WHO, values).scalar_one())

    def modes(self, issue: str) -> tuple[str, ...]:
        """Return what is tracked of an issue."""
        with self._database.reading() as connection:
            return tuple(connection.execute(MODES, {"issue": issue}).scalars())

    def clicks(self, issue: str) -> dict[str, int]:
        """Return how often each link of an issue was followed, the most first."""
        with self._database.reading() as connection:
            rows = connection.execute(CLICKS, {"issue": issue})
            return {row.url: row.clicks for row in rows}

    def clicks_of_drafts(self, issue: str) -> dict[str, int]:
        """Return how often the links of each draft of an issue were followed."""
        with self._database.reading() as connection:
            rows = connection.execute(BY_DRAFT, {"issue": issue})
            return {row.draft: row.clicks for row in rows}

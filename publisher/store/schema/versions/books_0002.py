"""Audiences, and slimmer deliveries: a million readers are planned by one row.

SQLite can neither change a key nor drop a constraint, so the tables are made anew and
filled from the old ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0002"
down_revision = "books_0001"

OLD = ("deliveries", "drafts", "selected", "issues")
OPEN = sa.text("state in ('planned', 'claimed')")
NOT_ACCEPTED = sa.text("state in ('failed', 'skipped', 'uncertain')")

COPY = (
    """
insert into issues (id, campaign, number, articles, planned_at, scheduled_at, starts_at,
                    is_rehearsal, list, hash, wish)
select id, campaign, number, articles, planned_at, scheduled_at, null, is_rehearsal,
       list, hash, ''
  from old_issues
""",
    """
insert into selected (issue, channel, count)
select issue, channel, count
  from old_selected
 order by issue, channel
""",
    """
insert into drafts (issue, name, data)
select issue, id, data
  from old_drafts
 order by issue, id
""",
    """
insert into deliveries (key, selected, draft, reader, recipient, normal, position,
                        state, reason, receipt, url, tries, not_before, claimed_at,
                        settled_at)
select old_deliveries.key, selected.id, drafts.id, coalesce(subscribers.id, 0),
       case when subscribers.id is null then old_deliveries.recipient else '' end,
       case when subscribers.id is null then old_deliveries.normal else '' end,
       old_deliveries.position, old_deliveries.state, old_deliveries.reason,
       old_deliveries.receipt, old_deliveries.url, 0, 0,
       strftime('%s', old_deliveries.claimed_at) * 1000000,
       strftime('%s', old_deliveries.settled_at) * 1000000
  from old_deliveries
  join selected
    on selected.issue = old_deliveries.issue
   and selected.channel = old_deliveries.channel
  join drafts
    on drafts.issue = old_deliveries.issue
   and drafts.name = old_deliveries.draft
  left join subscribers
    on subscribers.normal = old_deliveries.normal
 order by old_deliveries.issue, old_deliveries.position
""",
)


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Make the tables anew, with what is in them."""
    op.drop_index("deliveries_by_turn", "deliveries")
    op.drop_index("deliveries_unfinished", "deliveries")
    for name in OLD:
        op.rename_table(name, f"old_{name}")
    _issues()
    _audiences()
    _deliveries()
    for statement in COPY:
        op.execute(statement)
    for name in OLD:
        op.drop_table(f"old_{name}")
    op.drop_index("subscriptions_by_list", "subscriptions")
    op.create_index(
        "subscriptions_by_list",
        "subscriptions",
        ["list", "subscriber", "state", "changed_at"],
    )


def _issues() -> None:
    op.create_table(
        "issues",
        sa.Column("id", sa.Text, primary_key=True),
        words("campaign"),
        number("number"),
        words("articles"),
        words("planned_at"),
        sa.Column("scheduled_at", sa.Text),
        sa.Column("starts_at", sa.Text),
        sa.Column("is_rehearsal", sa.Boolean, nullable=False),
        words("list"),
        words("hash"),
        words("wish"),
        sa.UniqueConstraint("campaign", "number", name="one_issue_per_number"),
    )
    op.create_table(
        "selected",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue", sa.Text, sa.ForeignKey("issues.id"), nullable=False),
        words("channel"),
        number("count"),
        sa.UniqueConstraint("issue", "channel", name="one_count_per_channel"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue", sa.Text, sa.ForeignKey("issues.id"), nullable=False),
        words("name"),
        words("data"),
        sa.UniqueConstraint("issue", "name", name="one_draft_per_name"),
    )


def _audiences() -> None:
    op.create_table(
        "audiences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("selected", sa.Integer, sa.ForeignKey("selected.id"), nullable=False),
        sa.Column("draft", sa.Integer, sa.ForeignKey("drafts.id"), nullable=False),
        words("list"),
        number("first_share"),
        number("last_share"),
        number("last"),
        number("count"),
        number("reached"),
        number("taken"),
        words("state"),
        sa.CheckConstraint("taken between 0 and count", name="taken_are_counted"),
        sa.CheckConstraint(
            "state in ('open', 'held', 'cancelled')", name="an_audience_is_known"
        ),
    )
    op.create_index("audiences_by_channel", "audiences", ["selected"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("selected", sa.Integer, sa.ForeignKey("selected.id"), nullable=False),
        sa.Column("draft", sa.Integer, sa.ForeignKey("drafts.id"), nullable=False),
        number("reader"),
        words("recipient"),
        words("normal"),
        number("position"),
        words("state"),
        words("reason"),
        words("receipt"),
        words("url"),
        number("tries"),
        number("not_before"),
        sa.Column("claimed_at", sa.Integer),
        sa.Column("settled_at", sa.Integer),
        sa.CheckConstraint(
            "state in ('planned', 'claimed', 'accepted', 'failed', 'skipped', "
            "'uncertain')",
            name="a_state_is_known",
        ),
        sa.CheckConstraint(
            "state <> 'claimed' or claimed_at is not null", name="a_claim_has_a_time"
        ),
        sa.CheckConstraint(
            "state <> 'accepted' or (receipt <> '' and settled_at is not null)",
            name="accepted_means_a_receipt",
        ),
        sa.CheckConstraint(
            "state in ('planned', 'claimed') or settled_at is not null",
            name="settled_means_a_time",
        ),
    )
    for name, columns, where in (
        ("deliveries_open", ["selected", "state", "position"], OPEN),
        ("deliveries_not_accepted", ["selected", "state"], NOT_ACCEPTED),
    ):
        op.create_index(
            name, "deliveries", columns, sqlite_where=where, postgresql_where=where
        )

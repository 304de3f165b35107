"""The first books: issues, deliveries, runs, subscribers and suppressions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0001"
down_revision = None


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _issues()
    _deliveries()
    _people()


def _issues() -> None:
    op.create_table(
        "issues",
        sa.Column("id", sa.Text, primary_key=True),
        words("campaign"),
        sa.Column("number", sa.Integer, nullable=False),
        words("articles"),
        words("planned_at"),
        sa.Column("scheduled_at", sa.Text),
        sa.Column("is_rehearsal", sa.Boolean, nullable=False),
        words("list"),
        words("hash"),
        sa.UniqueConstraint("campaign", "number", name="one_issue_per_number"),
    )
    op.create_table(
        "selected",
        sa.Column("issue", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "drafts",
        sa.Column("issue", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        words("data"),
    )
    op.create_table(
        "runs",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("scheduled_at", sa.Text, primary_key=True),
        words("started_at"),
        sa.Column("finished_at", sa.Text),
        words("result"),
        words("issue"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Text, primary_key=True),
        words("issue"),
        words("channel"),
        words("draft"),
        words("recipient"),
        words("normal"),
        sa.Column("position", sa.Integer, nullable=False),
        words("state"),
        words("reason"),
        words("receipt"),
        words("url"),
        words("planned_at"),
        sa.Column("claimed_at", sa.Text),
        sa.Column("settled_at", sa.Text),
        sa.ForeignKeyConstraint(
            ["issue", "channel"],
            ["selected.issue", "selected.channel"],
            name="a_delivery_was_selected",
        ),
        sa.ForeignKeyConstraint(
            ["issue", "draft"],
            ["drafts.issue", "drafts.id"],
            name="a_delivery_has_a_draft",
        ),
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
    op.create_index(
        "deliveries_by_turn", "deliveries", ["issue", "channel", "state", "position"]
    )
    op.create_index(
        "deliveries_unfinished",
        "deliveries",
        ["state", "issue"],
        sqlite_where=sa.text("state in ('planned', 'claimed')"),
        postgresql_where=sa.text("state in ('planned', 'claimed')"),
    )


def _people() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer, primary_key=True),
        words("address"),
        sa.Column("normal", sa.Text, nullable=False, unique=True),
        words("name"),
        words("language"),
        words("attributes"),
        words("created_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column(
            "subscriber", sa.Integer, sa.ForeignKey("subscribers.id"), primary_key=True
        ),
        sa.Column("list", sa.Text, primary_key=True),
        words("state"),
        words("changed_at"),
        sa.CheckConstraint(
            "state in ('pending', 'confirmed', 'ended')",
            name="a_subscription_is_known",
        ),
    )
    op.create_index("subscriptions_by_list", "subscriptions", ["list", "state"])
    op.create_table(
        "suppressions",
        sa.Column("normal", sa.Text, primary_key=True),
        words("reason"),
        words("suppressed_at"),
    )

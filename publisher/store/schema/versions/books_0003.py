"""Sequences: who subscribed, and waits for the time that is counted from then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0003"
down_revision = "books_0002"

NOT_PASSED = sa.text("state <> 'passed'")


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    """Make the tables; what is sent is in the tables that were there."""
    op.create_table(
        "sequences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue", sa.Text, sa.ForeignKey("issues.id"), nullable=False),
        words("list"),
        words("since"),
        sa.UniqueConstraint("issue", name="one_sequence_per_issue"),
    )
    op.create_table(
        "arrivals",
        sa.Column(
            "sequence", sa.Integer, sa.ForeignKey("sequences.id"), primary_key=True
        ),
        sa.Column(
            "reader",
            sa.Integer,
            sa.ForeignKey("subscribers.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        words("subscribed_at"),
        words("state"),
        sa.CheckConstraint(
            "state in ('waiting', 'asked', 'passed')", name="an_arrival_is_known"
        ),
    )
    op.create_index(
        "arrivals_by_time",
        "arrivals",
        ["sequence", "subscribed_at", "reader", "state"],
        sqlite_where=NOT_PASSED,
        postgresql_where=NOT_PASSED,
    )

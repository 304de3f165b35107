"""Tracking, for owners who ask for it: links and their counts, and who said yes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0014"
down_revision = "books_0013"


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    """Make the tables; nothing was tracked so far."""
    op.create_table(
        "tracked_issues",
        sa.Column("issue", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, primary_key=True),
        _words("list"),
        _words("at"),
    )
    op.create_table(
        "tracked_links",
        sa.Column("mark", sa.Text, primary_key=True),
        _words("issue"),
        _words("draft"),
        _words("url"),
        sa.Column("clicks", sa.Integer, nullable=False),
        sa.Index("tracked_links_by_issue", "issue", "draft"),
    )
    op.create_table(
        "permissions",
        sa.Column(
            "subscriber",
            sa.Integer,
            sa.ForeignKey("subscribers.id"),
            primary_key=True,
        ),
        _words("answer"),
        _words("said_at"),
        sa.CheckConstraint("answer in ('yes', 'no')", name="an_answer_is_known"),
    )
    op.create_table(
        "last_opens",
        sa.Column(
            "subscriber",
            sa.Integer,
            sa.ForeignKey("subscribers.id"),
            primary_key=True,
        ),
        _words("day"),
    )
    op.create_table(
        "traces",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "subscriber", sa.Integer, sa.ForeignKey("subscribers.id"), nullable=False
        ),
        _words("issue"),
        _words("draft"),
        _words("kind"),
        _words("url"),
        _words("at"),
        sa.CheckConstraint("kind in ('opened', 'clicked')", name="a_trace_is_known"),
        sa.Index("traces_by_reader", "subscriber", "kind", "at"),
        sa.Index("traces_by_issue", "issue", "kind"),
    )

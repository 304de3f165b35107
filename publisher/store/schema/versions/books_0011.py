"""Guards: readers' clocks, quiet hours, and canaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0011"
down_revision = "books_0010"


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Add what is known of clocks: nobody has told theirs yet."""
    op.add_column("issues", sa.Column("local_at", sa.Text))
    op.add_column(
        "issues",
        sa.Column("is_urgent", sa.Boolean, nullable=False, server_default="0"),
    )
    op.add_column(
        "subscribers",
        sa.Column("timezone", sa.Text, nullable=False, server_default=""),
    )
    op.drop_index("deliveries_open", "deliveries")
    op.create_index(
        "deliveries_open",
        "deliveries",
        ["selected", "state", "not_before", "position"],
        sqlite_where=sa.text("state in ('planned', 'claimed')"),
        postgresql_where=sa.text("state in ('planned', 'claimed')"),
    )
    op.create_table(
        "canaries",
        sa.Column("issue", sa.Text, primary_key=True),
        words("channels"),
        number("first"),
        number("wait"),
        sa.Column("bounces", sa.Float, nullable=False),
        sa.Column("complaints", sa.Float, nullable=False),
        words("state"),
        number("until"),
        sa.CheckConstraint(
            "state in ('open', 'waiting', 'passed', 'stopped')",
            name="a_canary_is_known",
        ),
    )

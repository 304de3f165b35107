"""Paces: how fast each account may be used, shared by every process that sends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0004"
down_revision = "books_0003"


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Make the table; an account of which nothing is known has no row."""
    op.create_table(
        "paces",
        sa.Column("account", sa.Text, primary_key=True),
        words("channel"),
        number("next_at"),
        number("blocked_until"),
        number("blocks"),
        number("seen_at"),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("speed", sa.Float, nullable=False),
        number("taken"),
        number("since"),
        words("day"),
        number("sent"),
        number("active"),
        sa.CheckConstraint("share > 0 and share <= 1", name="a_share_is_a_share"),
        sa.CheckConstraint("sent >= 0", name="what_is_sent_is_counted"),
    )

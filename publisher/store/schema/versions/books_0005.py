"""Routes: the channels that may take an issue's emails, and which of them fail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0005"
down_revision = "books_0004"


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Make the tables; an issue with one channel has no route."""
    op.create_table(
        "routes",
        sa.Column("issue", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        number("position"),
        number("has_left"),
    )
    op.create_table(
        "moves",
        sa.Column("id", sa.Integer, primary_key=True),
        words("issue"),
        words("source"),
        words("target"),
        number("count"),
        words("why"),
        number("moved_at"),
        sa.Index("moves_by_issue", "issue"),
    )
    op.create_table(
        "breakers",
        sa.Column("channel", sa.Text, primary_key=True),
        number("failures"),
        number("openings"),
        number("open_until"),
    )

"""Pauses: readers who stay subscribed, and get nothing for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0012"
down_revision = "books_0011"


def upgrade() -> None:
    """Make the table; nobody has paused yet."""
    op.create_table(
        "pauses",
        sa.Column(
            "subscriber",
            sa.Integer,
            sa.ForeignKey("subscribers.id"),
            primary_key=True,
        ),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
    )

"""Topics: what each reader wants to read of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0009"
down_revision = "books_0008"


def upgrade() -> None:
    """Make the table; who is in it with nothing reads everything."""
    op.create_table(
        "follows",
        sa.Column(
            "subscriber",
            sa.Integer,
            sa.ForeignKey("subscribers.id"),
            primary_key=True,
        ),
        sa.Column("topic", sa.Text, primary_key=True),
    )

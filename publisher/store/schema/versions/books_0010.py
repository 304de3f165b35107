"""Tags: words that an owner gives to readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0010"
down_revision = "books_0009"


def upgrade() -> None:
    """Make the table; nobody has a tag yet."""
    op.create_table(
        "tags",
        sa.Column(
            "subscriber",
            sa.Integer,
            sa.ForeignKey("subscribers.id"),
            primary_key=True,
        ),
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Index("tags_by_tag", "tag", "subscriber"),
    )

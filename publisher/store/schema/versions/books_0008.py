"""Consents: what readers said, to which words, and who was forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0008"
down_revision = "books_0007"


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    """Make the tables; what was said before they were there is not known."""
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "subscriber", sa.Integer, sa.ForeignKey("subscribers.id"), nullable=False
        ),
        words("list"),
        words("act"),
        words("said_at"),
        words("how"),
        words("words"),
        words("language"),
        words("network"),
        words("browser"),
        sa.Index("consents_by_reader", "subscriber"),
    )
    op.create_table(
        "consent_words",
        sa.Column("digest", sa.Text, primary_key=True),
        words("words"),
    )
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("is_for_ever", sa.Integer, nullable=False),
    )

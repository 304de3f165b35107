"""Events: what came back, each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0007"
down_revision = "books_0006"


def words(name: str) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Make the table; what came back before was not heard."""
    op.create_table(
        "events",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        words("kind"),
        number("is_permanent"),
        number("is_ours"),
        words("who"),
        words("mark"),
        words("issue"),
        words("reason"),
        number("at"),
        sa.CheckConstraint(
            "kind in ('delivered', 'deferred', 'bounced', 'complained', "
            "'unsubscribed', 'opened', 'clicked')",
            name="an_event_is_known",
        ),
        sa.Index(
            "events_by_who",
            "who",
            "kind",
            "at",
            sqlite_where=sa.text("who <> ''"),
            postgresql_where=sa.text("who <> ''"),
        ),
        sa.Index(
            "events_by_issue",
            "issue",
            "kind",
            sqlite_where=sa.text("issue <> ''"),
            postgresql_where=sa.text("issue <> ''"),
        ),
    )

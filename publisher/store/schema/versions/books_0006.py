"""Files: what travels with emails, each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "books_0006"
down_revision = "books_0005"


def upgrade() -> None:
    """Make the table; issues that were sent before had no attachments."""
    op.create_table(
        "files",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )

"""The tables as they are now. A rule that must never break is a constraint here."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()


def words(name: str) -> Column[str]:
    """Return a column of text that is never null. Times are text too: UTC, ISO 8601."""
    return Column(name, Text, nullable=False)


# Alembic's own, so that a database made here can be migrated later.
Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),  # weekly/7
    words("campaign"),
    Column("number", Integer, nullable=False),
    words("articles"),  # a JSON list of slugs
    words("planned_at"),
    Column("scheduled_at", Text),
    Column("is_rehearsal", Boolean, nullable=False),
    words("list"),
    words("hash"),
    UniqueConstraint("campaign", "number", name="one_issue_per_number"),
)

# How many deliveries were planned: counted once, so that `verify` can compare.
Table(
    "selected",
    metadata,
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

Table(
    "drafts",
    metadata,
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    words("data"),  # JSON
)

Table(
    "deliveries",
    metadata,
    Column("key", Text, primary_key=True),
    words("issue"),
    words("channel"),
    words("draft"),
    words("recipient"),  # as written to
    words("normal"),  # as compared with the suppressions
    Column("position", Integer, nullable=False),  # the plan's order
    words("state"),
    words("reason"),
    words("receipt"),
    words("url"),
    words("planned_at"),
    Column("claimed_at", Text),
    Column("settled_at", Text),
    ForeignKeyConstraint(
        ["issue", "channel"],
        ["selected.issue", "selected.channel"],
        name="a_delivery_was_selected",
    ),
    ForeignKeyConstraint(
        ["issue", "draft"], ["drafts.issue", "drafts.id"], name="a_delivery_has_a_draft"
    ),
    CheckConstraint(
        "state in ('planned', 'claimed', 'accepted', 'failed', 'skipped', 'uncertain')",
        name="a_state_is_known",
    ),
    CheckConstraint(
        "state <> 'claimed' or claimed_at is not null", name="a_claim_has_a_time"
    ),
    CheckConstraint(
        "state <> 'accepted' or (receipt <> '' and settled_at is not null)",
        name="accepted_means_a_receipt",
    ),
    CheckConstraint(
        "state in ('planned', 'claimed') or settled_at is not null",
        name="settled_means_a_time",
    ),
    Index("deliveries_by_turn", "issue", "channel", "state", "position"),
    # Small whatever was sent before: it finds what to go on with among years of issues.
    Index(
        "deliveries_unfinished",
        "state",
        "issue",
        sqlite_where=text("state in ('planned', 'claimed')"),
        postgresql_where=text("state in ('planned', 'claimed')"),
    ),
)

Table(
    "runs",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("scheduled_at", Text, primary_key=True),
    words("started_at"),
    Column("finished_at", Text),
    words("result"),
    words("issue"),
)

Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    words("address"),  # as its owner writes it
    Column("normal", Text, nullable=False, unique=True),  # as it is compared
    words("name"),
    words("language"),
    words("attributes"),  # a JSON object
    words("created_at"),
    # A number is never given twice: links in old emails name it.
    sqlite_autoincrement=True,
)

Table(
    "subscriptions",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("list", Text, primary_key=True),
    words("state"),
    words("changed_at"),
    CheckConstraint(
        "state in ('pending', 'confirmed', 'ended')", name="a_subscription_is_known"
    ),
    Index("subscriptions_by_list", "list", "state"),
)

Table(
    "suppressions",
    metadata,
    Column("normal", Text, primary_key=True),
    words("reason"),
    words("suppressed_at"),
)

"""The tables as they are now. A rule that must never break is a constraint here."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
    Column("starts_at", Text),  # until then it can be undone
    Column("is_rehearsal", Boolean, nullable=False),
    words("list"),
    words("hash"),
    words("wish"),  # of a person: "", "paused" or "cancelled"
    Column("local_at", Text),  # the same on each reader's clock; keeps its zone
    Column("is_urgent", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("campaign", "number", name="one_issue_per_number"),
)

# How many deliveries were planned: counted once, so that `verify` can compare.
Table(
    "selected",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),
    words("channel"),
    Column("count", Integer, nullable=False),
    UniqueConstraint("issue", "channel", name="one_count_per_channel"),
)

Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),
    words("name"),  # a fingerprint of the data
    words("data"),  # JSON
    UniqueConstraint("issue", "name", name="one_draft_per_name"),
)

# The readers of a list who were there when the plan was made. They are planned all at
# once by this row, and get rows of their own when they are claimed, in the order of
# their numbers: up to `reached` they have.
Table(
    "audiences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("selected", Integer, ForeignKey("selected.id"), nullable=False),
    Column("draft", Integer, ForeignKey("drafts.id"), nullable=False),
    words("list"),
    Column("first_share", Integer, nullable=False),  # of 100, as A/B and shares part
    Column("last_share", Integer, nullable=False),
    Column("last", Integer, nullable=False),  # the newest reader
    Column("count", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    words("state"),  # "held" until a winner is known
    CheckConstraint("taken between 0 and count", name="taken_are_counted"),
    CheckConstraint(
        "state in ('open', 'held', 'cancelled')", name="an_audience_is_known"
    ),
    Index("audiences_by_channel", "selected"),
)

# Times are microseconds since 1970 here: a third of the bytes, in every row.
Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("selected", Integer, ForeignKey("selected.id"), nullable=False),
    Column("draft", Integer, ForeignKey("drafts.id"), nullable=False),
    Column("reader", Integer, nullable=False),  # a subscriber, or 0
    words("recipient"),  # as written to, where it is no subscriber
    words("normal"),  # the same, as compared with the suppressions
    Column("position", Integer, nullable=False),  # the plan's order
    words("state"),
    words("reason"),
    words("receipt"),
    words("url"),
    Column("tries", Integer, nullable=False),
    Column("not_before", Integer, nullable=False),
    Column("claimed_at", Integer),
    Column("settled_at", Integer),
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
    # Small whatever was sent before: what is accepted is in neither.
    Index(
        "deliveries_open",
        "selected",
        "state",
        "not_before",
        "position",
        sqlite_where=text("state in ('planned', 'claimed')"),
        postgresql_where=text("state in ('planned', 'claimed')"),
    ),
    Index(
        "deliveries_not_accepted",
        "selected",
        "state",
        sqlite_where=text("state in ('failed', 'skipped', 'uncertain')"),
        postgresql_where=text("state in ('failed', 'skipped', 'uncertain')"),
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

# A campaign whose readers each have a clock of their own: who subscribes to the list
# after `since` gets it, all in one issue.
Table(
    "sequences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", Text, ForeignKey("issues.id"), nullable=False),
    words("list"),
    words("since"),  # empty: always
    UniqueConstraint("issue", name="one_sequence_per_issue"),
)

# Who subscribed and has not had it. "asked" waits for a person, "passed" for nothing.
Table(
    "arrivals",
    metadata,
    Column("sequence", Integer, ForeignKey("sequences.id"), primary_key=True),
    Column(
        "reader",
        Integer,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    words("subscribed_at"),
    words("state"),
    CheckConstraint(
        "state in ('waiting', 'asked', 'passed')", name="an_arrival_is_known"
    ),
    Index(
        "arrivals_by_time",
        "sequence",
        "subscribed_at",
        "reader",
        "state",
        sqlite_where=text("state <> 'passed'"),
        postgresql_where=text("state <> 'passed'"),
    ),
)

# How fast an account may be used. It is named by a digest, and `channel` is the last
# that sent through it. Times are microseconds since 1970.
Table(
    "paces",
    metadata,
    Column("account", Text, primary_key=True),
    words("channel"),
    Column("next_at", Integer, nullable=False),
    Column("blocked_until", Integer, nullable=False),
    Column("blocks", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("share", Float, nullable=False),  # of the known pace, after "too many"
    Column("speed", Float, nullable=False),  # calls a second, where none is known
    Column("taken", Integer, nullable=False),
    Column("since", Integer, nullable=False),
    words("day"),
    Column("sent", Integer, nullable=False),  # on that day
    Column("active", Integer, nullable=False),  # days before it with something sent
    CheckConstraint("share > 0 and share <= 1", name="a_share_is_a_share"),
    CheckConstraint("sent >= 0", name="what_is_sent_is_counted"),
)

# The channels that may take an issue's emails, in their order. Written before the issue
# itself, so that no issue is ever without its own. What a channel has left stays left.
Table(
    "routes",
    metadata,
    Column("issue", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("has_left", Integer, nullable=False),
)

# What went from one channel to another. Times are microseconds since 1970.
Table(
    "moves",
    metadata,
    Column("id", Integer, primary_key=True),
    words("issue"),
    words("source"),
    words("target"),
    Column("count", Integer, nullable=False),
    words("why"),
    Column("moved_at", Integer, nullable=False),
    Index("moves_by_issue", "issue"),
)

# How often a channel failed in a row; 0 where its breaker is not open.
Table(
    "breakers",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("open_until", Integer, nullable=False),
)

# The first readers of an issue, after whom it waits for what comes back; written before
# the issue itself. `channels` is a JSON list, `wait` is seconds, `until` microseconds
# since 1970, `bounces` and `complaints` are per cent.
Table(
    "canaries",
    metadata,
    Column("issue", Text, primary_key=True),
    words("channels"),
    Column("first", Integer, nullable=False),
    Column("wait", Integer, nullable=False),
    Column("bounces", Float, nullable=False),
    Column("complaints", Float, nullable=False),
    words("state"),
    Column("until", Integer, nullable=False),
    CheckConstraint(
        "state in ('open', 'waiting', 'passed', 'stopped')", name="a_canary_is_known"
    ),
)

# What travels with emails: by SHA-256, each once.
Table(
    "files",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# What providers said became of messages, each once. Nobody's address is here: `who` is
# a hash, and empty where somebody opened or clicked. `at` is microseconds since 1970.
Table(
    "events",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # the provider's, or made of what it said
    words("kind"),
    Column("is_permanent", Integer, nullable=False),
    Column("is_ours", Integer, nullable=False),  # refused for who we are
    words("who"),
    words("mark"),  # of our delivery
    words("issue"),  # of what counts against it: bounces, complaints, farewells
    words("reason"),
    Column("at", Integer, nullable=False),
    CheckConstraint(
        "kind in ('delivered', 'deferred', 'bounced', 'complained', "
        "'unsubscribed', 'opened', 'clicked')",
        name="an_event_is_known",
    ),
    Index(
        "events_by_who",
        "who",
        "kind",
        "at",
        sqlite_where=text("who <> ''"),
        postgresql_where=text("who <> ''"),
    ),
    Index(
        "events_by_issue",
        "issue",
        "kind",
        sqlite_where=text("issue <> ''"),
        postgresql_where=text("issue <> ''"),
    ),
)

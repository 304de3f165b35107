"""The tables of readers: who they are, what they said, and what they want."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from publisher.store.schema.tables import metadata, words

__all__ = ["metadata"]

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
    Column("timezone", Text, nullable=False, server_default=""),
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
    # Holds all that choosing an audience asks, in the order of the readers.
    Index("subscriptions_by_list", "list", "subscriber", "state", "changed_at"),
)

Table(
    "tags",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Index("tags_by_tag", "tag", "subscriber"),
)

# Who gets nothing for a while. An end that is past stays, for plans made before it.
Table(
    "pauses",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    words("since"),
    words("until"),
)

Table(
    "suppressions",
    metadata,
    Column("normal", Text, primary_key=True),
    words("reason"),
    words("suppressed_at"),
)

# What readers said, and to which words. Rows are added and never changed.
Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber", Integer, ForeignKey("subscribers.id"), nullable=False),
    words("list"),
    words("act"),
    words("said_at"),
    words("how"),
    words("words"),  # the digest of those that were shown, or ""
    words("language"),
    words("network"),
    words("browser"),
    Index("consents_by_reader", "subscriber"),
)

Table(
    "consent_words",
    metadata,
    Column("digest", Text, primary_key=True),
    words("words"),
)

# Who was forgotten, by a hash; `is_for_ever` where they were suppressed, too.
Table(
    "forgotten",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("is_for_ever", Integer, nullable=False),
)

# The topics that readers have chosen; who has none here reads everything.
Table(
    "follows",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("topic", Text, primary_key=True),
)

# What is tracked of issues, where their owners ask for it. A click is counted for its
# link, and no reader is in it.
Table(
    "tracked_issues",
    metadata,
    Column("issue", Text, primary_key=True),
    Column("mode", Text, primary_key=True),  # "clicks", "opens-day" or "individual"
    words("list"),
    words("at"),
)
Table(
    "tracked_links",
    metadata,
    Column("mark", Text, primary_key=True),  # in the letter, instead of the address
    words("issue"),
    words("draft"),
    words("url"),
    Column("clicks", Integer, nullable=False),
    Index("tracked_links_by_issue", "issue", "draft"),
)

# What readers last said about being tracked; the journal has the words.
Table(
    "permissions",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    words("answer"),
    words("said_at"),
    CheckConstraint("answer in ('yes', 'no')", name="an_answer_is_known"),
)
# The day on which somebody last opened anything: each day writes over the one before.
Table(
    "last_opens",
    metadata,
    Column("subscriber", Integer, ForeignKey("subscribers.id"), primary_key=True),
    words("day"),
)
# What single readers did, who said yes to that.
Table(
    "traces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber", Integer, ForeignKey("subscribers.id"), nullable=False),
    words("issue"),
    words("draft"),
    words("kind"),
    words("url"),  # of a click
    words("at"),
    CheckConstraint("kind in ('opened', 'clicked')", name="a_trace_is_known"),
    Index("traces_by_reader", "subscriber", "kind", "at"),
    Index("traces_by_issue", "issue", "kind"),
)

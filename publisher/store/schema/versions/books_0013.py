"""The tags that files brought are tags: they were only shown in templates."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "books_0013"
down_revision = "books_0012"

SHOWN = sa.text("""
select id, attributes
  from subscribers
 where attributes like '%"tags"%'
""")
GIVE = sa.text("""
insert into tags (subscriber, tag)
values (:id, :tag)
on conflict (subscriber, tag) do nothing
""")


def upgrade() -> None:
    """Give each reader the tags that stand among what is known of them."""
    connection = op.get_bind()
    for row in connection.execute(SHOWN).all():
        shown = str(json.loads(row.attributes).get("tags", ""))
        for tag in filter(None, map(str.strip, shown.split(","))):
            connection.execute(GIVE, {"id": row.id, "tag": tag})

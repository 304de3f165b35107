"""Tags: words that an owner gives to readers, to find them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, TextClause, text

from publisher.errors import ConfigError
from publisher.store import addresses
from publisher.store.database import Database
from publisher.store.joining import encoded
from publisher.store.readers import attributes_from

LONGEST = 60
PERSON = text("""
select id
  from subscribers
 where normal = :normal
""")
ADD = text("""
insert into tags (subscriber, tag)
values (:id, :tag)
on conflict (subscriber, tag) do nothing
""")
REMOVE = text("""
delete from tags
 where subscriber = :id
   and tag = :tag
""")
OF = text("""
select tag
  from tags
 where subscriber = :id
 order by tag
""")
KNOWN = text("""
select attributes
  from subscribers
 where id = :id
""")
KNOW = text("""
update subscribers
   set attributes = :attributes
 where id = :id
""")
ALL = text("""
select subscriber, tag
  from tags
 order by subscriber, tag
""")


class Tags:
    """The tags of readers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, tag: str) -> tuple[str, ...]:
        """Give a reader a tag, and return all they have; twice is once."""
        if not tag.strip() or not tag.isprintable() or len(tag) > LONGEST:
            raise ConfigError(
                f"a tag is a few words, at most {LONGEST} characters", hint="Try: vip"
            )
        return self._change(ADD, address, tag)

    def remove(self, address: str, tag: str) -> tuple[str, ...]:
        """Take a tag from a reader, and return what is left."""
        return self._change(REMOVE, address, tag)

    def by_reader(self) -> dict[int, tuple[str, ...]]:
        """Return the tags of each reader who has any, by their number."""
        found: dict[int, tuple[str, ...]] = {}
        for reader, tag in self._rows():
            found[reader] = (*found.get(reader, ()), tag)
        return found

    def _rows(self) -> Iterator[tuple[int, str]]:
        with self._database.reading() as connection:
            for row in connection.execute(ALL):
                yield row.subscriber, row.tag

    def _change(self, statement: TextClause, address: str, tag: str) -> tuple[str, ...]:
        normal = {"normal": addresses.loosely_normal(address)}
        with self._database.writing() as connection:
            reader = connection.execute(PERSON, normal).scalar()
            if reader is None:
                raise ConfigError(
                    "nobody has this address", hint="Try: publisher subscribers list"
                )
            connection.execute(statement, {"id": reader, "tag": tag.strip()})
            tags = tuple(connection.execute(OF, {"id": reader}).scalars())
            _show(connection, reader, tags)
            return tags


def _show(connection: Connection, reader: int, tags: Sequence[str]) -> None:
    """Let templates show the tags: with what else is known of the reader."""
    known = attributes_from(connection.execute(KNOWN, {"id": reader}).scalar() or "{}")
    known.pop("tags", None)
    if tags:
        known["tags"] = ", ".join(tags)
    values = {"id": reader, "attributes": encoded(known)}
    connection.execute(KNOW, values)

"""The files that travel with emails, kept until the books are: by what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from publisher.errors import StoreError
from publisher.store.database import Database, many

ADD = text("""
insert into files (digest, content)
values (:digest, :content)
on conflict (digest) do nothing
""")
KNOWN = text("""
select 1
  from files
 where digest = :digest
""")
CONTENT = text("""
select content
  from files
 where digest = :digest
""")


class Files:
    """Each file once, whichever issues it travels with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, contents: Mapping[str, bytes]) -> None:
        """Keep what is not kept yet, by its SHA-256 in hexadecimal."""
        with self._database.reading() as connection:
            new = [
                {"digest": digest, "content": content}
                for digest, content in contents.items()
                if connection.execute(KNOWN, {"digest": digest}).scalar() is None
            ]
        if not new:
            return
        with self._database.writing() as connection:
            many(connection, ADD, new)

    def content(self, digest: str) -> bytes:
        """Return a file's bytes; `StoreError` where they were never kept."""
        with self._database.reading() as connection:
            found = connection.execute(CONTENT, {"digest": digest}).scalar()
        if found is None:
            raise StoreError(
                "an attachment is not in the books",
                hint="Try: publisher cancel the issue, and send it anew",
            )
        return bytes(found)

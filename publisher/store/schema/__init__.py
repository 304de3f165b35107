"""The tables, and how a database comes to have them.

A new database is made from these tables; an older one is migrated by Alembic. Both are
imported only then, because Alembic takes longer than most commands. A test holds that
both roads lead to the same schema.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from publisher.errors import StoreError
from publisher.store.database import Database

HEAD = "books_0014"
VERSION = text("select version_num from alembic_version")
STAMP = text("insert into alembic_version (version_num) values (:revision)")


def bring_up_to_date(database: Database) -> None:
    """Make, migrate or refuse; nothing is written where nothing is to do."""
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return
    with database.writing() as connection:
        # Asked again under the lock: another process may have been here meanwhile.
        revision = _revision(connection)
        if revision == HEAD:
            return
        if revision:
            _migrate(connection, revision, where=database.where)
            return
        if inspect(connection).get_table_names():
            raise StoreError(
                "this database is not publisher's",
                where=database.where,
                hint="Try: another PUBLISHER_STORE",
            )
        from publisher.store.schema.people import metadata

        metadata.create_all(connection)
        connection.execute(STAMP, {"revision": HEAD})


def _revision(connection: Connection) -> str:
    """Return the revision that the database says it has; "" where it says nothing."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(VERSION).scalar() or ""


def _migrate(connection: Connection, revision: str, *, where: str) -> None:
    from publisher.store.schema import migrating

    if revision not in migrating.known():
        raise StoreError(
            f"the books were written by a newer publisher (revision {revision})",
            where=where,
            hint="Try: upgrade publisher",
        )
    migrating.upgrade(connection, revision)

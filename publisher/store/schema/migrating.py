"""Runs the migrations that a database has not seen, in the caller's transaction.

Without Alembic's usual `env.py`: it would be code that runs on import.
"""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

HERE = Path(__file__).parent


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(HERE))


def known() -> set[str]:
    """Return every revision that this publisher can read."""
    return {one.revision for one in _script().walk_revisions()}


def head() -> str | None:
    """Return the newest revision."""
    return _script().get_current_head()


def upgrade(connection: Connection, revision: str = "", *, until: str = "head") -> None:
    """Apply what comes after `revision`, the oldest first."""
    script = _script()
    context = MigrationContext.configure(connection)
    steps = list(script.iterate_revisions(until, revision or "base"))
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(script, step.revision)

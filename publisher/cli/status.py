"""`publisher status`: how the issues stand."""

from __future__ import annotations

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    say,
    table,
)
from publisher.errors import StoreError
from publisher.models import State
from publisher.text import suggest


@click.command(epilog="Example: publisher status weekly-digest/1")
@click.argument("issue", default="")
@as_json
@in_project
def command(issue: str, folder: str | None, *, json_: bool) -> None:
    """Show the newest issues, or one, by channel and state."""
    project = open_project(folder, only_looks=True)
    ledger = project.books.ledger
    known = [one.id for one in ledger.issues()]
    if issue and ledger.issue(issue) is None:
        close = suggest(issue, known)
        hint = f"Did you mean {close}?" if close else "Try: publisher status"
        raise StoreError(f"there is no issue {issue} in the books", hint=hint)
    names = [issue] if issue else known
    found = {name: ledger.counts(name) for name in names}
    if json_:
        print_json(found)
        return
    if not found:
        say("nothing was sent yet. Try: publisher send CAMPAIGN")
        return
    states = [state.value for state in State]
    rows = [
        (name, channel, *(counts.get(state, 0) for state in states))
        for name, channels in found.items()
        for channel, counts in channels.items()
    ]
    table(("issue", "channel", *states), rows)

"""`publisher status`: how the issues stand."""

from __future__ import annotations

import click

from publisher.cli.output import as_json, in_project, open_project, print_json, table
from publisher.models import State


@click.command(epilog="Example: publisher status weekly-digest/1")
@click.argument("issue", default="")
@as_json
@in_project
def command(issue: str, folder: str | None, *, json_: bool) -> None:
    """Show the newest issues, or one, by channel and state."""
    project = open_project(folder)
    ledger = project.books.ledger
    names = [issue] if issue else [one.id for one in ledger.issues()]
    found = {name: ledger.counts(name) for name in names}
    if json_:
        print_json(found)
        return
    states = [state.value for state in State]
    rows = [
        (name, channel, *(counts.get(state, 0) for state in states))
        for name, channels in found.items()
        for channel, counts in channels.items()
    ]
    table(("issue", "channel", *states), rows)

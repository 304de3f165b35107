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
from publisher.cli.steps import in_words
from publisher.errors import StoreError
from publisher.models import State
from publisher.text import suggest


@click.command(epilog="Example: publisher status weekly-digest/1")
@click.argument("issue", default="")
@as_json
@in_project
def command(issue: str, folder: str | None, *, json_: bool) -> None:
    """Show how an issue stands.

    By channel and state; without a name, the newest issues.
    """
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
    rows = [
        (name, channel, counts)
        for name, channels in found.items()
        for channel, counts in channels.items()
    ]
    # Only the states in which anything is: seven columns fit no small screen.
    states = [
        one.value
        for one in State
        if one is State.ACCEPTED or any(counts.get(one) for *_, counts in rows)
    ]
    lines = [(*row, *(counts.get(one, 0) for one in states)) for *row, counts in rows]
    table(("issue", "channel", *states), lines)
    for name, step in project.sequences().items():
        if name in names:
            say(f"{name}: {in_words(step)}")

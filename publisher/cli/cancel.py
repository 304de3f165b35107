"""`publisher cancel`: send nothing more of an issue, for good."""

from __future__ import annotations

import click

from publisher.cli.output import in_project, is_interactive, open_project, plural, say
from publisher.models import State


@click.command(epilog="Example: publisher cancel weekly-digest/1")
@click.argument("issue")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@in_project
def command(issue: str, folder: str | None, *, yes: bool) -> None:
    """Send nothing more of an issue, for good.

    Whoever sends it stops within a second. Its articles count as sent only if any of
    it has left. A campaign stands for its newest issue.
    """
    project = open_project(folder, only_looks=True)
    name = project.issue(issue).id
    if not yes:
        _confirm(name, _count(project.books.ledger.counts(name), State.PLANNED))
    project.cancel(name)
    counts = project.books.ledger.counts(name)
    gone = _count(counts, State.ACCEPTED)
    say(f"{name} is cancelled: {plural(gone, 'message')} had left")
    if in_hand := _count(counts, State.CLAIMED, State.UNCERTAIN):
        say(f"  {in_hand:,} more may have. Try: publisher status {name}")


def _count(counts: dict[str, dict[str, int]], *states: State) -> int:
    return sum(found[state] for found in counts.values() for state in states)


def _confirm(name: str, waiting: int) -> None:
    if not is_interactive():
        raise click.UsageError("nobody is there to ask; add --yes to cancel it")
    question = f"Cancel {name}? {plural(waiting, 'message')} will never be sent"
    click.confirm(question, abort=True, err=True)

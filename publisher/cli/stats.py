"""`publisher stats`: what was counted of an issue, where its owner asked for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)
from publisher.models import State

if TYPE_CHECKING:
    from publisher.project import Project


@click.command(epilog="Example: publisher stats weekly-digest/1")
@click.argument("issue")
@as_json
@in_project
def command(issue: str, folder: str | None, *, json_: bool) -> None:
    """Show how often the links of an issue were followed.

    Nothing is counted unless tracking says so: see docs/tracking.md.
    """
    project = open_project(folder, only_looks=True)
    name = project.issue(issue).id
    books = project.books.tracking
    modes, clicks = books.modes(name), books.clicks(name)
    is_counted = "clicks" in modes
    readers = {
        "opened": books.readers_who("opened", name),
        "clicked": books.readers_who("clicked", name),
    }
    if json_:
        print_json(
            {
                "issue": name,
                "tracking": list(modes),
                "accepted": _accepted(project, name),
                "clicks": clicks if is_counted else None,
                "readers": readers if "individual" in modes else None,
            }
        )
        return
    if not modes:
        say(f"nothing is tracked of {name}. Try: tracking: clicks, docs/tracking.md")
        return
    say(f"{name} is tracked: {', '.join(modes)}")
    if is_counted:
        table(("clicks", "link"), [(count, url) for url, count in clicks.items()])
        total = plural(sum(clicks.values()), "click")
        say(f"{total}, of {plural(_accepted(project, name), 'letter')}")
    if "individual" in modes:
        say(
            f"of the readers who allowed it, {readers['opened']:,} have opened it and "
            f"{readers['clicked']:,} have followed a link"
        )


def _accepted(project: Project, name: str) -> int:
    """Count the letters that a provider took: posts have no links of ours."""
    return sum(
        by_state.get(State.ACCEPTED, 0)
        for channel, by_state in project.books.ledger.counts(name).items()
        if project.channel(channel).kind == "email"
    )

"""`publisher pause`: let nothing more of an issue leave for now."""

from __future__ import annotations

import click

from publisher.cli.output import in_project, open_project, say


@click.command(epilog="Example: publisher pause weekly-digest/1")
@click.argument("issue")
@in_project
def command(issue: str, folder: str | None) -> None:
    """Let nothing more of an issue leave for now.

    Whoever sends it stops within a second. A campaign stands for its newest issue.
    """
    paused = open_project(folder, only_looks=True).pause(issue)
    say(f"{paused.id} is paused. To go on: publisher resume {paused.id}")

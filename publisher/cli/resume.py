"""`publisher resume`: let a paused issue go on."""

from __future__ import annotations

import click

from publisher.cli.output import in_project, open_project, say


@click.command(epilog="Example: publisher resume weekly-digest/1")
@click.argument("issue")
@in_project
def command(issue: str, folder: str | None) -> None:
    """Let a paused issue go on.

    It is sent by the next `publisher send` of it, or by `publisher run`.
    """
    resumed = open_project(folder, only_looks=True).resume(issue)
    say(f"{resumed.id} may go on. To send it now: publisher send {resumed.id}")

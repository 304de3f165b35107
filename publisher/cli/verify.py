"""`publisher verify`: prove that every delivery is accounted for."""

from __future__ import annotations

import click

from publisher.cli.output import as_json, in_project, open_project, print_json, say


@click.command(epilog="Example: publisher verify weekly-digest/1")
@click.argument("issue", default="")
@as_json
@in_project
@click.pass_context
def command(ctx: click.Context, issue: str, folder: str | None, *, json_: bool) -> None:
    """Prove that every delivery is accounted for.

    For each issue and channel, selected = the sum of all states.
    """
    broken = open_project(folder, only_looks=True).books.ledger.verify(issue)
    if json_:
        print_json({"ok": not broken, "broken": broken})
    for line in broken:
        say(f"error: {line}")
    if not broken and not json_:
        say("every delivery is accounted for")
    if broken:
        ctx.exit(1)

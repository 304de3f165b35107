"""`publisher suppressions`: take over whom providers send nothing."""

from __future__ import annotations

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
)

WORDS = {
    "bounced": "gone for good",
    "complained": "called something spam",
    "unsubscribed": "unsubscribed there",
}


@click.group(epilog="Example: publisher suppressions pull postmark")
def command() -> None:
    """Take over whom providers send nothing."""


@command.command(epilog="Example: publisher suppressions pull postmark --dry-run")
@click.argument("channel")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what is there.")
@as_json
@in_project
def pull(channel: str, folder: str | None, *, dry_run: bool, json_: bool) -> None:
    """Read a provider's own lists of suppressions, and honour them here.

    Who bounced or complained there is suppressed, and who unsubscribed leaves all
    lists, each once: who subscribes anew afterwards stays.
    """
    project = open_project(folder, only_looks=dry_run)
    found = project.pull_suppressions(channel, dry_run=dry_run)
    if json_:
        print_json({**found.counts, "new": found.new})
        return
    say(f"{plural(found.counts.total(), 'address', 'addresses')} at {channel}")
    for kind, words in WORDS.items():
        if count := found.counts.get(kind, 0):
            click.echo(f"  {count:,} {kind}: {words}")
    if not dry_run:
        say(f"{found.new:,} of them are new here")

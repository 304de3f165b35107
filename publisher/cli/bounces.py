"""`publisher bounces`: read what came back."""

from __future__ import annotations

from dataclasses import asdict

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
    "hard": "gone for good",
    "soft": "not this time",
    "deferred": "still on the way",
    "complained": "called spam",
    "unsubscribed": "left by mail",
    "replied": "answered by a machine",
    "unknown": "returned without a reason",
}


@click.group(epilog="Example: publisher bounces fetch --dry-run")
def command() -> None:
    """Read what came back: bounces and complaints."""


@command.command(epilog="Example: publisher bounces fetch --dry-run")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what is there.")
@as_json
@in_project
def fetch(folder: str | None, *, dry_run: bool, json_: bool) -> None:
    """Read the bounce mailbox, and act on what is new in it.

    It is the one that BOUNCES_IMAP_HOST names. Nothing is deleted.
    """
    project = open_project(folder, only_looks=dry_run)
    found = project.fetch_bounces(dry_run=dry_run)
    if json_:
        print_json(asdict(found))
        return
    say(f"{plural(found.read, 'new letter')} in the bounce mailbox")
    for kind, words in WORDS.items():
        if count := found.counts.get(kind, 0):
            click.echo(f"  {count:,} {kind}: {words}")
    if found.others:
        click.echo(f"  {found.others:,} others: left where they are")
    if found.suppressed:
        say(f"{plural(found.suppressed, 'reader')} suppressed: nothing more is sent")
    if found.strangers:
        say(f"{plural(found.strangers, 'bounce')} of no email of yours: nothing done")
    if found.stays:
        say("the server does not move letters: they stay, marked as read")

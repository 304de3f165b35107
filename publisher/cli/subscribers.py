"""`publisher subscribers`: add, import, export, list and suppress readers."""

from __future__ import annotations

import click

from publisher.cli import moving, person
from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)
from publisher.models import Consent


@click.group(epilog="Example: publisher subscribers import readers.csv --list weekly")
def command() -> None:
    """Add, import, export, list and suppress readers."""


command.add_command(moving.import_)
command.add_command(moving.export)
command.add_command(person.show)
command.add_command(person.forget)
command.add_command(person.tag)
command.add_command(person.untag)
command.add_command(person.tracking)
command.add_command(person.pause)
command.add_command(person.resume)


@command.command(
    epilog="Example: publisher subscribers add ana@example.org --list weekly"
)
@click.argument("address")
@click.option("--name", metavar="NAME", default="", help="How they are called.")
@click.option(
    "--list", "lists", metavar="NAME", multiple=True, help="What they subscribe to."
)
@click.option(
    "--language", metavar="TAG", default="", help="Their language, such as it."
)
@click.option(
    "--timezone", metavar="ZONE", default="", help="Their clock: Europe/Rome."
)
@in_project
def add(
    address: str,
    *,
    name: str,
    lists: tuple[str, ...],
    language: str,
    timezone: str,
    folder: str | None,
) -> None:
    """Add a reader who said yes, or change what is known of them."""
    project = open_project(folder)
    for one in lists:
        project.refuse_list(one)
    reader = project.books.subscribers.add(
        address,
        name=name,
        lists=lists,
        language=language,
        timezone=timezone,
        now=project.clock(),
    )
    said = Consent(act="added", said_at=project.clock(), how="command")
    project.books.consents.note([address], lists=lists, said=said)
    say(f"{reader.address} gets {', '.join(reader.lists) or 'no list yet'}")


@command.command("list", epilog="Example: publisher subscribers list --list weekly")
@click.option("--list", "list_", metavar="NAME", default="", help="Only this list.")
@as_json
@in_project
def list_(list_: str, folder: str | None, *, json_: bool) -> None:
    """List the readers."""
    project = open_project(folder, only_looks=True)
    project.refuse_list(list_)
    people = project.books.subscribers
    suppressed = people.suppressed()
    found, tags = people.all(list_), project.books.tags.by_reader()
    paused = project.books.pauses.among(now=project.clock())
    if json_:
        print_json(
            [
                {
                    "address": one.address,
                    "name": one.name,
                    "language": one.language,
                    "timezone": one.timezone,
                    "lists": list(one.lists),
                    "tags": list(tags.get(one.id, ())),
                    "is_suppressed": people.normal(one.address) in suppressed,
                    "is_paused": one.id in paused,
                    "attributes": dict(one.attributes),
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.address,
            one.name,
            ", ".join(one.lists),
            ", ".join(tags.get(one.id, ())),
            "suppressed"
            if people.normal(one.address) in suppressed
            else "paused" * (one.id in paused),
        )
        for one in found
    ]
    table(("address", "name", "lists", "tags", ""), rows)
    say(plural(len(found), "reader"))


@command.command(epilog="Example: publisher subscribers suppress gone@example.org")
@click.argument("address")
@click.option(
    "--reason", metavar="WORDS", default="asked by hand", help="Why, for the record."
)
@in_project
def suppress(address: str, reason: str, folder: str | None) -> None:
    """Never write to this address again, whatever list it is on."""
    project = open_project(folder)
    project.books.subscribers.suppress(address, reason=reason, now=project.clock())
    say("suppressed: nothing will be sent to this address, ever")

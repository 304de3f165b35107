"""One person: their story, their pauses and their end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    say,
    table,
)
from publisher.errors import ConfigError
from publisher.models import Consent

if TYPE_CHECKING:
    from publisher.project import Project

WORDS_SHOWN = 60
SAID = {
    "asked": "asked for",
    "confirmed": "confirmed",
    "left": "left",
    "added": "was added to",
    "imported": "was imported into",
    "paused": "paused",
    "resumed": "reads on",
    "allowed": "allowed tracking",
    "refused": "refused tracking",
}


def known(project: Project, address: str) -> dict[str, object]:
    """Return all data about a person; `ConfigError` where there are none."""
    found = project.books.consents.everything(address)
    if not found:
        raise ConfigError(
            "nobody has this address", hint="Try: publisher subscribers list"
        )
    return found


def _tracked(found: Mapping[str, Any]) -> Iterator[str]:
    if answer := found.get("allowed"):
        yield f"tracking: said {answer}"
    if day := found.get("last_opened"):
        yield f"last opened anything: {day}"
    for one in found.get("traces", ()):
        yield f"{str(one['at'])[:16]} {one['kind']} {one['issue']} {one['url']}".strip()


@click.command(epilog="Example: publisher subscribers show ana@example.org")
@click.argument("address")
@as_json
@in_project
def show(address: str, folder: str | None, *, json_: bool) -> None:
    """Tell what is known of one reader: lists, and who said what when.

    With --json it is all that is known, for whoever asks for their data.
    """
    from publisher.project import pausing

    project = open_project(folder, only_looks=True)
    found = known(project, address)
    if json_:
        print_json(found)
        return
    say(f"{found['address']}, known since {str(found.get('known_since', '?'))[:10]}")
    if found.get("suppressed"):
        say(f"suppressed: {found['suppressed']}")
    if until := pausing.end_of(project, address):
        say(f"paused: gets nothing until {until}")
    about = ("name", "language", "timezone")
    if kept := [f"{one}: {found[one]}" for one in about if found.get(one)]:
        say(", ".join(kept))
    if found.get("tags"):
        say(f"tags: {', '.join(cast('list[str]', found['tags']))}")
    for line in _tracked(cast("dict[str, Any]", found.get("tracking") or {})):
        say(line)
    states = project.books.consents.lists_of(address)
    table(("list", "state"), list(states.items()))
    rows = [
        (
            f"{one.said_at.astimezone(project.zone):%Y-%m-%d %H:%M}",
            f"{SAID.get(one.act, one.act)} {one.list}".strip(),
            f"by {one.how}" + (f", from {one.network}" if one.network else ""),
            f"“{one.words[:WORDS_SHOWN]}” ({one.digest[:12]})" if one.words else "",
        )
        for one in project.books.consents.of(address)
    ]
    table(("when", "what", "how", "to which words"), rows)


@click.command(epilog="Example: publisher subscribers forget ana@example.org")
@click.argument("address")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@in_project
def forget(address: str, folder: str | None, *, yes: bool) -> None:
    """Erase a reader and all that is known of them, for good.

    A hash of the address stays, so that no import brings them back.
    """
    project = open_project(folder)
    known(project, address)
    if not yes:
        click.confirm("Erase this reader for good?", abort=True, err=True)
    project.books.consents.forget(address)
    say("forgotten: only they themselves can come back")


@click.command(epilog="Example: publisher subscribers tag ana@example.org vip")
@click.argument("address")
@click.argument("tag")
@in_project
def tag(address: str, tag: str, folder: str | None) -> None:
    """Give a reader a tag, by which segments find them."""
    tags = open_project(folder).books.tags.add(address, tag)
    say(f"tags: {', '.join(tags)}")


@click.command(epilog="Example: publisher subscribers tracking ana@example.org no")
@click.argument("address")
@click.argument("answer", type=click.Choice(["yes", "no"]))
@click.option(
    "--words", metavar="WORDS", default="", help="The words that they agreed to."
)
@in_project
def tracking(address: str, answer: str, words: str, folder: str | None) -> None:
    """Write down that a reader allows being tracked, or does not.

    A no erases what was kept of them. See docs/tracking.md.
    """
    if answer == "yes" and not words:
        raise click.UsageError("to which words? Try: --words 'You may see what I open'")
    project = open_project(folder)
    said = Consent(
        act="allowed" if answer == "yes" else "refused",
        said_at=project.clock(),
        how="command",
        words=words,
    )
    if not project.books.tracking.say(address, said=said):
        raise ConfigError(
            "nobody has this address", hint="Try: publisher subscribers list"
        )
    say("written down" if answer == "yes" else "written down, and all of it is erased")


@click.command(epilog="Example: publisher subscribers untag ana@example.org vip")
@click.argument("address")
@click.argument("tag")
@in_project
def untag(address: str, tag: str, folder: str | None) -> None:
    """Take a tag from a reader."""
    tags = open_project(folder).books.tags.remove(address, tag)
    say(f"tags: {', '.join(tags) or 'none'}")


@click.command(
    epilog="Example: publisher subscribers pause ana@example.org --until 2026-12-31"
)
@click.argument("address")
@click.option(
    "--until", metavar="DATE", default="", help="The day; without it in a month."
)
@in_project
def pause(address: str, until: str, folder: str | None) -> None:
    """Send a reader nothing for a while; they stay on their lists."""
    from publisher.project import pausing

    project = open_project(folder)
    day = (
        pausing.day_of(until) if until else pausing.month_after(pausing.today(project))
    )
    said = Consent(
        act="paused", said_at=project.clock(), how="command", words=f"until {day}"
    )
    pausing.pause(project, address, day, said=said)
    say(f"paused: gets nothing until {day}")


@click.command(epilog="Example: publisher subscribers resume ana@example.org")
@click.argument("address")
@in_project
def resume(address: str, folder: str | None) -> None:
    """End a reader's pause: they get what is planned from now on."""
    project = open_project(folder)
    known(project, address)
    said = Consent(act="resumed", said_at=project.clock(), how="command")
    was_paused = project.books.pauses.resume(address, said=said)
    say("gets letters again" if was_paused else "had not paused")

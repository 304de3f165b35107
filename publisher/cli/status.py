"""`publisher status`: how the issues stand."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import click

from publisher.cli.ending import stopping
from publisher.cli.output import (
    as_json,
    console,
    grid,
    in_project,
    open_project,
    print_json,
    say,
    table,
)
from publisher.cli.progress import Rate
from publisher.cli.steps import in_words
from publisher.cli.telling import moved
from publisher.models import State

if TYPE_CHECKING:
    from rich.table import Table

    from publisher.project import Project

Counts: TypeAlias = Mapping[str, Mapping[str, int]]
OFTEN = 0.5  # seconds between two looks
DONE = (State.ACCEPTED, State.FAILED, State.SKIPPED, State.UNCERTAIN)


@click.command(epilog="Example: publisher status weekly-digest/1 --watch")
@click.argument("issue", default="")
@click.option("-w", "--watch", is_flag=True, help="Follow it until all is sent.")
@as_json
@in_project
def command(issue: str, folder: str | None, *, watch: bool, json_: bool) -> None:
    """Show how an issue stands.

    By channel and state; without a name, the newest issues.
    """
    project = open_project(folder, only_looks=True)
    if watch:
        if not issue:
            raise click.UsageError("--watch follows one issue. Try: its name")
        _watch(project, project.issue(issue).id, json_=json_)
        return
    ledger = project.books.ledger
    known = [one.id for one in ledger.issues()]
    names = [project.issue(issue).id] if issue else known
    found = {name: ledger.counts(name) for name in names}
    if json_:
        print_json(found)
        return
    if not found:
        say("nothing was sent yet. Try: publisher send CAMPAIGN")
        return
    table(*_lines(found))
    for name in names:
        for line in _remarks(project, name):
            say(line)
    for name, step in project.sequences().items():
        if name in names:
            say(f"{name}: {in_words(step)}")


def _remarks(project: Project, name: str) -> Iterator[str]:
    for line in moved(project.books.routes.moves(name)):
        yield f"{name}: {line}"
    if wish := project.books.wishes.of(name):
        yield f"{name} is {wish}"
    if count := project.books.wishes.undecided(name):
        yield f"{name}: {count:,} wait for the winner: publisher winner {name}"


def _lines(found: Mapping[str, Counts]) -> tuple[list[str], list[list[object]]]:
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
    lines = [[*row, *(counts.get(one, 0) for one in states)] for *row, counts in rows]
    return ["issue", "channel", *states], lines


# --- as it goes ----------------------------------------------------------------------


def _watch(project: Project, name: str, *, json_: bool) -> None:
    """Show each change until nothing is left, somebody stops it or stops looking."""
    with stopping() as stop:
        looks = _looks(project, name, stop)
        if json_:
            for counts, _ in looks:
                click.echo(json.dumps({"issue": name, "counts": counts}))
        elif sys.stdout.isatty():
            _redraw(name, looks)
        else:
            for counts, pace in looks:
                say(_line(counts, pace))
    if wish := project.books.wishes.of(name):
        say(f"{name} is {wish}")


def _looks(
    project: Project, name: str, stop: Callable[[], bool]
) -> Iterator[tuple[Counts, str]]:
    """Yield how it stands, and how fast it goes, whenever that has changed."""
    rate, before = Rate(), None
    while True:
        counts = project.books.ledger.counts(name)
        left = _sum(counts, State.PLANNED, State.CLAIMED)
        rate.see(_sum(counts, *DONE))
        if counts != before:
            yield counts, rate.words(left)
            before = counts
        if not left or stop() or project.books.wishes.of(name):
            return
        time.sleep(OFTEN)


def _redraw(name: str, looks: Iterator[tuple[Counts, str]]) -> None:
    from rich.console import Group
    from rich.live import Live

    with Live(console=console(), auto_refresh=False) as live:
        for counts, pace in looks:
            shown: Table = grid(*_lines({name: counts}))
            live.update(Group(shown, pace), refresh=True)


def _line(counts: Counts, pace: str) -> str:
    done = _sum(counts, *DONE)
    left = _sum(counts, State.PLANNED, State.CLAIMED)
    bad = _sum(counts, State.FAILED, State.UNCERTAIN)
    words = [f"{done:,} of {done + left:,}", *([f"{bad:,} not sent"] if bad else [])]
    return ", ".join([*words, *([pace] if pace else [])])


def _sum(counts: Counts, *states: State) -> int:
    return sum(found.get(one, 0) for found in counts.values() for one in states)

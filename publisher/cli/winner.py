"""`publisher winner`: decide a test, or show how its variants stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
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

if TYPE_CHECKING:
    from publisher.project import Variant
    from publisher.project.wishing import By

HEADS = ("variant", "subject", "template", "readers", "accepted", "failed")


@click.command(epilog="Example: publisher winner weekly-digest/1 B")
@click.argument("issue")
@click.argument("variant", default="")
@click.option(
    "--by",
    type=click.Choice(["clicks", "opens"]),
    help="Find the winner by what is tracked.",
)
@as_json
@in_project
def command(
    issue: str, variant: str, by: By | None, folder: str | None, *, json_: bool
) -> None:
    """Decide an A/B test, or show how its variants stand.

    The readers who wait get the variant that is named, or the one that its readers
    liked most, where tracking counts that and it is no chance: see docs/tracking.md.
    """
    project = open_project(folder, only_looks=True)
    name = project.issue(issue).id
    found = dict(zip(ascii_uppercase, project.variants(name), strict=False))
    if by and not variant:
        best = project.best(name, by).draft
        variant = next(key for key, one in found.items() if one.draft == best)
    if variant:
        if variant.upper() not in found:
            raise click.UsageError(f"which? Try: {' or '.join(found)}")
        count = project.win(name, found[variant.upper()].draft)
        say(
            f"{variant.upper()} has won: {plural(count, 'reader')} will get it. "
            f"Try: publisher send {name}"
        )
        return
    if json_:
        print_json({key: one.data() for key, one in found.items()})
        return
    counted = [by for by in ("clicks", "opens") if _has(found, by)]
    table((*HEADS, *counted), _rows(found, counted))
    if waiting := project.books.wishes.undecided(name):
        readers = plural(waiting, "reader waits", "readers wait")
        say(f"{readers} for the winner. Try: publisher winner {name} A")


def _has(found: Mapping[str, Variant], by: str) -> bool:
    return any(getattr(one, by) is not None for one in found.values())


def _rows(
    found: Mapping[str, Variant], counted: Sequence[str]
) -> list[tuple[object, ...]]:
    return [
        (
            *(key, one.subject, one.template, one.readers, one.accepted, one.failed),
            *(getattr(one, by) for by in counted),
        )
        for key, one in found.items()
    ]

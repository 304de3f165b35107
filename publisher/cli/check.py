"""`publisher check`: look for what is wrong before anything goes."""

from __future__ import annotations

from dataclasses import asdict

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    raise_first,
    say,
)
from publisher.models import Problem


@click.command(epilog="Example: publisher check weekly-digest")
@click.argument("names", nargs=-1, metavar="[CAMPAIGN|ARTICLE]...")
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context, names: tuple[str, ...], folder: str | None, *, json_: bool
) -> None:
    """Look for what is wrong before anything goes.

    Without a name, every campaign.

    Exit code 4 when an error would stop the issue.
    """
    project = open_project(folder, only_looks=True)
    if not names:
        raise_first(project.wrong_schedules)
    found = {
        name: project.check(project.preview(name)[0])
        for name in names or [campaign.name for campaign in project.campaigns]
    }
    if json_:
        print_json(
            {name: [asdict(one) for one in all_] for name, all_ in found.items()}
        )
    else:
        for name, problems in found.items():
            say_problems(name, problems)
    if any(one.level == "error" for problems in found.values() for one in problems):
        ctx.exit(4)


def say_problems(name: str, problems: list[Problem]) -> None:
    """Print each problem in a line or two, or that there is none."""
    if not problems:
        say(f"{name}: no problems")
    for one in problems:
        where = f" --> {one.where}" if one.where else ""
        say(f"{one.level}: {name}: {one.message}  [{one.check}]{where}")
        if one.hint:
            say(f"  {one.hint}")

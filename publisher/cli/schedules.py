"""`publisher schedules`: the schedules and their next three runs in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import click

from publisher.cli.output import (
    as_json,
    console,
    in_project,
    open_project,
    print_json,
    raise_first,
    say,
)
from publisher.cli.steps import in_words
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from publisher.models import Campaign, Step
    from publisher.project import Project


@click.command(epilog="Example: publisher schedules --count 5")
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="How many runs.",
)
@as_json
@in_project
def command(count: int, folder: str | None, *, json_: bool) -> None:
    """List the schedules and their next runs.

    Each in its own time zone.
    """
    from publisher import schedule
    from publisher.plan import step_data

    project = open_project(folder, only_looks=True)
    now = project.clock()
    found = [
        (one, schedule.in_words(one), schedule.next_runs(one, now, count))
        for one in project.campaigns
    ]
    steps = _steps(project)
    if json_:
        print_json(
            [
                {
                    "name": campaign.name,
                    "when": words,
                    "timezone": campaign.timezone,
                    "enabled": campaign.enabled,
                    "next": [run.isoformat() for run in runs],
                    "step": (
                        step_data(steps[campaign.name])
                        if campaign.name in steps
                        else None
                    ),
                    "source": campaign.source,
                }
                for campaign, words, runs in found
            ]
        )
        return
    for campaign, words, runs in found:
        _show(campaign, words, runs, now, steps.get(campaign.name))
    raise_first(project.wrong_schedules)
    if not found:
        say("no schedules yet. Try: publisher new schedule weekly-digest")


def _steps(project: Project) -> dict[str, Step]:
    """Return the step of each sequence whose channel can be opened."""
    found = {}
    for one in project.campaigns:
        with suppress(ConfigError):
            if one.delay:
                found[one.name] = project.step(one)
    return found


def _show(
    campaign: Campaign,
    words: str,
    runs: list[datetime],
    now: datetime,
    step: Step | None,
) -> None:
    from rich.markup import escape

    out = console()
    off = "" if campaign.enabled else " (not enabled)"
    out.print(f"[bold]{escape(campaign.name)}[/bold]{off}: {escape(words)}")
    for run in runs:
        out.print(f"  {run:%a %d %b %Y %H:%M %Z}  ({_until(run - now)})")
    if step:
        out.print(f"  {in_words(step)}")
    elif not runs:
        out.print("  only when somebody sends it")


def _until(delta: object) -> str:
    """Return a distance in words: "in 3 days", "in 2 h 5 min"."""
    from datetime import timedelta

    assert isinstance(delta, timedelta)  # noqa: S101
    minutes = int(delta.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"in {minutes // (24 * 60)} days"
    hours, rest = divmod(minutes, 60)
    return f"in {hours} h {rest} min" if hours else f"in {rest} min"

"""`publisher run`: do what the schedules say, now or from now on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from publisher.cli.ending import outlasting, stopping
from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    say,
)
from publisher.cli.send import exit_code

if TYPE_CHECKING:
    from publisher.project import Project, Ran


@click.command(epilog="Example (cron): publisher run --once")
@click.option("--once", is_flag=True, help="Do what is due and exit: for cron and CI.")
@as_json
@in_project
@click.pass_context
def command(ctx: click.Context, folder: str | None, *, once: bool, json_: bool) -> None:
    """Do what the schedules say.

    Each run once, however many processes do this.

    Without --once it stays and does each run when its time comes.
    """
    if json_ and not once:
        raise click.UsageError("--json goes with --once: without it there is no end.")
    ctx.with_resource(outlasting())
    project = open_project(folder)
    with stopping() as stop:
        if not once:
            ctx.exit(_stay(project, stop))
        done = project.run(stop=stop)
    if json_:
        print_json([_data(one) for one in done])
    else:
        for one in done:
            _tell(one)
        if not done:
            say("nothing is due")
    ctx.exit(max((_code(one) for one in done), default=0))


def _stay(project: Project, stop: Callable[[], bool]) -> int:
    """Do the runs as they come; the exit code is about the one that was cut short."""
    code = 0

    def told(ran: Ran) -> None:
        nonlocal code
        _tell(ran)
        code = _code(ran) if stop() else 0

    say("waiting for the schedules; Ctrl-C stops")
    for wrong in project.wrong_schedules:
        say(f"error: {wrong}")
    project.run_forever(stop=stop, told=told)
    return code


def _tell(ran: Ran) -> None:
    sent = f" ({ran.report.issue})" if ran.report and ran.report.counts else ""
    say(f"{ran.campaign} {ran.at:%Y-%m-%d %H:%M %Z}: {ran.result}{sent}")


def _data(ran: Ran) -> dict[str, object]:
    return {
        "campaign": ran.campaign,
        "at": ran.at.isoformat(),
        "result": ran.result,
        "issue": ran.report.issue if ran.report else None,
        "counts": ran.report.counts if ran.report else {},
    }


def _code(ran: Ran) -> int:
    if ran.error:
        return ran.error.exit_code
    is_held = ran.report and ran.report.held_until
    return exit_code(ran.report) if ran.report and not is_held else 0

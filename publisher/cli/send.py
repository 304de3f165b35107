"""`publisher send`: send a campaign's next issue, or one article."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher import files
from publisher.cli import progress, steps, telling
from publisher.cli.asking import asked_options
from publisher.cli.check import say_problems
from publisher.cli.ending import outlasting, stopping
from publisher.cli.output import (
    as_json,
    in_project,
    is_interactive,
    open_project,
    plural,
    print_json,
    say,
)
from publisher.cli.plan import show_plan
from publisher.errors import SourceError
from publisher.models import State

if TYPE_CHECKING:
    from publisher.models import Plan, Report
    from publisher.project import Flags, Project

A_FEW = 20  # up to here a yes is enough; beyond, the number must be typed
EPILOG = """\b
Examples:
  publisher send weekly-digest --dry-run
  publisher send weekly-digest --to me@example.org
  publisher send articles/hello.md --through mastodon
"""


@click.command(epilog=EPILOG)
@click.argument("name", metavar="CAMPAIGN|ARTICLE")
@asked_options
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--hold", metavar="TIME", help="How long it can be undone: 10m.")
@click.option("--plan", "file", metavar="FILE", help="Send exactly this saved plan.")
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str,
    asked: Flags,
    file: str | None,
    folder: str | None,
    dry_run: bool,
    yes: bool,
    hold: str | None,
    json_: bool,
) -> None:
    """Send a campaign's next issue, or one article.

    Each message once: interrupted, the same command goes on where it stopped, and so
    does one with the name of the issue.

    Exit codes: 0 done, 1 you can fix it, 2 usage, 3 sent in part, 4 stopped by a check.
    """
    from publisher import plan as planning

    ctx.with_resource(outlasting())
    saved = _saved(file)
    project = open_project(folder, only_looks=dry_run)
    plan = _held(project.plan(name, **asked), hold)
    for problem in project.unreadable:
        say(f"error: {problem}")
    if saved is not None and plan.size:
        planning.refuse_drift(saved, plan)
    if not json_:
        show_plan(project, plan)
        if plan.drafts:
            say_problems(plan.issue.campaign, project.check(plan))
    if dry_run or not plan.size:
        if plan.step and not dry_run:
            project.send(plan)
            if not plan.step.has_begun:
                say("it has begun: who subscribes from now on is in it")
        _nothing(project, plan, json_=json_, dry_run=dry_run)
        return
    if not yes:
        _confirm(project, plan)
    _say_hold(project, plan)
    with stopping() as stop, progress.shown(plan.size) as told:
        report = project.send(plan, stop=stop, progress=told)
    if json_:
        print_json(telling.data(plan, report))
    else:
        telling.tell(report)
    ctx.exit(exit_code(report))


def _held(plan: Plan, hold: str | None) -> Plan:
    from publisher.schedule import duration

    if hold is None or plan.resumes:
        return plan
    if plan.step:
        raise click.UsageError("--hold goes with an issue, not with readers' own steps")
    try:
        return replace(plan, hold=duration(hold))
    except ValueError:
        raise click.UsageError(f"--hold {hold} is no time. Try: 10m") from None


def _say_hold(project: Project, plan: Plan) -> None:
    start = project.start_of(plan)
    if start and start > project.clock():
        when = start.astimezone(project.zone)
        say(
            f"{plan.issue.id} is held until {when:%H:%M:%S}. "
            f"To undo it: publisher cancel {plan.issue.id}"
        )


def _saved(file: str | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        return dict(json.loads(files.read_text(Path(file), where=file)))
    except (ValueError, TypeError) as error:
        raise SourceError(
            "is not a saved plan",
            where=file,
            hint="Try: publisher plan NAME --json > FILE",
        ) from error


def _nothing(project: Project, plan: Plan, *, json_: bool, dry_run: bool) -> None:
    """Say why nothing goes: it is only a look, it went before, or there is nothing."""
    before = project.already_sent(plan)
    if json_:
        print_json(telling.data(plan, before=before, is_dry_run=dry_run))
    elif plan.size or (dry_run and not before):
        say("dry run: nothing was sent or stored")
    elif before:
        when = before.planned_at.astimezone(project.zone)
        say(
            f"nothing to send: everything was sent already, the last in {before.id} "
            f"on {when:%d %b %Y %H:%M}. To send it again: the same with --again"
        )
    elif paused := project.books.wishes.paused(plan.issue.campaign):
        say(f"{paused[0]} is paused. To go on: publisher resume {paused[0]}")
    elif plan.step and (plan.step.wish or not plan.step.due):
        say(f"nothing to send: {steps.in_words(plan.step)}")
    elif plan.issue.articles:
        say("nothing to send: nobody would get it. Try: publisher subscribers list")
    else:
        say("nothing to send: no article fits. Try: publisher articles")


def strangers(project: Project, plan: Plan) -> int:
    """Return how many deliveries would leave this machine."""
    counts = plan.counts().items()
    return sum(n for name, n in counts if not project.channel(name).is_outbox)


def _confirm(project: Project, plan: Plan) -> None:
    count = strangers(project, plan)
    if count <= 1:
        return
    if not is_interactive():
        raise click.UsageError(
            f"{plural(count, 'message')} would leave this machine and nobody is there "
            "to ask; add --yes to send, or --dry-run to look"
        )
    if count <= A_FEW:
        click.confirm(f"Send {plural(count, 'message')}?", abort=True, err=True)
        return
    typed = click.prompt(f"Type {count} to send", err=True)
    if typed.replace(",", "").strip() != str(count):
        raise click.Abort


def exit_code(report: Report) -> int:
    """Return 0 when all is accepted or skipped, 3 when some is not, 1 when none is."""
    done = report.total(State.ACCEPTED, State.SKIPPED)
    bad = report.total(State.FAILED, State.UNCERTAIN, State.PLANNED, State.CLAIMED)
    if bad <= report.undecided:  # they wait for a person, as they should
        return 0
    return 3 if done or report.total(State.UNCERTAIN, State.FAILED) else 1

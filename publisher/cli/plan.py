"""`publisher plan`: who gets what, when and through which channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from string import ascii_uppercase
from typing import TYPE_CHECKING

import click

from publisher.cli.asking import asked_options
from publisher.cli.output import (
    as_json,
    in_bytes,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)
from publisher.models import EmailDraft, title_of, unique

if TYPE_CHECKING:
    from publisher.models import Plan
    from publisher.project import Flags, Project


@click.command(epilog="Example: publisher plan weekly-digest --json > plan.json")
@click.argument("name", metavar="CAMPAIGN|ARTICLE")
@asked_options
@as_json
@in_project
def command(*, name: str, asked: Flags, folder: str | None, json_: bool) -> None:
    """Show who gets what, when and through which channel.

    It is what `send` would do; nothing is sent or stored.

    A plan that was saved with --json can be sent with `publisher send NAME --plan
    FILE`, which refuses when anything has changed.
    """
    from publisher import plan as planning

    project = open_project(folder, only_looks=True)
    plan = project.plan(name, **asked)
    for problem in project.unreadable:
        say(f"error: {problem}")
    if json_:
        print_json({**planning.data(plan), "costs": project.costs(plan)})
        return
    show_plan(project, plan)


def show_plan(project: Project, plan: Plan) -> None:
    """Print the plan for a person."""
    issue = plan.issue
    again = ", what is left of it" if plan.resumes else ""
    what = plural(len(issue.articles), "article")
    if plan.step:
        from publisher import schedule
        from publisher.cli import steps

        what = schedule.in_words(plan.step.campaign)
    say(f"issue {issue.id}{again}: {what}")
    if plan.step:
        say(f"  {steps.in_words(plan.step)}")
    when = issue.scheduled_at or _next_run(project, plan)
    if when:
        say(f"  by its schedule: {when:%a %d %b %Y %H:%M %Z}; with `send`: at once")
    for slug in issue.articles:
        say(f"  {slug}")
    for reason, count in plan.left_out:
        say(f"  left out: {count} ({reason})")
    rows = []
    for name, count in plan.counts().items():
        channel = project.channel(name)
        noun = "email" if channel.kind == "email" else "post"
        place = "outbox/ on this machine" if channel.is_outbox else channel.network
        drafts = plural(len(plan.drafts_of(name)), "draft")
        rows.append((name, plural(count, noun), drafts, place))
    if rows:
        table(("channel", "deliveries", "drafts", "goes to"), rows)
    lines = (
        _attached(plan),
        _routes(plan),
        _parts(plan),
        _guards(project, plan),
        _turns(project, plan),
        _costs(project, plan),
    )
    for line in chain.from_iterable(lines):
        say(line)
    say(f"hash {(issue.hash or plan.hash)[:16]}")


def _attached(plan: Plan) -> Iterator[str]:
    """Say which files go along."""
    drafts = [one for one in plan.drafts.values() if isinstance(one, EmailDraft)]
    for file in unique(file for draft in drafts for file in draft.attachments):
        where = "shown in the page" if file.content_id else "attached"
        yield f"  {where}: {file.name}, {file.media_type}, {in_bytes(file.size)}"


def _routes(plan: Plan) -> Iterator[str]:
    """Say which channels may take each other's emails."""
    if plan.routes:
        yield f"  if one of them fails, the next: {', '.join(plan.routes)}"


def _parts(plan: Plan) -> Iterator[str]:
    """Say how a test parts the readers."""
    held = [one for one in plan.audiences if one.is_held]
    if not held:
        return
    tested = [one for one in plan.audiences if not one.is_held]
    for letter, one in zip(ascii_uppercase, tested, strict=False):
        draft = plan.drafts[one.draft]
        readers = plural(one.count, "reader")
        yield f"  {letter}: {readers}, {draft.template}: {title_of(draft)}"
    yield f"  {plural(sum(one.count for one in held), 'reader')} then get the winner"


def _guards(project: Project, plan: Plan) -> Iterator[str]:
    """Say who has to wait, or gets nothing."""
    if plan.canary:
        wait = int(plan.canary.wait.total_seconds()) // 60
        first = plural(plan.canary.first, "reader")
        yield f"  first {first}, and the others {wait} min later if few come back"
    waits = project.waits(plan)
    if waits.count and waits.until:
        until = waits.until.astimezone(project.zone)
        readers = plural(waits.count, "reader")
        yield f"  by their own clocks {readers} wait, the last until {until:%a %H:%M}"
    if waits.sated:
        yield f"  skipped: {plural(waits.sated, 'reader')} ({waits.why})"


def _turns(project: Project, plan: Plan) -> Iterator[str]:
    """Say which posts wait for their hours, or for those before them."""
    late = [one.not_before for one in plan.deliveries if one.not_before]
    if late:
        last = max(late).astimezone(project.zone)
        posts = plural(len(late), "post")
        yield f"  by the tag rules {posts} wait, the last until {last:%a %d %b %H:%M}"


def _costs(project: Project, plan: Plan) -> Iterator[str]:
    """Say what networks take for the posts."""
    from publisher.project.costing import in_dollars

    for name, amount in project.costs(plan).items():
        real = "" if not project.channel(name).is_outbox else " if they were real"
        yield f"  {name}: the posts cost {in_dollars(amount)}{real}"


def _next_run(project: Project, plan: Plan) -> datetime | None:
    """Return when the schedule would send the issue by itself."""
    from publisher import schedule

    for campaign in project.campaigns:
        if campaign.name == plan.issue.campaign:
            return next(iter(schedule.next_runs(campaign, project.clock(), 1)), None)
    return None

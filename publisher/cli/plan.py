"""`publisher plan`: who gets what, when and through which channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.asking import asked_options
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
    from publisher.models import Plan
    from publisher.project import Asked, Project


@click.command(epilog="Example: publisher plan weekly-digest --json > plan.json")
@click.argument("name", metavar="CAMPAIGN|ARTICLE")
@asked_options
@as_json
@in_project
def command(*, name: str, asked: Asked, folder: str | None, json_: bool) -> None:
    """Show what `send` would do; nothing is sent or stored.

    A plan that was saved with --json can be sent with `publisher send NAME --plan
    FILE`, which refuses when anything has changed.
    """
    from publisher import plan as planning

    project = open_project(folder)
    plan = project.plan(name, asked)
    if json_:
        print_json(planning.data(plan))
        return
    show_plan(project, plan)


def show_plan(project: Project, plan: Plan) -> None:
    """Print the plan for a person."""
    issue = plan.issue
    again = ", what is left of it" if plan.resumes else ""
    say(f"issue {issue.id}{again}: {plural(len(issue.articles), 'article')}")
    for slug in issue.articles:
        say(f"  {slug}")
    for reason, count in plan.left_out:
        say(f"  left out: {count} because {reason}")
    rows = []
    for name, count in plan.counts().items():
        channel = project.channel(name)
        noun = "email" if channel.kind == "email" else "post"
        place = "outbox/ on this machine" if channel.is_outbox else channel.network
        drafts = {one.draft for one in plan.deliveries if one.channel == name}
        rows.append((name, plural(count, noun), plural(len(drafts), "draft"), place))
    if rows:
        table(("channel", "deliveries", "drafts", "goes to"), rows)
    say(f"hash {(issue.hash or plan.hash)[:16]}")

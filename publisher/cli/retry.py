"""`publisher retry`: send again what failed."""

from __future__ import annotations

import click

from publisher.cli import progress, telling
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
from publisher.cli.send import exit_code


@click.command(epilog="Example: publisher retry weekly-digest/1 --failed")
@click.argument("issue")
@click.option("--failed", is_flag=True, help="What providers refused.")
@click.option("--uncertain", is_flag=True, help="What may have arrived already.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    issue: str,
    folder: str | None,
    *,
    failed: bool,
    uncertain: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Send again what failed.

    Uncertain messages may arrive twice: `publisher resolve` settles them first.
    """
    if not failed and not uncertain:
        raise click.UsageError("what? Try: --failed, or --uncertain")
    ctx.with_resource(outlasting())
    project = open_project(folder)
    name = project.issue(issue).id
    doubtful = len(project.uncertain(name)) if uncertain else 0
    if doubtful and not yes:
        _confirm(doubtful)
    count = project.retry(name, "failed") if failed else 0
    count += project.retry(name, "uncertain") if uncertain else 0
    if not count:
        say(f"nothing to retry in {name}. Try: publisher status {name}")
        return
    plan = project.resumed(name)
    with stopping() as stop, progress.shown(plan.size) as told:
        report = project.send(plan, stop=stop, progress=told)
    if json_:
        print_json(telling.data(plan, report))
    else:
        telling.tell(report)
    ctx.exit(exit_code(report))


def _confirm(count: int) -> None:
    warning = f"{plural(count, 'message')} may arrive twice"
    if not is_interactive():
        raise click.UsageError(f"{warning}; add --yes if that may be")
    click.confirm(f"{warning}. Send again?", abort=True, err=True)

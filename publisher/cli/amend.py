"""`publisher amend`: change the posts about an article that was corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    say,
    table,
)

if TYPE_CHECKING:
    from publisher.models import Json
    from publisher.project.amending import Amended

EPILOG = """\b
Examples:
  publisher amend articles/hello.md --dry-run
  publisher amend hello
"""


@click.command(epilog=EPILOG)
@click.argument("article")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would change.")
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context, article: str, folder: str | None, *, dry_run: bool, json_: bool
) -> None:
    """Change the posts about an article that was corrected after they went.

    Each becomes what it would be now, where its network lets us, and it is said where
    not. Emails that have gone cannot be changed.

    Exit codes: 0 done, 1 you can fix it, 3 some posts could not be changed.
    """
    project = open_project(folder, only_looks=dry_run)
    found = []
    for one in project.amend(article, dry_run=dry_run):
        found.append(one)
        if one.why:
            say(f"{one.posted.channel}: {one.why}")
    if json_:
        print_json([_data(one) for one in found])
    elif found:
        rows = [(one.posted.channel, one.result, _place(one)) for one in found]
        table(("channel", "post", "where"), rows)
    else:
        say("no network has a post about it. Try: publisher status")
    if any(one.result in {"failed", "as it was"} for one in found):
        ctx.exit(3)


def _place(one: Amended) -> str:
    return one.posted.url or one.posted.receipt


def _data(one: Amended) -> Json:
    return {
        "channel": one.posted.channel,
        "issue": one.posted.issue,
        "url": one.posted.url,
        "result": one.result,
        "text": one.text,
        "why": one.why,
    }

"""`publisher resolve`: settle what is uncertain."""

from __future__ import annotations

from collections.abc import Sequence
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
    from publisher.models import Delivery
    from publisher.project import Project

ALL = "all"
A_FEW = 20  # deliveries that are listed one by one
EPILOG = """\b
Examples:
  publisher resolve weekly-digest/1
  publisher resolve weekly-digest/1 --arrived all
  publisher resolve weekly-digest/1 --failed weekly-digest/1/email/000000007
"""


@click.command(epilog=EPILOG)
@click.argument("issue")
@click.option("--arrived", metavar="KEY|all", multiple=True, help="It did arrive.")
@click.option("--failed", metavar="KEY|all", multiple=True, help="It did not arrive.")
@click.option("--again", metavar="KEY|all", multiple=True, help="Plan it once more.")
@as_json
@in_project
def command(
    issue: str,
    folder: str | None,
    *,
    arrived: Sequence[str],
    failed: Sequence[str],
    again: Sequence[str],
    json_: bool,
) -> None:
    """Settle what is uncertain: ask the providers, or say it yourself.

    A delivery is uncertain when its message may have left and no answer came. Without
    an option, those providers are asked that can be asked. Nothing is sent.
    """
    project = open_project(folder, only_looks=True)
    name = project.issue(issue).id
    keys = {one.key for one in project.uncertain(name)}
    for some in (arrived, failed, again):
        _refuse_unknown(name, some, keys)
    if not (arrived or failed or again):
        _ask(project, name)
    else:
        _settle(project, name, arrived=arrived, failed=failed, again=again)
    left = project.uncertain(name)
    if json_:
        rows = [{"key": one.key, "channel": one.channel} for one in left]
        print_json({"issue": name, "uncertain": rows})
    else:
        _tell(name, left)


def _refuse_unknown(name: str, given: Sequence[str], keys: set[str]) -> None:
    for key in given:
        if key != ALL and key not in keys:
            raise click.UsageError(
                f"{key} is not uncertain in {name}. Try: publisher resolve {name}"
            )


def _ask(project: Project, name: str) -> None:
    asked = project.look_up(name)
    if asked.arrived:
        say(f"{asked.arrived:,} had arrived, says the provider")
    if asked.missing:
        missing = plural(asked.missing, "message")
        say(f"{missing} never arrived. Try: publisher retry {name} --failed")


def _settle(
    project: Project,
    name: str,
    *,
    arrived: Sequence[str],
    failed: Sequence[str],
    again: Sequence[str],
) -> None:
    if count := project.decide(name, _meant(project, name, arrived), arrived=True):
        say(f"{count:,} settled: arrived")
    if count := project.decide(name, _meant(project, name, failed), arrived=False):
        say(f"{count:,} settled: failed")
    if count := project.retry(name, "uncertain", _meant(project, name, again)):
        say(f"{count:,} planned again. Try: publisher send {name}")


def _meant(project: Project, name: str, given: Sequence[str]) -> Sequence[str]:
    if ALL in given:
        return [one.key for one in project.uncertain(name)]
    return given


def _tell(name: str, left: Sequence[Delivery]) -> None:
    if not left:
        say(f"nothing is uncertain in {name}")
        return
    rows = [(one.key, one.channel, one.reason) for one in left[:A_FEW]]
    table(("uncertain", "channel", "why"), rows)
    if len(left) > A_FEW:
        say(f"and {len(left) - A_FEW:,} more; --json lists all")
    say("Try: look at the provider, then --arrived, --failed or --again with a KEY")

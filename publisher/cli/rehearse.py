"""`publisher rehearse`: the whole campaign, to made-up readers and fake providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.ending import stopping
from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)
from publisher.models import State

if TYPE_CHECKING:
    from publisher.models import Json
    from publisher.project.rehearsing import Rehearsal

IN_PART = 3
EPILOG = """\b
Examples:
  publisher rehearse weekly-digest --readers 100000 --through postmark
  publisher rehearse weekly-digest --readers 5000 --faults 429,reset,lost:0.1
"""


@click.command(epilog=EPILOG)
@click.argument("name", metavar="CAMPAIGN")
@click.option(
    "--readers",
    metavar="N",
    type=click.IntRange(1, 10_000_000),
    help="How many, instead of as many as the list has.",
)
@click.option(
    "--faults",
    metavar="NAMES",
    default="",
    help="What goes wrong: 429, 500, reset, lost, hang, slow, html, badjson, partial; "
    "with a rate, 429:0.2.",
)
@click.option("--through", metavar="CHANNEL", default="", help="One channel.")
@click.option("--seed", metavar="N", default=0, help="Another order of the faults.")
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str,
    readers: int | None,
    faults: str,
    through: str,
    seed: int,
    folder: str | None,
    json_: bool,
) -> None:
    """Send a campaign to made-up readers, through fake providers.

    It is the real road, with books of its own; nothing leaves this machine, and
    nothing of it is kept.

    Exit codes: 0 every message is accounted for, none lost and none doubled; 3 not so;
    1, 2 and 4 as for `publisher send`.
    """
    from publisher.project.rehearsing import rehearse
    from publisher.rehearsal import faults_of

    project = open_project(folder, only_looks=True)
    wanted = faults_of(faults, seed=seed)
    with stopping() as stop:
        ended = rehearse(
            project, name, readers=readers, through=through, faults=wanted, stop=stop
        )
    if json_:
        print_json(_data(ended))
    else:
        tell(ended)
    ctx.exit(exit_code(ended))


def exit_code(ended: Rehearsal) -> int:
    """Return 0 where all came to an end, and both sides tell the same; else 3."""
    return 0 if ended.is_good else IN_PART


def _data(ended: Rehearsal) -> Json:
    return {
        "ok": ended.is_good,
        "issue": ended.report.issue,
        "readers": ended.made_up,
        "messages": ended.messages,
        "seconds": round(ended.seconds, 3),
        "rate": round(ended.rate, 1),
        "calls": ended.calls,
        "counts": ended.report.counts,
        "reasons": [
            {"channel": channel, "why": why, "count": count}
            for channel, why, count in ended.report.reasons
        ],
        "stopped": dict(ended.report.stopped),
        "faults": ended.faults,
        "refused": ended.refused,
        "verify": list(ended.broken),
        "doubles": ended.audit.doubles,
        "losses": ended.audit.losses,
        "denied": ended.audit.denied,
        "strangers": ended.audit.strangers,
        "too_early": ended.early,
    }


def tell(ended: Rehearsal) -> None:
    """Say how it went, and what the fakes have to say about it."""
    report, found = ended.report, ended.audit
    say(f"{report.issue}, rehearsed for {plural(ended.made_up, 'made-up reader')}")
    for reason, count in ended.left_out:
        say(f"  left out: {count} ({reason})")
    states = [one.value for one in State]
    rows = [
        (channel, *(f"{counts.get(one, 0):,}" for one in states))
        for channel, counts in report.counts.items()
    ]
    table(("channel", *states), rows)
    _tell_why(ended)
    if ended.faults:
        counts = (f"{count:,} {fault}" for fault, count in sorted(ended.faults.items()))
        click.echo(f"faults: {', '.join(counts)}")
    click.echo(
        f"{plural(ended.messages, 'message')} in {ended.seconds:.2f} s and "
        f"{plural(ended.calls, 'call')}: {ended.rate:,.0f} messages/s"
    )
    click.echo(
        f"verify: {'; '.join(ended.broken) or 'every delivery is accounted for'}"
    )
    click.echo(
        f"{found.doubles:,} doubled, {found.losses:,} lost, "
        f"{plural(ended.early, 'call')} too early"
    )
    if found.denied or found.strangers:
        say(
            f"error: {found.denied:,} failed here and were taken there, "
            f"{found.strangers:,} were taken and are in no plan"
        )


def _tell_why(ended: Rehearsal) -> None:
    for channel, why, count in ended.report.reasons:
        say(f"  {channel}: {count:,} {why}")
    for channel, why in ended.report.stopped:
        say(f"error: {channel} stopped: {why}")

"""What `send` says: as JSON for a program, and for a person what was made and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.output import plural, say
from publisher.models import State

if TYPE_CHECKING:
    from publisher.models import Issue, Json, Move, Plan, Report

A_FEW = 3  # emails that are listed one by one
SUFFIXES = (".html", ".txt", ".json", ".eml")


def data(
    plan: Plan,
    report: Report | None = None,
    *,
    before: Issue | None = None,
    is_dry_run: bool = False,
) -> Json:
    """Return what was planned and how it ended; the keys are always the same."""
    from publisher import plan as planning
    from publisher.models import Report

    ended = report or Report(issue=plan.issue.id, counts={})
    return {
        "issue": ended.issue,
        "plan": planning.data(plan),
        "is_dry_run": is_dry_run,
        "already_sent_in": before.id if before else None,
        **_totals(ended),
        "counts": ended.counts,
        "reasons": [
            {"channel": channel, "why": why, "count": count}
            for channel, why, count in ended.reasons
        ],
        "stopped": dict(ended.stopped),
        "again_at": ended.again_at and ended.again_at.isoformat(),
        "moves": moves_data(ended.moves),
        "folders": ended.folders,
        "made": ended.made,
    }


def tell(report: Report) -> None:
    """Say how the sending ended, channel by channel, and list what it made."""
    say(f"{report.issue}: {_ended(report)}")
    for channel, counts in report.counts.items():
        states = (f"{count:,} {state}" for state, count in counts.items() if count)
        say(f"  {channel}: {', '.join(states)}")
    for channel, why, count in report.reasons:
        say(f"  {channel}: {count:,} {why}")
    for line in moved(report.moves):
        say(f"  {line}")
    for channel, why in report.stopped:
        say(f"error: {channel} stopped: {why}")
    for line in _made(report.made, report.folders):
        click.echo(line)
    if report.undecided:
        say(
            f"{report.undecided:,} wait for the winner. "
            f"Try: publisher winner {report.issue}"
        )
    if report.total(State.PLANNED, State.CLAIMED) > report.undecided:
        say("The rest waits. Try: the same command again")
    elif not report.undecided:
        say(f"Try: publisher status {report.issue}")


def moved(moves: Iterable[Move]) -> Iterator[str]:
    """Say what went from one channel to another, and why."""
    for one in moves:
        yield f"{one.count:,} moved from {one.source} to {one.target}: {one.why}"


def moves_data(moves: Iterable[Move]) -> list[Json]:
    """Return the same for a program."""
    return [
        {
            "from": one.source,
            "to": one.target,
            "count": one.count,
            "why": one.why,
            "at": one.moved_at.isoformat(),
        }
        for one in moves
    ]


def _totals(report: Report) -> dict[str, int]:
    return {
        "sent": report.total(State.ACCEPTED),
        "skipped": report.total(State.SKIPPED),
        "failed": report.total(State.FAILED),
        "uncertain": report.total(State.UNCERTAIN),
        "waiting": report.total(State.PLANNED, State.CLAIMED),
        "undecided": report.undecided,
    }


def _ended(report: Report) -> str:
    always = ("sent", "skipped", "failed")
    return ", ".join(
        f"{count:,} {word}"
        for word, count in _totals(report).items()
        if count or word in always
    )


def _made(made: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Give the lines that list the files, the ones of one message together."""
    for folder in folders:
        yield f"made in {folder}:"
        files = [
            Path(one).relative_to(folder) for one in made if one.startswith(folder)
        ]
        for parent, inside in groupby(
            sorted(files, key=_order), lambda one: one.parent
        ):
            yield from _few(_messages(inside), is_many=parent != Path())
    for address in made:
        if address.startswith(("http://", "https://")):
            yield f"posted {address}"


def _order(path: Path) -> tuple[bool, Path, bool, str, int]:
    """The letter first, then the posts, then the folders of emails."""
    is_post = path.stem.partition(".")[0] != "digest"
    return path.parent != Path(), path.parent, is_post, path.stem, _place(path)


def _place(path: Path) -> int:
    return SUFFIXES.index(path.suffix) if path.suffix in SUFFIXES else len(SUFFIXES)


def _messages(paths: Iterable[Path]) -> list[str]:
    """Return "digest.html .txt": a message's files in one line."""
    together = groupby(paths, lambda one: one.with_suffix(""))
    return [
        f"{stem.as_posix()}{' '.join(one.suffix for one in files)}"
        for stem, files in together
    ]


def _few(lines: Sequence[str], *, is_many: bool) -> Iterator[str]:
    shown = lines[:A_FEW] if is_many else lines
    yield from (f"  {line}" for line in shown)
    if len(lines) > len(shown):
        yield f"  and {plural(len(lines) - len(shown), 'email')} more beside"

"""`publisher segments`: the saved questions about readers, and who is in them."""

from __future__ import annotations

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
    from publisher.project import Project


@click.group(invoke_without_command=True, epilog="Example: publisher segments")
@as_json
@in_project
@click.pass_context
def command(context: click.Context, folder: str | None, *, json_: bool) -> None:
    """List the saved questions about readers, and ask one.

    They stand in publisher.yaml, under segments. Who is suppressed is in none.
    """
    if context.invoked_subcommand:
        return
    project = open_project(folder, only_looks=True)
    counts = {name: project.segment_size(name) for name in project.settings.segments}
    saved = project.settings.segments
    if json_:
        print_json(
            [
                {"name": name, "question": saved[name], "count": count}
                for name, count in counts.items()
            ]
        )
        return
    if not saved:
        say("no segments yet. Try: publisher segments show 'tag = vip'")
        return
    rows = [(name, f"{count:,}", saved[name]) for name, count in counts.items()]
    table(("segment", "readers", "question"), rows)


@command.command(epilog="Example: publisher segments show 'language = it'")
@click.argument("name")
@click.option("--why", metavar="ADDRESS", default="", help="Say why one reader is in.")
@as_json
@in_project
def show(name: str, why: str, folder: str | None, *, json_: bool) -> None:
    """Ask a saved question, or one that is written here, and count its readers."""
    from publisher.segments import written

    project = open_project(folder, only_looks=True)
    question = written(project.question(name))
    count = project.segment_size(name)
    reasons = _reasons(project, name, why) if why else []
    if json_:
        told = [{"condition": words, "holds": holds} for words, holds in reasons]
        print_json({"question": question, "count": count, "why": told})
        return
    say(question)
    say(plural(count, "reader"))
    if reasons:
        table(
            ("condition", ""), [(words, "yes" if it else "no") for words, it in reasons]
        )


def _reasons(project: Project, name: str, address: str) -> list[tuple[str, bool]]:
    """Return each condition and whether it is true of a reader; at last the whole."""
    from publisher.cli.person import known
    from publisher.segments import leaves, written

    known(project, address)
    question, books = project.question(name), project.books
    now = project.local_now()
    found = [
        (written(one), books.segments.holds(one, address, now=now))
        for one in leaves(question)
    ]
    is_free = not books.subscribers.is_suppressed(address)
    whole = books.segments.holds(question, address, now=now)
    return [*found, ("not suppressed", is_free), ("is in it", whole and is_free)]

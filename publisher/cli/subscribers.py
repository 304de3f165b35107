"""`publisher subscribers`: add, import, export, list and suppress readers."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict
from pathlib import Path

import click

from publisher import files
from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)
from publisher.errors import SourceError


@click.group(epilog="Example: publisher subscribers import readers.csv --list weekly")
def command() -> None:
    """Add, import, export, list and suppress readers."""


@command.command(
    epilog="Example: publisher subscribers add ana@example.org --list weekly"
)
@click.argument("address")
@click.option("--name", metavar="NAME", default="", help="How they are called.")
@click.option(
    "--list", "lists", metavar="NAME", multiple=True, help="What they subscribe to."
)
@click.option(
    "--language", metavar="TAG", default="", help="Their language, such as it."
)
@in_project
def add(
    address: str, name: str, lists: tuple[str, ...], language: str, folder: str | None
) -> None:
    """Add a reader who said yes, or change their name and lists."""
    project = open_project(folder)
    for one in lists:
        project.refuse_list(one)
    reader = project.books.subscribers.add(
        address, name=name, lists=lists, language=language, now=project.clock()
    )
    say(f"{reader.address} gets {', '.join(reader.lists) or 'no list yet'}")


@command.command("import", epilog="Example: publisher subscribers import readers.csv")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--list",
    "lists",
    metavar="NAME",
    multiple=True,
    help="The list they all subscribe to.",
)
@click.option("--as-new", is_flag=True, help="They subscribe now: sequences begin.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would happen.")
@as_json
@in_project
@click.pass_context
def import_(
    ctx: click.Context,
    file: Path,
    lists: tuple[str, ...],
    folder: str | None,
    *,
    as_new: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Import readers from a CSV file; nobody who left comes back."""
    from publisher.store import imports

    project = open_project(folder, only_looks=dry_run)
    for one in lists:
        project.refuse_list(one)
    limit = project.settings.fetch.max_bytes
    rows = list(imports.rows_of(files.read_text(file, limit=limit)))
    report = project.books.subscribers.import_rows(
        rows, lists=lists, now=project.clock(), dry_run=dry_run, as_new=as_new
    )
    if json_:
        print_json(asdict(report))
    else:
        would = "would be " if dry_run else ""
        say(
            f"{would}{report.new:,} new, {report.updated:,} updated, "
            f"{report.kept_out:,} kept out, "
            f"{plural(len(report.invalid), 'row')} invalid"
        )
        for row, reason in report.invalid[:20]:
            say(f"  {file}:{row}: {reason}")
    if not (report.new or report.updated or report.kept_out):
        raise SourceError(
            "nobody was imported",
            where=str(file),
            hint="Try: a first line with a column named email",
        )
    ctx.exit(1 if report.invalid else 0)


@command.command(epilog="Example: publisher subscribers export > readers.csv")
@in_project
def export(folder: str | None) -> None:
    """Write all readers as CSV to standard output."""
    people = open_project(folder, only_looks=True).books.subscribers
    rows = list(people.export())
    heads = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, heads, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _harmless(v) for k, v in row.items()} for row in rows)
    sys.stdout.write(out.getvalue())


def _harmless(value: object) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@command.command("list", epilog="Example: publisher subscribers list --list weekly")
@click.option("--list", "list_", metavar="NAME", default="", help="Only this list.")
@as_json
@in_project
def list_(list_: str, folder: str | None, *, json_: bool) -> None:
    """List the readers."""
    project = open_project(folder, only_looks=True)
    project.refuse_list(list_)
    people = project.books.subscribers
    suppressed = people.suppressed()
    found = people.all(list_)
    if json_:
        print_json(
            [
                {
                    "address": one.address,
                    "name": one.name,
                    "language": one.language,
                    "lists": list(one.lists),
                    "is_suppressed": people.normal(one.address) in suppressed,
                    "attributes": dict(one.attributes),
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.address,
            one.name,
            ", ".join(one.lists),
            "suppressed" if people.normal(one.address) in suppressed else "",
        )
        for one in found
    ]
    table(("address", "name", "lists", ""), rows)
    say(plural(len(found), "reader"))


@command.command(epilog="Example: publisher subscribers suppress gone@example.org")
@click.argument("address")
@click.option(
    "--reason", metavar="WORDS", default="asked by hand", help="Why, for the record."
)
@in_project
def suppress(address: str, reason: str, folder: str | None) -> None:
    """Never write to this address again, whatever list it is on."""
    project = open_project(folder)
    project.books.subscribers.suppress(address, reason=reason, now=project.clock())
    say("suppressed: nothing will be sent to this address, ever")

"""`publisher subscribers import` and `export`: readers from and to files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import person, progress
from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    plural,
    print_json,
    say,
)
from publisher.errors import SourceError
from publisher.models import unique

if TYPE_CHECKING:
    from publisher.project import Project
    from publisher.store.imports import Columns, ImportReport, Refusals, Sheets

FEW = 8  # columns that are named


def _names(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Read `email=Contact`."""
    names = {}
    for one in given:
        field, sign, column = one.partition("=")
        if not (field and sign and column):
            raise click.BadParameter(
                f'{one!r} is not like email="E-mail of the person"'
            )
        names[field.strip()] = column.strip()
    return names


@click.command("import", epilog="Example: publisher subscribers import readers.csv")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--list",
    "lists",
    metavar="NAME",
    multiple=True,
    help="The list they all subscribe to.",
)
@click.option(
    "--map",
    "names",
    metavar="FIELD=COLUMN",
    multiple=True,
    callback=_names,
    help="Which column is the email, name, status ...",
)
@click.option(
    "--errors",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the rows that are invalid there.",
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
    names: dict[str, str],
    errors: Path | None,
    folder: str | None,
    *,
    as_new: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Import readers from CSV, JSON Lines or a zip; nobody who left comes back."""
    from publisher.store import imports

    project = open_project(folder, only_looks=dry_run)
    for one in lists:
        project.refuse_list(one)
    with (
        imports.opened(file, names) as sheets,
        _refusals(errors) as refusals,
        progress.shown(sheets.lines) as tell,
    ):
        report = project.books.subscribers.import_people(
            sheets.rows,
            lists=lists,
            now=project.clock(),
            dry_run=dry_run,
            as_new=as_new,
            refuse=refusals.add if refusals else None,
            tell=tell,
        )
    if json_:
        print_json(asdict(report))
    else:
        _tell(file, sheets, report, dry_run=dry_run)
    _refuse_nobody(file, report)
    ctx.exit(1 if report.invalid else 0)


@contextmanager
def _refusals(errors: Path | None) -> Iterator[Refusals | None]:
    from publisher import files
    from publisher.store import imports

    if errors is None:
        yield None
        return
    with files.writing(errors, mode=0o600) as out:
        yield imports.Refusals(out)


def _tell(file: Path, sheets: Sheets, report: ImportReport, *, dry_run: bool) -> None:
    for line in unique(map(_columns, sheets.columns))[:FEW]:
        say(line)
    would = "would be " if dry_run else ""
    say(
        f"{would}{report.new:,} new, {report.changed:,} changed, "
        f"{report.unchanged:,} unchanged"
    )
    if report.kept_out:
        say(f"kept out: {_counts(report.kept_out)}")
    if report.invalid:
        say(f"{plural(sum(report.invalid.values()), 'row')} invalid")
    for row, reason in report.examples:
        say(f"  {file}:{row}: {reason}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {why}" for why, count in counts.items())


def _columns(columns: Columns) -> str:
    """Return what a file's columns were taken for."""
    kind = f" is an export of {columns.program}" if columns.program else ""
    told = columns.told().items()
    found = ", ".join(
        one if one == head else f'{one} is "{head}"' for one, head in told
    )
    kept = columns.kept()
    more = f" and {len(kept) - FEW} more" if len(kept) > FEW else ""
    as_it_is = f"; kept as they are: {', '.join(kept[:FEW])}{more}" if kept else ""
    return f"{columns.file}{kind}: {found or 'no column is known'}{as_it_is}"


def _refuse_nobody(file: Path, report: ImportReport) -> None:
    if report.rows > sum(report.invalid.values()):
        return
    raise SourceError(
        "nobody was imported",
        where=str(file),
        hint='Try: a first line with a column named email, or --map email="its name"',
    )


@click.command(epilog="Example: publisher subscribers export weekly --to readers.csv")
@click.argument("list_", metavar="[LIST|ADDRESS]", default="")
@click.option(
    "--to",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write to .csv or .jsonl.",
)
@in_project
def export(list_: str, to: Path | None, folder: str | None) -> None:
    """Write all readers, or those of a list, to a file or as CSV to standard output.

    Of one address it is all that is known of that person, as JSON.
    """
    from publisher import files

    project = open_project(folder, only_looks=True)
    if "@" in list_:
        _export_person(project, list_, to)
        return
    project.refuse_list(list_)
    people = project.books.subscribers
    if to is None:
        people.write_out(sys.stdout, list_)
        return
    is_json = to.suffix.lower() in {".jsonl", ".ndjson"}
    with files.writing(to, mode=0o600) as out:
        count = people.write_out(out, list_, as_json=is_json)
    say(f"{plural(count, 'reader')} written to {to}")


def _export_person(project: Project, address: str, to: Path | None) -> None:
    import json

    from publisher import files

    known = person.known(project, address)
    text = json.dumps(known, ensure_ascii=False, indent=2)
    if to is None:
        click.echo(text)
        return
    with files.writing(to, mode=0o600) as out:
        out.write(f"{text}\n")
    say(f"all that is known of this reader written to {to}")

"""What every verb shares: opening the project, printing for people or for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from publisher.project import Project

F = TypeVar("F", bound=Callable[..., Any])


def in_project(function: F) -> F:
    """Add `-C DIR` behind the verb, as it is allowed before it."""
    return click.option(
        "-C", "--project", "folder", metavar="DIR", help="The publisher folder."
    )(function)


def as_json(function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON.")(function)


def open_project(folder: str | None, *, only_looks: bool = False) -> Project:
    """Open the project; the context closes it when the verb is done."""
    from publisher.project import Project

    context = click.get_current_context()
    given = folder or (context.find_root().obj or {}).get("project", ".")
    return context.with_resource(Project(given, only_looks=only_looks))


def print_json(value: Any) -> None:
    """Print a value as JSON that a person can read, too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def console(*, stderr: bool = False) -> Console:
    """Return rich's console: no colour where it is not wanted, no boxes in a pipe."""
    from rich.console import Console

    # Rich folds a table into 80 columns where it sees no terminal; a pipe has room.
    is_seen = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if is_seen else 1_000
    return Console(stderr=stderr, highlight=False, soft_wrap=not is_seen, width=width)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> None:
    """Print rows under heads, quietly: no lines, no colour but in the heads."""
    console().print(grid(heads, rows, title=title))


def grid(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> Table:
    """Return such a table."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for head in heads:
        made.add_column(head, overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made


def say(text: str) -> None:
    """Tell the person something that is not data: to standard error."""
    click.echo(text, err=True)


def raise_first(errors: Sequence[Exception]) -> None:
    """Print all errors but the first, and raise that."""
    for error in errors[1:]:
        say(f"error: {error}")
    if errors:
        raise errors[0]


def is_interactive() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def in_bytes(size: int) -> str:
    """Return a file's size for a person.

    >>> in_bytes(1_234_567), in_bytes(999)
    ('1.2 MB', '1 kB')
    """
    if size >= 1_000_000:  # noqa: PLR2004  a megabyte
        return f"{size / 1_000_000:.1f} MB"
    return f"{size / 1000:.0f} kB"


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 email", "2 emails".

    >>> plural(2, "reply", "replies")
    '2 replies'
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"

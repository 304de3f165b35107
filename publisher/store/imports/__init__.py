"""Reads a file of people, whatever program wrote it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from publisher.store.imports.columns import Columns, Person, together
from publisher.store.imports.guard import guarded
from publisher.store.imports.refusals import Refusals
from publisher.store.imports.sheets import BEGINNING, Row, Sheet, Sheets, opened, table

__all__ = [
    "Columns",
    "ImportReport",
    "Person",
    "Refusals",
    "Row",
    "Sheets",
    "guarded",
    "opened",
    "person",
    "rows_of",
    "together",
    "with_columns",
]

SHOWN = 20  # invalid rows that a report names


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did with the people, and with the rows that are none.

    `kept_out` counts those who are not written to, by why; `invalid` the rows without
    a usable address, by why; `examples` are the first of them, by line. None of it
    holds an address.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept_out: Mapping[str, int] = field(default_factory=dict)
    invalid: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[tuple[int, str], ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return (
            self.new
            + self.changed
            + self.unchanged
            + sum(self.kept_out.values())
            + sum(self.invalid.values())
        )


class Named(dict[str, str]):
    """One row by column, which knows its line in the file."""

    line: int = 0


def rows_of(text: str) -> Iterator[Named]:
    r"""Read CSV text; the delimiter is found, and the first line names the columns.

    >>> [dict(row) for row in rows_of("Email;Name\nana@example.org;Ana")]
    [{'Email': 'ana@example.org', 'Name': 'Ana'}]
    """
    text = text.removeprefix("\ufeff")
    for line, columns, cells in table(
        io.StringIO(text, newline=""), text[:BEGINNING], Sheet()
    ):
        # Cells beyond the last column have no name, and are left.
        row = Named(zip(columns.heads, cells, strict=False))
        row.line = line
        yield row


def with_columns(rows: Iterable[Mapping[str, str]]) -> Iterator[Row]:
    """Give rows by column the form in which a file is read."""
    kinds: dict[tuple[str, ...], Columns] = {}
    for number, row in enumerate(rows, start=2):
        heads = tuple(row)
        columns = kinds.get(heads) or kinds.setdefault(heads, Columns(heads))
        yield getattr(row, "line", number), columns, list(row.values())


def person(row: Mapping[str, str]) -> Person:
    """Say what a row means; the columns are found by what they are usually called."""
    return Columns(tuple(row)).person(list(row.values()))

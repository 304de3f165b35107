"""Writes the rows that are nobody to a file, to be mended and imported again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import TextIO

from publisher.store.imports.columns import Columns
from publisher.store.imports.guard import guarded

HEADS = ("error row", "error reason")


class Refusals:
    """The file of errors: where a row stands, why it is refused, and the row itself.

    It is CSV, with a line of heads wherever the columns are others than before. An
    import of it passes over the first two columns.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._heads: tuple[str, ...] = ()

    def add(
        self, line: int, reason: str, columns: Columns, cells: Sequence[str]
    ) -> None:
        """Write one row."""
        if columns.heads != self._heads:
            self._heads = columns.heads
            self._write((*HEADS, *columns.heads))
        self._write((str(line), reason, *cells))

    def _write(self, cells: Sequence[str]) -> None:
        self._writer.writerow([guarded(cell) for cell in cells])

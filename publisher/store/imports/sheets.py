"""Reads the rows of a file of people: any encoding, any dialect, of any size.

A file is read as it is used, so that its size costs time alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TextIO, TypeAlias

from publisher import files
from publisher.errors import SourceError
from publisher.store.imports import words
from publisher.store.imports.columns import Columns, key, together, written
from publisher.store.imports.guard import bare

DELIMITERS = ",;\t|"
SAMPLE = 10  # rows that vote on the delimiter
BEGINNING = 100_000  # characters in which they are
BLOCK = 1_000_000  # bytes
END = "the end"
JSON_LINES = {".jsonl", ".ndjson"}

# The line where a row begins, its columns, and its cells.
Row: TypeAlias = tuple[int, Columns, list[str]]
_GOOD = re.compile("[^\x00-\x7f\udc80-\udcff]+")  # in UTF-8
_BAD = re.compile("[\udc80-\udcff]+")  # bytes that are no UTF-8
_strip = str.strip
_MAIL = re.compile(r"\s*[^@\s]+@[^@\s]+\s*")


@dataclass
class Sheets:
    """The rows of a file, once; `lines` is about how many they are, 0 if unknown.

    `columns` are those met so far: of each sheet of a zip, or kind of JSON object.
    """

    lines: int = 0
    columns: list[Columns] = field(default_factory=list)
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))


@dataclass
class Letters:
    """In which letters a file is written, and how many lines of them."""

    encoding: str
    lines: int = 1
    has_nul: bool = False


@contextmanager
def opened(path: Path, names: Mapping[str, str] | None = None) -> Iterator[Sheets]:
    """Open a file of people: CSV, JSON Lines, or a zip with such files.

    `names` are columns named by hand. `SourceError` says why it cannot be read, also
    while its rows are read.
    """
    with files.opened(path) as given, _seekable(given) as file:
        sheets = Sheets()
        if file.read(4) == b"PK\x03\x04":
            sheets.rows = _members(file, str(path), names or {}, sheets)
        else:
            text, letters = _text(file, str(path))
            sheets.lines = letters.lines
            sheet = Sheet(path.name, str(path), names or {}, sheets)
            sheets.rows = _rows(text, letters, sheet)
        yield sheets


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give a file that can be read twice: first to find its encoding."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield copy


def _members(
    file: BinaryIO, where: str, names: Mapping[str, str], sheets: Sheets
) -> Iterator[Row]:
    """Yield the rows of all files of people in a zip, as Mailchimp packs them."""
    try:
        with zipfile.ZipFile(file) as archive:
            inside = [name for name in archive.namelist() if _is_of_people(name)]
            for name in inside:
                with (
                    archive.open(name) as packed,
                    tempfile.TemporaryFile() as member,
                ):
                    shutil.copyfileobj(packed, member)
                    text, letters = _text(member, f"{where}:{name}")
                    short = PurePosixPath(name).name
                    sheet = Sheet(short, f"{where}:{name}", names, sheets)
                    yield from _rows(text, letters, sheet)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise SourceError(f"is no zip that can be read: {error}", where=where) from None
    if not inside:
        raise SourceError(
            "holds no file of readers", where=where, hint="Try: save the sheet as CSV"
        )


def _is_of_people(name: str) -> bool:
    """Whether a file in a zip may hold readers: Substack's also holds its posts."""
    path = PurePosixPath(name)
    is_table = path.suffix.lower() in {".csv", ".tsv", *JSON_LINES}
    is_hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return is_table and not is_hidden and path.stem.lower() not in {"posts", "emails"}


def _text(file: BinaryIO, where: str) -> tuple[TextIO, Letters]:
    """Return the file as text, and what is known of it."""
    found = _letters(file, where)
    file.seek(0)
    # The csv module wants line ends as they are.
    text = io.TextIOWrapper(file, found.encoding, errors="replace", newline="")
    return text, found


def _letters(file: BinaryIO, where: str) -> Letters:
    """Find in which letters a file is written, by reading it once."""
    file.seek(0)
    start = file.read(4096)
    if start.startswith(files.BINARY):
        raise SourceError(
            "is not a text file", where=where, hint="Try: export it as CSV"
        )
    wide = _wide(start)
    found = Letters(wide or "utf-8-sig")
    try:
        _read_through(file, wide or "utf-8", found)
    except UnicodeDecodeError:
        found = Letters(wide or _narrow(file))
        _read_through(file, "latin-1", found)
    return found


def _read_through(file: BinaryIO, encoding: str, found: Letters) -> None:
    """Decode all of the file, bit by bit, and note what is in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        found.lines += text.count("\n") or text.count("\r")
        found.has_nul = found.has_nul or "\0" in text
    decoder.decode(b"", final=True)


def _narrow(file: BinaryIO) -> str:
    """Return what a file is in that is not all UTF-8: still that, or a Windows one.

    One broken letter does not make it a Windows one where all others are UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    file.seek(0)
    good = bad = 0
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        good += len(_GOOD.findall(text))
        bad += len(_BAD.findall(text))
    return "cp1252" if bad > good else "utf-8-sig"


def _wide(start: bytes) -> str:
    """Return the encoding of a file with two or four bytes a letter, "" for others.

    Excel's "Unicode text" has a mark; other programs leave it out.
    """
    for mark, encoding in files.MARKS:
        if start.startswith(mark) and encoding != "utf-8":
            return encoding[:6]  # with its mark, which "utf-16" takes off
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 5:
        return "utf-16-be" if even > odd else "utf-16-le"
    return ""


def _rows(text: TextIO, letters: Letters, sheet: Sheet) -> Iterator[Row]:
    beginning = text.read(BEGINNING)
    text.seek(0)
    lines: Iterable[str] = text
    if letters.has_nul:  # it means nothing in any cell
        lines = (line.replace("\0", "") for line in text)
        beginning = beginning.replace("\0", "")
    is_json = beginning.lstrip()[:1] == "{"
    if is_json or PurePosixPath(sheet.name).suffix.lower() in JSON_LINES:
        return objects(lines, sheet)
    return table(lines, beginning, sheet)


@dataclass
class Sheet:
    """One file of rows: what it is called, and where its columns are noted."""

    name: str = ""
    where: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    sheets: Sheets = field(default_factory=Sheets)

    def columns(self, heads: Sequence[str], names: Mapping[str, str]) -> Columns:
        """Note what the columns mean."""
        columns = Columns(heads, names=names, state=_state(self.name), file=self.where)
        self.sheets.columns.append(columns)
        return columns


def table(lines: Iterable[str], beginning: str, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a CSV file that hold anything.

    Its first line names the columns, but in a file that is only addresses.
    """
    ended: list[str] = []
    reader = csv.reader(
        chain(lines, _end(ended)), delimiter=delimiter(beginning), skipinitialspace=True
    )
    columns: Columns | None = None
    begins, raw = 1, [END]
    try:
        for raw in reader:
            if ended:
                break
            cells = [one if one[:1] != "'" else bare(one) for one in map(_strip, raw)]
            if columns is not None and any(cells):
                yield begins, columns, cells
            elif any(cells):
                columns = sheet.columns(_heads(cells), sheet.names)
                if columns.heads != tuple(cells):
                    yield begins, columns, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _complaint(begins, str(error), sheet.where) from None
    if raw != [END]:
        raise _complaint(begins, "a quote is never closed", sheet.where)


def _end(ended: list[str]) -> Iterator[str]:
    """Give a line after the last, which a quote that is never closed takes in."""
    ended.append(END)
    yield END


def _complaint(line: int, why: str, where: str) -> SourceError:
    return SourceError(
        f"line {line} cannot be read as CSV: {why}",
        where=where,
        hint='Try: look for a quote (") that is never closed',
    )


def objects(lines: Iterable[str], sheet: Sheet) -> Iterator[Row]:
    """Yield the JSON object of each line; a list is a cell with commas."""
    kinds: dict[tuple[str, ...], Columns] = {}
    for number, line in enumerate(lines, start=1):
        stripped = line.strip("\ufeff \t\r\n")
        if not stripped:
            continue
        row = _object(stripped, number, sheet.where)
        heads = tuple(row)
        if heads not in kinds:
            there = {name: one for name, one in sheet.names.items() if one in heads}
            kinds[heads] = sheet.columns(heads, there)
        yield number, kinds[heads], _cells(row, kinds[heads].tags_at)


def _cells(row: Mapping[str, object], tags_at: int) -> list[str]:
    """Return the cells of an object; its tags stay apart, for they may hold commas."""
    cells = [written(cell) for cell in row.values()]
    if tags_at >= 0 and isinstance(found := [*row.values()][tags_at], list):
        cells[tags_at] = together([written(one) for one in found])
    return cells


def _object(line: str, number: int, where: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict):
        return row
    raise SourceError(
        f"line {number} is no JSON object",
        where=where,
        hint='Try: one {"email": "ana@example.org"} a line',
    )


def _state(name: str) -> str:
    """Return what Mailchimp says by the name of a file: who is in it has left."""
    first, _, rest = name.partition("_")
    return first if first in words.FILES and rest.startswith("members") else ""


def _heads(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns; of a file without any, only the address."""
    columns = Columns(cells)
    if columns.has_email or columns.program or "@" not in "".join(cells):
        return list(cells)
    return [
        "email" if "@" in cell else f"column {number}"
        for number, cell in enumerate(cells, start=1)
    ]


def delimiter(beginning: str) -> str:
    """Let the first rows vote: a mail-like column first, then equal widths."""

    def votes(delimiter: str) -> tuple[bool, int, int]:
        reader = csv.reader(
            io.StringIO(beginning, newline=""),
            delimiter=delimiter,
            skipinitialspace=True,
        )
        try:
            rows = [cells for cells in islice(reader, SAMPLE) if cells]
        except csv.Error:
            return (False, 0, 0)
        if not rows:
            return (False, 0, 0)
        width = len(rows[0])
        has_mail = any(
            key(cell) in words.FIELDS["email"] or _MAIL.fullmatch(cell)
            for cell in rows[0]
        )
        return (has_mail, sum(len(cells) == width for cells in rows), width)

    return max(DELIMITERS, key=votes)

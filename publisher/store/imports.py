"""Reads a CSV file of people, whatever program wrote it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from publisher.errors import SourceError

DELIMITERS = ",;\t|"
SAMPLE = 10  # rows that vote on the delimiter

ADDRESS = ("email", "address", "emailaddress", "mail")
NAME = ("name", "fullname", "displayname")
FIRST_NAME = ("firstname", "givenname")
LAST_NAME = ("lastname", "surname", "familyname")
LANGUAGE = ("language", "lang", "locale")
LISTS = ("lists", "list", "tags", "tag")
PENDING = ("pending",)
LEFT = ("left",)
STATE = ("status", "state", "subscriptionstatus")
DISABLED = ("emaildisabled", "unsubscribed")
ENABLED = ("subscribedtoemails", "subscribed")
KNOWN = {
    *(*ADDRESS, *NAME, *FIRST_NAME, *LAST_NAME, *LANGUAGE, *LISTS, *PENDING, *LEFT),
    *(*STATE, *DISABLED, *ENABLED),
}

ENDED = {"unsubscribed", "cancelled", "canceled", "removed", "ended", "optedout"}
NEVER = {"bounced", "cleaned", "complained", "spam", "blocklisted", "blocked"} | {
    "suppressed"
}
NOT_YET = {"pending", "unconfirmed"}
YES = {"true", "yes", "1", "t", "y"}
NO = {"false", "no", "0", "f", "n"}


class Row(dict[str, str]):
    """One row by column, which knows its line in the file."""

    line: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `updated` people were known; `kept_out` ones had left.

    `invalid` holds line numbers and reasons, and no address.
    """

    new: int
    updated: int
    kept_out: int
    invalid: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What one row says. `left` and `pending` are lists, too.

    `is_pending` and `has_left` are about the lists that the caller names as well;
    `gone` is why they must never be written to.
    """

    address: str
    name: str = ""
    language: str = ""
    lists: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    is_pending: bool = False
    has_left: bool = False
    gone: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def rows_of(text: str) -> Iterator[Row]:
    r"""Read CSV text; the delimiter is found, and the first line names the columns.

    A file that is only addresses needs no first line.

    >>> [dict(row) for row in rows_of("Email;Name\nana@example.org;Ana")]
    [{'Email': 'ana@example.org', 'Name': 'Ana'}]
    """
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    heads: list[str] = []
    for line, cells in _lines(text, delimiter):
        if not heads:
            heads = _heads(cells)
            if any(_key(head) in KNOWN for head in cells) or "@" not in "".join(cells):
                continue
        # Cells beyond the last column have no name, and are left.
        row = Row(zip(heads, (cell.strip() for cell in cells), strict=False))
        row.line = line
        yield row


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, with the line where each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"line {begins} cannot be read as CSV: {error}",
            hint='Try: look for a quote (") that is never closed',
        ) from error


def _heads(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns; of a file without any, only the address."""
    if any(_key(cell) in KNOWN for cell in cells) or "@" not in "".join(cells):
        return [cell.strip() for cell in cells]
    return [
        "email" if "@" in cell else f"column {number}"
        for number, cell in enumerate(cells, start=1)
    ]


def _delimiter(text: str) -> str:
    """Let the first rows vote: a mail-like column first, then equal widths."""

    def votes(delimiter: str) -> tuple[bool, int, int]:
        reader = csv.reader(io.StringIO(text[:100_000]), delimiter=delimiter)
        try:
            rows = [cells for cells in islice(reader, SAMPLE) if cells]
        except csv.Error:
            return (False, 0, 0)
        if not rows:
            return (False, 0, 0)
        width = len(rows[0])
        has_mail = any(
            _key(cell) in ADDRESS or re.fullmatch(r"\s*[^@\s]+@[^@\s]+\s*", cell)
            for cell in rows[0]
        )
        return (has_mail, sum(len(cells) == width for cells in rows), width)

    return max(DELIMITERS, key=votes)


@lru_cache(maxsize=1000)  # the same few names come with every row
def _key(head: str) -> str:
    """Return a column's name as it is compared: `E-mail Address` is `emailaddress`."""
    return re.sub(r"[\W_]+", "", head).lower()


def person(row: Mapping[str, str]) -> Person:
    """Say what a row means; the columns are found by what they are usually called."""
    heads, others = _columns(tuple(row))
    cells = {known: row[head].strip() for known, head in heads.items() if row[head]}
    state = _key(_first(cells, STATE))
    return Person(
        address=_first(cells, ADDRESS),
        name=" ".join((_first(cells, NAME) or _joined(cells)).split()),
        language=_first(cells, LANGUAGE),
        lists=_many(_first(cells, LISTS)),
        pending=_many(_first(cells, PENDING)),
        left=_many(_first(cells, LEFT)),
        is_pending=state in NOT_YET,
        has_left=state in ENDED or _is_switched_off(cells),
        gone=f"imported as {state}" if state in NEVER else "",
        attributes={head.strip(): row[head] for head in others if row[head]},
    )


@lru_cache(maxsize=100)  # every row of a file has the same columns
def _columns(heads: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the columns that we know, by their name here, and the others."""
    known = {_key(head): head for head in heads if head and _key(head) in KNOWN}
    return known, tuple(head for head in heads if head and _key(head) not in KNOWN)


def _first(cells: Mapping[str, str], names: Sequence[str]) -> str:
    for name in names:
        if cells.get(name):
            return cells[name]
    return ""


def _joined(cells: Mapping[str, str]) -> str:
    return f"{_first(cells, FIRST_NAME)} {_first(cells, LAST_NAME)}"


@lru_cache(maxsize=1000)
def _many(cell: str) -> tuple[str, ...]:
    """Split `weekly, "monthly"`.

    >>> _many('weekly, "monthly";weekly')
    ('weekly', 'monthly')
    """
    names = (name.strip().strip("\"'").strip() for name in re.split(r"[,;|]", cell))
    return tuple(dict.fromkeys(name for name in names if name))


def _is_switched_off(cells: Mapping[str, str]) -> bool:
    """Say whether a column such as Substack's `email_disabled` says so."""
    return (
        _first(cells, DISABLED).lower() in YES or _first(cells, ENABLED).lower() in NO
    )

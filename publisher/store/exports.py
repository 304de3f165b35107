"""Writes everybody out, so that importing the file makes the same books."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from sqlalchemy import Connection, text

from publisher.store.database import ask
from publisher.store.imports import guarded, together
from publisher.store.readers import attributes_from

PAGE = 5_000  # readers that are in memory at a time
FIRST = ("email", "name", "language", "lists", "pending", "left", "status")
LAST = ("timezone", "tags", "paused_until", "created_at")
COLUMNS = {"confirmed": "lists", "pending": "pending", "ended": "left"}

NAMES = text("""
select distinct json_each.key
  from subscribers, json_each(subscribers.attributes)
 where subscribers.attributes <> '{}'
   and (:list = ''
        or subscribers.id in (select subscriber
                                from subscriptions
                               where list = :list
                                 and state = 'confirmed'))
 order by json_each.key
""")
PEOPLE = text("""
select subscribers.id, subscribers.address, subscribers.name, subscribers.language,
       subscribers.attributes, subscribers.created_at, subscribers.timezone,
       pauses.until, suppressions.normal
  from subscribers
  left join pauses
    on pauses.subscriber = subscribers.id
  left join suppressions
    on suppressions.normal = subscribers.normal
 where subscribers.id > :after
   and (:list = ''
        or subscribers.id in (select subscriber
                                from subscriptions
                               where list = :list
                                 and state = 'confirmed'))
 order by subscribers.id
 limit :page
""")
SUBSCRIPTIONS = text("""
select subscriber, list, state
  from subscriptions
 where subscriber between :first and :last
 order by subscriber, list
""")
TAGS = text("""
select subscriber, tag
  from tags
 where subscriber between :first and :last
 order by subscriber, tag
""")
# Who was suppressed before ever subscribing.
STRANGERS = text("""
select normal, suppressed_at
  from suppressions
 where normal > :after
   and normal not in (select normal from subscribers)
 order by normal
 limit :page
""")


def names(connection: Connection, list_name: str) -> list[str]:
    """Return what is known of anybody, as columns."""
    own = {*FIRST, *LAST}
    rows = ask(connection, NAMES, {"list": list_name})
    return [*FIRST, *LAST, *(name for (name,) in rows if name not in own)]


def rows(connection: Connection, list_name: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each reader; the lists in it are tuples.

    Without a list also those who are only suppressed: so they stay.
    """
    after = 0
    while found := ask(
        connection, PEOPLE, {"after": after, "list": list_name, "page": PAGE}
    ):
        first, after = found[0][0], found[-1][0]
        lists = _lists(connection, first, after)
        tags = _tags(connection, first, after)
        for row in found:
            yield _row(row, lists.get(row[0], {}), tags.get(row[0], ()))
    if not list_name:
        yield from _strangers(connection)


def _lists(
    connection: Connection, first: int, last: int
) -> dict[int, dict[str, tuple[str, ...]]]:
    lists: dict[int, dict[str, tuple[str, ...]]] = {}
    for reader, name, state in ask(
        connection, SUBSCRIPTIONS, {"first": first, "last": last}
    ):
        own = lists.setdefault(reader, {})
        column = COLUMNS[state]
        own[column] = (*own.get(column, ()), name)
    return lists


def _tags(connection: Connection, first: int, last: int) -> dict[int, tuple[str, ...]]:
    tags: dict[int, tuple[str, ...]] = {}
    for reader, tag in ask(connection, TAGS, {"first": first, "last": last}):
        tags[reader] = (*tags.get(reader, ()), tag)
    return tags


def _row(
    row: Sequence[Any],
    lists: Mapping[str, tuple[str, ...]],
    tags: tuple[str, ...] = (),
) -> dict[str, Any]:
    _, address, name, language, known, created, zone, paused, suppressed = row
    attributes = attributes_from(known)
    attributes.pop("tags", None)  # the same, as a template shows them
    return {
        "email": address,
        "name": name,
        "language": language,
        **{column: lists.get(column, ()) for column in COLUMNS.values()},
        "status": "suppressed" if suppressed else "",
        "timezone": zone,
        "tags": tags,
        "paused_until": paused or "",
        "created_at": created,
        "attributes": attributes,
    }


def _strangers(connection: Connection) -> Iterator[dict[str, Any]]:
    after = ""
    while found := ask(connection, STRANGERS, {"after": after, "page": PAGE}):
        after = found[-1][0]
        for normal, moment in found:
            yield _row((0, normal, "", "", "{}", moment, "", "", normal), {})


def flat(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row as the cells of a table."""
    lists = {column: ", ".join(row[column]) for column in COLUMNS.values()}
    tags = together(row["tags"]) if row["tags"] else ""
    cells = {**row, **lists, "tags": tags}
    # What could not be read as ours was kept by the same name: it comes back so.
    for name, one in cells.pop("attributes").items():
        if not cells.get(name):
            cells[name] = one
    return cells


def write_csv(out: TextIO, heads: Sequence[str], found: Iterator[Any]) -> int:
    """Write the rows as CSV that no spreadsheet runs; return how many."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(head) for head in heads])
    count = 0
    for row in found:
        cells = flat(row)
        writer.writerow([guarded(cells.get(head, "")) for head in heads])
        count += 1
    return count


def write_json(out: TextIO, found: Iterator[Any]) -> int:
    """Write a JSON object a line; return how many."""
    count = 0
    for row in found:
        kept = {name: one for name, one in row.items() if one}
        out.write(json.dumps(kept, ensure_ascii=False) + "\n")
        count += 1
    return count

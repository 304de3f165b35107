"""What the columns of a file mean: from the cells of a row to a person."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import available_timezones

from publisher.errors import ConfigError
from publisher.models import unique
from publisher.store import times
from publisher.store.imports import words

_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?(?: UTC)?",
    re.IGNORECASE,
)


class Person(NamedTuple):
    """What one row says. `left` and `pending` are lists, too.

    `is_pending` and `has_left` are about the lists that the caller names as well;
    `gone` is why they must never be written to, `skip` why the row is nobody.
    `paused_until` and `created` are as the books write a time. The tags are among the
    attributes, too, as a template shows them.
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
    skip: str = ""
    paused_until: str = ""
    created: str = ""
    attributes: Mapping[str, str] = MappingProxyType({})
    tags: tuple[str, ...] = ()
    timezone: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether they only come, and only to the lists that the caller names."""
        return self[3:11] == _PLAIN


def key(head: str) -> str:
    """Return a column's name as it is compared.

    >>> key("E-mail Address")
    'emailaddress'
    """
    return re.sub(r"[\W_]+", "", head).lower()


_PLAIN = Person("")[3:11]


class Columns:
    """The columns of one file, and which of them hold what.

    `names` are those that somebody named by hand, such as `{"email": "Contact"}`;
    `state` is what the file says of all of its rows.
    """

    def __init__(
        self,
        heads: Sequence[str],
        *,
        names: Mapping[str, str] | None = None,
        state: str = "",
        file: str = "",
    ) -> None:
        self.heads = tuple(heads)
        self.file = file
        self._state = state
        keys = [key(head) for head in self.heads]
        self.program = _program(set(keys))
        self._own_states = words.OWN_STATES.get(self.program, {})
        self._fields = _fields(keys, _by_hand(self.heads, names or {}))
        self._renamed = _renamed(self.heads, names or {})
        self._is_parted = bool(self._fields.keys() & {"first_name", "last_name"})
        first = {place[0] for place in self._fields.values()}
        if "status" in (names or {}):
            keys[_find(self.heads, (names or {})["status"])] = "status"
        self._signs = [
            (place, one)
            for place, one in enumerate(keys)
            if place not in first and _is_sign(one)
        ]
        taken = first | {place for place, _ in self._signs}
        self._others = [
            (place, self._renamed.get(place, head))
            for place, head in enumerate(self.heads)
            if head and place not in taken and keys[place] not in words.OURS
        ]
        (self._email, *_) = self._fields.get("email", (-1,))
        (self._name_at, *_) = self._fields.get("name", (-1,))
        (self.tags_at, *_) = self._fields.get("tags", (-1,))
        # Most files hold an address, a name, and what anybody likes to know.
        self._is_plain = (
            not self._signs
            and not state
            and not (self._fields.keys() - {"email", "name"})
        )

    @property
    def has_email(self) -> bool:
        """Whether any column holds addresses."""
        return self._email >= 0

    def told(self) -> dict[str, str]:
        """Return the names of the columns by what they were taken for."""
        return {
            field: ", ".join(self.heads[place] for place in places[:1])
            for field, places in self._fields.items()
        }

    def kept(self) -> list[str]:
        """Return the columns that are kept as they are."""
        return [name for _, name in self._others]

    def person(self, cells: Sequence[str]) -> Person:
        """Say what a row means; of a short one, as far as it goes."""
        if len(cells) < len(self.heads):
            cells = [*cells, *[""] * (len(self.heads) - len(cells))]
        address = cells[self._email].strip() if self._email >= 0 else ""
        attributes = {}
        for at, name in self._others:
            if cells[at]:
                attributes[name] = cells[at]
        if self._is_plain:
            name = cells[self._name_at] if self._name_at >= 0 else ""
            name = " ".join(name.split())
            return Person(
                address, name, "", (), (), (), False, False, "", "", "", "", attributes
            )
        return self._whole(address, cells, attributes)

    def _whole(
        self, address: str, cells: Sequence[str], attributes: dict[str, str]
    ) -> Person:
        is_pending, has_left, gone = self._consent(cells, attributes)
        tags = many(self._cell(cells, "tags") or attributes.get("tags", ""))
        if tags:
            attributes["tags"] = ", ".join(sorted(tags))
        is_nobody = address.lower().endswith(words.DELETED_AT)
        return Person(
            address=address,
            name=self._name(cells),
            language=self._cell(cells, "language").strip(),
            lists=many(self._cell(cells, "lists")),
            pending=many(self._cell(cells, "pending")),
            left=many(self._cell(cells, "left")),
            is_pending=is_pending,
            has_left=has_left,
            gone=f"imported as {gone}" if gone else "",
            skip="asked to be deleted" if is_nobody else "",
            paused_until=self._moment_of("paused_until", cells, attributes),
            created=self._created(cells, attributes),
            attributes=attributes,
            tags=tags,
            timezone=self._zone(cells, attributes),
        )

    def _moment_of(
        self, field: str, cells: Sequence[str], attributes: dict[str, str]
    ) -> str:
        """Return a time as the books write it; what is none is kept as it is."""
        cell = self._cell(cells, field)
        moment = _moment(cell)
        if cell and not moment:
            attributes[self.heads[self._fields[field][0]]] = cell
        return moment

    def _zone(self, cells: Sequence[str], attributes: dict[str, str]) -> str:
        """Return the zone of the IANA database; what is none is kept as it is."""
        cell = self._cell(cells, "timezone").strip()
        zone = _zones().get(cell.casefold(), "")
        if cell and not zone:
            attributes[self.heads[self._fields["timezone"][0]]] = cell
        return zone

    def _cell(self, cells: Sequence[str], field: str) -> str:
        places = self._fields.get(field)
        return cells[places[0]] if places else ""

    def _name(self, cells: Sequence[str]) -> str:
        name = self._cell(cells, "name")
        if not name and self._is_parted:
            name = f"{self._cell(cells, 'first_name')} {self._cell(cells, 'last_name')}"
        return " ".join(name.split())

    def _created(self, cells: Sequence[str], attributes: dict[str, str]) -> str:
        for number, place in enumerate(self._fields.get("created", ())):
            moment = _moment(cells[place])
            if moment:
                return moment
            if number == 0 and cells[place]:
                attributes[self.heads[place]] = cells[place]
        return ""

    def _consent(
        self, cells: Sequence[str], attributes: dict[str, str]
    ) -> tuple[bool, bool, str]:
        """Return whether they wait, whether they left, and why they are gone.

        What says neither is kept: `State` is also where somebody lives.
        """
        said = {self._state} - {""}
        for place, name in self._signs:
            cell = cells[place]
            if not cell:
                continue
            word, is_clear = _word(name, cell)
            said.add(self._own_states.get(word, word))
            if not is_clear:
                head = self._renamed.get(place, self.heads[place])
                attributes |= _opened(head, cell, is_object=name in words.OBJECTS)
        gone = sorted(said & words.NEVER)
        return bool(said & words.NOT_YET), bool(said & words.ENDED), "".join(gone[:1])


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _is_sign(one: str) -> bool:
    return (
        one in words.STATES
        or one in words.AWAY
        or one in words.STAYS
        or one in words.GONE
        or one in words.OBJECTS
    )


def _word(name: str, cell: str) -> tuple[str, bool]:
    """Return the state that a cell says, "" for none, and whether it says no more."""
    said = key(cell)
    if name in words.STATES:
        is_known = said in words.ENDED | words.NEVER | words.NOT_YET | words.FINE
        return (said, True) if is_known else ("", False)
    if name in words.OBJECTS:
        return "", False
    is_clear = said in words.YES or said in words.NO
    if name in words.STAYS:
        return ("unsubscribed" if said in words.NO else "", is_clear)
    away = "unsubscribed" if name in words.AWAY else words.GONE[name]
    return ("" if said in words.NO else away, is_clear)


def _opened(head: str, cell: str, *, is_object: bool) -> dict[str, str]:
    """Return what is to be known by a cell: of a JSON object, all that is in it."""
    if is_object and cell.lstrip().startswith("{"):
        try:
            found = json.loads(cell)
        except ValueError:
            return {head: cell}
        return {name: text for name, one in found.items() if (text := _kept(name, one))}
    return {head: cell}


def _kept(name: str, value: object) -> str:
    """Return a value of an object; tags stay apart, for they may hold commas."""
    if name == "tags" and isinstance(value, list):
        return together([written(one) for one in value])
    return written(value)


def written(value: object) -> str:
    """Write a value of JSON as the cell of a table would hold it.

    >>> written(["a", "b"]), written(True), written(None), written(4)
    ('a, b', 'true', '', '4')
    """
    match value:
        case str():
            return value.replace("\0", "").strip()
        case None:
            return ""
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _program(keys: set[str]) -> str:
    for name, needed, signs in words.PROGRAMS:
        if needed <= keys and signs & keys:
            return name
    return ""


def _fields(
    keys: Sequence[str], by_hand: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """Return the columns of each field, the best first; one column has one meaning."""
    fields: dict[str, tuple[int, ...]] = {}
    for field, names in words.FIELDS.items():
        if field in by_hand:
            fields[field] = (by_hand[field],)
            continue
        free = set(range(len(keys))) - set(by_hand.values())
        found = tuple(keys.index(name) for name in names if name in keys)
        if found := tuple(place for place in found if place in free):
            fields[field] = found
    return fields


def _by_hand(heads: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    return {
        field: _find(heads, column)
        for field, column in names.items()
        if field in words.FIELDS
    }


def _renamed(heads: Sequence[str], names: Mapping[str, str]) -> dict[int, str]:
    return {
        _find(heads, column): field
        for field, column in names.items()
        if field not in words.FIELDS and field != "status"
    }


def _find(heads: Sequence[str], column: str) -> int:
    for alike in (str, str.lower, key):
        for place, head in enumerate(heads):
            if alike(head) == alike(column):
                return place
    raise ConfigError(
        f'there is no column "{column}"',
        hint=f"Try one of: {', '.join(heads)}",
    )


@lru_cache(maxsize=1000)
def many(cell: str) -> tuple[str, ...]:
    """Split `weekly, "monthly"`, or a list of JSON.

    >>> many('weekly, "monthly";weekly'), many('"art, modern","food"')
    (('weekly', 'monthly'), ('art, modern', 'food'))
    """
    if cell.startswith("["):
        with suppress(ValueError):
            found = (str(one).replace("\0", "").strip() for one in json.loads(cell))
            return unique(name for name in found if name)
    names: Sequence[str] = re.split(r"[,;|]", cell)
    if cell.startswith('"'):
        names = next(csv.reader([cell], skipinitialspace=True))
    stripped = (name.strip().strip("\"'").strip() for name in names)
    return unique(name for name in stripped if name)


def together(names: Sequence[str]) -> str:
    """Return a cell from which `many` reads the same names again.

    >>> together(["art", "food"]), together(["art, modern"])
    ('art, food', '["art, modern"]')
    """
    is_plain = all(re.fullmatch(r"[^,;|\"'\[\]]*", one) for one in names)
    return ", ".join(names) if is_plain else json.dumps([*names], ensure_ascii=False)


def _moment(cell: str) -> str:
    """Return a time as the books write it, "" where it is none that can be read.

    Without a zone it is in UTC, as in Mailchimp's exports; of two days that a date
    could be (04/05/2026) none is guessed.
    """
    found = _DATE.fullmatch(cell.strip())
    if not found:
        return ""
    day, hour, zone = found.groups()
    zone = "+00:00" if not zone or zone[0].isalpha() else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{hour or '00:00'}{zone}")
        return times.written(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return ""

"""Slots: what a template may do to a reader's value, and how a slot is filled."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

from publisher.errors import RenderError
from publisher.models import Escape, Slot, unique

# Where the default stands among the filters, if some come before it.
DEFAULT = "default"
READER = "subscriber."
_WORD_BEGINNING = re.compile(r"([-\s({\[<]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def title_case(value: str) -> str:
    """Return the value as Jinja's own `title` writes it.

    >>> title_case("ana-maria DE souza")
    'Ana-Maria De Souza'
    """
    parts = _WORD_BEGINNING.split(value)
    return "".join(part[0].upper() + part[1:].lower() for part in parts if part)


# Exactly what Jinja's filters of these names do to a text without arguments.
FILTERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "capitalize": str.capitalize,
        "lower": str.lower,
        "title": title_case,
        "trim": str.strip,
        "upper": str.upper,
        "urlencode": lambda value: quote(value, safe="/"),
    }
)


def one_line(value: str) -> str:
    """Return the value without line breaks and control signs, fit for a header."""
    return value if value.isprintable() else _CONTROL.sub(" ", value)


def _unchanged(values: list[str]) -> list[str]:
    return values


def _one_lines(values: list[str]) -> list[str]:
    return [one_line(value) for value in values]


def _html(values: list[str]) -> list[str]:
    # One call for all of a reader's values takes a tenth of one for each.
    together = "\0".join(values)
    escaped = html.escape(together)
    if escaped == together:
        return values
    parts = escaped.split("\0")
    return parts if len(parts) == len(values) else list(map(html.escape, values))


_ESCAPES: Mapping[Escape, Callable[[list[str]], list[str]]] = MappingProxyType(
    {"header": _one_lines, "html": _html, "text": _unchanged}
)


class Filling:
    """How slots are filled, worked out once for all readers of a mailing."""

    def __init__(self, slots: Sequence[Slot], *, others: Collection[str] = ()) -> None:
        """Refuse slots that neither a reader nor one of the `others` fills."""
        for slot in slots:
            if not slot.name.startswith(READER) and slot.name not in others:
                raise RenderError(f"nothing fills {{{{ {slot.name} }}}}")
        # Of slots that differ in their escape alone, the value is found once.
        asked = unique([_question(slot) for slot in slots])
        self._asked = [_finding(*question) for question in asked]
        self._filtered = [
            (number, how, default)
            for number, (_, default, how) in enumerate(asked)
            if how
        ]
        groups = [
            (escaped, [slot for slot in slots if slot.escape == escape])
            for escape, escaped in _ESCAPES.items()
        ]
        self._escapes = [
            (escaped, [asked.index(_question(slot)) for slot in here])
            for escaped, here in groups
            if here
        ]
        places = [slot for _, here in groups for slot in here]
        # Subject, page and text mostly ask in the order of their escapes.
        is_in_order = places == list(slots)
        self._order = [] if is_in_order else [places.index(slot) for slot in slots]

    def values(
        self, fields: Mapping[str, str], others: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Return what stands in each slot for a reader, escaped for its place.

        `fields` are the reader's, without "subscriber." before their names.
        """
        found = [
            (fields if is_own else others).get(name) or default
            for is_own, name, default in self._asked
        ]
        for number, how, default in self._filtered:
            found[number] = _filtered(found[number], how, default)
        made: list[str] = []
        for escaped, numbers in self._escapes:
            made += escaped([found[number] for number in numbers])
        return tuple([made[place] for place in self._order] or made)

    def rows(
        self,
        field: Callable[[str], Sequence[str]],
        others: Mapping[str, Sequence[str]],
        *,
        count: int,
    ) -> list[tuple[str, ...]]:
        """Return what `values` would for each of so many readers, in a fifth of it.

        `field` returns all readers' values of one name, and "" for whoever has none.
        """
        found: list[list[str]] = []
        for is_own, name, default in self._asked:
            texts = field(name) if is_own else others[name]
            found.append([text or default for text in texts])
        for number, how, default in self._filtered:
            found[number] = [_filtered(one, how, default) for one in found[number]]
        made: list[list[str]] = []
        for escaped, numbers in self._escapes:
            made += [escaped(found[number]) for number in numbers]
        columns = [made[place] for place in self._order] or made
        return [*zip(*columns, strict=True)] if columns else [()] * count


def _question(slot: Slot) -> tuple[str, str, tuple[str, ...]]:
    return slot.name, slot.default, slot.filters


def _finding(name: str, default: str, how: Sequence[str]) -> tuple[bool, str, str]:
    """Return if a value is the reader's own, its short name, what stands for none."""
    first = "" if DEFAULT in how else default
    return name.startswith(READER), name.removeprefix(READER), first


def _filtered(value: str, how: Sequence[str], default: str) -> str:
    for name in how:
        value = value or default if name == DEFAULT else FILTERS[name](value)
    return value

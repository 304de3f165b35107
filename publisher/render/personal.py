"""What depends on the reader: leaves a token in the text, or says that it must know.

A template that only prints `subscriber.name` is rendered once: a token of plain
letters goes through escaping, macros and CSS inlining, and becomes a slot. A template
that looks at the value (`if`, `==`, a filter that is no plain text filter) raises
`NeedsReader`, and is rendered again with the value itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from jinja2.exceptions import UndefinedError
from markupsafe import escape

from publisher.models import LINKS, Escape, Slot, Slotted, unique
from publisher.slots import DEFAULT

# Not texts, so they are never slots: a template that asks for them gets the value.
VALUES = ("id", "lists")
CORE = ("address", "first_name", "language", "name", "timezone", *VALUES)
SYNONYMS = {"email": "address", "mail": "address", "locale": "language"}
FAR = 3  # shorter names than this are not compared


class NeedsReader(Exception):  # noqa: N818  a question, not an accident
    """The template's structure depends on these names; `Letter` answers it."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(", ".join(names))
        self.names = unique(names)


class ReaderText(str):
    """A reader's own value, where the template has to know it.

    `default` takes an empty one for a missing one, as it does for slots.
    """

    __slots__ = ()


class Personal:
    """A text with tokens in it. It can be printed, and nothing else."""

    __slots__ = ("names", "text")

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text = text
        self.names = names

    def __str__(self) -> str:
        return str(self.text)

    def __html__(self) -> str:
        return escape(self.text)

    def __bool__(self) -> bool:
        if len(self.names) == 1 and self.names[0] in LINKS:
            return True  # everybody has one
        raise NeedsReader(self.names)


def _ask(self: Personal, *_: object) -> NoReturn:
    raise NeedsReader(self.names)


_OPERATIONS = (
    *("eq", "ne", "lt", "le", "gt", "ge", "hash", "len", "iter", "contains"),
    *("getitem", "call", "format", "add", "radd", "sub", "rsub", "mul", "rmul", "mod"),
    *("rmod", "truediv", "rtruediv", "floordiv", "rfloordiv", "pow", "rpow", "neg"),
    *("pos", "int", "float", "index"),
)
for _name in _OPERATIONS:
    setattr(Personal, f"__{_name}__", _ask)


class Mark(Personal):
    """A single slot: plain text filters may still be added to it."""

    __slots__ = ("slot",)

    def __init__(self, text: str, slot: Slot) -> None:
        super().__init__(text, (slot.name,))
        self.slot = slot


class Tokens:
    """Hands out a token for each slot, and finds them again in what was rendered.

    `secret` makes sure that no article holds a token by accident or design. It is in no
    draft: what comes out is slots.
    """

    def __init__(self, secret: str) -> None:
        self._mark = f"slot{secret}n"
        self._pattern = re.compile(self._mark + r"(\d{6})")
        self._slots: list[Slot] = []
        self._marks: dict[Slot, Mark] = {}

    def mark(self, slot: Slot) -> Mark:
        """Return what a template prints for the slot; the same one, the same token."""
        if slot not in self._marks:
            self._slots.append(slot)
            token = f"{self._mark}{len(self._slots) - 1:06}"
            self._marks[slot] = Mark(token, slot)
        return self._marks[slot]

    def filtered(self, mark: Mark, name: str) -> Mark:
        """Return the slot with one more of the plain text filters."""
        return self.mark(replace(mark.slot, filters=(*mark.slot.filters, name)))

    def defaulted(self, mark: Mark, default: str) -> Mark:
        """Return the slot with a default, unless it has one already."""
        if mark.slot.default or DEFAULT in mark.slot.filters:
            raise NeedsReader(mark.names)
        filters = (*mark.slot.filters, DEFAULT) if mark.slot.filters else ()
        return self.mark(replace(mark.slot, default=default, filters=filters))

    def keep(self, value: Any) -> Any:
        """Return a text that holds tokens as one that nobody can look into."""
        if not isinstance(value, str) or self._mark not in value:
            return value
        return Personal(value, unique(self.within(value)))

    def within(self, value: object) -> Iterator[str]:
        """Yield the names of the slots in a value, also deep inside."""
        if isinstance(value, Personal):
            yield from value.names
        elif isinstance(value, str):
            if self._mark in value:
                for match in self._pattern.finditer(value):
                    yield self._slots[int(match[1])].name
        elif isinstance(value, Mapping):
            for item in value.items():
                yield from self.within(item)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self.within(item)

    def refuse(self, *values: object) -> None:
        """Raise `NeedsReader` if any value depends on the reader."""
        names = tuple(self.within(values))
        if names:
            raise NeedsReader(names)

    def split(self, text: str, place: Escape) -> Slotted:
        """Return the rendered text with slots where the tokens are."""
        parts = self._pattern.split(text)
        slots = [replace(self._slots[int(one)], escape=place) for one in parts[1::2]]
        woven: list[str | Slot] = [parts[0]]
        for slot, rest in zip(slots, parts[2::2], strict=True):
            woven += (slot, rest)
        return tuple(part for part in woven if part != "")

    def without(self, text: str) -> str:
        """Return the text with each token replaced by its default."""
        return self._pattern.sub(lambda match: self._slots[int(match[1])].default, text)


class Reader:
    """`subscriber` in a template. `known` are the values it has to be rendered with."""

    def __init__(
        self, tokens: Tokens, known: Mapping[str, Any], attributes: Iterable[str]
    ) -> None:
        self._tokens = tokens
        self._known = known
        self._attributes = frozenset(attributes)

    def field(self, name: str) -> object:
        """Return the value, if it has to be known, or a mark that is filled later."""
        path = f"subscriber.{name}"
        if path in self._known:
            value = self._known[path]
            return ReaderText(value) if isinstance(value, str) else value
        if name in VALUES:
            raise NeedsReader([path])
        meant = "" if name in self._attributes else misspelt(name)
        if meant:
            raise UndefinedError(
                f"no subscriber has {name!r}\nDid you mean subscriber.{meant}?"
            )
        return self._tokens.mark(Slot(path))

    def _whole(self) -> NoReturn:
        raise UndefinedError(
            "a subscriber is not a text\nTry: {{ subscriber.first_name }}"
        )

    __str__ = __html__ = __iter__ = __len__ = _whole

    def __bool__(self) -> bool:
        return True


def misspelt(name: str) -> str:
    """Return the core name that was surely meant, or "".

    Owners choose names for what they know about readers, so close is not enough.

    >>> misspelt("frist_name"), misspelt("last_name"), misspelt("city")
    ('first_name', '', '')
    """
    if name in CORE or len(name) < FAR:
        return ""
    if name in SYNONYMS:
        return SYNONYMS[name]
    for core in CORE:
        if sorted(core) == sorted(name) or _is_one_letter_off(core, name):
            return core
    return ""


def _is_one_letter_off(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or len(short) < FAR:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b),
        len(short),
    )
    if len(short) == len(long):
        return short[start + 1 :] == long[start + 1 :]
    return short[start:] == long[start + 1 :]

"""What a question is made of, once it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as part
from datetime import date
from typing import Literal

# What the books know of every reader; any other field is an attribute.
OWN = ("list", "tag", "language", "name", "address")
MANY = ("list", "tag")
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "attribute"})
EVENTS = ("subscribed", "opened", "clicked")

Sign = Literal["=", "!=", "~", "<", "<=", ">", ">="]
Event = Literal["subscribed", "opened", "clicked"]


@dataclass(frozen=True, slots=True)
class Field:
    """What is asked about; `is_attribute` where the question says so itself."""

    name: str
    is_attribute: bool = False
    column: int = part(default=0, compare=False)  # from 1, for complaints

    @property
    def is_own(self) -> bool:
        """Say whether the books know it of every reader."""
        return not self.is_attribute and self.name in OWN


@dataclass(frozen=True, slots=True)
class Comparison:
    """`country = IT`; `<` and its like compare numbers."""

    field: Field
    sign: Sign
    value: str


@dataclass(frozen=True, slots=True)
class Among:
    """`country in (IT, FR)`."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsSet:
    """`name is set`."""

    field: Field


@dataclass(frozen=True, slots=True)
class Joined:
    """`subscribed before 2026-01-01`; that day itself is after."""

    day: date
    is_before: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """`subscribed in last 30 days`, `opened in last 90 days`."""

    event: Event
    days: int
    column: int = part(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class HappenedIn:
    """`clicked in "weekly/7"`: an issue, a campaign, or the address of a link."""

    event: Event
    what: str
    column: int = part(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Question


@dataclass(frozen=True, slots=True)
class Every:
    """All of two or more."""

    parts: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of two or more at least."""

    parts: tuple[Question, ...]


Leaf = Comparison | Among | IsSet | Joined | Happened | HappenedIn
Question = Leaf | Not | Every | Some


def leaves(question: Question) -> Iterator[Leaf]:
    """Yield the single conditions, as they are written."""
    match question:
        case Every(parts) | Some(parts):
            for one in parts:
                yield from leaves(one)
        case Not(part):
            yield from leaves(part)
        case _:
            yield question


def fields(question: Question) -> list[Field]:
    """Return what a question asks about, as it is written."""
    asked = (Comparison, Among, IsSet)
    return [one.field for one in leaves(question) if isinstance(one, asked)]


def lists(question: Question) -> list[str]:
    """Return the lists that a question names."""
    found: list[str] = []
    for one in leaves(question):
        if isinstance(one, Comparison | Among) and one.field == Field("list"):
            found.extend(one.values if isinstance(one, Among) else [one.value])
    return found

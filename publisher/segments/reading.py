"""Reads a question: what is wrong is told with its column and a way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from typing import get_args

from publisher.segments.questions import (
    EVENTS,
    KEYWORDS,
    MANY,
    OWN,
    Among,
    Comparison,
    Event,
    Every,
    Field,
    Happened,
    HappenedIn,
    IsSet,
    Joined,
    Not,
    Question,
    Sign,
    Some,
    fields,
)
from publisher.segments.tokens import Misread, Token, tokens
from publisher.text import suggest

__all__ = ["Misread", "parse"]

DEEPEST = 50
MOST_DAYS = 36_500
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
DAYS = re.compile(r"[0-9]{1,6}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ORDERS = ("<", "<=", ">", ">=")


def parse(text: str, attributes: Collection[str] | None = None) -> Question:
    """Return the question of a text, or raise `Misread`.

    With `attributes` a field that is none of them, nor known of every reader, is an
    error; without them nobody can say.

    >>> parse("language = it and not tag = vip") == Every(
    ...     (
    ...         Comparison(Field("language"), "=", "it"),
    ...         Not(Comparison(Field("tag"), "=", "vip")),
    ...     )
    ... )
    True
    """
    reader = _Reader(tokens(text))
    question = reader.some()
    if reader.now.kind != "end":
        raise reader.misread("ends too late: {shown}", hint="Try: and, or")
    for field in fields(question) if attributes is not None else []:
        if not (field.is_own or field.is_attribute or field.name in (attributes or ())):
            known = [*OWN, *EVENTS, *(attributes or ())]
            close = suggest(field.name, known)
            raise Misread(
                f"unknown field `{field.name}`",
                column=field.column,
                hint=f"Try: {close or ', '.join(known[:8])}",
            )
    return question


class _Reader:
    """Goes through the pieces from left to right, and looks one ahead."""

    def __init__(self, pieces: list[Token]) -> None:
        self._pieces = pieces
        self._at = 0
        self._depth = 0

    @property
    def now(self) -> Token:
        return self._pieces[self._at]

    def misread(self, message: str, *, hint: str) -> Misread:
        shown = self.now.shown
        return Misread(message.format(shown=shown), column=self.now.column, hint=hint)

    def took(self, *words: str) -> str:
        """Go past one of these words or signs, and return it; else ""."""
        text = self.now.text if self.now.kind == "sign" else self.now.key
        if text and text in words:
            self._at += 1
            return text
        return ""

    def some(self) -> Question:
        parts = self._joined(self.every, "or")
        return parts[0] if len(parts) == 1 else Some(parts)

    def every(self) -> Question:
        parts = self._joined(self.one, "and")
        return parts[0] if len(parts) == 1 else Every(parts)

    def _joined(self, read: Callable[[], Question], word: str) -> tuple[Question, ...]:
        parts = [read()]
        while self.took(word):
            parts.append(read())
        return tuple(parts)

    def one(self) -> Question:
        if self._depth > DEEPEST:
            raise self.misread("too many brackets in brackets", hint="Try: fewer")
        self._depth += 1
        try:
            if self.took("not"):
                return Not(self.one())
            if self.took("("):
                question = self.some()
                self._expect(")", "Try: ) after {shown}")
                return question
            return self._leaf()
        finally:
            self._depth -= 1

    def _expect(self, word: str, hint: str = "") -> None:
        if not self.took(word):
            hint = hint if hint and "{" not in hint else f"Try: {word}"
            raise self.misread(f"expected {word} and not {{shown}}", hint=hint)

    def _leaf(self) -> Question:
        for event in get_args(Event):
            column = self.now.column
            if self.took(event):
                return self._event(event, column)
        field = self._field()
        if self.took("is"):
            return self._is_set(field)
        if self.took("not"):
            self._expect("in")
            return Not(Among(field, self._values()))
        if self.took("in"):
            return Among(field, self._values())
        return self._comparison(field)

    def _field(self) -> Field:
        column = self.now.column
        is_attribute = bool(self.took("attribute"))
        name = self.now.text
        is_word = is_attribute or self.now.key not in KEYWORDS
        if not name or self.now.kind == "sign" or not is_word:
            raise self.misread(
                "expected a field and not {shown}", hint="Try: list = weekly"
            )
        is_own = self.now.key in OWN and not is_attribute
        # In quotes it is an attribute, whatever it is called.
        is_quoted_own = self.now.kind == "value" and name in OWN
        self._at += 1
        return Field(
            name.lower() if is_own else name,
            is_attribute=is_attribute or is_quoted_own,
            column=column,
        )

    def _is_set(self, field: Field) -> Question:
        is_not = self.took("not")
        self._expect("set")
        return Not(IsSet(field)) if is_not else IsSet(field)

    def _comparison(self, field: Field) -> Question:
        signs: tuple[Sign, ...] = get_args(Sign)
        sign = next((one for one in signs if self.took(one)), None)
        if sign is None:
            close = suggest(self.now.text, ["is set", "in"])
            hint = f"Try: {close or '=, !=, ~, <, <=, >, >=, in (…), is set'}"
            raise self.misread("expected a comparison and not {shown}", hint=hint)
        if sign not in ("=", "!=") and field.is_own and field.name in MANY:
            hint = f"Try: {field.name} = weekly"
            raise self.misread(f"`{sign}` cannot compare a {field.name}", hint=hint)
        if sign in ORDERS and not (
            self.now.kind == "word" and NUMBER.fullmatch(self.now.text)
        ):
            hint = "Try: a number such as 18"
            raise self.misread(f"`{sign}` compares numbers, not {{shown}}", hint=hint)
        return Comparison(field, sign, self._value())

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self.took(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        token = self.now
        if token.kind == "value" or (
            token.kind == "word" and token.key not in KEYWORDS
        ):
            self._at += 1
            return token.text
        hint = f'Try: "{token.text}"' if token.kind == "word" else 'Try: "a value"'
        raise self.misread("expected a value and not {shown}", hint=hint)

    def _event(self, event: Event, column: int) -> Question:
        if event == "subscribed" and (word := self.took("before", "after")):
            return Joined(self._day(), is_before=word == "before")
        is_in = self.took("in")
        if is_in and event != "subscribed" and self.now.key != "last":
            return HappenedIn(event, self._value(), column)
        if not self.took("last"):
            more = ", before 2026-01-01" if event == "subscribed" else ""
            hint = f"Try: {event} in last 30 days{more}"
            raise self.misread("expected last and not {shown}", hint=hint)
        days = self.now.text
        if not (DAYS.fullmatch(days) and 1 <= int(days) <= MOST_DAYS):
            raise self.misread("{shown} is not a number of days", hint="Try: 30")
        self._at += 1
        if not self.took("days", "day"):
            raise self.misread("expected days and not {shown}", hint="Try: days")
        return Happened(event, int(days), column)

    def _day(self) -> date:
        found = _day_of(self.now.text)
        if found is None:
            raise self.misread("{shown} is not a day", hint="Try: 2026-01-01")
        self._at += 1
        return found


def _day_of(text: str) -> date | None:
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

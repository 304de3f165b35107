"""A question in words again, so that reading them gives the same question."""

from __future__ import annotations

from publisher.segments.questions import (
    EVENTS,
    KEYWORDS,
    OWN,
    Among,
    Comparison,
    Every,
    Field,
    Happened,
    HappenedIn,
    IsSet,
    Joined,
    Not,
    Question,
    Some,
)
from publisher.segments.tokens import WORD


def written(question: Question) -> str:
    """Write a question in the least of brackets and quotes."""
    match question:
        case Some(parts):
            return " or ".join(_within(one, (Some,)) for one in parts)
        case Every(parts):
            return " and ".join(_within(one, (Some, Every)) for one in parts)
        case Not(part):
            return f"not {_within(part, (Some, Every))}"
        case Comparison(field, sign, value):
            return f"{_field(field)} {sign} {quoted(value)}"
        case Among(field, values):
            return f"{_field(field)} in ({', '.join(quoted(one) for one in values)})"
        case IsSet(field):
            return f"{_field(field)} is set"
        case Joined(day, is_before):
            return f"subscribed {'before' if is_before else 'after'} {day}"
        case Happened(event, days):
            return f"{event} in last {days} days"
        case HappenedIn(event, what):
            return f"{event} in {quoted(what, reserved=frozenset({'last'}))}"


def _within(question: Question, brackets: tuple[type, ...]) -> str:
    text = written(question)
    return f"({text})" if isinstance(question, brackets) else text


def _field(field: Field) -> str:
    if field.is_attribute:
        return f"attribute {quoted(field.name)}"
    if field.name in OWN:
        return field.name
    return quoted(field.name, reserved=frozenset(EVENTS))


def quoted(value: str, *, reserved: frozenset[str] = frozenset()) -> str:
    """Write a value, in quotes where it would be read as something else."""
    if WORD.fullmatch(value) and value.lower() not in KEYWORDS | reserved:
        return value
    inner = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'

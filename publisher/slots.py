"""Slots: what a template may do to a reader's value, and how a slot is filled."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from publisher.errors import RenderError
from publisher.models import Escape, Slot

# Where the default stands among the filters, if some come before it.
DEFAULT = "default"
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
    return _CONTROL.sub(" ", value)


_ESCAPES: Mapping[Escape, Callable[[str], str]] = MappingProxyType(
    {"html": html.escape, "text": str, "header": one_line}
)


def value_of(slot: Slot, values: Mapping[str, str]) -> str:
    """Return what stands in the slot for a reader, escaped for its place."""
    if slot.name not in values and not slot.name.startswith("subscriber."):
        raise RenderError(f"nothing fills {{{{ {slot.name} }}}}")
    value = values.get(slot.name, "")
    if DEFAULT not in slot.filters:
        value = value or slot.default
    for name in slot.filters:
        value = value or slot.default if name == DEFAULT else FILTERS[name](value)
    return _ESCAPES[slot.escape](value)

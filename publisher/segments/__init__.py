"""The language of segments: questions about readers, as their owner writes them.

`list = weekly and tag = vip and not country in (IT, FR)`. What is read here is only a
question; the books answer it.
"""

from __future__ import annotations

from publisher.segments.questions import (
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
    fields,
    leaves,
    lists,
)
from publisher.segments.reading import Misread, parse
from publisher.segments.writing import written

__all__ = [
    "Among",
    "Comparison",
    "Every",
    "Field",
    "Happened",
    "HappenedIn",
    "IsSet",
    "Joined",
    "Misread",
    "Not",
    "Question",
    "Some",
    "fields",
    "leaves",
    "lists",
    "parse",
    "written",
]

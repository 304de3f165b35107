"""Who leaves a list by a mail: the other way out in List-Unsubscribe (RFC 2369).

The subject holds what we put there, so that nobody can leave for another: the mark of a
delivery, or a signed link's token.
"""

from __future__ import annotations

import re

from publisher.bounces.letter import Letter
from publisher.bounces.model import Bounce
from publisher.bounces.whose import typed_address

_SUBJECT = re.compile(
    r"^\s*unsubscribe\s+(?:(?P<mark>[0-9a-f]{32})|(?P<token>[\w.=-]{40,2000}))\s*$",
    re.IGNORECASE,
)


def found_in(letter: Letter) -> tuple[Bounce, ...] | None:
    """Return who wants to leave; None where it is another letter."""
    found = _SUBJECT.match(letter.head.first("subject"))
    if found is None:
        return None
    return (
        Bounce(
            kind="unsubscribed",
            recipient=typed_address(letter.head.first("from")),
            mark=(found["mark"] or "").lower(),
            token=found["token"] or "",
        ),
    )

"""Bounces: reads what mail servers send back, and says what became of whom."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from publisher.bounces import automatic, complaints, leaving, prose, reports
from publisher.bounces.letter import Letter, opened
from publisher.bounces.model import Bounce, Kind
from publisher.bounces.whose import date_of, mark_of

__all__ = ["Bounce", "Kind", "read"]

_READERS: tuple[Callable[[Letter], tuple[Bounce, ...] | None], ...] = (
    complaints.found_in,  # first, for some hold the whole report of something else
    reports.found_in,
    leaving.found_in,
    prose.found_in,
    automatic.found_in,
)


def read(message: bytes) -> tuple[Bounce, ...]:
    """Say what a message of the bounce mailbox tells, of each recipient in it.

    Nothing where it is no report: a person's letter, or news that an email arrived. Any
    bytes are read; nothing is raised.
    """
    letter = opened(message)
    found = _found(letter)
    if not found:
        return ()
    mark, at, report = mark_of(letter), date_of(letter.head), _name(letter, message)
    return tuple(
        replace(one, mark=one.mark or mark, at=at, report=report) for one in found
    )


def _found(letter: Letter) -> tuple[Bounce, ...]:
    for found_in in _READERS:
        found = found_in(letter)
        if found is not None:
            return found
    return ()


def _name(letter: Letter, message: bytes) -> str:
    """Return what this report is called: by its own id, or by all of its bytes."""
    told = letter.head.first("message-id").encode("utf-8", "replace")
    return hashlib.sha256(told or message).hexdigest()[:32]

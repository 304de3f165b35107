"""What is known of a channel that fails, and what moved away from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How often a channel failed in a row, over all processes.

    Its breaker was opened `openings` times since it last took a message. Until
    `open_until` nobody tries it who has another channel; then one failure more opens it
    again, for longer.
    """

    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """So many deliveries that went from one channel to another, and why."""

    source: str
    target: str
    count: int
    why: str
    moved_at: datetime

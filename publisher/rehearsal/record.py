"""What a fake took: whose messages, how often, and who came before the asked time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

# What was on its way already when somebody was asked to wait, in seconds.
ON_ITS_WAY = 0.05


@dataclass
class Record:
    """The provider's side of the story. A message is known by its mark."""

    taken: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    early: int = 0
    _waits: list[tuple[float, float]] = field(default_factory=list)  # asked, until
    _lock: Lock = field(default_factory=Lock, repr=False)

    def arrives(self) -> None:
        """Note a call, and whether it came before the time that was asked for."""
        now = time.monotonic()
        with self._lock:
            self.calls += 1
            self._waits = [wait for wait in self._waits if wait[1] > now]
            if any(asked + ON_ITS_WAY < now for asked, _ in self._waits):
                self.early += 1

    def asks_to_wait(self, seconds: float) -> None:
        """Note that nothing should come for so long."""
        now = time.monotonic()
        with self._lock:
            self._waits.append((now, now + seconds))

    def takes(self, marks: Iterable[str]) -> None:
        """Note that these messages go to their readers, once more."""
        with self._lock:
            self.taken.update(marks)

    def refuses(self, marks: Iterable[str]) -> None:
        """Note that these will never be taken."""
        with self._lock:
            self.refused.update(marks)

    def fails(self, fault: str) -> None:
        """Note a fault that happened."""
        with self._lock:
            self.faults[fault] += 1

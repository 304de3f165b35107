"""How far a sending is: one line that is written over, where somebody looks on."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OFTEN = 0.2  # seconds between two lines
MINUTE = 60
LATELY = 10.0  # seconds over which the rate is taken


@dataclass
class Rate:
    """How many a second came to their end lately, and how long the rest takes."""

    seen: deque[tuple[float, int]] = field(default_factory=deque)

    def see(self, done: int) -> None:
        """Note how many are done by now."""
        now = time.monotonic()
        self.seen.append((now, done))
        while now - self.seen[0][0] > LATELY:
            self.seen.popleft()

    @property
    def a_second(self) -> float:
        """How many a second; 0 where nothing has come to its end lately."""
        (began, first), (now, last) = self.seen[0], self.seen[-1]
        return (last - first) / (now - began) if now > began else 0.0

    def words(self, left: int) -> str:
        """Return "1,200/s, 40 s left"; "" where nothing moves.

        >>> Rate(deque([(0.0, 0), (2.0, 300)])).words(left=9_000)
        '150/s, 1 min left'
        """
        rate = self.a_second
        return f"{rate:,.0f}/s, {_span(left / rate)} left" if rate else ""


def _span(seconds: float) -> str:
    """Return a span for a person.

    >>> _span(12.4), _span(200), _span(9_000)
    ('12 s', '3 min', '2 h 30 min')
    """
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@contextmanager
def shown(size: int) -> Iterator[Callable[[int], None]]:
    """Give what is told how many more are done; show it on a terminal only.

    `size` is how many there are about, 0 where that is not known.
    """
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    line = _Line(size)
    try:
        yield line
    finally:
        line.clear()


class _Line:
    def __init__(self, size: int) -> None:
        self._size = size
        self._done = 0
        self._rate = Rate()
        self._shown = 0.0

    def __call__(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._shown < OFTEN:
            return
        self._shown = time.monotonic()
        self._rate.see(self._done)
        share, words = f"{self._done:,}", ""
        if self._size:
            words = self._rate.words(max(0, self._size - self._done))
            share = f"{share} of {self._size:,}"
        sys.stderr.write(f"\r\x1b[K{share}  {words}")
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

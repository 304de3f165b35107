"""What was made of the last few values, found again without comparing them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

REMEMBERED = 16  # mailings: a draft for each language, or for each group of readers
K = TypeVar("K")
V = TypeVar("V")


class OncePer(Generic[K, V]):
    """A function of one value, which it knows again by identity: a mailing is large.

    >>> length = OncePer(len)
    >>> length("abc"), length("abc")
    (3, 3)
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._made: dict[int, tuple[K, V]] = {}
        self._lock = Lock()

    def __call__(self, of: K) -> V:
        """Return what is made of the value, and make it if it is a new one."""
        known = self._made.get(id(of))
        # Another value can have the number of one that is gone.
        if known and known[0] is of:
            return known[1]
        made = self._make(of)
        with self._lock:  # one forgets for all threads
            while len(self._made) >= REMEMBERED:
                del self._made[next(iter(self._made))]
            self._made[id(of)] = of, made
        return made

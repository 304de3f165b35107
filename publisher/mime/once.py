"""What the emails of one mailing share: made when the first of them comes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from publisher.models import Mailing

T = TypeVar("T")
REMEMBERED = 16  # mailings: a draft for each language, or for each group of readers


class Once(Generic[T]):
    """Calls `make` once for each mailing, and remembers the latest answers."""

    def __init__(self, make: Callable[[Mailing], T]) -> None:
        """Remember nothing yet."""
        self._make = make
        self._made: dict[int, tuple[Mailing, T]] = {}

    def __call__(self, mailing: Mailing) -> T:
        """Return what was made of this very mailing.

        By identity: comparing two mailings would read all of both. The mailing is kept
        with the answer, so that no other can get its place in memory.
        """
        known = self._made.get(id(mailing))
        if known is not None and known[0] is mailing:
            return known[1]
        made = self._make(mailing)
        while len(self._made) >= REMEMBERED:
            with suppress(KeyError, StopIteration, RuntimeError):  # another thread did
                self._made.pop(next(iter(self._made)))
        self._made[id(mailing)] = mailing, made
        return made

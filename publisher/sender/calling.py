"""Whether a provider has the word, for a signal that ends the process.

A provider that hangs must not keep us for as long as it is waited for otherwise. What
has no answer when we end stays claimed, as if the sender had been killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from types import TracebackType

SHORTEST, LONGEST = 2.0, 8.0  # seconds to wait for the last answers
USUAL = 3.0  # times the longest wait before


class Overdue(BaseException):
    """No answer came, and we are to end.

    No `Exception`: a provider that catches those must not keep it.
    """


@dataclass(slots=True)
class Call:
    """The call of this process that is under way; only the main thread is signalled."""

    is_out: bool = False
    longest: float = 0.0  # seconds until an answer came
    began: float = 0.0

    def __enter__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Give the provider the word."""
        self.began = monotonic()
        self.is_out = True

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.answered()

    def answered(self) -> None:
        """Take the word back; the next answer is waited for from now on."""
        self.is_out = False
        now = monotonic()
        waited = now - self.began
        if waited > self.longest:  # noqa: PLR1730  for each message: `max` is slower
            self.longest = waited
        self.began = now

    @property
    def grace(self) -> float:
        """How many seconds to wait for answers that are still to come.

        A provider that always took its time gets more of it.
        """
        return min(max(SHORTEST, USUAL * self.longest), LONGEST)

    def give_up(self) -> None:
        """Raise `Overdue` where a provider has the word; else we are about to end."""
        if self.is_out:
            self.is_out = False
            raise Overdue


CALL = Call()

"""How a verb that sends comes to its end: by a signal, and without anybody who listens.

The first signal lets what is on its way come to its end; a provider that hangs is not
waited for longer than a few seconds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TextIO

AGAIN = 0.1  # seconds between two looks at a provider that hangs
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last when a terminal is closed


class stopping:  # noqa: N801  reads as what it does: `with stopping() as stop`
    """Turns Ctrl-C and SIGTERM into a wish: finish the message in hand, then stop.

    The same one a second time ends at once.
    """

    def __enter__(self) -> Callable[[], bool]:
        self.wanted: set[int] = set()
        numbers = [getattr(signal, one) for one in NAMES if hasattr(signal, one)]
        # Who started us with `nohup` wants us to outlive the terminal.
        heard = [one for one in numbers if signal.getsignal(one) != signal.SIG_IGN]
        self.before: dict[int, Any] = {
            one: signal.signal(one, self._wish) for one in heard
        }
        if hasattr(signal, "setitimer"):
            self.before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._end_call)
        return lambda: bool(self.wanted)

    def _wish(self, number: int, _frame: FrameType | None) -> None:
        from publisher.sender.calling import CALL

        if number in self.wanted and number != getattr(signal, "SIGHUP", None):
            raise KeyboardInterrupt
        if not self.wanted and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, CALL.grace, AGAIN)
        self.wanted.add(number)

    def _end_call(self, _number: int, _frame: FrameType | None) -> None:
        from publisher.sender.calling import CALL

        CALL.give_up()

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self.before.items():
            signal.signal(number, handler)


@contextmanager
def outlasting() -> Iterator[None]:
    """Go on when nobody reads what we say any more: `publisher send NAME | head -1`.

    What is sent must not depend on it.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Lasting(sys.stdout), _Lasting(sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


class _Lasting:
    """A stream that says nothing more once it cannot: closed, or its disk is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop it."""
        try:
            return self._stream.write(text)
        except OSError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Have it read, or drop it."""
        try:
            self._stream.flush()
        except OSError:
            silence(self._stream)


def silence(stream: TextIO) -> None:
    """Let everything that a stream is still told go nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()

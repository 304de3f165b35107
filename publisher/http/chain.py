"""Several calls that are one message, such as a thread: all of them, or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from publisher.errors import ProviderError, Throttled, Uncertain

LONGEST_PAUSE = 10.0  # seconds: half a thread cannot wait as long as a whole one
Put = Callable[[Sequence[str]], Sequence[str]]


def put_all(
    puts: Sequence[Put],
    take_back: Callable[[str], None],
    *,
    provider: str,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Make the calls one after the other; return the ids of what stands there now.

    Each call gets the ids of those before it and returns its own. If one fails, what
    stands there is taken back, and the failure is as if nothing had been sent. Where
    that cannot be done, or where nobody knows what became of it, it is `Uncertain`.
    """
    done: list[str] = []
    for put in puts:
        try:
            done += _patiently(put, done, sleep)
        except ProviderError as error:
            if not done:
                raise
            if isinstance(error, Uncertain) or not _is_undone(done, take_back):
                raise Uncertain(
                    f"{provider} has the first {len(done)} messages of this post, "
                    f"and then: {error.message}"
                ) from None
            raise
    return done


def _patiently(
    put: Put, done: Sequence[str], sleep: Callable[[float], None]
) -> Sequence[str]:
    try:
        return put(done)
    except Throttled as error:
        if not done or error.retry_after > LONGEST_PAUSE:
            raise
        sleep(error.retry_after)
    return put(done)


def _is_undone(done: Sequence[str], take_back: Callable[[str], None]) -> bool:
    try:
        for one in reversed(done):
            take_back(one)
    except ProviderError:
        return False
    return True

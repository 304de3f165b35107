"""The ledger's story against the provider's: what was doubled, lost or denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from publisher.models import Delivery, State, key_mark
from publisher.rehearsal.record import Record

_OPEN = {State.PLANNED, State.CLAIMED, State.UNCERTAIN}


@dataclass(frozen=True, slots=True)
class Audit:
    """Where the two stories differ, in messages.

    `doubles` reached their reader twice. `losses` are accepted in the ledger, and were
    never taken; `denied` have failed there, and were taken all the same. `strangers`
    were taken, and no delivery is them.
    """

    doubles: int = 0
    losses: int = 0
    denied: int = 0
    strangers: int = 0

    def __add__(self, other: Audit) -> Audit:
        return Audit(
            self.doubles + other.doubles,
            self.losses + other.losses,
            self.denied + other.denied,
            self.strangers + other.strangers,
        )

    @property
    def is_clean(self) -> bool:
        """Whether both tell the same."""
        return self == Audit()


def audit(deliveries: Iterable[Delivery], record: Record, *, salt: str = "") -> Audit:
    """Compare the deliveries of one channel with what its provider took.

    `salt` is that of their marks.
    """
    doubles = losses = denied = unheard = known = 0
    for one in deliveries:
        times = _times(one, record, salt)
        known += bool(times)
        doubles += times > 1
        losses += not times and one.state is State.ACCEPTED
        denied += bool(times) and one.state is State.FAILED
        unheard += not times and one.state in _OPEN
    # Some are known by their receipt only, which an open delivery has not got.
    strangers = max(0, len(record.taken) - known - unheard)
    return Audit(doubles, losses, denied, strangers)


def _times(delivery: Delivery, record: Record, salt: str) -> int:
    """Return how often it was taken: by its mark, by its key, or by its receipt."""
    taken = record.taken
    return (
        taken.get(key_mark(delivery.key, salt), 0)
        or taken.get(quote(delivery.key), 0)
        or taken.get(delivery.receipt, 0)
    )

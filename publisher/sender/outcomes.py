"""How a delivery ends after what a provider said."""

from __future__ import annotations

from publisher.errors import Refused, Rejected, Throttled, Unavailable, Uncertain
from publisher.models import Delivery, Outcome, Receipt, State, maker

_accepted = maker(Outcome, "key", "state", "receipt", "url")


def state_after(error: Exception, *, idempotent: bool) -> State:
    """Return where a delivery stands after an error.

    `idempotent` says that the provider still remembers the key, so that a repeat is
    not a second message.

    >>> state_after(Uncertain("no answer"), idempotent=False)
    <State.UNCERTAIN: 'uncertain'>
    """
    match error:
        case Rejected():
            return State.FAILED
        case Refused() | Throttled() | Unavailable():
            return State.PLANNED
        case Uncertain() if idempotent:
            return State.PLANNED
        case _:
            return State.UNCERTAIN


def ended(delivery: Delivery, state: State, reason: str) -> Outcome:
    """Return the end of a delivery that was not accepted."""
    return Outcome(key=delivery.key, state=state, reason=reason)


def accepted(delivery: Delivery, receipt: Receipt) -> Outcome:
    """Return the end of a delivery that a provider took."""
    # Some providers give no id of their own; then ours is what they know it by.
    name = receipt.id or delivery.key
    return _accepted(delivery.key, State.ACCEPTED, name, receipt.url)

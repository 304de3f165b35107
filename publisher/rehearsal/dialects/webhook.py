"""A webhook's receiver that remembers nothing.

https://www.standardwebhooks.com
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from publisher.rehearsal.calls import Call, Plain, Reply, in_json


class Webhook(Plain):
    """One post in a call; any 2xx is a yes."""

    # A receiver that dropped repeats would hide them from the record.
    settings: ClassVar[Mapping[str, str]] = {"remembers_hours": "0"}
    is_whole = True

    def marks(self, call: Call) -> list[str]:
        """Return its id."""
        return [call.headers.get("webhook-id", "")]

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Say yes, or that it cannot use the post."""
        return in_json({"error": "no such topic"}, 422) if refused else in_json({})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, as HTTP does."""
        return in_json({"error": "slow down"}, 429, retry_after=f"{seconds:g}")


dialect = Webhook

"""Mastodon: remembers a status by its Idempotency-Key, and shows one's own.

https://docs.joinmastodon.org/methods/statuses/#create
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from publisher.models import Json
from publisher.rehearsal.calls import Call, Plain, Reply, in_json

ACCOUNT = "7"
PART = "%23"  # a "#" in a header, before the number of a thread's part


class Mastodon(Plain):
    """One status in a call."""

    is_whole = True

    def __init__(self) -> None:
        self._statuses: list[Json] = []

    def aside(self, call: Call) -> Reply | None:
        """Say who one is, and what one has posted."""
        if call.method != "GET":
            return None
        path = call.path.partition("?")[0]
        if path == "/api/v1/accounts/verify_credentials":
            return in_json({"id": ACCOUNT})
        if path == f"/api/v1/accounts/{ACCOUNT}/statuses":
            return in_json(self._statuses[::-1][:40])
        return in_json({"error": "Record not found"}, 404)

    def marks(self, call: Call) -> list[str]:
        """Return its key; the later parts of a thread belong to its first."""
        key = self.key(call)
        return [] if PART in key else [key]

    def key(self, call: Call) -> str:
        """Return the header."""
        return call.headers.get("idempotency-key", "")

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Show the status."""
        if refused:
            return in_json({"error": "Validation failed: Text character limit"}, 422)
        number = f"{len(self._statuses) + 1}"
        status = {
            "id": number,
            "url": f"https://mastodon.example.org/@rehearsal/{number}",
            "created_at": datetime.now(UTC).isoformat(),
            "content": f"<p>{html.escape(call.json['status'])}</p>",
        }
        self._statuses.append(status)
        return in_json(status)

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, until a moment in ISO form."""
        reply = in_json({"error": "Too many requests"}, 429)
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": until.isoformat(),
        }
        return Reply(429, reply.body, headers)

    def failed(self) -> Reply:
        """Fail in its own form."""
        return in_json({"error": "Internal server error"}, 500)


dialect = Mastodon

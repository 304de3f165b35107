"""Bluesky: a record stands where its key says, however often it is put there.

https://docs.bsky.app/docs/api/com-atproto-repo-put-record
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from publisher.rehearsal.calls import Call, Plain, Reply, in_json

DID = "did:plc:rehearsalrehearsalrehear"
LOGIN = {
    "did": DID,
    "handle": "rehearsal.example.org",
    "accessJwt": "access",
    "refreshJwt": "refresh",
}


class Bluesky(Plain):
    """A login, and then one record in a call."""

    settings: ClassVar[Mapping[str, str]] = {"handle": "rehearsal.example.org"}
    is_whole = True

    def aside(self, call: Call) -> Reply | None:
        """Open a session."""
        is_login = call.path == "/xrpc/com.atproto.server.createSession"
        return in_json(LOGIN) if is_login else None

    def marks(self, call: Call) -> list[str]:
        """Return the record's address, which its receipt has too."""
        return [f"at://{DID}/{call.json['collection']}/{call.json['rkey']}"]

    def key(self, call: Call) -> str:
        """Return the record's key."""
        return str(call.json["rkey"])

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Say where the record stands."""
        if refused:
            return _error(400, "InvalidRequest", "Invalid app.bsky.feed.post record")
        return in_json({"uri": marks[0], "cid": "bafyreirehearsal"})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, until a Unix time."""
        reply = _error(429, "RateLimitExceeded", "Rate Limit Exceeded")
        headers = {
            "RateLimit-Limit": "1666",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": f"{math.ceil(time.time() + seconds)}",
            "RateLimit-Policy": "1666;w=3600",
        }
        return Reply(429, reply.body, headers)

    def failed(self) -> Reply:
        """Fail by name."""
        return _error(500, "InternalServerError", "Internal Server Error")


def _error(status: int, name: str, message: str) -> Reply:
    return in_json({"error": name, "message": message}, status)


dialect = Bluesky

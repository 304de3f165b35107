"""Bluesky: a record stands where its key says, however often it is put there.

https://docs.bsky.app/docs/api/com-atproto-repo-put-record
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import parse_qs

from publisher.rehearsal.calls import Call, Plain, Reply, in_json

DID = "did:plc:rehearsalrehearsalrehear"
COLLECTION = "app.bsky.feed.post"
LOGIN = {
    "did": DID,
    "handle": "rehearsal.example.org",
    "accessJwt": "access",
    "refreshJwt": "refresh",
}


class Bluesky(Plain):
    """A login, and then one record in a call, or a thread."""

    settings: ClassVar[Mapping[str, str]] = {"handle": "rehearsal.example.org"}
    is_whole = True

    def __init__(self) -> None:
        self._stands: set[str] = set()

    def aside(self, call: Call) -> Reply | None:
        """Open a session, or say whether a record is there."""
        path, _, query = call.path.partition("?")
        if path == "/xrpc/com.atproto.server.createSession":
            return in_json(LOGIN)
        if call.method != "GET":
            return None
        rkey = parse_qs(query).get("rkey", [""])[0]
        if rkey in self._stands:
            return in_json({"uri": rkey, "value": {}})
        return _error(400, "RecordNotFound", "Could not locate record")

    def marks(self, call: Call) -> list[str]:
        """Return the records' addresses, which the receipt has too."""
        return [",".join(f"at://{DID}/{COLLECTION}/{key}" for key in _keys(call))]

    def key(self, call: Call) -> str:
        """Return the key of the first record."""
        return _keys(call)[0]

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:
        """Say where the record stands; of a thread, that it does."""
        if refused:
            return _error(400, "InvalidRequest", "Invalid app.bsky.feed.post record")
        self._stands.update(_keys(call))
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


def _keys(call: Call) -> list[str]:
    """Return the keys of what a call writes: one record, or the parts of a thread."""
    body = call.json
    return [f"{one['rkey']}" for one in body.get("writes", [body])]


def _error(status: int, name: str, message: str) -> Reply:
    return in_json({"error": name, "message": message}, status)


dialect = Bluesky

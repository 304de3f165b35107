"""Brevo: refuses a call as a whole, and one whose key came before.

https://developers.brevo.com/docs/batch-send-transactional-emails
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"X-Mailin-custom":\s*"([^"\\]+)"')
_KEY = re.compile(rb'"idempotencyKey":\s*"([^"\\]+)"')


class Brevo(Plain):
    """One version of the message for each reader."""

    is_whole = True

    def marks(self, call: Call) -> list[str]:
        """Find them in the header that its events bring back."""
        return found(_MARK, call)

    def key(self, call: Call) -> str:
        """Return the key in the body."""
        key = _KEY.search(call.body)
        return key[1].decode() if key else ""

    def repeated(self, call: Call, first: Reply, *, is_same: bool) -> Reply:  # noqa: ARG002
        """Refuse it, without the ids of the first one."""
        return _error("duplicate_parameter", "idempotencyKey was used before")

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Give an id for each version, or one error for all."""
        if refused:
            return _error("invalid_parameter", "email is not valid in to")
        return in_json({"messageIds": [f"<{one}@brevo.example>" for one in marks]}, 201)

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, in its own headers."""
        reply = in_json({"code": "too_many_requests", "message": "Slow down"}, 429)
        headers = {
            "x-sib-ratelimit-limit": "1000",
            "x-sib-ratelimit-remaining": "0",
            "x-sib-ratelimit-reset": f"{seconds:g}",
        }
        return Reply(429, reply.body, headers)


def _error(code: str, message: str) -> Reply:
    return in_json({"code": code, "message": message}, 400)


dialect = Brevo

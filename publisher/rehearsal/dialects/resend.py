"""Resend: remembers a call by its Idempotency-Key, and lists whom it refused.

https://resend.com/docs/api-reference/emails/send-batch-emails
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"name":\s*"delivery",\s*"value":\s*"([^"\\]+)"')


class Resend(Plain):
    """One message for each reader; ids in order, and errors by number."""

    def marks(self, call: Call) -> list[str]:
        """Find them in the tags."""
        return found(_MARK, call)

    def key(self, call: Call) -> str:
        """Return the header."""
        return call.headers.get("idempotency-key", "")

    def repeated(self, call: Call, first: Reply, *, is_same: bool) -> Reply:  # noqa: ARG002
        """Answer as the first time, or refuse another body with the same key."""
        if is_same:
            return first
        said = "This idempotency key was used with a different request body."
        return _error(409, "invalid_idempotent_request", said)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:
        """Answer as in permissive mode, or for one message alone."""
        said = "Invalid `to` field. The email address needs to be valid."
        if call.path == "/emails":
            if refused:
                return _error(422, "validation_error", said)
            return in_json({"id": f"re-{marks[0]}"})
        errors = [
            {"index": number, "message": said}
            for number, one in enumerate(marks)
            if one in refused
        ]
        ids = [{"id": f"re-{one}"} for one in marks if one not in refused]
        return in_json({"data": ids, **({"errors": errors} if errors else {})})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, in the headers of the IETF draft too."""
        reply = _error(429, "rate_limit_exceeded", "Too many requests.")
        wait = f"{seconds:g}"
        headers = {"retry-after": wait, "ratelimit-reset": wait, "ratelimit-limit": "2"}
        return Reply(429, reply.body, {**headers, "ratelimit-remaining": "0"})

    def failed(self) -> Reply:
        """Fail by name."""
        return _error(500, "internal_server_error", "An unexpected error occurred.")


def _error(status: int, name: str, message: str) -> Reply:
    return in_json({"statusCode": status, "name": name, "message": message}, status)


dialect = Resend

"""SendGrid: a yes is an empty 202, and a wait is the moment when it ends.

https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"custom_args":\s*\{"delivery":\s*"([^"\\]+)"')


class SendGrid(Plain):
    """One message with a personalization for each reader; refused as a whole."""

    is_whole = True

    def marks(self, call: Call) -> list[str]:
        """Find them in the custom_args."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Take all, or name the first address that is wrong."""
        if refused:
            number = next(n for n, one in enumerate(marks) if one in refused)
            field = f"personalizations.{number}.to.0.email"
            return _errors(400, "Does not contain a valid address.", field)
        name = f"sg-{len(marks)}-{marks[0] if marks else ''}"
        return Reply(202, b"", {"X-Message-Id": name})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, until a Unix time."""
        reply = _errors(429, "too many requests", None)
        headers = {
            "X-RateLimit-Limit": "600",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{math.ceil(time.time() + seconds)}",
        }
        return Reply(429, reply.body, headers)

    def failed(self) -> Reply:
        """Fail in its own form."""
        return _errors(500, "Internal Server Error", None)


def _errors(status: int, message: str, field: str | None) -> Reply:
    return in_json({"errors": [{"message": message, "field": field}]}, status)


dialect = SendGrid

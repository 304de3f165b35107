"""Mailjet: a call is answered 400 as soon as one of its messages is refused.

https://dev.mailjet.com/email/guides/send-api-v31/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from publisher.models import Json
from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"CustomID":\s*"([^"\\]+)"')


class Mailjet(Plain):
    """One message for each reader; each has a Status."""

    def marks(self, call: Call) -> list[str]:
        """Find them in the CustomIDs."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Give each message a number or its errors."""
        messages = [_refused() if one in refused else _taken(one) for one in marks]
        return in_json({"Messages": messages}, 400 if refused else 200)

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, in words; the real one does not say for how long."""
        headers = {"Retry-After": f"{seconds:g}"}
        return Reply(429, b"Too many requests", headers, kind="text/plain")

    def failed(self) -> Reply:
        """Fail in its own form."""
        said = {"ErrorMessage": "Internal Server Error", "StatusCode": 500}
        return in_json(said, 500)


def _taken(mark: str) -> dict[str, Any]:
    number = int(mark[:12], 16) if re.fullmatch("[0-9a-f]{12,}", mark) else 7
    return {"Status": "success", "CustomID": mark, "To": [{"MessageID": number}]}


def _refused() -> Json:
    error = {
        "ErrorCode": "mj-0013",
        "StatusCode": 400,
        "ErrorMessage": "This is an invalid email address.",
        "ErrorRelatedTo": ["To[0].Email"],
    }
    return {"Status": "error", "Errors": [error]}


dialect = Mailjet

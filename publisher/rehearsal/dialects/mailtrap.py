"""Mailtrap: a batch is answered 200, and each message has a `success`.

https://docs.mailtrap.io/developers/email-sending
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"custom_variables":\s*\{"delivery":\s*"([^"\\]+)"')


class Mailtrap(Plain):
    """One message for each reader."""

    def marks(self, call: Call) -> list[str]:
        """Find them in the custom variables."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Give each an id or its errors."""
        no = {"success": False, "errors": ["'to' address is invalid"]}
        responses = [
            no if one in refused else {"success": True, "message_ids": [f"mt-{one}"]}
            for one in marks
        ]
        return in_json({"success": True, "responses": responses})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait; the manual does not say how, so as HTTP does."""
        said = {"success": False, "errors": ["Too many requests"]}
        return in_json(said, 429, retry_after=f"{seconds:g}")

    def failed(self) -> Reply:
        """Fail in its own form."""
        return in_json({"success": False, "errors": ["Internal Server Error"]}, 500)


dialect = Mailtrap

"""Postmark: a batch is answered 200, whatever became of its messages.

https://postmarkapp.com/developer/api/email-api#send-batch-emails
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"Metadata":\s*\{"delivery":\s*"([^"\\]+)"')
INACTIVE = 406


class Postmark(Plain):
    """One message for each reader; each has an ErrorCode."""

    def marks(self, call: Call) -> list[str]:
        """Find them in the metadata."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Give a MessageID, or the code of an address that bounced before."""
        said = "You tried to send to a recipient that has been marked as inactive."
        no = {"ErrorCode": INACTIVE, "Message": said}
        return in_json(
            [
                no
                if one in refused
                else {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{one}"}
                for one in marks
            ]
        )

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait. The real one does not say for how long, which takes longer."""
        said = {"ErrorCode": 429, "Message": "Rate limit exceeded"}
        return in_json(said, 429, retry_after=f"{seconds:g}")

    def failed(self) -> Reply:
        """Fail with no code."""
        return in_json({"ErrorCode": 0, "Message": "Internal Server Error"}, 500)


dialect = Postmark

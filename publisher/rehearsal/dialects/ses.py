"""Amazon SES: one message in a call, and the kind of an error in a header.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"Name":\s*"delivery",\s*"Value":\s*"([^"\\]+)"')


class Ses(Plain):
    """One raw message for one reader."""

    # With a key, so that nobody looks for the machine's own.
    settings: ClassVar[Mapping[str, str]] = {
        "region": "eu-west-1",
        "key_id": "made-up",
        "key": "made-up",
    }
    is_whole = True

    def marks(self, call: Call) -> list[str]:
        """Find it in the tags."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Give a MessageId."""
        if refused:
            return _error(400, "MessageRejected", "Address is not a valid one")
        return in_json({"MessageId": f"ses-{marks[0] if marks else ''}"})

    def throttled(self, seconds: float) -> Reply:  # noqa: ARG002  it never says how long
        """Refuse what comes too fast; the sender knows that seconds are its unit."""
        said = "Maximum sending rate exceeded."
        return _error(429, "TooManyRequestsException", said)

    def failed(self) -> Reply:
        """Fail by name."""
        return _error(500, "InternalFailure", "Internal failure")


def _error(status: int, kind: str, message: str) -> Reply:
    reply = in_json({"message": message}, status)
    return Reply(status, reply.body, {"x-amzn-ErrorType": kind})


dialect = Ses

"""SparkPost: counts whom it took, and names whom it refused in words.

https://developers.sparkpost.com/api/transmissions/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.models import Json
from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'"metadata":\s*\{"delivery":\s*"([^"\\]+)"')


class SparkPost(Plain):
    """One transmission with substitution data for each reader."""

    def marks(self, call: Call) -> list[str]:
        """Find them in the metadata."""
        return found(_MARK, call)

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:
        """Give one id and two numbers."""
        results: Json = {
            "total_rejected_recipients": len(refused),
            "total_accepted_recipients": len(marks) - len(refused),
            "id": f"sp-{marks[0] if marks else ''}",
        }
        if refused:
            results["rcpt_to_errors"] = [
                {
                    "code": "1300",
                    "message": "invalid data format/type",
                    "description": f"address {one['address']['email']} is not valid",
                }
                for one in call.json["recipients"]
                if one["metadata"]["delivery"] in refused
            ]
        return in_json({"results": results})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait; its manual says "1 to 5 seconds" and names no header."""
        return _errors(429, "Too many requests", retry_after=f"{seconds:g}")

    def failed(self) -> Reply:
        """Fail in its own form."""
        return _errors(500, "Internal server error")


def _errors(status: int, message: str, **headers: str) -> Reply:
    return in_json({"errors": [{"message": message}]}, status, **headers)


dialect = SparkPost

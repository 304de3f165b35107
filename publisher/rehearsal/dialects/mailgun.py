"""Mailgun: one id for a whole call, and a wait that stands only in the text.

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from publisher.rehearsal.calls import Call, Plain, Reply, found, in_json

_MARK = re.compile(rb'_mark":\s*"([^"\\]+)"')


class Mailgun(Plain):
    """One message with variables for each reader; refused as a whole."""

    settings: ClassVar[Mapping[str, str]] = {"domain": "mg.example.org"}
    is_whole = True

    def marks(self, call: Call) -> list[str]:
        """Find them in the recipient variables, which come last."""
        begin = call.body.rfind(b'name="recipient-variables"')
        return found(_MARK, call, max(begin, 0))

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:  # noqa: ARG002
        """Queue all, or none."""
        if refused:
            said = "'to' parameter is not a valid address. please check documentation"
            return in_json({"message": said}, 400)
        name = f"<{marks[0] if marks else 'none'}.call@mg.example.org>"
        return in_json({"id": name, "message": "Queued. Thank you."})

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait, in words."""
        said = f"Too many requests, please try again after {seconds:.0f} seconds"
        return in_json({"message": said}, 429)


dialect = Mailgun

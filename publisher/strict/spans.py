"""Spans of time as people write them: 30m, 2h, 1 day."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {"d": "days", "h": "hours", "m": "minutes"}
SPAN = re.compile(r"(\d{1,4})\s*(d|h|m)(?:ays?|ours?|in|ins|inutes?)?")


def duration(text: str) -> timedelta:
    """Read a span of time.

    >>> duration("1h 30m"), duration("2 days")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=2))
    """
    parts = SPAN.findall(text)
    if not parts or SPAN.sub("", text).strip():
        raise ValueError(text)
    return timedelta(**{UNITS[unit]: int(number) for number, unit in parts})

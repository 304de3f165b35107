"""Whether a post that stands there is ours: by its words, and by when it was made."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

CLOCKS_DIFFER = timedelta(minutes=5)  # a network's clock, and ours


def bare(text: str) -> str:
    """Return a text without white space, which networks fold as they like."""
    return re.sub(r"\s+", "", text)


def is_since(made: datetime, created: datetime | None) -> bool:
    """Say whether what was made then can be what was planned at `created`."""
    return created is None or made >= created - CLOCKS_DIFFER

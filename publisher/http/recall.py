"""Whether a post still stands there, and is ours: by its words, and by its time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from publisher.errors import Gone, ProviderError

if TYPE_CHECKING:
    from publisher.http.call import Response

CLOCKS_DIFFER = timedelta(minutes=5)  # a network's clock, and ours


def bare(text: str) -> str:
    """Return a text without white space, which networks fold as they like."""
    return re.sub(r"\s+", "", text)


def gone(what: str) -> Callable[[Response], ProviderError | None]:
    """Return a verdict for which 404 and 410 are `Gone`, with these words."""

    def verdict(response: Response) -> ProviderError | None:
        is_gone = response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
        return Gone(what) if is_gone else None

    return verdict


def is_since(made: datetime, created: datetime | None) -> bool:
    """Say whether what was made then can be what was planned at `created`."""
    return created is None or made >= created - CLOCKS_DIFFER

"""What Meta's networks share: their errors, their waits and their versions.

https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.http.call import redacted
from publisher.http.waits import DEFAULT_WAIT, LONGEST_WAIT

if TYPE_CHECKING:
    from publisher.http.call import Response

# By the code in the error; what is not here follows from the status.
_OURS = {3, 10, 102, 190, 368, *range(200, 300)}  # token, permission, account
_WAIT = {4, 17, 32, 341, 613, 80001, 80002, 80005, 80006, 80008}
_UNKNOWN = {1, 2}  # "an unknown error", "service temporarily unavailable"
_NOT_A_PAGE = 2069032  # sub-code: a token of a person, where a page's is needed
_USED = "x-business-use-case-usage"
# A version ends two years after the next one came, https://developers.facebook.com/
# docs/apps/versions; of v20.0 the day was announced. What is not here lives longer.
_ENDS = {
    20: date(2026, 9, 24),
    21: date(2027, 1, 21),
    22: date(2027, 5, 29),
    23: date(2027, 10, 8),
}


def version_ends(version: str) -> date | None:
    """Return the day from which a version is refused, where that is known.

    >>> version_ends("v20.0"), version_ends("v26.0")
    (datetime.date(2026, 9, 24), None)
    """
    found = re.fullmatch(r"v(\d+)\.\d+", version)
    return _ENDS.get(max(int(found[1]), min(_ENDS))) if found else None


def verdict(
    provider: str, secrets: Iterable[str], hint: str
) -> Callable[[Response], ProviderError | None]:
    """Return what names an error by its code; `hint` mends what is wrong with us."""
    hidden = [f"{one}" for one in secrets]

    def judge(response: Response) -> ProviderError | None:
        error = _error(response)
        code = error.get("code")
        said = redacted(f"{error.get('message') or ''}", hidden)[:200]
        tail = f" ({response.status_code}, code {code}){said and ': '}{said}"
        if error.get("error_subcode") == _NOT_A_PAGE:
            return Refused(
                f"{provider} wants a page's own token, and this is a person's{tail}",
                hint=hint,
            )
        if code in _OURS:
            return Refused(f"{provider} refused our token{tail}", hint=hint)
        if code in _WAIT:
            wait = _wait(response)
            return Throttled(f"{provider} asks us to wait{tail}", retry_after=wait)
        if code in _UNKNOWN and response.request.method != "GET":
            return Uncertain(f"{provider} failed{tail}")
        if isinstance(code, int) and response.status_code // 100 == 4:  # noqa: PLR2004
            return Rejected(f"{provider} rejected the message{tail}")
        return None

    return judge


def _error(response: Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _wait(response: Response) -> float:
    """Return how long access stays closed; told in minutes, of each use case."""
    try:
        said = json.loads(response.headers.get(_USED, "{}"))
        minutes = [
            float(one["estimated_time_to_regain_access"])
            for uses in said.values()
            for one in uses
        ]
        return min(max(max(minutes, default=0) * 60, DEFAULT_WAIT), LONGEST_WAIT)
    except (ValueError, KeyError, TypeError, AttributeError):
        return DEFAULT_WAIT

"""What X says when it does not take a post (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from publisher.errors import Gone, ProviderError, Refused, Rejected

if TYPE_CHECKING:
    from publisher.http.call import Response

Judge: TypeAlias = "Callable[[Response], ProviderError | None]"

_UNSUPPORTED = ("unsupported-authentication", "application-only")
# What a 403 says of one post; any other is about the account.
_ABOUT_POST = {
    "too long": "Try: a shorter step in its template.",
    "cashtag": "Try: one $CASHTAG in a post.",
}


class Duplicate(Rejected):
    """The account has this text already."""


def _said(response: Response) -> str:
    """Return all of a problem's words (RFC 9457), in lower case."""
    try:
        problem = response.json()
    except ValueError:
        return ""
    if not isinstance(problem, dict):
        return ""
    errors = problem.get("errors")
    several = [problem, *(errors if isinstance(errors, list) else [])]
    names = ("type", "title", "detail", "message")
    return " ".join(
        f"{one.get(name) or ''}"
        for one in several
        if isinstance(one, dict)
        for name in names
    ).lower()


def verdict(response: Response) -> ProviderError | None:
    """Tell a post that X does not want from an account that may not: both are 403."""
    if response.status_code != HTTPStatus.FORBIDDEN:
        return None
    said = _said(response)
    if any(one in said for one in _UNSUPPORTED):
        return Refused(
            "x: the token is an app's, and belongs to no account (403)",
            hint="Try: a user's token in X_TOKEN, as `publisher channels login` gets "
            "it.",
        )
    if "duplicate" in said:
        return Duplicate(
            "x has this text already, and takes none twice (403)",
            hint="Try: change the text, if it is to be there once more.",
        )
    for words, hint in _ABOUT_POST.items():
        if words in said:
            return Rejected(f"x rejected the post: {words} (403)", hint=hint)
    return None


def verdict_on_answer(response: Response) -> ProviderError | None:
    """Tell what is wrong with a later part: the account has just posted the first."""
    found = verdict(response)
    if found is None and response.status_code == HTTPStatus.FORBIDDEN:
        return Rejected(
            "x does not let this account answer itself, so it takes no thread (403)",
            hint="Try: a template without a thread, or another plan of the API.",
        )
    return found


def gone(response: Response) -> ProviderError | None:
    """Tell that there is nothing left to be deleted."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        return Gone("x has no such post")
    return verdict(response)
